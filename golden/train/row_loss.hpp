// Losses of tensors in which every row is an answer of its own, a position of an image: row by row
// in ascending order, in float32 with a fixed order of evaluation.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "golden/train/matrix.hpp"
#include "golden/train/pass.hpp"

namespace sylvester {

inline constexpr std::int32_t kIgnored = -1;  ///< label of a row that takes no part

/// (sum over the rows with a label of -log softmax(logits)[label]) / divisor. `gradient` becomes
/// its derivative with respect to the logits: (softmax - one-hot) / divisor, 0 in ignored rows.
/// logits: rows x classes; labels: kIgnored or 0 ... classes-1; divisor > 0.
double row_cross_entropy(const FloatMatrix& logits, std::span<const std::int32_t> labels,
                         float divisor, FloatMatrix& gradient);

/// weight · (sum over the rows with `counts`, then over columns, of (value - target)^2 / 2) /
/// divisor. `gradient` becomes weight · (value - target) / divisor, 0 in other rows.
double row_squared_error(const FloatMatrix& values, const FloatMatrix& targets,
                         std::span<const std::uint8_t> counts, float weight, float divisor,
                         FloatMatrix& gradient);

/// What the rows of a batch are to answer.
struct RowTargets {
  std::vector<std::int32_t> labels;  ///< of the rows of heads[0]
  FloatMatrix values;  ///< of the rows of heads[1]; without rows there is no such head
  std::vector<std::uint8_t> counts;  ///< which rows of `values` do
  float value_weight = 1.0F;
  float divisor = 1.0F;  ///< of both parts
};

/// Of logits(0) and, if there are values, logits(1): the sum of both parts, and its derivative in
/// gradients.logits(...).
double row_loss(const RowTargets& targets, const Activations& activations, Gradients& gradients);

}  // namespace sylvester
