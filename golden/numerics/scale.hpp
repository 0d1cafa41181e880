// Exact scales: num / den * 2^exponent, reduced (docs/numerics.md, rules SCL-*).
#pragma once

#include <cstdint>

namespace sylvester {

__extension__ typedef unsigned __int128 Uint128;  // no ISO name; -Wpedantic

/// A positive rational number num/den * 2^exponent in canonical form: num and den odd, coprime,
/// both below 2^63. Canonical form makes equality of scales an equality of fields.
struct Scale {
  std::uint64_t num = 1;
  std::uint64_t den = 1;
  std::int32_t exponent = 0;

  friend bool operator==(const Scale&, const Scale&) = default;
};

/// Canonical form of num/den * 2^exponent. Throws UserError if num or den is 0, if a reduced part
/// does not fit in 63 bits, or if the exponent does not fit in 32 bits.
Scale make_scale(Uint128 num, Uint128 den, std::int64_t exponent);

/// Exact product, canonical (SCL-2). Throws UserError if it does not fit.
Scale multiply(const Scale& a, const Scale& b);

/// num * 2^exponent / den correctly rounded (nearest, ties to even) to float32 (rule SCL-3).
/// Overflow gives infinity, underflow follows IEEE 754 subnormals.
float to_float(const Scale& scale);

/// fl(fl(value) * to_float(scale)): the float a trainer receives (rule SCL-4).
float to_float(std::int32_t value, float scale);

}  // namespace sylvester
