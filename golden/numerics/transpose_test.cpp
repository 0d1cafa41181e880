#include "golden/numerics/transpose.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "golden/numerics/simd.hpp"

namespace sylvester {
namespace {

TEST(Transpose, EveryShapeOnEveryLevel) {
  const SimdLevel best = simd_level();
  for (const SimdLevel level : supported_simd_levels()) {
    force_simd_level(level);
    for (int rows = 1; rows <= 70; rows += rows < 20 ? 1 : 7) {
      for (int cols = 1; cols <= 70; cols += cols < 20 ? 1 : 7) {
        std::vector<std::int16_t> in;
        for (int i = 0; i < rows * cols; ++i) in.push_back(static_cast<std::int16_t>(i * 7 - 9000));
        std::vector<std::int16_t> out(in.size() + 1, 77);
        transpose(in.data(), rows, cols, out.data());
        for (int r = 0; r < rows; ++r) {
          for (int c = 0; c < cols; ++c) {
            ASSERT_EQ(out[static_cast<std::size_t>(c * rows + r)],
                      in[static_cast<std::size_t>(r * cols + c)])
                << rows << " x " << cols << ", " << to_string(level);
          }
        }
        ASSERT_EQ(out.back(), 77);
      }
    }
  }
  force_simd_level(best);
}

}  // namespace
}  // namespace sylvester
