#include "golden/train/attention.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "golden/train/softmax.hpp"

namespace sylvester {
namespace {

std::size_t as_size(int value) { return static_cast<std::size_t>(value); }

// One head of one sample: rows lie `stride` apart.
template <typename T>
struct Rows {
  T* first;
  int stride;
  T* operator[](int i) const { return first + static_cast<std::ptrdiff_t>(i) * stride; }
};
using Read = Rows<const float>;
using Write = Rows<float>;

// The sums below go over the rows of B, ascending, and are side by side in memory.

// out[j] = sum over c of a[c]·b[c][j].
void row_times(const float* a, int length, const Read& b, int size, float* out) {
  std::fill_n(out, size, 0.0F);
  for (int c = 0; c < length; ++c) {
    const float factor = a[c];
    const float* row = b[c];
    for (int j = 0; j < size; ++j) out[j] += factor * row[j];
  }
}

// out[j][c] += a[j]·b[c].
void add_outer(const float* a, int rows, const float* b, int cols, const Write& out) {
  for (int j = 0; j < rows; ++j) {
    const float factor = a[j];
    float* sum = out[j];
    for (int c = 0; c < cols; ++c) sum[c] += factor * b[c];
  }
}

void turn(const Read& in, int rows, int cols, float* out) {
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < cols; ++c) out[static_cast<std::ptrdiff_t>(c) * rows + r] = in[r][c];
  }
}

float scale_of(int depth) {
  return static_cast<float>(1.0 / std::sqrt(static_cast<double>(depth)));
}

// Calls use(first row, first channel, depth, probabilities) for every sample and head.
template <typename Probability, typename Use>
void for_heads(const AttentionShape& shape, const FloatMatrix& y, Probability* probability,
               const Use& use) {
  const int depth = y.cols / shape.heads;
  const int samples = y.rows / shape.positions;
  for (int i = 0; i < samples; ++i) {
    for (int h = 0; h < shape.heads; ++h) {
      use(i * shape.positions, h * depth, depth, probability);
      probability += as_size(shape.positions) * as_size(shape.positions);
    }
  }
}

}  // namespace

void attention(const AttentionShape& shape, const FloatMatrix& x, FloatMatrix& y,
               AttentionState& state) {
  const int n = shape.positions;
  const int width = y.cols;
  const auto of_sample = as_size(shape.heads) * as_size(n) * as_size(n);
  state.probability.resize(as_size(y.rows / n) * of_sample);
  state.scratch.resize(as_size(width / shape.heads) * as_size(n));
  for_heads(shape, y, state.probability.data(),
            [&](int row, int channel, int depth, float* probability) {
              const float scale = scale_of(depth);
              const Read queries{x.row(row) + channel, x.cols};
              const Read keys{queries.first + width, x.cols};
              const Read values{keys.first + width, x.cols};
              turn(keys, n, depth, state.scratch.data());
              for (int i = 0; i < n; ++i) {
                float* p = probability + static_cast<std::ptrdiff_t>(i) * n;
                row_times(queries[i], depth, {state.scratch.data(), n}, n, p);
                for (int j = 0; j < n; ++j) p[j] *= scale;
                softmax(p, n, 1.0F, p);
                row_times(p, n, values, depth, y.row(row + i) + channel);
              }
            });
}

void attention_gradient(const AttentionShape& shape, const FloatMatrix& x, const FloatMatrix& g,
                        const AttentionState& state, FloatMatrix& dx, std::vector<float>& scratch) {
  const int n = shape.positions;
  const int width = g.cols;
  const std::size_t turned = as_size(width / shape.heads) * as_size(n);
  scratch.resize(turned + as_size(n));
  float* ds = scratch.data() + turned;  // a row of the scores' gradient
  std::ranges::fill(dx.values, 0.0F);
  for_heads(shape, g, state.probability.data(),
            [&](int row, int channel, int depth, const float* probability) {
              const float scale = scale_of(depth);
              const Read queries{x.row(row) + channel, x.cols};
              const Read keys{queries.first + width, x.cols};
              const Read values{keys.first + width, x.cols};
              const Write to_queries{dx.row(row) + channel, dx.cols};
              const Write to_keys{to_queries.first + width, dx.cols};
              const Write to_values{to_keys.first + width, dx.cols};
              turn(values, n, depth, scratch.data());
              for (int i = 0; i < n; ++i) {
                const float* p = probability + static_cast<std::ptrdiff_t>(i) * n;
                const float* gradient = g.row(row + i) + channel;
                add_outer(p, n, gradient, depth, to_values);
                row_times(gradient, depth, {scratch.data(), n}, n, ds);
                float mean = 0.0F;
                for (int j = 0; j < n; ++j) mean += p[j] * ds[j];
                for (int j = 0; j < n; ++j) ds[j] = (p[j] * (ds[j] - mean)) * scale;
                row_times(ds, n, keys, depth, to_queries[i]);
                add_outer(ds, n, queries[i], depth, to_keys);
              }
            });
}

}  // namespace sylvester
