// Single numbers with an exponent of their own: learning rates, reciprocals, inverse deviations
// (docs/numerics.md, INT-4).
#pragma once

#include <cstdint>

#include "golden/numerics/scale.hpp"

namespace sylvester {

inline constexpr int kCoefficientBits = 16;  ///< of a magnitude

/// mantissa·2^exponent, |mantissa| < 2^kCoefficientBits.
struct Coefficient {
  std::int32_t mantissa = 0;
  int exponent = 0;

  friend bool operator==(const Coefficient&, const Coefficient&) = default;
};

/// value·2^exponent with at most kCoefficientBits bits: rounded to nearest, ties away from zero.
Coefficient make_coefficient(std::int64_t value, int exponent);

Coefficient product(const Coefficient& a, const Coefficient& b);

/// 1/n, n >= 1; exact for powers of two, else rounded down to kCoefficientBits bits.
Coefficient reciprocal(std::uint64_t n);

/// A non-negative number of many bits.
struct WideNumber {
  Uint128 mantissa = 0;
  int exponent = 0;
};

/// a + b; what lies more than 120 bits below the first bit of the larger one is cut off.
/// Mantissas below 2^120.
WideNumber sum(const WideNumber& a, const WideNumber& b);

/// 1/sqrt(x) (INT-8); 0 for x = 0. Off by less than 2^-14 of itself.
Coefficient inverse_root(const WideNumber& x);

/// floor(sqrt(x)).
std::uint32_t integer_root(std::uint64_t x);

/// value·2^shift, rounded to nearest (ties up) and limited to ±most.
std::int64_t shift_nearest(std::int64_t value, int shift, std::int64_t most);

/// value·2^shift, its magnitude rounded down. |value|·2^shift < 2^63.
inline std::int64_t shift_down(std::int64_t value, int shift) {
  if (shift >= 0) return value * (std::int64_t{1} << shift);
  if (shift <= -63) return 0;
  const std::int64_t sign = value >> 63;  // 0 or -1
  return (((value ^ sign) - sign) >> -shift ^ sign) - sign;
}

}  // namespace sylvester
