// Rules INT-10 and INT-11 of docs/numerics.md.
#include "golden/integer/loss.hpp"

#include <gtest/gtest.h>

#include "golden/integer/exponential.hpp"
#include "golden/integer/test_tensors.hpp"
#include "golden/train/loss.hpp"

namespace sylvester {
namespace {

TEST(IntExponential, IsCloseToTheRealOne) {
  HostRandom random(6);
  for (int i = 0; i < 20000; ++i) {
    const double x = 21.0 * random.uniform();
    const int exponent = -10 - static_cast<int>(random.uniform() * 20);
    const auto distance = static_cast<std::int64_t>(std::ldexp(x, -exponent));
    const double real = std::exp(-std::ldexp(static_cast<double>(distance), exponent));
    ASSERT_NEAR(exponential(distance, exponent) * 0x1p-30, real, 0x1p-14 * real + 0x1p-30);
  }
}

TEST(IntExponential, EndsAreSafe) {
  EXPECT_EQ(exponential(0, 1000), 1U << 30);
  EXPECT_EQ(exponential(1, 1000), 0U);
  EXPECT_EQ(exponential(1, -1000), 1U << 30);
  EXPECT_EQ(exponential((std::int64_t{1} << 32) - 1, 10), 0U);
  EXPECT_EQ(exponential(22, 0), 0U);
  EXPECT_GT(exponential(20, 0), 0U);
}

TEST(IntLoss, GradientIsThatOfTheFloatLoss) {
  HostRandom random(8);
  for (const int rows : {1, 7, 64, 96}) {
    FloatMatrix logits;
    logits.resize(rows, 10);
    logits.values = noise(static_cast<std::size_t>(rows) * 10, random);
    for (float& z : logits.values) z *= 3.0F;
    std::vector<std::int32_t> labels;
    for (int i = 0; i < rows; ++i) labels.push_back(static_cast<int>(random.uniform() * 10));
    FloatMatrix expected;
    cross_entropy(logits, labels, expected);
    IntTensor gradient;
    cross_entropy_gradient(tensor_of(logits.values, rows), labels, test_draws(1), gradient);
    EXPECT_LT(distance(reals(gradient), expected.values), 2e-4) << rows;
  }
}

TEST(IntLoss, RowsSumToZeroAndRowsWithoutLabelAreZero) {
  HostRandom random(9);
  const IntTensor logits = tensor_of(noise(4 * 6, random), 4);
  const std::vector<std::int32_t> labels = {2, kNoLabel, 0, kNoLabel};
  IntTensor gradient;
  cross_entropy_gradient(logits, labels, test_draws(1), gradient);
  const IntTensor two = tensor_of({0.0F, 0.0F}, 1);
  for (int i = 0; i < 4; ++i) {
    std::int64_t sum = 0;
    bool any = false;
    for (int c = 0; c < 6; ++c) {
      sum += gradient.row(i)[c];
      any = any || gradient.row(i)[c] != 0;
    }
    EXPECT_EQ(sum, 0);  // two rows count: exact
    EXPECT_EQ(any, labels[static_cast<std::size_t>(i)] != kNoLabel);
  }
  IntTensor none;
  cross_entropy_gradient(logits, std::vector<std::int32_t>(4, kNoLabel), test_draws(1), none);
  EXPECT_EQ(none.values, std::vector<std::int32_t>(24, 0));
}

TEST(IntLoss, LogitsOfAnySizeAreSafe) {
  for (const int exponent : {-200, 0, 300}) {
    IntTensor logits;
    logits.resize(1, 3);
    logits.values = {2147483647, -2147483647, 0};
    logits.exponent = exponent;
    IntTensor gradient;
    cross_entropy_gradient(logits, std::vector<std::int32_t>{1}, test_draws(1), gradient);
    EXPECT_LE(std::abs(reals(gradient)[1] + (exponent < 0 ? 2.0 / 3 : 1.0)), 1e-6);
  }
}

}  // namespace
}  // namespace sylvester
