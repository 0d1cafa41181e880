// What integer training may choose.
#pragma once

#include <cstdint>

#include "golden/numerics/accumulate.hpp"

namespace sylvester {

inline constexpr int kLeastIntegerBits = 4;
inline constexpr int kMostIntegerBits = 8;

struct IntegerRecipe {
  int bits = 8;  ///< B: of the codes of X, W and G of a GEMM
  /// Of all three GEMMs; no register of it can be limited.
  AccumulateRecipe accumulate = {
      .policy = AccumulatePolicy::kSaturate, .bits = 24, .tile = 64, .outer_bits = 32};
};

/// Most products that a sum may have so that none of the registers is limited; 0: a tile can be.
std::int64_t longest_contraction(const IntegerRecipe& recipe);

}  // namespace sylvester
