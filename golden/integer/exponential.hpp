// e^-x in integers (docs/numerics.md, INT-10).
#pragma once

#include <cstdint>

namespace sylvester {

inline constexpr int kExponentialBits = 30;  ///< behind the binary point of a result

/// 2^30·e^-x for x = distance·2^exponent, distance >= 0, off by less than 2^-14 of itself and one
/// unit; 0 where x·log2(e) is 31 or more.
std::uint32_t exponential(std::int64_t distance, int exponent);

}  // namespace sylvester
