#include "golden/train/pool.hpp"

#include <algorithm>
#include <cstddef>

namespace sylvester {
namespace {

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
