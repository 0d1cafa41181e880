// Normalisation in float32. Sums are taken in double in ascending order and rounded once, so they
// depend neither on vectors nor on threads.
#pragma once

#include <vector>

#include "golden/train/matrix.hpp"
#include "golden/train/network.hpp"
#include "golden/train/sgd.hpp"

namespace sylvester {

inline constexpr float kNormEpsilon = 1e-5F;    ///< added to variances
inline constexpr float kStatisticsRate = 0.1F;  ///< share of a batch in the running statistics

/// What a normalisation was done with: per channel (batch-norm) or per row (layer-norm).
struct NormState {
  std::vector<float> mean;
  std::vector<float> variance;  ///< of the values that were there, divided by their number
  std::vector<float> inverse;   ///< 1/sqrt(variance + kNormEpsilon)
  std::vector<double> sums;     ///< memory of the functions below
};

/// y = (x - mean)·(inverse·weight) + bias, per channel over all rows; `of_batch`: with mean and
/// variance of x, else with the running ones. y has its size already.
void batch_norm(const Node& node, bool of_batch, const FloatMatrix& x, FloatMatrix& y,
                NormState& state);
/// From g, the gradient of y: parameters and dx, unless null. dx has its size already.
void batch_norm_gradient(const Node& node, bool of_batch, const NormState& state,
                         const FloatMatrix& x, const FloatMatrix& g, ParameterGradient* parameters,
                         FloatMatrix* dx, std::vector<double>& sums);
/// running = (1 - kStatisticsRate)·running + kStatisticsRate·(statistics of a batch of `rows`
/// rows); of the variance the unbiased one, as PyTorch does; of one row the biased one, which is 0.
void learn_statistics(const NormState& state, int rows, Node& node);

/// The same over the channels of each row, without running statistics.
void layer_norm(const Node& node, const FloatMatrix& x, FloatMatrix& y, NormState& state);
void layer_norm_gradient(const Node& node, const NormState& state, const FloatMatrix& x,
                         const FloatMatrix& g, ParameterGradient* parameters, FloatMatrix* dx,
                         std::vector<double>& sums);

}  // namespace sylvester
