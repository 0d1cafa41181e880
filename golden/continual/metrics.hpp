// Measures of class-incremental learning. Accuracies are in percent.
#pragma once

#include <optional>
#include <vector>

namespace sylvester {

/// What one classifier head reached after each task.
struct AccuracyRecord {
  /// Top-1 over all seen classes, by task; NaN while none of them has test samples.
  std::vector<double> accuracy;
  /// class_accuracy[t][c] of the classes seen after task t; NaN for a class without test samples.
  std::vector<std::vector<double>> class_accuracy;

  /// Mean of the curve where it has values; NaN without any.
  [[nodiscard]] double average_incremental() const;
  /// The curve's last value; NaN without tasks.
  [[nodiscard]] double final() const;
  /// After task t: mean over all seen classes with test samples (new ones count as 0) of the best
  /// accuracy of the class so far minus the present one, in percentage points. Nothing for task 0,
  /// or without such classes. This is the definition of the published HDQT code
  /// (utils/forgetting.py).
  [[nodiscard]] std::optional<double> forgetting(int task) const;
  /// Forgetting after the last task.
  [[nodiscard]] std::optional<double> forgetting() const;
};

}  // namespace sylvester
