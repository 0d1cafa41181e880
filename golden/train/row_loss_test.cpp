#include "golden/train/row_loss.hpp"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "golden/support/random.hpp"
#include "golden/train/loss.hpp"

namespace sylvester {
namespace {

FloatMatrix random_matrix(int rows, int cols, HostRandom& random) {
  FloatMatrix x;
  x.resize(rows, cols);
  for (float& value : x.values) value = 4.0F * random.uniform() - 2.0F;
  return x;
}

TEST(RowLoss, CrossEntropyOfLabelledRowsIsThatOfABatch) {
  HostRandom random(1);
  const FloatMatrix logits = random_matrix(4, 5, random);
  const std::vector<std::int32_t> labels = {3, 0, 4, 2};
  FloatMatrix expected, gradient;
  const double loss = cross_entropy(logits, labels, expected);
  EXPECT_EQ(row_cross_entropy(logits, labels, 4.0F, gradient), loss);
  EXPECT_EQ(gradient.values, expected.values);
}

TEST(RowLoss, IgnoredRowsTakeNoPart) {
  HostRandom random(2);
  FloatMatrix logits = random_matrix(3, 4, random);
  const std::vector<std::int32_t> labels = {1, kIgnored, 3};
  FloatMatrix gradient;
  const double loss = row_cross_entropy(logits, labels, 2.0F, gradient);
  for (int c = 0; c < 4; ++c) EXPECT_EQ(gradient.row(1)[c], 0.0F);
  logits.row(1)[2] += 5.0F;
  FloatMatrix again;
  EXPECT_EQ(row_cross_entropy(logits, labels, 2.0F, again), loss);
  EXPECT_EQ(again.values, gradient.values);
  EXPECT_EQ(row_cross_entropy(logits, std::vector<std::int32_t>(3, kIgnored), 1.0F, again), 0.0);
}

// Slopes of both losses by finite differences.
TEST(RowLoss, GradientsAreSlopes) {
  HostRandom random(3);
  const std::vector<std::int32_t> labels = {1, kIgnored, 0, 2};
  const std::vector<std::uint8_t> counts = {1, 0, 1, 1};
  const FloatMatrix targets = random_matrix(4, 3, random);
  FloatMatrix x = random_matrix(4, 3, random);
  const auto loss = [&](FloatMatrix& gradient, bool squared) {
    return squared ? row_squared_error(x, targets, counts, 0.5F, 3.0F, gradient)
                   : row_cross_entropy(x, labels, 3.0F, gradient);
  };
  for (const bool squared : {false, true}) {
    FloatMatrix gradient, ignored;
    loss(gradient, squared);
    for (std::size_t i = 0; i < x.values.size(); ++i) {
      constexpr float width = 0x1p-8F;
      const float kept = x.values[i];
      x.values[i] = kept + width;
      const double right = loss(ignored, squared);
      x.values[i] = kept - width;
      const double left = loss(ignored, squared);
      x.values[i] = kept;
      EXPECT_NEAR(gradient.values[i], (right - left) / (2.0 * double{width}), 2e-4) << i;
    }
  }
}

TEST(RowLoss, SquaredErrorByHand) {
  FloatMatrix values, targets, gradient;
  values.resize(2, 2);
  targets.resize(2, 2);
  values.values = {1.0F, 3.0F, 5.0F, 7.0F};
  targets.values = {2.0F, 1.0F, 0.0F, 0.0F};
  const std::vector<std::uint8_t> counts = {1, 0};
  EXPECT_EQ(row_squared_error(values, targets, counts, 2.0F, 4.0F, gradient),
            2.0 * (0.5 * 1.0 + 0.5 * 4.0) / 4.0);
  EXPECT_EQ(gradient.values, (std::vector<float>{-0.5F, 1.0F, 0.0F, 0.0F}));
}

}  // namespace
}  // namespace sylvester
