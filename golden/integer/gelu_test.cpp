// Rule INT-13 of docs/numerics.md.
#include "golden/integer/gelu.hpp"

#include <gtest/gtest.h>

#include "golden/integer/fit.hpp"
#include "golden/integer/test_tensors.hpp"

namespace sylvester {
namespace {

constexpr double kTwice = 1.5957691216057308;

double gate(double x) { return 1.0 / (1.0 + std::exp(-kTwice * (x + 0.044715 * x * x * x))); }
double slope_of(double x) {
  const double s = gate(x);
  return s + x * s * (1.0 - s) * kTwice * (1.0 + 3.0 * 0.044715 * x * x);
}

TEST(IntGelu, ValuesAndSlopesAreThoseOfTheReals) {
  for (const int exponent : {-12, -16, -18}) {
    IntTensor x;
    x.resize(1, 2000);
    x.exponent = exponent;
    for (int i = 0; i < 2000; ++i) x.values[static_cast<std::size_t>(i)] = 32 * (i - 1000);
    IntTensor y;
    y.resize(1, 2000);
    std::vector<std::int32_t> slope;
    gelu(x, test_draws(1), y, slope);
    const std::vector<double> in = reals(x);
    const std::vector<double> out = reals(y);
    for (std::size_t i = 0; i < in.size(); ++i) {
      ASSERT_NEAR(out[i], in[i] * gate(in[i]), 3e-4) << in[i];
      ASSERT_NEAR(slope[i] * 0x1p-16, slope_of(in[i]), 1e-3) << in[i];
    }
  }
}

TEST(IntGelu, FarFromZeroItIsTheIdentityOrZero) {
  IntTensor x;
  x.resize(1, 2);
  x.values = {32767, -32767};
  x.exponent = 200;
  IntTensor y;
  y.resize(1, 2);
  std::vector<std::int32_t> slope;
  gelu(x, test_draws(1), y, slope);
  EXPECT_NEAR(reals(y)[0] / reals(x)[0], 1.0, 1e-6);
  EXPECT_NEAR(reals(y)[1] / reals(x)[0], 0.0, 1e-6);
  EXPECT_EQ(slope, (std::vector<std::int32_t>{65536, 0}));
}

TEST(IntGelu, GradientIsTheProduct) {
  HostRandom random(3);
  const IntTensor g = tensor_of(noise(100, random), 1);
  std::vector<std::int32_t> slope(100);
  std::vector<double> expected;
  for (std::size_t i = 0; i < 100; ++i) {
    slope[i] = static_cast<std::int32_t>(i) * 700 - 5000;
    expected.push_back(reals(g)[i] * slope[i] * 0x1p-16);
  }
  IntTensor dx;
  dx.resize(1, 100);
  gelu_gradient(slope, g, test_draws(1), dx);
  EXPECT_LT(distance(reals(dx), expected), 1e-7);
}

}  // namespace
}  // namespace sylvester
