#include "golden/integer/coefficient.hpp"

#include <algorithm>
#include <bit>

#include "golden/integer/fit.hpp"

namespace sylvester {
namespace {

int bit_width(Uint128 value) {
  const auto upper = static_cast<std::uint64_t>(value >> 64);
  return upper != 0 ? 64 + static_cast<int>(std::bit_width(upper))
                    : static_cast<int>(std::bit_width(static_cast<std::uint64_t>(value)));
}

}  // namespace

Coefficient make_coefficient(std::int64_t value, int exponent) {
  if (value == 0) return {};
  std::uint64_t whole = magnitude(value);
  int shift = std::max(0, static_cast<int>(std::bit_width(whole)) - kCoefficientBits);
  if (shift > 0) whole = ((whole >> (shift - 1)) + 1) >> 1;
  if (whole >> kCoefficientBits != 0) {
    whole >>= 1;
    ++shift;
  }
  const auto mantissa = static_cast<std::int32_t>(whole);
  return {.mantissa = value < 0 ? -mantissa : mantissa, .exponent = exponent + shift};
}

Coefficient product(const Coefficient& a, const Coefficient& b) {
  return make_coefficient(std::int64_t{a.mantissa} * b.mantissa, a.exponent + b.exponent);
}

Coefficient reciprocal(std::uint64_t n) {
  if (std::has_single_bit(n)) return {.mantissa = 1, .exponent = -std::countr_zero(n)};
  // 2^(width-1) < n < 2^width: the quotient has kCoefficientBits bits.
  const int exponent = static_cast<int>(std::bit_width(n)) + kCoefficientBits - 1;
  return {.mantissa = static_cast<std::int32_t>((Uint128{1} << exponent) / n),
          .exponent = -exponent};
}

WideNumber sum(const WideNumber& a, const WideNumber& b) {
  if (a.mantissa == 0) return b;
  if (b.mantissa == 0) return a;
  const WideNumber& high = a.exponent >= b.exponent ? a : b;
  const WideNumber& low = a.exponent >= b.exponent ? b : a;
  const int distance = high.exponent - low.exponent;
  const int up = std::min(distance, 120 - bit_width(high.mantissa));
  const int down = distance - up;
  return {.mantissa = (high.mantissa << up) + (down < 128 ? low.mantissa >> down : Uint128{0}),
          .exponent = high.exponent - up};
}

std::uint32_t integer_root(std::uint64_t x) {
  std::uint64_t root = 0;
  for (std::uint64_t bit = std::uint64_t{1} << 31; bit != 0; bit >>= 1) {
    const std::uint64_t larger = root | bit;
    if (larger * larger <= x) root = larger;
  }
  return static_cast<std::uint32_t>(root);
}

Coefficient inverse_root(const WideNumber& x) {
  if (x.mantissa == 0) return {};
  // x ~= v·2^(2h) with 2^62 <= v < 2^64.
  int shift = bit_width(x.mantissa) - 64;
  if ((x.exponent + shift) % 2 != 0) ++shift;
  const auto v =
      static_cast<std::uint64_t>(shift >= 0 ? x.mantissa >> shift : x.mantissa << -shift);
  const int h = (x.exponent + shift) / 2;
  constexpr int kNumerator = kCoefficientBits + 31;
  const std::uint64_t quotient = (std::uint64_t{1} << kNumerator) / integer_root(v);
  return make_coefficient(static_cast<std::int64_t>(quotient), -h - kNumerator);
}

std::int64_t shift_nearest(std::int64_t value, int shift, std::int64_t most) {
  if (value == 0) return 0;
  if (shift >= 0) {
    const bool fits = static_cast<int>(std::bit_width(magnitude(value))) + shift < 63;
    return fits ? std::clamp(value * (std::int64_t{1} << shift), -most, most)
                : (value < 0 ? -most : most);
  }
  if (shift < -62) return 0;
  return std::clamp(((value >> (-shift - 1)) + 1) >> 1, -most, most);
}

}  // namespace sylvester
