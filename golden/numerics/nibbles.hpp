// Products of 8-bit codes by four passes over their nibbles (docs/numerics.md, rule I8-1).
#pragma once

#include <cstdint>

namespace sylvester {

/// Passes over a tile, in the order of the hardware: high and low nibbles of A times those of B.
enum class NibblePass { kHighHigh, kHighLow, kLowHigh, kLowLow };
inline constexpr int kNibblePasses = 4;

/// Nibble of an A or B code of at most 8 signed bits: code >> 4 (-8...7) or code mod 16 (0...15).
int nibble_of_a(NibblePass pass, int code);
int nibble_of_b(NibblePass pass, int code);

/// Sum of a tile's passes so far: `sum` of those before (anything in the first) and the exact sum
/// of this one. After the last pass it is the tile's exact sum.
std::int64_t add_pass(NibblePass pass, std::int64_t sum, std::int64_t pass_sum);

}  // namespace sylvester
