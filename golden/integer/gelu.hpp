// The Gaussian error linear unit on integers, in the form with tanh (docs/numerics.md, INT-13):
// x·sigmoid(2·sqrt(2/pi)·(x + 0.044715·x^3)).
#pragma once

#include <cstdint>
#include <vector>

#include "golden/integer/draws.hpp"
#include "golden/integer/tensor.hpp"

namespace sylvester {

inline constexpr int kSlopeBits = 16;  ///< behind the binary point of a slope

/// y = gelu(x), x of kNarrowBits; slope: the derivative at each element, in units of 2^-kSlopeBits.
/// y has its size already.
void gelu(const IntTensor& x, const Draws& draws, IntTensor& y, std::vector<std::int32_t>& slope);

/// dx = g·slope. dx has its size already.
void gelu_gradient(const std::vector<std::int32_t>& slope, const IntTensor& g, const Draws& draws,
                   IntTensor& dx);

}  // namespace sylvester
