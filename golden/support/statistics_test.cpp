#include "golden/support/statistics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

namespace sylvester {
namespace {

// Two-sided critical values of the usual tables (for example NIST/SEMATECH e-Handbook, 1.3.6.7.2).
TEST(Statistics, StudentTAgreesWithTheTables) {
  const struct {
    double coverage;
    std::size_t degrees;
    double t;
  } rows[] = {{0.95, 1, 12.706}, {0.95, 2, 4.303},   {0.95, 3, 3.182},  {0.95, 4, 2.776},
              {0.95, 7, 2.365},  {0.95, 10, 2.228},  {0.95, 30, 2.042}, {0.95, 100, 1.984},
              {0.99, 1, 63.657}, {0.99, 15, 2.947},  {0.90, 5, 2.015},  {0.90, 60, 1.671},
              {0.80, 9, 1.383},  {0.999, 20, 3.850}, {0.5, 1, 1.0}};
  for (const auto& row : rows) {
    EXPECT_NEAR(student_t(row.coverage, row.degrees), row.t, 0.0005)
        << row.coverage << ", " << row.degrees;
  }
  // Two degrees have a closed form: t = (2 a) sqrt(2 / (1 - 4 a^2)), a = coverage / 2.
  EXPECT_NEAR(student_t(0.95, 2), 0.95 * std::sqrt(2 / (1 - 0.95 * 0.95)), 1e-12);
  EXPECT_NEAR(student_t(0.95, 1'000'000), 1.959964, 1e-5);
  EXPECT_THROW(student_t(0.95, 0), std::invalid_argument);
  EXPECT_THROW(student_t(1.0, 3), std::invalid_argument);
  EXPECT_THROW(student_t(std::nan(""), 3), std::invalid_argument);
}

TEST(Statistics, SpreadHasTheSampleDeviation) {
  const Spread s = spread(std::vector<double>{2, 4, 4, 4, 5, 5, 7, 9});
  EXPECT_EQ(s.n, 8U);
  EXPECT_DOUBLE_EQ(s.mean, 5);
  EXPECT_DOUBLE_EQ(s.deviation, std::sqrt(32.0 / 7));
  EXPECT_EQ(spread(std::vector<double>{3}).mean, 3);
  EXPECT_EQ(spread(std::vector<double>{3}).deviation, 0);
  EXPECT_EQ(spread({}).n, 0U);
  EXPECT_EQ(spread({}).mean, 0);
  // Far from zero the deviation must not drown.
  EXPECT_NEAR(spread(std::vector<double>{1e9 + 1, 1e9 + 2, 1e9 + 3}).deviation, 1, 1e-6);
}

// Differences 1, 2, 3, 4: mean 2.5, deviation sqrt(5/3), t(0.95, 3) = 3.18245.
TEST(Statistics, PairedDifferenceIsATInterval) {
  const std::vector<double> a = {11, 22, 33, 44};
  const std::vector<double> b = {10, 20, 30, 40};
  const PairedDifference d = paired_difference(a, b);
  EXPECT_EQ(d.n, 4U);
  EXPECT_DOUBLE_EQ(d.mean, 2.5);
  ASSERT_TRUE(d.half_width);
  EXPECT_NEAR(*d.half_width, 3.182446 * std::sqrt(5.0 / 3) / 2, 1e-5);
  const std::vector<double> one = {1};
  EXPECT_FALSE(paired_difference(one, one).half_width);
  EXPECT_EQ(paired_difference({}, {}).n, 0U);
  EXPECT_EQ(*paired_difference(a, a).half_width, 0);
  EXPECT_THROW(paired_difference(a, one), std::invalid_argument);
}

}  // namespace
}  // namespace sylvester
