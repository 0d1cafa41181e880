// Batch-norm and layer-norm on integers (docs/numerics.md, INT-8 and INT-9): exact sums, normalised
// values in units of 2^-16, and one coefficient per channel or row.
#pragma once

#include <cstdint>
#include <vector>

#include "golden/integer/coefficient.hpp"
#include "golden/integer/draws.hpp"
#include "golden/integer/tensor.hpp"

namespace sylvester {

inline constexpr int kNormalisedBits = 16;  ///< behind the binary point of a normalised value
/// 1e-5, added to variances, and 0.1, the share of a batch in the running statistics; what float32
/// takes (golden/train/norm.hpp), in 15 bits.
inline constexpr Coefficient kIntNormEpsilon = {.mantissa = 10737, .exponent = -30};
inline constexpr Coefficient kIntStatisticsRate = {.mantissa = 3277, .exponent = -15};
inline constexpr Coefficient kIntStatisticsRest = {.mantissa = 29491, .exponent = -15};
/// Of the running statistics: float32 holds them.
inline constexpr int kStatisticsBits = 25;
/// Values that may be normalised together, so that no sum is too large.
inline constexpr int kMostNormalised = 1 << 20;

/// Of a node; batch-norm: channels values each, layer-norm: weight and bias only.
struct IntParameters {
  IntTensor weight;
  IntTensor bias;
  IntTensor mean;
  IntTensor variance;
};

/// What a pass leaves of a normalisation.
struct IntNormState {
  IntTensor narrow;                    ///< the input in kNarrowBits
  IntTensor normalised;                ///< exponent -kNormalisedBits
  std::vector<Coefficient> inverse;    ///< 1/sqrt(variance + epsilon), per channel or per row
  std::vector<std::int64_t> mean;      ///< batch-norm: of the batch's narrow values, in 2^-15
  std::vector<std::int64_t> variance;  ///< in 2^-16 of their squares, unbiased
  int exponent = 0;                    ///< of the narrow values
};

/// y = normalised·weight + bias, per channel over all rows; `of_batch`: with mean and variance of
/// x, else with the running ones. state.narrow: x in kNarrowBits.
void batch_norm(const IntParameters& parameters, bool of_batch, const Draws& draws, IntTensor& y,
                IntNormState& state);
/// The same over the channels of each row.
void layer_norm(const IntParameters& parameters, const Draws& draws, IntTensor& y,
                IntNormState& state);

/// Gradients of weight and bias, channels values each.
struct IntNormGradient {
  IntTensor weight;
  IntTensor bias;
};

/// g: the gradient of y in kNarrowBits; dx unless null, rounded once.
void batch_norm_gradient(const IntParameters& parameters, bool of_batch, const IntNormState& state,
                         const IntTensor& g, const Draws& of_weight, const Draws& of_bias,
                         const Draws& of_dx, IntNormGradient& gradient, IntTensor* dx);
/// `scaled`: memory, the gradient times the weights; its draws are of_scaled.
void layer_norm_gradient(const IntParameters& parameters, const IntNormState& state,
                         const IntTensor& g, const Draws& of_weight, const Draws& of_bias,
                         const Draws& of_scaled, const Draws& of_dx, IntNormGradient& gradient,
                         IntTensor* dx, IntTensor& scaled);

/// running = 0.9·running + 0.1·(statistics of the batch).
struct StatisticsDraws {
  Draws mean_of_batch;
  Draws variance_of_batch;
  Draws mean;
  Draws variance;
};
void learn_statistics(const IntNormState& state, const StatisticsDraws& draws,
                      IntParameters& parameters);

}  // namespace sylvester
