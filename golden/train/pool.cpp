#include "golden/train/pool.hpp"

#include <algorithm>
#include <cstddef>

namespace sylvester {
namespace {

// Calls use(output row, input row, number in the window) for every element of every window that
// lies within the image; rows are those of the NHWC matrices.
template <typename Use>
void for_windows(const PatchShape& shape, int images, const Use& use) {
  const Extent kernel = shape.window.kernel;
  int out = 0;
  for (int i = 0; i < images; ++i) {
    const int first = i * shape.in.positions();
    for (int oy = 0; oy < shape.out.height; ++oy) {
      for (int ox = 0; ox < shape.out.width; ++ox, ++out) {
        for (int ky = 0; ky < kernel.height; ++ky) {
          const int y = shape.row(oy) + ky;
          if (y < 0 || y >= shape.in.height) continue;
          for (int kx = 0; kx < kernel.width; ++kx) {
            const int x = shape.column(ox) + kx;
            if (x < 0 || x >= shape.in.width) continue;
            use(out, first + y * shape.in.width + x, ky * kernel.width + kx);
          }
        }
      }
    }
  }
}

int images_of(const PatchShape& shape, const FloatMatrix& y) {
  return y.rows / shape.out.positions();
}

}  // namespace

void max_pool(const PatchShape& shape, const FloatMatrix& x, FloatMatrix& y,
              std::vector<std::uint16_t>& chosen) {
  chosen.resize(y.values.size());
  const auto channels = static_cast<std::size_t>(y.cols);
  int begun = -1;
  for_windows(shape, images_of(shape, y), [&](int out, int in, int number) {
    float* largest = y.row(out);
    std::uint16_t* choice = chosen.data() + static_cast<std::size_t>(out) * channels;
    const float* row = x.row(in);
    const bool first = out != begun;
    begun = out;
    for (std::size_t c = 0; c < channels; ++c) {
      const bool better = first || row[c] > largest[c] || row[c] != row[c];
      largest[c] = better ? row[c] : largest[c];
      choice[c] = better ? static_cast<std::uint16_t>(number) : choice[c];
    }
  });
}

void max_pool_gradient(const PatchShape& shape, const std::vector<std::uint16_t>& chosen,
                       const FloatMatrix& g, FloatMatrix& dx) {
  std::ranges::fill(dx.values, 0.0F);
  const auto channels = static_cast<std::size_t>(g.cols);
  for_windows(shape, images_of(shape, g), [&](int out, int in, int number) {
    const float* from = g.row(out);
    const std::uint16_t* choice = chosen.data() + static_cast<std::size_t>(out) * channels;
    float* to = dx.row(in);
    for (std::size_t c = 0; c < channels; ++c) to[c] += choice[c] == number ? from[c] : 0.0F;
  });
}

void average_pool(const PatchShape& shape, const FloatMatrix& x, FloatMatrix& y) {
  std::ranges::fill(y.values, 0.0F);
  for_windows(shape, images_of(shape, y), [&](int out, int in, int) {
    float* sum = y.row(out);
    const float* row = x.row(in);
    for (int c = 0; c < y.cols; ++c) sum[c] += row[c];
  });
  const auto count = static_cast<float>(shape.window.kernel.area());
  for (float& value : y.values) value /= count;
}

void average_pool_gradient(const PatchShape& shape, const FloatMatrix& g, FloatMatrix& dx) {
  std::ranges::fill(dx.values, 0.0F);
  const auto count = static_cast<float>(shape.window.kernel.area());
  for_windows(shape, images_of(shape, g), [&](int out, int in, int) {
    const float* from = g.row(out);
    float* to = dx.row(in);
    for (int c = 0; c < g.cols; ++c) to[c] += from[c] / count;
  });
}

}  // namespace sylvester
