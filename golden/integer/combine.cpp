#include "golden/integer/combine.hpp"

#include <algorithm>
#include <bit>
#include <limits>

#include "golden/integer/fit.hpp"

namespace sylvester {
int bits_of(std::span<const std::int32_t> values) {
  std::uint32_t all = 0;
  for (const std::int32_t value : values) all |= static_cast<std::uint32_t>(magnitude(value));
  return static_cast<int>(std::bit_width(all));
}

Alignment align(std::span<const Part> parts) {
  constexpr int kNone = std::numeric_limits<int>::min();
  int top = kNone;
  int least = std::numeric_limits<int>::max();
  for (const Part& part : parts) {
    if (part.bits == 0) continue;
    top = std::max(top, part.exponent + part.bits);
    least = std::min(least, part.exponent);
  }
  Alignment result;
  if (top == kNone) return result;
  result.exponent = std::max(least, top - 60);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].bits > 0) result.shift[i] = parts[i].exponent - result.exponent;
  }
  return result;
}

void combine(std::span<const Term> terms, int bits, const Draws& draws, IntTensor& out) {
  std::array<Part, 3> parts;
  for (std::size_t t = 0; t < terms.size(); ++t) {
    const auto& [tensor, factor] = terms[t];
    const int of_factor = static_cast<int>(std::bit_width(magnitude(factor.mantissa)));
    const int of_tensor = bits_of(tensor->values);
    parts[t] = {.exponent = tensor->exponent + factor.exponent,
                .bits = of_factor == 0 || of_tensor == 0 ? 0 : of_factor + of_tensor};
  }
  const Alignment at = align(std::span(parts).first(terms.size()));
  const IntTensor& first = *terms.front().tensor;
  out.resize(first.rows, first.cols);
  const auto part = [&](std::size_t t, std::size_t i) {
    return shift_down(std::int64_t{terms[t].tensor->values[i]} * terms[t].factor.mantissa,
                      at.shift[t]);
  };
  const std::size_t count = first.values.size();
  std::int32_t* const values = out.values.data();
  out.exponent = terms.size() == 2
                     ? fit_values(
                           count, at.exponent, bits, draws,
                           [&](std::size_t i) { return part(0, i) + part(1, i); }, values)
                     : fit_values(
                           count, at.exponent, bits, draws,
                           [&](std::size_t i) {
                             std::int64_t sum = 0;
                             for (std::size_t t = 0; t < terms.size(); ++t) sum += part(t, i);
                             return sum;
                           },
                           values);
}

void raise_exponent(IntTensor& tensor) {
  if (tensor.exponent >= kLeastExponent) return;
  for (std::int32_t& value : tensor.values) {
    value = static_cast<std::int32_t>(shift_down(value, tensor.exponent - kLeastExponent));
  }
  tensor.exponent = kLeastExponent;
}

}  // namespace sylvester
