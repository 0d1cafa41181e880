// The measure of segmentations: intersection over union of each class.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace sylvester {

/// Counts pixels by class and answer.
class SegmentationCounts {
 public:
  explicit SegmentationCounts(int classes);

  /// label, answer: 0 ... classes-1.
  void add(int label, int answer);

  /// Pixels that have the label and the answer c, of those that have one or both, in percent.
  /// Nothing if no pixel has the label c.
  [[nodiscard]] std::optional<double> intersection_over_union(int c) const;

 private:
  std::vector<std::uint64_t> labels_;   // pixels of each class
  std::vector<std::uint64_t> answers_;  // pixels that were taken for it
  std::vector<std::uint64_t> common_;   // both
};

}  // namespace sylvester
