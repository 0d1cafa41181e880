#include "golden/train/upsample.hpp"

#include <algorithm>

namespace sylvester {
namespace {

// Calls use(input row, output row) for all output positions in order.
template <typename Use>
void for_copies(const PatchShape& shape, int images, const Use& use) {
  const Extent factor = shape.window.stride;
  int out = 0;
  for (int i = 0; i < images; ++i) {
    for (int y = 0; y < shape.out.height; ++y) {
      for (int x = 0; x < shape.out.width; ++x) {
        const int row = y / factor.height, column = x / factor.width;
        use((i * shape.in.height + row) * shape.in.width + column, out++);
      }
    }
  }
}

}  // namespace

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
