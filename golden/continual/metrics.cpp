#include "golden/continual/metrics.hpp"

#include <algorithm>
#include <cstddef>

namespace sylvester {

double AccuracyRecord::average_incremental() const {
  double sum = 0.0;
  for (const double value : accuracy) sum += value;
  return accuracy.empty() ? 0.0 : sum / static_cast<double>(accuracy.size());
}

double AccuracyRecord::final() const { return accuracy.empty() ? 0.0 : accuracy.back(); }

std::optional<double> AccuracyRecord::forgetting(int task) const {
  const auto last = static_cast<std::size_t>(task);
  if (task < 1 || last >= class_accuracy.size()) return std::nullopt;
  const std::vector<double>& present = class_accuracy[last];
  double sum = 0.0;
  for (std::size_t c = 0; c < present.size(); ++c) {
    double best = present[c];
    for (std::size_t t = 0; t < last; ++t) {
      if (c < class_accuracy[t].size()) best = std::max(best, class_accuracy[t][c]);
    }
    sum += best - present[c];
  }
  return sum / static_cast<double>(present.size());
}

std::optional<double> AccuracyRecord::forgetting() const {
  return forgetting(static_cast<int>(class_accuracy.size()) - 1);
}

}  // namespace sylvester
