// The one form of numbers in integer training: integers that share a power-of-two exponent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sylvester {

inline constexpr int kWideBits = 32;    ///< of any mantissa, sign included
inline constexpr int kNarrowBits = 16;  ///< of weights, velocities and what normalisations read

/// rows x cols, row-major; element = value·2^exponent, |value| < 2^31 (rule INT-1). Memory grows
/// only.
struct IntTensor {
  int rows = 0;
  int cols = 0;
  int exponent = 0;
  std::vector<std::int32_t> values;

  void resize(int new_rows, int new_cols) {
    rows = new_rows;
    cols = new_cols;
    values.resize(static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols));
  }
  [[nodiscard]] std::int32_t* row(int i) {
    return values.data() + static_cast<std::size_t>(i) * static_cast<std::size_t>(cols);
  }
  [[nodiscard]] const std::int32_t* row(int i) const {
    return values.data() + static_cast<std::size_t>(i) * static_cast<std::size_t>(cols);
  }
};

}  // namespace sylvester
