#include "golden/numerics/wide.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "golden/support/error.hpp"

namespace sylvester {

int to_wide(std::span<const float> x, std::span<std::int16_t> mantissas, const std::string& name) {
  if (x.size() != mantissas.size()) {
    throw UserError("tensor '" + name + "': " + std::to_string(x.size()) + " elements for " +
                    std::to_string(mantissas.size()) + " mantissas");
  }
  // The bit patterns of non-negative floats are ordered as the floats are.
  std::uint32_t largest = 0;
  for (const float element : x) {
    largest = std::max(largest, std::bit_cast<std::uint32_t>(element) & 0x7FFFFFFFU);
  }
  if (largest >= 0x7F800000U) {
    throw UserError("tensor '" + name + "': an element is NaN or infinite");
  }
  if (largest == 0) {
    std::fill(mantissas.begin(), mantissas.end(), std::int16_t{0});
    return 0;
  }
  const int top = largest >= 0x00800000U ? static_cast<int>(largest >> 23) - 127
                                         : static_cast<int>(std::bit_width(largest)) - 1 - 149;
  const int exponent = top - 14;
  // Exact: float to double, and a power of two between 2^-113 and 2^163 in double. |x·2^-e| < 2^15;
  // adding 1.5·2^52 leaves no fraction bits, so that addition is the one rounding to nearest, ties
  // to even; taking it off again is exact.
  const double factor = std::ldexp(1.0, -exponent);
  constexpr double kRound = 0x1.8p52;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double rounded = (static_cast<double>(x[i]) * factor + kRound) - kRound;
    const auto mantissa = static_cast<std::int32_t>(rounded);
    mantissas[i] = static_cast<std::int16_t>(std::clamp(mantissa, -kWideLimit, kWideLimit));
  }
  return exponent;
}

}  // namespace sylvester
