#include "golden/integer/pool.hpp"

#include "golden/integer/coefficient.hpp"
#include "golden/integer/fit.hpp"

namespace sylvester {
namespace {

int images_of(const PatchShape& shape, const IntTensor& y) {
  return y.rows / shape.out.positions();
}

std::int64_t* row_of(std::vector<std::int64_t>& sums, int row, int cols) {
  return sums.data() + static_cast<std::size_t>(row) * static_cast<std::size_t>(cols);
}

// |sum| < 2^31·65025 and a mantissa of 16 bits: below 2^63.
void fit_sums(const std::vector<std::int64_t>& sums, int exponent, const Coefficient& factor,
              const Draws& draws, IntTensor& out) {
  out.exponent = fit_values(
      sums.size(), exponent + factor.exponent, kWideBits, draws,
      [&](std::size_t i) { return sums[i] * factor.mantissa; }, out.values.data());
}

Coefficient share_of(const PatchShape& shape) {
  return reciprocal(static_cast<std::uint64_t>(shape.window.kernel.area()));
}

}  // namespace

void max_pool(const PatchShape& shape, const IntTensor& x, IntTensor& y,
              std::vector<std::uint16_t>& chosen) {
  chosen.resize(y.values.size());
  y.exponent = x.exponent;
  const auto channels = static_cast<std::size_t>(y.cols);
  int begun = -1;
  for_windows(shape, images_of(shape, y), [&](int out, int in, int number) {
    std::int32_t* largest = y.row(out);
    std::uint16_t* choice = chosen.data() + static_cast<std::size_t>(out) * channels;
    const std::int32_t* row = x.row(in);
    const bool first = out != begun;
    begun = out;
    for (std::size_t c = 0; c < channels; ++c) {
      const bool better = first || row[c] > largest[c];
      largest[c] = better ? row[c] : largest[c];
      choice[c] = better ? static_cast<std::uint16_t>(number) : choice[c];
    }
  });
}

void max_pool_gradient(const PatchShape& shape, const std::vector<std::uint16_t>& chosen,
                       const IntTensor& g, const Draws& draws, IntTensor& dx,
                       std::vector<std::int64_t>& sums) {
  sums.assign(dx.values.size(), 0);
  const auto channels = static_cast<std::size_t>(g.cols);
  for_windows(shape, images_of(shape, g), [&](int out, int in, int number) {
    const std::int32_t* from = g.row(out);
    const std::uint16_t* choice = chosen.data() + static_cast<std::size_t>(out) * channels;
    std::int64_t* to = row_of(sums, in, g.cols);
    for (std::size_t c = 0; c < channels; ++c) to[c] += choice[c] == number ? from[c] : 0;
  });
  fit_sums(sums, g.exponent, {.mantissa = 1, .exponent = 0}, draws, dx);
}

void upsample_gradient(const PatchShape& shape, const IntTensor& g, const Draws& draws,
                       IntTensor& dx, std::vector<std::int64_t>& sums) {
  sums.assign(dx.values.size(), 0);
  for_copies(shape, images_of(shape, g), [&](int in, int out) {
    const std::int32_t* from = g.row(out);
    std::int64_t* to = row_of(sums, in, g.cols);
    for (int c = 0; c < g.cols; ++c) to[c] += from[c];
  });
  fit_sums(sums, g.exponent, {.mantissa = 1, .exponent = 0}, draws, dx);
}

void average_pool(const PatchShape& shape, const IntTensor& x, const Draws& draws, IntTensor& y,
                  std::vector<std::int64_t>& sums) {
  sums.assign(y.values.size(), 0);
  for_windows(shape, images_of(shape, y), [&](int out, int in, int) {
    std::int64_t* to = row_of(sums, out, y.cols);
    const std::int32_t* row = x.row(in);
    for (int c = 0; c < y.cols; ++c) to[c] += row[c];
  });
  fit_sums(sums, x.exponent, share_of(shape), draws, y);
}

void average_pool_gradient(const PatchShape& shape, const IntTensor& g, const Draws& draws,
                           IntTensor& dx, std::vector<std::int64_t>& sums) {
  sums.assign(dx.values.size(), 0);
  for_windows(shape, images_of(shape, g), [&](int out, int in, int) {
    const std::int32_t* from = g.row(out);
    std::int64_t* to = row_of(sums, in, g.cols);
    for (int c = 0; c < g.cols; ++c) to[c] += from[c];
  });
  fit_sums(sums, g.exponent, share_of(shape), draws, dx);
}

}  // namespace sylvester
