// How the coefficients of one tensor are rounded (PRE-4, PRE-5): which arithmetic is exact for it,
// and its constants.
#pragma once

#include <array>
#include <cstdint>

#include "golden/numerics/prepare.hpp"

namespace sylvester {

/// Fastest first.
enum class RoundPath {
  kFixedPoint,  ///< integers, 16 or 32 bits a coefficient
  kDouble,
  kCells,  ///< divide_round for each coefficient
};

/// A power of two that passes as N/D of 32 fixed-point bits, see prepare_rounder.cpp:
///   y = N/D is floor(|v| * factor / 2^length) with 32 - integer_bits fraction bits.
struct FixedPoint {
  int integer_bits = 0;
  int length = 0;  ///< bits of the largest |v|
  std::uint32_t factor = 0;
};

/// What becomes of the 16 bits x of a draw: ((x ^ flip) >> shift) & mask.
struct DrawForm {
  std::uint16_t flip = 0;
  int shift = 0;
  std::uint16_t mask = 0xFFFF;
};

struct Rounder {
  RoundPath path = RoundPath::kCells;
  bool nearest = false;
  bool uniform = true;
  std::int32_t largest_code = 0;
  DrawForm draws;  ///< R of RND-5, or what the fixed-point path adds
  FixedPoint fixed;

  // Of the path by double.
  double n = 0;  ///< N = |v| * n
  double d = 0;
  int bits = 0;  ///< fraction bits of Z: random_bits, or 1 for `nearest`
  double factor = 0;
  double half = 0;
  // Formats that are not uniform: interval i holds bound[i] <= N < bound[i+1], bound = D·magnitude.
  int intervals = 0;
  std::array<double, 256> bound;
  std::array<double, 256> gap;         ///< D·(h - g); infinite for the last: never up
  std::array<double, 256> gap_factor;  ///< 2^bits / gap
  std::array<double, 256> gap_half;    ///< 1 / (2·gap)
};

/// M > 0.
Rounder make_rounder(const Format& format, const PrepareRecipe& recipe, const Quantiser& quantiser,
                     std::int32_t max_magnitude);

}  // namespace sylvester
