#include "golden/continual/herding.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace sylvester {
namespace {

std::vector<double> mean_of_rows(const FeatureMatrix& features) {
  std::vector<double> mean(static_cast<std::size_t>(features.cols), 0.0);
  for (int i = 0; i < features.rows; ++i) {
    const double* row = features.row(i);
    for (std::size_t j = 0; j < mean.size(); ++j) mean[j] += row[j];
  }
  for (double& value : mean) value /= std::max(1, features.rows);
  return mean;
}

}  // namespace

void append_normalised(const FloatMatrix& features, FeatureMatrix& out) {
  out.cols = features.cols;
  out.rows += features.rows;
  out.values.reserve(out.values.size() + features.values.size());
  for (int i = 0; i < features.rows; ++i) {
    const float* row = features.row(i);
    double square = 0.0;
    for (int j = 0; j < features.cols; ++j) square += double{row[j]} * double{row[j]};
    const double length = std::sqrt(square) + kFeatureEpsilon;
    for (int j = 0; j < features.cols; ++j) out.values.push_back(double{row[j]} / length);
  }
}

std::vector<int> herd(const FeatureMatrix& features, int count) {
  const std::vector<double> mean = mean_of_rows(features);
  std::vector<double> sum(mean.size(), 0.0);     // of the chosen rows
  std::vector<double> wanted(mean.size(), 0.0);  // k·mean - sum: the best next row
  std::vector<bool> is_chosen(static_cast<std::size_t>(features.rows), false);
  std::vector<int> chosen;
  const int limit = std::min(count, features.rows);
  for (int k = 1; k <= limit; ++k) {
    // |mean - (row + sum)/k| and |k·mean - sum - row| have the same least row.
    for (std::size_t j = 0; j < mean.size(); ++j) wanted[j] = k * mean[j] - sum[j];
    int best = -1;
    double best_distance = 0.0;
    for (int i = 0; i < features.rows; ++i) {
      if (is_chosen[static_cast<std::size_t>(i)]) continue;
      const double* row = features.row(i);
      double distance = 0.0;
      for (std::size_t j = 0; j < mean.size(); ++j) {
        const double difference = wanted[j] - row[j];
        distance += difference * difference;
      }
      if (best < 0 || distance < best_distance) {
        best = i;
        best_distance = distance;
      }
    }
    is_chosen[static_cast<std::size_t>(best)] = true;
    chosen.push_back(best);
    const double* row = features.row(best);
    for (std::size_t j = 0; j < mean.size(); ++j) sum[j] += row[j];
  }
  return chosen;
}

std::vector<double> exemplar_mean(const FeatureMatrix& features) {
  std::vector<double> mean = mean_of_rows(features);
  double square = 0.0;
  for (const double value : mean) square += value * value;
  if (square > 0.0) {
    const double length = std::sqrt(square);
    for (double& value : mean) value /= length;
  }
  return mean;
}

std::vector<int> nearest_mean(const FeatureMatrix& features,
                              const std::vector<std::vector<double>>& means) {
  std::vector<int> classes;
  classes.reserve(static_cast<std::size_t>(features.rows));
  for (int i = 0; i < features.rows; ++i) {
    const double* row = features.row(i);
    int best = 0;
    double best_distance = 0.0;
    for (std::size_t c = 0; c < means.size(); ++c) {
      double distance = 0.0;
      for (std::size_t j = 0; j < means[c].size(); ++j) {
        const double difference = means[c][j] - row[j];
        distance += difference * difference;
      }
      if (c == 0 || distance < best_distance) {
        best = static_cast<int>(c);
        best_distance = distance;
      }
    }
    classes.push_back(best);
  }
  return classes;
}

}  // namespace sylvester
