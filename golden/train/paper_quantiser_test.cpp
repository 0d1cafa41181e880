// Conformance with the published HDQT code, on examples that follow from its formulas.
#include "golden/train/paper_quantiser.hpp"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "golden/config/test_recipe.hpp"
#include "golden/numerics/transform.hpp"
#include "golden/train/executor.hpp"
#include "golden/train/layer_list.hpp"

namespace sylvester {
namespace {

TEST(PaperQuantiser, ForwardSigned) {
  std::vector<Code> codes(5);
  const std::vector<float> x = {-1.0F, -0.5F, 0.0F, 0.07F, 1.0F};
  const float scale = paper_quantise_forward(x, 4, codes);
  EXPECT_EQ(scale, 0.975F / 7.0F);
  EXPECT_EQ(codes, (std::vector<Code>{-7, -4, 0, 1, 7}));  // 0.07/0.1393 = 0.503
}

TEST(PaperQuantiser, ForwardUnsignedHasFifteenLevels) {
  std::vector<Code> codes(4);
  const std::vector<float> x = {0.0F, 0.5F, 0.97F, 1.0F};
  EXPECT_EQ(paper_quantise_forward(x, 4, codes), 0.975F / 15.0F);
  EXPECT_EQ(codes, (std::vector<Code>{0, 8, 15, 15}));  // 0.5/0.065 = 7.69
}

TEST(PaperQuantiser, ZerosStayZero) {
  std::vector<Code> codes = {1, 1, 1};
  const std::vector<float> x(3, 0.0F);
  paper_quantise_forward(x, 4, codes);
  EXPECT_EQ(codes, (std::vector<Code>{0, 0, 0}));
  paper_quantise_nearest(x, 4, codes);
  EXPECT_EQ(codes, (std::vector<Code>{0, 0, 0}));
  paper_quantise_stochastic(x, 4, {}, codes);
  EXPECT_EQ(codes, (std::vector<Code>{0, 0, 0}));
}

TEST(PaperQuantiser, NearestHasNoClip) {
  std::vector<Code> codes(3);
  const std::vector<float> x = {7.0F, 2.5F, -3.5F};
  EXPECT_EQ(paper_quantise_nearest(x, 4, codes), 1.0F);
  EXPECT_EQ(codes, (std::vector<Code>{7, 2, -4}));  // ties to even
}

TEST(PaperQuantiser, StochasticIsUnbiased) {
  constexpr int count = 40000;
  std::vector<float> x(count, -1.3F);
  x[0] = 7.0F;
  std::vector<Code> codes(count);
  const float scale = paper_quantise_stochastic(x, 4, {.seed = 5}, codes);
  double sum = 0.0;
  for (std::size_t i = 1; i < codes.size(); ++i) {
    EXPECT_TRUE(codes[i] == -1 || codes[i] == -2);
    sum += static_cast<double>(codes[i]) * static_cast<double>(scale);
  }
  // Standard error of the mean of a Bernoulli(0.3) variable, times 4.
  EXPECT_NEAR(sum / (count - 1), -1.3, 4.0 * std::sqrt(0.21 / count));
  EXPECT_EQ(codes[0], 7);
}

TEST(PaperQuantiser, TransformEqualsTheIntegerOne) {
  std::vector<float> x;
  std::vector<std::int32_t> v;
  for (int i = 0; i < 24; ++i) {
    x.push_back(static_cast<float>(i * i % 17 - 8));
    v.push_back(i * i % 17 - 8);
  }
  paper_transform(x, 8);
  for (std::size_t start = 0; start < v.size(); start += 8) {
    walsh_hadamard(std::span<std::int32_t>(v).subspan(start, 8));
  }
  for (std::size_t i = 0; i < v.size(); ++i) EXPECT_EQ(x[i], static_cast<float>(v[i]));
}

// A network of one layer with all operands at their largest code.
struct Layer {
  Network network;
  FloatMatrix x;
  FloatMatrix y;
};
Layer largest_codes(int inputs, int outputs, int batch) {
  HostRandom random(1);
  Layer layer;
  layer.network =
      make_network({.height = 1, .width = 1, .channels = inputs}, {}, outputs, false, random);
  for (float& weight : layer.network.layer(0).weight) weight = 1.0F;
  layer.x.resize(batch, inputs);
  for (float& value : layer.x.values) value = 1.0F;
  return layer;
}

// The scale stops growing at 1e8, and larger values are limited as in the code.
TEST(PaperQuantiser, StochasticLimitsHugeValues) {
  const std::vector<float> x = {1e8F, 3e8F, -3e30F, 0.0F};
  std::vector<Code> codes(x.size());
  const float scale = paper_quantise_stochastic(x, 4, {.seed = 1}, codes);
  EXPECT_EQ(scale, 1e8F / 7.0F);
  EXPECT_EQ(codes, (std::vector<Code>{7, 7, -7, 0}));
}

// Without a negative weight the code takes the weights to be unsigned: products of 15·15.
float forward_sum(int k, int accumulator_bits) {
  TrainRecipe recipe = preset_recipe("hdqt-paper");
  recipe.paper.accumulator_bits = accumulator_bits;
  Layer layer = largest_codes(k, 2, 1);
  // A negative weight of the second output makes them signed: products of 15·7 = 105.
  layer.network.layer(0).weight.back() = -1.0F;
  const auto executor = make_paper_executor(recipe);
  executor->begin(layer.network, {});
  executor->forward(0, layer.x, 0, layer.y);
  const float scale = (0.975F / 7.0F) * (0.975F / 15.0F);
  return std::round(layer.y.values[0] / scale);
}

TEST(PaperExecutor, ForwardClampsFinishedTiles) {
  EXPECT_EQ(forward_sum(33, 8), 127.0F + 105.0F);
  EXPECT_EQ(forward_sum(32, 8), 127.0F);
  EXPECT_EQ(forward_sum(33, 16), 3465.0F);
  EXPECT_EQ(forward_sum(32, 16), 3360.0F);
}

TEST(PaperExecutor, BackwardClampsOnce) {
  // Two tiles' worth of batch: 127 once, not twice. Odd, so there is no transform.
  Layer layer = largest_codes(1, 1, 65);
  const auto executor = make_paper_executor(preset_recipe("hdqt-paper"));
  executor->begin(layer.network, {});
  executor->forward(0, layer.x, 0, layer.y);
  FloatMatrix g;
  g.resize(65, 1);
  for (float& value : g.values) value = 1.0F;
  WeightGradient dw;
  executor->backward(0, g, nullptr, &dw);
  // Scales: G 1/7; X codes are 15, so 15/7; of the codes 0.975/15.
  const float scale = (1.0F / 7.0F) * (15.0F / 7.0F) * (0.975F / 15.0F);
  EXPECT_NEAR(dw.floats[0] / scale, 127.0F, 0.001F);
}

TEST(PaperExecutor, GradientsOfLargeRawValuesAreZero) {
  Layer layer = largest_codes(3, 1, 1);
  layer.x.values = {7.0F, 7.5F, 2.0F};
  const auto executor = make_paper_executor(preset_recipe("hdqt-paper"));
  executor->begin(layer.network, {});
  executor->forward(0, layer.x, 0, layer.y);
  FloatMatrix g;
  g.resize(1, 1);
  g.values = {1.0F};
  FloatMatrix dx;
  WeightGradient dw;
  executor->backward(0, g, &dx, &dw);
  EXPECT_NE(dx.values[0], 0.0F);
  EXPECT_EQ(dx.values[1], 0.0F);
  EXPECT_NE(dx.values[2], 0.0F);
}

}  // namespace
}  // namespace sylvester
