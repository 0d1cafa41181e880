#include "golden/continual/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace sylvester {

double AccuracyRecord::average_incremental() const {
  double sum = 0.0;
  int values = 0;
  for (const double value : accuracy) {
    if (std::isnan(value)) continue;
    sum += value;
    ++values;
  }
  return values == 0 ? std::numeric_limits<double>::quiet_NaN() : sum / values;
}

double AccuracyRecord::final() const {
  return accuracy.empty() ? std::numeric_limits<double>::quiet_NaN() : accuracy.back();
}

std::optional<double> AccuracyRecord::forgetting(int task) const {
  const auto last = static_cast<std::size_t>(task);
  if (task < 1 || last >= class_accuracy.size()) return std::nullopt;
  const std::vector<double>& present = class_accuracy[last];
  double sum = 0.0;
  int classes = 0;
  for (std::size_t c = 0; c < present.size(); ++c) {
    if (std::isnan(present[c])) continue;
    ++classes;
    double best = present[c];
    for (std::size_t t = 0; t < last; ++t) {
      if (c < class_accuracy[t].size()) best = std::max(best, class_accuracy[t][c]);
    }
    sum += best - present[c];
  }
  if (classes == 0) return std::nullopt;
  return sum / classes;
}

std::optional<double> AccuracyRecord::forgetting() const {
  return forgetting(static_cast<int>(class_accuracy.size()) - 1);
}

}  // namespace sylvester
