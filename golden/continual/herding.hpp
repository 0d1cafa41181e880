// Choice of exemplars and classification by their means (iCaRL: Rebuffi et al., CVPR 2017,
// arXiv 1611.07725, algorithms 1 and 4; details as in the published HDQT code).
#pragma once

#include <vector>

#include "golden/train/matrix.hpp"

namespace sylvester {

/// Added to the length of a feature vector before dividing by it.
inline constexpr double kFeatureEpsilon = 1e-8;

/// Feature vectors of length 1, in double; sums are always in the order of rows and columns.
struct FeatureMatrix {
  int rows = 0;
  int cols = 0;
  std::vector<double> values;  ///< rows x cols

  [[nodiscard]] const double* row(int i) const {
    return values.data() + static_cast<std::size_t>(i) * static_cast<std::size_t>(cols);
  }
};

/// Appends each row divided by (its Euclidean length + kFeatureEpsilon).
void append_normalised(const FloatMatrix& features, FeatureMatrix& out);

/// Greedy mean matching: the k-th choice (k = 1, 2, ...) is the row not chosen yet that brings the
/// mean of the chosen rows closest to the mean of all rows; ties go to the earlier row. Returns
/// min(count, rows) row numbers in the order of choice.
std::vector<int> herd(const FeatureMatrix& features, int count);

/// Mean of all rows, divided by its length (left as it is if that is 0).
std::vector<double> exemplar_mean(const FeatureMatrix& features);

/// For each row the class whose mean is nearest (squared Euclidean distance), ties to the lower
/// class. means: one vector per class, not empty.
std::vector<int> nearest_mean(const FeatureMatrix& features,
                              const std::vector<std::vector<double>>& means);

}  // namespace sylvester
