#include "golden/numerics/simd_targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "golden/numerics/transpose.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>

#include "golden/numerics/transpose.hpp"

HWY_BEFORE_NAMESPACE();
namespace sylvester {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

constexpr int kSquare = 8;  ///< one vector of 128 bits a row

HWY_INLINE void transpose_square(const std::int16_t* in, std::ptrdiff_t in_stride,
                                 std::int16_t* out, std::ptrdiff_t out_stride) {
  const hn::FixedTag<std::int16_t, kSquare> d;
  hn::Vec<decltype(d)> rows[kSquare];
#pragma GCC unroll 8
  for (int i = 0; i < kSquare; ++i) rows[i] = hn::LoadU(d, in + i * in_stride);
    // Rows and columns of 2^n x 2^n elements change places if the upper and the lower half of the
    // rows are interleaved n times.
#pragma GCC unroll 3
  for (int round = 0; round < 3; ++round) {
    hn::Vec<decltype(d)> next[kSquare];
#pragma GCC unroll 4
    for (int i = 0; i < kSquare / 2; ++i) {
      next[2 * i] = hn::InterleaveLower(d, rows[i], rows[i + kSquare / 2]);
      next[2 * i + 1] = hn::InterleaveUpper(d, rows[i], rows[i + kSquare / 2]);
    }
#pragma GCC unroll 8
    for (int i = 0; i < kSquare; ++i) rows[i] = next[i];
  }
#pragma GCC unroll 8
  for (int i = 0; i < kSquare; ++i) hn::StoreU(rows[i], d, out + i * out_stride);
}

// Groups of four squares below each other fill whole cache lines of `out`. The last squares of a
// side that is not a multiple of 8 overlap those before them.
void transpose_words(const std::int16_t* in, int rows, int cols, std::int16_t* out) {
  if (rows < kSquare || cols < kSquare) {
    for (int c = 0; c < cols; ++c) {
      for (int r = 0; r < rows; ++r) {
        out[static_cast<std::ptrdiff_t>(c) * rows + r] =
            in[static_cast<std::ptrdiff_t>(r) * cols + c];
      }
    }
    return;
  }
  constexpr int kGroup = 4 * kSquare;
  for (int first_row = 0; first_row < rows; first_row += kGroup) {
    const int last_row = std::min(first_row + kGroup, rows);
    for (int col = 0; col < cols; col += kSquare) {
      const std::ptrdiff_t c = std::min(col, cols - kSquare);
      for (int row = first_row; row < last_row; row += kSquare) {
        const std::ptrdiff_t r = std::min(row, rows - kSquare);
        transpose_square(in + r * cols + c, cols, out + c * rows + r, rows);
      }
    }
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sylvester
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sylvester {
namespace {
HWY_EXPORT(transpose_words);
}  // namespace

void transpose(const std::int16_t* in, int rows, int cols, std::int16_t* out) {
  HWY_DYNAMIC_DISPATCH(transpose_words)(in, rows, cols, out);
}

}  // namespace sylvester
#endif
