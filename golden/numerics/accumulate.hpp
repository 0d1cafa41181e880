// Tiled accumulation: the MAC, tile and outer-addition cells (docs/numerics.md, rules ACC-*).
#pragma once

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

/// One MAC: register after adding `product` (ACC-2 saturate, ACC-3 wrap, ACC-4 clamp).
Limited accumulate(AccumulatePolicy policy, int bits, std::int32_t acc, std::int32_t product);

/// A finished tile leaving the array (ACC-5).
Limited leave_tile(AccumulatePolicy policy, int bits, std::int32_t acc);

/// Outer accumulator after adding a finished tile (ACC-6).
Limited add_outer(int outer_bits, std::int32_t outer, std::int32_t partial);

/// Bits of the exact register that `clamp` needs for tiles of `length` products of magnitude at
/// most `largest_product`, two's complement (ACC-4).
int exact_register_bits(std::int64_t length, std::int64_t largest_product);

}  // namespace sylvester
