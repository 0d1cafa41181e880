#include "golden/integer/float_boundary.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

#include <fmt/format.h>

#include "golden/support/error.hpp"

namespace sylvester {
namespace {

constexpr int kFractionBits = 23;
constexpr int kBias = 127;

struct Unpacked {
  bool negative;
  int exponent;  // biased, at least 1; 255: not finite
  std::uint32_t significand;
};

Unpacked unpack(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const auto field = static_cast<int>(bits >> kFractionBits & 0xFFU);
  const std::uint32_t fraction = bits & ((1U << kFractionBits) - 1);
  return {.negative = bits >> 31 != 0,
          .exponent = std::max(field, 1),
          .significand = field == 0 ? fraction : fraction | 1U << kFractionBits};
}

}  // namespace

void words_of(std::span<const float> x, int rows, int cols, std::string_view name, IntTensor& out) {
  out.resize(rows, cols);
  int largest = 0;
  for (const float value : x) {
    const Unpacked parts = unpack(value);
    if (parts.exponent == 255) {
      throw UserError(fmt::format("tensor '{}': an element is NaN or infinite", name));
    }
    if (parts.significand != 0) largest = std::max(largest, parts.exponent);
  }
  out.exponent = largest == 0 ? 0 : largest - kBias - kFractionBits;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const Unpacked parts = unpack(x[i]);
    const int distance = largest - parts.exponent;
    const bool vanishes = parts.significand == 0 || distance > kFractionBits;
    const auto word = static_cast<std::int32_t>(vanishes ? 0 : parts.significand >> distance);
    out.values[i] = parts.negative ? -word : word;
  }
}

Coefficient coefficient_of(float x) {
  const Unpacked parts = unpack(x);
  const auto word = static_cast<std::int64_t>(parts.significand);
  return make_coefficient(parts.negative ? -word : word, parts.exponent - kBias - kFractionBits);
}

void to_floats(const IntTensor& tensor, std::vector<float>& out) {
  out.resize(tensor.values.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<float>(std::ldexp(static_cast<double>(tensor.values[i]), tensor.exponent));
  }
}

}  // namespace sylvester
