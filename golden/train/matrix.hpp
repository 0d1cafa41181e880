// A float32 matrix as the trainer keeps it, and the blocked transpose.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace sylvester {

/// rows x cols, row-major. Memory grows only: a matrix that is used again is not allocated again.
struct FloatMatrix {
  int rows = 0;
  int cols = 0;
  std::vector<float> values;

  void resize(int new_rows, int new_cols) {
    rows = new_rows;
    cols = new_cols;
    values.resize(static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols));
  }
  [[nodiscard]] float* row(int i) {
    return values.data() + static_cast<std::size_t>(i) * static_cast<std::size_t>(cols);
  }
  [[nodiscard]] const float* row(int i) const {
    return values.data() + static_cast<std::size_t>(i) * static_cast<std::size_t>(cols);
  }
};

/// out[c][r] = in[r][c] for a row-major rows x cols matrix. Works on squares that lie in the
/// first-level cache.
template <typename T>
void transpose(const T* in, int rows, int cols, T* out) {
  constexpr int square = 32;
  for (int r0 = 0; r0 < rows; r0 += square) {
    const int r1 = std::min(r0 + square, rows);
    for (int c0 = 0; c0 < cols; c0 += square) {
      const int c1 = std::min(c0 + square, cols);
      for (int c = c0; c < c1; ++c) {
        T* line = out + static_cast<std::ptrdiff_t>(c) * rows;
        const T* column = in + c;
        for (int r = r0; r < r1; ++r) line[r] = column[static_cast<std::ptrdiff_t>(r) * cols];
      }
    }
  }
}

}  // namespace sylvester
