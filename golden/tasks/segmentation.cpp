#include "golden/tasks/segmentation.hpp"

#include <cstddef>

namespace sylvester {

SegmentationCounts::SegmentationCounts(int classes)
    : labels_(static_cast<std::size_t>(classes)),
      answers_(static_cast<std::size_t>(classes)),
      common_(static_cast<std::size_t>(classes)) {}

void SegmentationCounts::add(int label, int answer) {
  ++labels_[static_cast<std::size_t>(label)];
  ++answers_[static_cast<std::size_t>(answer)];
  common_[static_cast<std::size_t>(label)] += label == answer ? 1 : 0;
}

std::optional<double> SegmentationCounts::intersection_over_union(int c) const {
  const auto at = static_cast<std::size_t>(c);
  if (labels_[at] == 0) return std::nullopt;
  const std::uint64_t either = labels_[at] + answers_[at] - common_[at];
  return 100.0 * static_cast<double>(common_[at]) / static_cast<double>(either);
}

}  // namespace sylvester
