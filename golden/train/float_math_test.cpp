#include "golden/train/float_math.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include <gtest/gtest.h>

namespace sylvester {
namespace {

// Distance from the exact value in units of the result's last place. The C library's double
// functions are exact enough to be the reference.
double ulps(float result, double exact) {
  const float up = std::nextafterf(std::fabs(result), std::numeric_limits<float>::infinity());
  const double unit = static_cast<double>(up) - static_cast<double>(std::fabs(result));
  return std::fabs(static_cast<double>(result) - exact) / unit;
}

TEST(FloatMath, ExpIsWithinItsBound) {
  double worst = 0.0;
  for (double x = -103.9; x < 88.7; x += 0.00037) {
    const auto argument = static_cast<float>(x);
    worst = std::max(worst, ulps(exp_float(argument), std::exp(static_cast<double>(argument))));
  }
  EXPECT_LE(worst, 0.51);
}

TEST(FloatMath, ExpOfSpecialValues) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(exp_float(0.0F), 1.0F);
  EXPECT_EQ(exp_float(-0.0F), 1.0F);
  EXPECT_EQ(exp_float(infinity), infinity);
  EXPECT_EQ(exp_float(89.0F), infinity);
  EXPECT_EQ(exp_float(-infinity), 0.0F);
  EXPECT_EQ(exp_float(-1000.0F), 0.0F);
  EXPECT_TRUE(std::isnan(exp_float(std::numeric_limits<float>::quiet_NaN())));
  EXPECT_LT(exp_float(88.72F), infinity);
  EXPECT_GT(exp_float(-103.9F), 0.0F);
}

TEST(FloatMath, LogIsWithinItsBound) {
  double worst = 0.0;
  // Every 10007th positive finite float, subnormal ones included.
  for (std::uint32_t bits = 1; bits < 0x7F800000U; bits += 10007) {
    const auto argument = std::bit_cast<float>(bits);
    worst = std::max(worst, ulps(log_float(argument), std::log(static_cast<double>(argument))));
  }
  // Where the logarithm is small, relative errors are hardest.
  for (std::uint32_t bits = 0x3F7F0000U; bits < 0x3F810000U; ++bits) {
    const auto argument = std::bit_cast<float>(bits);
    if (argument == 1.0F) continue;
    worst = std::max(worst, ulps(log_float(argument), std::log(static_cast<double>(argument))));
  }
  EXPECT_LE(worst, 0.51);
}

TEST(FloatMath, LogOfSpecialValues) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(log_float(1.0F), 0.0F);
  EXPECT_EQ(log_float(0.0F), -infinity);
  EXPECT_EQ(log_float(-0.0F), -infinity);
  EXPECT_EQ(log_float(infinity), infinity);
  EXPECT_TRUE(std::isnan(log_float(-1.0F)));
  EXPECT_TRUE(std::isnan(log_float(std::numeric_limits<float>::quiet_NaN())));
}

}  // namespace
}  // namespace sylvester
