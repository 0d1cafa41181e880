// Softmax cross-entropy on integers: the gradient of the logits (docs/numerics.md, INT-11).
#pragma once

#include <cstdint>
#include <span>

#include "golden/integer/draws.hpp"
#include "golden/integer/tensor.hpp"

namespace sylvester {

inline constexpr std::int32_t kNoLabel = -1;  ///< of a row that has no part in the loss

/// gradient = (softmax(row) - one-hot(label)) / rows with a label, 0 for rows without one. Every
/// row sums to 0 before the division. labels: one per row, kNoLabel or 0 ... cols-1; logits have
/// less than 32 bits, cols <= 2^30.
void cross_entropy_gradient(const IntTensor& logits, std::span<const std::int32_t> labels,
                            const Draws& draws, IntTensor& gradient);

}  // namespace sylvester
