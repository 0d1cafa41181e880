// Tiled accumulation: the MAC, tile and outer-addition cells (docs/numerics.md, rules ACC-*).
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace sylvester {

enum class AccumulatePolicy { kSaturate, kWrap, kClamp };

std::string_view to_string(AccumulatePolicy policy);
/// Throws UserError listing the allowed names.
AccumulatePolicy accumulate_policy(std::string_view name);

struct AccumulateRecipe {
  AccumulatePolicy policy = AccumulatePolicy::kSaturate;
  int bits = 8;         ///< P, 4...24
  int tile = 32;        ///< T >= 1; 0 = the whole contraction
  int outer_bits = 24;  ///< o, P <= o <= 32
};

/// Register value and whether the operation changed the exact result.
struct Limited {
  std::int32_t value;
  bool limited;
};

// The cells are inline: the cycle-level model calls them once per MAC and cycle.

inline Limited limit(std::int64_t exact, std::int64_t low, std::int64_t high) {
  const std::int64_t value = std::clamp(exact, low, high);
  return {.value = static_cast<std::int32_t>(value), .limited = value != exact};
}

/// One MAC: register after adding `product` (ACC-2 saturate, ACC-3 wrap, ACC-4 clamp).
inline Limited accumulate(AccumulatePolicy policy, int bits, std::int32_t acc,
                          std::int32_t product) {
  const std::int64_t exact = std::int64_t{acc} + product;
  const std::int64_t half = std::int64_t{1} << (bits - 1);
  switch (policy) {
    case AccumulatePolicy::kSaturate:
      return limit(exact, -half, half - 1);
    case AccumulatePolicy::kWrap: {
      // Congruent to exact modulo 2^bits, in -half ... half-1.
      const std::int64_t value = ((exact + half) & (2 * half - 1)) - half;
      return {.value = static_cast<std::int32_t>(value), .limited = value != exact};
    }
    case AccumulatePolicy::kClamp:
      break;
  }
  // ACC-4: exact. A job whose tiles do not fit in 32 bits is refused before it starts.
  return {.value = static_cast<std::int32_t>(exact), .limited = false};
}

/// A finished tile leaving the array (ACC-5).
inline Limited leave_tile(AccumulatePolicy policy, int bits, std::int32_t acc) {
  if (policy != AccumulatePolicy::kClamp) return {.value = acc, .limited = false};
  const std::int64_t largest = (std::int64_t{1} << (bits - 1)) - 1;
  return limit(acc, -largest, largest);
}

/// Outer accumulator after adding a finished tile (ACC-6).
inline Limited add_outer(int outer_bits, std::int32_t outer, std::int32_t partial) {
  const std::int64_t half = std::int64_t{1} << (outer_bits - 1);
  return limit(std::int64_t{outer} + partial, -half, half - 1);
}

/// Bits of the exact register that `clamp` needs for tiles of `length` products of magnitude at
/// most `largest_product`, two's complement (ACC-4).
int exact_register_bits(std::int64_t length, std::int64_t largest_product);

}  // namespace sylvester
