#include "golden/train/upsample.hpp"

#include <algorithm>

namespace sylvester {
void upsample(const PatchShape& shape, const FloatMatrix& x, FloatMatrix& y) {
  for_copies(shape, y.rows / shape.out.positions(),
             [&](int in, int out) { std::copy_n(x.row(in), x.cols, y.row(out)); });
}

void upsample_gradient(const PatchShape& shape, const FloatMatrix& g, FloatMatrix& dx) {
  std::ranges::fill(dx.values, 0.0F);
  for_copies(shape, g.rows / shape.out.positions(), [&](int in, int out) {
    const float* from = g.row(out);
    float* sum = dx.row(in);
    for (int c = 0; c < g.cols; ++c) sum[c] += from[c];
  });
}

}  // namespace sylvester
