// Sums of tensors times coefficients (docs/numerics.md, INT-5).
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "golden/integer/coefficient.hpp"
#include "golden/integer/draws.hpp"
#include "golden/integer/tensor.hpp"

namespace sylvester {

/// tensor·factor.
struct Term {
  const IntTensor* tensor;
  Coefficient factor = {.mantissa = 1, .exponent = 0};
};

/// Integers of at most `bits` bits times 2^exponent; bits = 0: they are all 0.
struct Part {
  int exponent = 0;
  int bits = 0;
};
/// Where the sum of parts is computed: an exponent, and how far each part is shifted.
struct Alignment {
  int exponent = 0;
  std::array<int, 3> shift{};
};
/// Of at most three parts: the least exponent, but no lower than 60 bits below the first bit of the
/// largest part, so that the sum has at most 62 bits.
Alignment align(std::span<const Part> parts);

/// Bits of the largest magnitude.
int bits_of(std::span<const std::int32_t> values);

/// INT-5: out = the sum of at most three terms of one size, rounded once to `bits` bits. `out` may
/// be one of the tensors.
void combine(std::span<const Term> terms, int bits, const Draws& draws, IntTensor& out);

/// The least exponent of numbers that stay from step to step: float32 holds them.
inline constexpr int kLeastExponent = -149;
/// Raises an exponent below it; magnitudes are rounded down.
void raise_exponent(IntTensor& tensor);

}  // namespace sylvester
