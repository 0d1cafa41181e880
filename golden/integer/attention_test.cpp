// Rule INT-14 of docs/numerics.md.
#include "golden/integer/attention.hpp"

#include <gtest/gtest.h>

#include "golden/integer/fit.hpp"
#include "golden/integer/test_tensors.hpp"

namespace sylvester {
namespace {

using Matrix = std::vector<double>;

// In reals, row by row; the loss is the sum of y·g.
struct Reference {
  AttentionShape sizes;
  int samples;
  int width;

  [[nodiscard]] Matrix operator()(const Matrix& x) const {
    const int n = sizes.positions;
    const int d = width / sizes.heads;
    Matrix y(static_cast<std::size_t>(samples * n * width), 0.0);
    const auto at = [&](int row, int channel) {
      return x[static_cast<std::size_t>(row * 3 * width + channel)];
    };
    for (int s = 0; s < samples; ++s) {
      for (int h = 0; h < sizes.heads; ++h) {
        for (int i = 0; i < n; ++i) {
          Matrix e(static_cast<std::size_t>(n));
          double sum = 0.0;
          for (int j = 0; j < n; ++j) {
            double score = 0.0;
            for (int c = 0; c < d; ++c) {
              score += at(s * n + i, h * d + c) * at(s * n + j, width + h * d + c);
            }
            sum += e[static_cast<std::size_t>(j)] = std::exp(score / std::sqrt(d));
          }
          for (int j = 0; j < n; ++j) {
            for (int c = 0; c < d; ++c) {
              y[static_cast<std::size_t>((s * n + i) * width + h * d + c)] +=
                  e[static_cast<std::size_t>(j)] / sum * at(s * n + j, 2 * width + h * d + c);
            }
          }
        }
      }
    }
    return y;
  }
};

TEST(IntAttention, ValuesAndGradientsAreThoseOfTheReals) {
  const AttentionShape sizes = {.positions = 5, .heads = 2};
  constexpr int kWidth = 6;
  constexpr int kRuns = 60;
  HostRandom random(4);
  const std::vector<float> values = noise(2 * 5 * 3 * kWidth, random);
  const std::vector<float> slopes = noise(2 * 5 * kWidth, random);
  const IntTensor x = tensor_of(values, 10);
  const IntTensor g = tensor_of(slopes, 10);
  const auto backend = make_golden_backend();
  Matrix mean_y;
  Matrix mean_dx;
  double one_y = 0.0;
  double one_dx = 0.0;
  const Reference reference{sizes, 2, kWidth};
  const Matrix real(values.begin(), values.end());
  const Matrix expected_y = reference(real);
  Matrix expected_dx;
  for (std::size_t i = 0; i < real.size(); ++i) {
    Matrix up = real;
    Matrix down = real;
    up[i] += 1e-5;
    down[i] -= 1e-5;
    const Matrix high = reference(up);
    const Matrix low = reference(down);
    double slope = 0.0;
    for (std::size_t j = 0; j < high.size(); ++j) {
      slope += (high[j] - low[j]) / 2e-5 * double{slopes[j]};
    }
    expected_dx.push_back(slope);
  }
  for (std::uint32_t run = 0; run < kRuns; ++run) {
    IntegerProducts products({}, CounterMode::kNone, *backend);
    IntAttention attention;
    IntTensor y;
    IntTensor dx;
    y.resize(10, kWidth);
    dx.resize(10, 3 * kWidth);
    attention.forward(products, sizes, x,
                      {test_draws(run), test_draws(run + 1000), test_draws(run + 2000)}, y);
    attention.backward(
        products, g, {test_draws(run + 3000), test_draws(run + 4000), test_draws(run + 5000)}, dx);
    const Matrix of_y = reals(y);
    const Matrix of_dx = reals(dx);
    mean_y.resize(of_y.size());
    mean_dx.resize(of_dx.size());
    for (std::size_t i = 0; i < of_y.size(); ++i) mean_y[i] += of_y[i] / kRuns;
    for (std::size_t i = 0; i < of_dx.size(); ++i) mean_dx[i] += of_dx[i] / kRuns;
    one_y = std::max(one_y, distance(of_y, expected_y));
    one_dx = std::max(one_dx, distance(of_dx, expected_dx));
  }
  EXPECT_LT(one_y, 0.04);
  EXPECT_LT(one_dx, 0.1);
  EXPECT_LT(distance(mean_y, expected_y), 0.005);
  EXPECT_LT(distance(mean_dx, expected_dx), 0.015);
}

}  // namespace
}  // namespace sylvester
