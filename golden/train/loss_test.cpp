#include "golden/train/loss.hpp"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace sylvester {
namespace {

FloatMatrix matrix(int rows, int cols, std::vector<float> values) {
  return {.rows = rows, .cols = cols, .values = std::move(values)};
}

const FloatMatrix kLogits = matrix(2, 3, {0.5F, -1.0F, 2.0F, 3.0F, 0.25F, -0.5F});
const FloatMatrix kOld = matrix(2, 2, {1.0F, -2.0F, 0.5F, 0.75F});
const std::vector<std::int32_t> kLabels = {2, 1};

// Derivative of `loss` with respect to every logit by central differences in steps that float32
// logits represent exactly.
template <typename Loss>
void expect_gradient(const FloatMatrix& gradient, const Loss& loss) {
  constexpr float step = 0x1p-7F;
  for (std::size_t i = 0; i < kLogits.values.size(); ++i) {
    FloatMatrix moved = kLogits;
    moved.values[i] += step;
    const double up = loss(moved);
    moved.values[i] -= 2 * step;
    const double down = loss(moved);
    EXPECT_NEAR(gradient.values[i], (up - down) / (2.0 * step), 2e-5) << "logit " << i;
  }
}

TEST(Loss, CrossEntropyValueAndGradient) {
  FloatMatrix gradient;
  const double loss = cross_entropy(kLogits, kLabels, gradient);
  const auto row = [](double a, double b, double c, double label) {
    return std::log(std::exp(a) + std::exp(b) + std::exp(c)) - label;
  };
  EXPECT_NEAR(loss, (row(0.5, -1, 2, 2) + row(3, 0.25, -0.5, 0.25)) / 2, 1e-6);
  FloatMatrix unused;
  expect_gradient(gradient,
                  [&](const FloatMatrix& z) { return cross_entropy(z, kLabels, unused); });
}

TEST(Loss, CrossEntropyOfLargeLogitsIsFinite) {
  FloatMatrix gradient;
  const FloatMatrix z = matrix(1, 2, {1e30F, -1e30F});
  const std::vector<std::int32_t> label = {0};
  EXPECT_EQ(cross_entropy(z, label, gradient), 0.0);
  EXPECT_EQ(gradient.values, (std::vector<float>{0.0F, 0.0F}));
}

TEST(Loss, CrossEntropyOfTheLastClassesOnly) {
  const std::vector<std::int32_t> labels = {2, 1};
  const LossTerm term = {.first_class = 1, .weight = 3.0F};
  FloatMatrix gradient;
  const double loss = cross_entropy(kLogits, labels, gradient, term);
  const auto row = [](double b, double c, double label) {
    return std::log(std::exp(b) + std::exp(c)) - label;
  };
  EXPECT_NEAR(loss, 3 * (row(-1, 2, 2) + row(0.25, -0.5, 0.25)) / 2, 1e-6);
  EXPECT_EQ(gradient.values[0], 0.0F);
  EXPECT_EQ(gradient.values[3], 0.0F);
  FloatMatrix unused;
  expect_gradient(gradient,
                  [&](const FloatMatrix& z) { return cross_entropy(z, labels, unused, term); });
}

TEST(Loss, CrossEntropyOfSoftmaxValueAndGradient) {
  FloatMatrix gradient;
  const double loss = cross_entropy_of_softmax(kLogits, kLabels, gradient);
  const auto row = [](double a, double b, double c, int label) {
    const double sum = std::exp(a) + std::exp(b) + std::exp(c);
    const double p[3] = {std::exp(a) / sum, std::exp(b) / sum, std::exp(c) / sum};
    return std::log(std::exp(p[0]) + std::exp(p[1]) + std::exp(p[2])) - p[label];
  };
  EXPECT_NEAR(loss, (row(0.5, -1, 2, 2) + row(3, 0.25, -0.5, 1)) / 2, 1e-6);
  FloatMatrix unused;
  expect_gradient(
      gradient, [&](const FloatMatrix& z) { return cross_entropy_of_softmax(z, kLabels, unused); });
}

TEST(Loss, DistillationValueAndGradient) {
  FloatMatrix gradient = matrix(2, 3, std::vector<float>(6, 0.0F));
  const double loss = distillation(kLogits, kOld, 2.0F, gradient);
  // Only the old classes, the first two, take part; no factor T^2.
  const auto row = [](double o0, double o1, double n0, double n1) {
    const double p0 = 1 / (1 + std::exp((o1 - o0) / 2));
    const double q0 = 1 / (1 + std::exp((n1 - n0) / 2));
    return -(p0 * std::log(q0) + (1 - p0) * std::log(1 - q0));
  };
  EXPECT_NEAR(loss, (row(1, -2, 0.5, -1) + row(0.5, 0.75, 3, 0.25)) / 2, 1e-6);
  EXPECT_EQ(gradient.values[2], 0.0F);
  EXPECT_EQ(gradient.values[5], 0.0F);
  FloatMatrix unused = gradient;
  expect_gradient(gradient,
                  [&](const FloatMatrix& z) { return distillation(z, kOld, 2.0F, unused); });
}

TEST(Loss, DistillationAddsToTheGradient) {
  FloatMatrix zero = matrix(2, 3, std::vector<float>(6, 0.0F));
  FloatMatrix one = matrix(2, 3, std::vector<float>(6, 1.0F));
  distillation(kLogits, kOld, 2.0F, zero);
  distillation(kLogits, kOld, 2.0F, one);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(one.values[i], zero.values[i] + 1.0F);
}

TEST(Loss, DistillationIsWeighted) {
  FloatMatrix gradient = matrix(2, 3, std::vector<float>(6, 0.0F));
  const double weighted = distillation(kLogits, kOld, 2.0F, gradient, 2.5F);
  FloatMatrix unused = gradient;
  EXPECT_NEAR(weighted, 2.5 * distillation(kLogits, kOld, 2.0F, unused), 1e-6);
  expect_gradient(gradient,
                  [&](const FloatMatrix& z) { return distillation(z, kOld, 2.0F, unused, 2.5F); });
}

}  // namespace
}  // namespace sylvester
