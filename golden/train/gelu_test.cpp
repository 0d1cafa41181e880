#include "golden/train/gelu.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "golden/support/random.hpp"

namespace sylvester {
namespace {

double exact(double x) {
  const double u = std::sqrt(2.0 / std::acos(-1.0)) * (x + 0.044715 * x * x * x);
  return 0.5 * x * (1.0 + std::tanh(u));
}

float gelu_of(float x) {
  float y = 0.0F;
  gelu(&x, 1, &y);
  return y;
}

float slope_at(float x) {
  float g = 1.0F;
  gelu_gradient(&x, &g, 1, &g);
  return g;
}

TEST(Gelu, IsThatOfItsFormula) {
  for (double x = -12.0; x < 12.0; x += 0.00137) {
    const auto argument = static_cast<float>(x);
    const double y = exact(static_cast<double>(argument));
    EXPECT_NEAR(gelu_of(argument), y, 1e-6 * std::fabs(static_cast<double>(argument)) + 1e-30);
    constexpr double width = 1e-4;
    const double slope = (exact(x + width) - exact(x - width)) / (2 * width);
    EXPECT_NEAR(slope_at(argument), slope, 2e-6) << x;
  }
}

// The worked example of NET-1.
TEST(Gelu, OfOne) {
  EXPECT_EQ(gelu_of(1.0F), 0x1.aeb0b8p-1F);
  EXPECT_EQ(slope_at(1.0F), 0x1.153d22p+0F);
}

TEST(Gelu, OfSpecialValues) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  for (const float large : {20.0F, 1e13F, 3e38F}) {
    EXPECT_EQ(gelu_of(large), large);
    EXPECT_EQ(slope_at(large), 1.0F);
    EXPECT_EQ(gelu_of(-large), 0.0F);
    EXPECT_EQ(slope_at(-large), 0.0F);
  }
  EXPECT_EQ(gelu_of(0.0F), 0.0F);
  EXPECT_EQ(slope_at(0.0F), 0.5F);
  EXPECT_EQ(gelu_of(infinity), infinity);
  EXPECT_TRUE(std::isnan(gelu_of(std::numeric_limits<float>::quiet_NaN())));
  EXPECT_TRUE(std::isnan(slope_at(std::numeric_limits<float>::quiet_NaN())));
}

// One call for many elements is as many calls for one.
TEST(Gelu, ElementsAreIndependent) {
  HostRandom random(1);
  std::vector<float> x(37);
  for (float& value : x) value = 8.0F * random.uniform() - 4.0F;
  std::vector<float> y(x.size());
  gelu(x.data(), x.size(), y.data());
  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_EQ(y[i], gelu_of(x[i]));
}

}  // namespace
}  // namespace sylvester
