// The quantisers of the published HDQT code in float32, apart from the numeric contract: arbitrary
// real scales, float division, float random numbers. Source: arXiv 2310.03675 and its reference
// code, repository Intelligent-Microsystems-Lab/QuantizedCIL, quant.py (dynamic_intQ_FWD,
// dynamic_intQ, dynamic_stoch).
#pragma once

#include <cstdint>
#include <span>

#include "golden/numerics/draw.hpp"
#include "golden/numerics/prepare.hpp"

namespace sylvester {

/// The code's EPSILON, added to every scale before dividing.
inline constexpr float kPaperEpsilon = 1e-32F;

/// Forward weight and activation: M = max|x|, mx = 0.975·M. If any x is negative: scale mx/L with
/// L = 2^(bits-1)-1, codes -L ... L; else mx/U with U = 2^bits-1, codes 0 ... U. Nearest, ties to
/// even, of x clipped to ±mx. Writes codes, returns the scale. bits: 2 ... 7.
float paper_quantise_forward(std::span<const float> x, int bits, std::span<Code> codes);

/// Backward, nearest: mx = max|x|, scale mx/L, always signed.
float paper_quantise_nearest(std::span<const float> x, int bits, std::span<Code> codes);

/// Backward, stochastic: mx = min(max|x|, 1e8), scale mx/L, y = x/scale of x
/// limited to ±mx;
/// magnitude = floor|y| + (u < fraction of |y|). u: the upper 24 bits of the project's own draw
/// with index0 + the element's position as index, as a multiple of 2^-24. Float division can make
/// |y| exceed L, so that a code of L + 1 is possible, as in the code.
float paper_quantise_stochastic(std::span<const float> x, int bits, const DrawContext& context,
                                std::span<Code> codes, std::uint32_t index0 = 0);

/// Un-normalised Walsh-Hadamard transform of consecutive blocks in float32, butterflies of distance
/// 1, 2, 4, ... in this order. `block` is a power of two that divides the size.
void paper_transform(std::span<float> x, int block);

}  // namespace sylvester
