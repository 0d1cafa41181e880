#include "golden/continual/exemplar_memory.hpp"

#include <algorithm>

namespace sylvester {

int ExemplarMemory::per_class(int classes, int samples) const {
  return std::min(capacity_ / classes, samples);
}

void ExemplarMemory::update(std::span<const std::vector<int>> by_class,
                            const FeaturesOf& features_of) {
  const int classes = static_cast<int>(by_class.size());
  means_.clear();
  for (std::size_t c = 0; c < by_class.size(); ++c) {
    const int count = per_class(classes, static_cast<int>(by_class[c].size()));
    if (c < exemplars_.size()) {
      exemplars_[c].resize(static_cast<std::size_t>(count));
    } else {
      std::vector<int>& chosen = exemplars_.emplace_back();
      for (const int row : herd(features_of(by_class[c]), count)) {
        chosen.push_back(by_class[c][static_cast<std::size_t>(row)]);
      }
    }
    means_.push_back(exemplar_mean(features_of(exemplars_[c])));
  }
}

}  // namespace sylvester
