// Wide tensors: 16-bit mantissas with one power-of-two exponent (docs/numerics.md, WIDE-*).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "golden/numerics/scale.hpp"

namespace sylvester {

/// A matrix as `prepare` reads it: `lines` x `k`, row-major, k is the contraction axis.
/// Real element = mantissa * scale. Mantissas are in [-32767, 32767]. For a tensor that came
/// from float32 the scale is a power of two; for operand codes prepared a second time it is the
/// scale of those codes.
struct WideMatrix {
  std::string name;  ///< tensor name used in error messages
  int lines = 0;
  int k = 0;
  std::vector<std::int16_t> mantissas;  ///< lines * k
  Scale scale;
};

inline constexpr std::int32_t kWideLimit = 32767;

/// Float32 -> mantissas and exponent (rule WIDE-2). Returns e such that x ~= mantissa * 2^e.
/// Throws UserError naming `name` if an element is NaN or infinite.
int to_wide(std::span<const float> x, std::span<std::int16_t> mantissas, const std::string& name);

}  // namespace sylvester
