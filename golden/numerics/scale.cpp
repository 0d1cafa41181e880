#include "golden/numerics/scale.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "golden/support/error.hpp"

namespace sylvester {
namespace {

constexpr Uint128 kPartLimit = Uint128{1} << 63;

int trailing_zeros(Uint128 x) {
  const auto low = static_cast<std::uint64_t>(x);
  return low != 0 ? std::countr_zero(low)
                  : 64 + std::countr_zero(static_cast<std::uint64_t>(x >> 64));
}

// Euclid; a 128-bit step only while a part is longer than 64 bits.
Uint128 gcd(Uint128 a, Uint128 b) {
  while (b != 0) {
    if (((a | b) >> 64) == 0) {
      return std::gcd(static_cast<std::uint64_t>(a), static_cast<std::uint64_t>(b));
    }
    a = std::exchange(b, a % b);
  }
  return a;
}

}  // namespace

Scale make_scale(Uint128 num, Uint128 den, std::int64_t exponent) {
  if (num == 0 || den == 0) {
    throw UserError("a scale needs a numerator and a denominator of at least 1, one of them is 0");
  }
  const int num_zeros = trailing_zeros(num);
  const int den_zeros = trailing_zeros(den);
  num >>= num_zeros;
  den >>= den_zeros;
  const Uint128 common = gcd(num, den);
  num /= common;
  den /= common;
  if (num >= kPartLimit || den >= kPartLimit) {
    throw UserError(
        "a scale's reduced numerator or denominator needs 64 bits or more; at most 63 "
        "are allowed (rule SCL-2)");
  }
  constexpr std::int64_t limit = std::numeric_limits<std::int32_t>::max();
  // Compared before adding: `exponent` may be any 64-bit number.
  if (exponent < -limit || exponent > limit || std::abs(exponent + num_zeros - den_zeros) > limit) {
    throw UserError("a scale's exponent does not fit in 32 bits");
  }
  return {.num = static_cast<std::uint64_t>(num),
          .den = static_cast<std::uint64_t>(den),
          .exponent = static_cast<std::int32_t>(exponent + num_zeros - den_zeros)};
}

Scale multiply(const Scale& a, const Scale& b) {
  return make_scale(Uint128{a.num} * b.num, Uint128{a.den} * b.den,
                    std::int64_t{a.exponent} + b.exponent);
}

float to_float(const Scale& scale) {
  // SCL-3. num·2^shift / den = quotient + sticky, with a quotient of at least 27 bits: 24 bits of
  // the float, so at least 3 bits are dropped and one rounding sees all of them.
  // num·2^shift < 2^90 if shift > 0, else num < 2^63.
  const int shift = std::max(0, 27 + static_cast<int>(std::bit_width(scale.den)) -
                                    static_cast<int>(std::bit_width(scale.num)));
  const Uint128 numerator = Uint128{scale.num} << shift;
  const auto quotient = static_cast<std::uint64_t>(numerator / scale.den);
  const bool sticky = numerator % scale.den != 0;
  const std::int64_t low = std::int64_t{scale.exponent} - shift;  // weight of the quotient's bit 0
  const std::int64_t top = low + std::bit_width(quotient) - 1;    // floor(log2(value))
  if (top > 127) return std::numeric_limits<float>::infinity();
  if (top < -150) return 0.0F;  // below half of the least subnormal, 2^-149
  const std::int64_t unit = std::max<std::int64_t>(top - 23, -149);
  // At least 3; at most the quotient's length, 63, because top >= -150.
  const auto dropped = static_cast<int>(unit - low);
  std::uint64_t kept = quotient >> dropped;
  const std::uint64_t rest = quotient & ((std::uint64_t{1} << dropped) - 1);
  const std::uint64_t half = std::uint64_t{1} << (dropped - 1);
  if (rest > half || (rest == half && (sticky || (kept & 1) != 0))) ++kept;
  // kept <= 2^24 is exact in float32; ldexp only moves the exponent, to infinity if it must.
  return std::ldexp(static_cast<float>(kept), static_cast<int>(unit));
}

float to_float(std::int32_t value, float scale) {
  const float product = static_cast<float>(value) * scale;
  // 0 times infinity: IEEE 754 leaves the pattern open, SCL-4 does not.
  return std::isnan(product) ? std::bit_cast<float>(0x7FC00000U) : product;
}

}  // namespace sylvester
