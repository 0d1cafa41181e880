#include "golden/numerics/prepare_rounder.hpp"

#include <bit>
#include <limits>

namespace sylvester {
namespace {

// Fixed point. Let y = |v|·n/D, M the largest |v|, L its number of bits, i = integer_bits with
// M·n/D < 2^(i-1), g = 32 - i + L and
//   c = ceil(n·2^g/D),  e = c·D - n·2^g,  0 <= e < D,  u = floor(|v|·c / 2^L).
// (n/D <= 2^(i-1)/M and M >= 2^(L-1), so n·2^g/D < 2^32 and c fits in 32 bits; c = 2^32 is
// refused.) |v|·c/2^L is 2^(32-i)·y plus |v|·e·2^(32-i)/(D·2^g) >= 0: u is y with 32 - i fraction
// bits, below 2^31, a little too large before it is cut off.
//
// `stochastic` (PRE-4): with t = 2^r - 1 - R, up iff R < floor(2^r·rem/D) iff R + 1 <= 2^r·rem/D,
// so that q + up = floor(y + t/2^r). That is a multiple of 1/(D·2^r) before the floor: adding less
// than that changes nothing. Sufficient is M·e·2^r < 2^g. Only the bits of t are added, so that the
// fraction bits of u below 2^-r need not exist: the kernel adds to the upper 16 bits of u, which
// hold them if r <= 16 - i.
//
// `nearest`: what is added is below one unit of u, for M·e < D·2^L. Ties y = k + 1/2 are integers
// in units of u, hence exact there; y beside a tie is at least 1/(2D) away, which is a unit or more
// if 2D <= 2^(32-i): above the tie u is greater than the tie, below it u is less. An integer is
// never reached from below, for the same reason. So up iff the fraction of u exceeds one half, or
// equals it and q is odd, and all 32 bits of u count.
bool make_fixed_point(const PrepareRecipe& recipe, const Quantiser& quantiser,
                      std::int32_t max_magnitude, FixedPoint& fixed) {
  const auto m = static_cast<std::uint64_t>(max_magnitude);
  const std::uint64_t n = quantiser.n;  // below 2^16
  const std::uint64_t d = quantiser.d;  // below 2^37
  fixed.length = static_cast<int>(std::bit_width(m));
  fixed.integer_bits = 1;
  while (Uint128{m} * n >= Uint128{d} << (fixed.integer_bits - 1)) ++fixed.integer_bits;
  const int i = fixed.integer_bits;
  const int g = 32 - i + fixed.length;
  const Uint128 c = ((Uint128{n} << g) + d - 1) / d;
  if (c > std::numeric_limits<std::uint32_t>::max()) return false;
  fixed.factor = static_cast<std::uint32_t>(c);
  if (recipe.rounding == Rounding::kNearest)
    return i <= 15 && 2 * d <= std::uint64_t{1} << (32 - i);
  const Uint128 e = c * d - (Uint128{n} << g);
  return recipe.random_bits <= 16 - i && (m * e) << recipe.random_bits < Uint128{1} << g;
}

// Double. Both rounding rules need Z = floor(X) of a rational X = A·s/E with integers A, s, E > 0
// (uniform: A = |v|, s = n·2^r, E = D). We compute floor(fl(fl(A·c) + h)) with c = fl(s/E),
// h = fl(1/(2E)). With u = 2^-53 the computed argument is X + h + error, |error| < 5u·(X + h). X is
// a multiple of 1/E, hence the floor is Z whenever |error| < 1/(2E), which follows from 10u·(A·s +
// 1) < 1. kExact = 2^49 keeps a factor of 1.6 in hand; A·s, A and E stay below 2^53, so that they
// are exact in double.
constexpr double kExact = 0x1p49;

bool make_double(const Format& format, const Quantiser& quantiser, std::int32_t max_magnitude,
                 Rounder& rounder) {
  rounder.n = static_cast<double>(quantiser.n);
  rounder.d = static_cast<double>(quantiser.d);
  const double steps = static_cast<double>(1 << rounder.bits);
  rounder.factor = rounder.n * steps / rounder.d;
  rounder.half = 0.5 / rounder.d;
  const double largest_term = static_cast<double>(max_magnitude) * rounder.n * steps;
  if (largest_term >= kExact || rounder.d * format.largest() * steps >= kExact) return false;
  // Beyond the limit, with kHindsight and kSawb, Z may be long; it has 31 bits.
  if (format.uniform) return largest_term < rounder.d * 0x1p30;
  rounder.intervals = format.largest_code();
  for (int i = 0; i <= rounder.intervals; ++i) {
    const auto at = static_cast<std::size_t>(i);
    rounder.bound[at] = rounder.d * format.magnitudes[at];
    const double gap = i == rounder.intervals
                           ? std::numeric_limits<double>::infinity()
                           : rounder.d * (format.magnitudes[at + 1] - format.magnitudes[at]);
    rounder.gap[at] = gap;
    rounder.gap_factor[at] = steps / gap;
    rounder.gap_half[at] = 0.5 / gap;
  }
  return true;
}

}  // namespace

Rounder make_rounder(const Format& format, const PrepareRecipe& recipe, const Quantiser& quantiser,
                     std::int32_t max_magnitude) {
  Rounder rounder;
  rounder.nearest = recipe.rounding == Rounding::kNearest;
  rounder.uniform = format.uniform;
  rounder.largest_code = format.largest_code();
  rounder.bits = rounder.nearest ? 1 : recipe.random_bits;
  const int r = recipe.random_bits;
  if (format.uniform && make_fixed_point(recipe, quantiser, max_magnitude, rounder.fixed)) {
    rounder.path = RoundPath::kFixedPoint;
    // t in the upper r of 16 - i fraction bits.
    const int i = rounder.fixed.integer_bits;
    const unsigned below = rounder.nearest ? 0 : (1U << (16 - i - r)) - 1;
    rounder.draws = {.flip = 0xFFFF, .shift = i, .mask = static_cast<std::uint16_t>(~below)};
    return rounder;
  }
  rounder.draws = {.flip = 0, .shift = 16 - r, .mask = 0xFFFF};
  rounder.path = make_double(format, quantiser, max_magnitude, rounder) ? RoundPath::kDouble
                                                                        : RoundPath::kCells;
  return rounder;
}

}  // namespace sylvester
