#include "golden/train/float_math.hpp"

#include <bit>
#include <cstdint>
#include <limits>

namespace sylvester {
namespace {

constexpr double kLog2E = 0x1.71547652b82fep+0;
constexpr double kLn2High = 0x1.62e42fee00000p-1;  // 33 bits: times |n| <= 150 is exact
constexpr double kLn2Low = 0x1.a39ef35793c76p-33;

// 2^n for n in -1022 ... 1023.
double power_of_two(std::int64_t n) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(n + 1023) << 52);
}

// e^x, |x| <= 105.
double exp_double(double x) {
  // x = n·ln 2 + r, |r| <= 0.347. Adding 1.5·2^52 rounds to the nearest integer.
  constexpr double kRound = 0x1.8p52;
  const double n = (x * kLog2E + kRound) - kRound;
  const double r = (x - n * kLn2High) - n * kLn2Low;
  // Taylor series by Horner: the first term left out is below r^13/13! < 2^-52.
  double sum = 1.0;
  for (int k = 12; k >= 1; --k) sum = 1.0 + sum * r / k;
  return sum * power_of_two(static_cast<std::int64_t>(n));
}

}  // namespace

float exp_float(float x) {
  if (x != x) return x;
  if (x > 88.75F) return std::numeric_limits<float>::infinity();
  if (x < -104.0F) return 0.0F;
  return static_cast<float>(exp_double(static_cast<double>(x)));
}

float tanh_float(float x) {
  if (x != x) return x;
  const double a = x < 0.0F ? -static_cast<double>(x) : static_cast<double>(x);
  if (a > 10.0) return x < 0.0F ? -1.0F : 1.0F;
  if (a < 0.25) {
    // Taylor series; the first term left out is below 2^-42 of the result.
    const double square = a * a;
    constexpr double kTerms[] = {
        -1.0 / 3,         2.0 / 15,          -17.0 / 315,          62.0 / 2835,
        -1382.0 / 155925, 21844.0 / 6081075, -929569.0 / 638512875};
    double sum = 0.0;
    for (int i = 6; i >= 0; --i) sum = (sum + kTerms[i]) * square;
    const double series = static_cast<double>(x) * (1.0 + sum);
    return static_cast<float>(series);
  }
  const double e = exp_double(-2.0 * a);
  const double result = (1.0 - e) / (1.0 + e);
  return static_cast<float>(x < 0.0F ? -result : result);
}

float log_float(float x) {
  if (x != x || x < 0.0F) return std::numeric_limits<float>::quiet_NaN();
  if (x == 0.0F) return -std::numeric_limits<float>::infinity();
  if (x > std::numeric_limits<float>::max()) return x;
  // x = m·2^n with m in [sqrt(1/2), sqrt(2)); exact, for subnormal floats are normal doubles.
  const auto bits = std::bit_cast<std::uint64_t>(static_cast<double>(x));
  auto n = static_cast<std::int64_t>(bits >> 52) - 1023;
  double m = std::bit_cast<double>((bits & 0x000FFFFFFFFFFFFFULL) | 0x3FF0000000000000ULL);
  if (m >= 0x1.6a09e667f3bcdp+0) {
    m *= 0.5;
    ++n;
  }
  // log m = 2·atanh(s) = 2·(s + s^3/3 + s^5/5 + ...), |s| <= 0.172; what is left out is below
  // 2^-58.
  const double s = (m - 1.0) / (m + 1.0);
  const double square = s * s;
  double sum = 0.0;
  for (int k = 21; k >= 1; k -= 2) sum = 1.0 / k + sum * square;
  const double log_m = 2.0 * s * sum;
  return static_cast<float>(static_cast<double>(n) * kLn2High +
                            (static_cast<double>(n) * kLn2Low + log_m));
}

}  // namespace sylvester
