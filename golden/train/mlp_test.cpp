#include "golden/train/mlp.hpp"

#include <array>
#include <cmath>

#include <gtest/gtest.h>

#include "golden/support/error.hpp"
#include "golden/support/sha256.hpp"
#include "golden/train/matrix.hpp"
#include "golden/train/sgd.hpp"

namespace sylvester {
namespace {

TEST(Mlp, WeightsAreUniformWithinTheBoundOfTheirLayer) {
  HostRandom random(3);
  const std::array<int, 2> hidden = {100, 64};
  const Mlp network = make_mlp(25, hidden, 4, true, random);
  ASSERT_EQ(network.layers.size(), 3U);
  EXPECT_EQ(network.inputs(), 25);
  EXPECT_EQ(network.features(), 64);
  EXPECT_EQ(network.classes(), 4);
  for (const DenseLayer& layer : network.layers) {
    const double bound = 1.0 / std::sqrt(layer.inputs);
    ASSERT_EQ(layer.weight.size(), static_cast<std::size_t>(layer.inputs * layer.outputs));
    ASSERT_EQ(layer.bias.size(), static_cast<std::size_t>(layer.outputs));
    double square = 0.0;
    for (const float w : layer.weight) {
      EXPECT_LE(std::fabs(w), bound * 1.000001);
      square += static_cast<double>(w) * w;
    }
    // Variance bound²/3, within 5 standard errors (kurtosis 1.8).
    const auto count = static_cast<double>(layer.weight.size());
    EXPECT_NEAR(3.0 * square / count / (bound * bound), 1.0, 5.0 * std::sqrt(0.8 / count));
  }
}

TEST(Mlp, GrowingKeepsOldRowsAndDrawsNewOnes) {
  HostRandom random(3);
  const std::array<int, 1> hidden = {6};
  Mlp network = make_mlp(5, hidden, 2, false, random);
  const std::vector<float> old = network.layers.back().weight;
  grow_classifier(network, 5, random);
  const std::vector<float>& grown = network.layers.back().weight;
  ASSERT_EQ(grown.size(), 30U);
  EXPECT_TRUE(std::equal(old.begin(), old.end(), grown.begin()));
  EXPECT_NE(grown[12], grown[18]);
  EXPECT_EQ(network.classes(), 5);
  EXPECT_TRUE(network.layers.back().bias.empty());
  EXPECT_THROW(grow_classifier(network, 4, random), UserError);
}

TEST(Mlp, HashIsThatOfTheLittleEndianBytes) {
  Mlp network;
  network.layers.push_back({.inputs = 2, .outputs = 1, .weight = {1.0F, -2.0F}, .bias = {0.5F}});
  const std::string bytes("\x00\x00\x80\x3f\x00\x00\x00\xc0\x00\x00\x00\x3f", 12);
  EXPECT_EQ(weights_sha256(network), sha256_hex(bytes));
}

TEST(Sgd, FollowsTheMomentumRuleOfPyTorch) {
  Mlp network;
  network.layers.push_back({.inputs = 1, .outputs = 1, .weight = {2.0F}, .bias = {}});
  Sgd sgd({.learning_rate = 0.5F, .momentum = 0.25F, .weight_decay = 0.125F});
  sgd.reset(network);
  // v = 1 + 0.125·2 = 1.25; w = 2 - 0.5·1.25 = 1.375
  sgd.step(network, {{.weight = {.floats = {1.0F}, .integers = {}}, .bias = {}}});
  EXPECT_EQ(network.layers[0].weight[0], 1.375F);
  // v = 0.25·1.25 + (-1 + 0.125·1.375) = -0.515625; w = 1.375 + 0.2578125
  sgd.step(network, {{.weight = {.floats = {}, .integers = {-4}, .scale = 0.25F}, .bias = {}}});
  EXPECT_EQ(network.layers[0].weight[0], 1.6328125F);
  sgd.reset(network);
  sgd.step(network, {{.weight = {.floats = {0.0F}, .integers = {}}, .bias = {}}});
  EXPECT_EQ(network.layers[0].weight[0], 1.6328125F - 0.5F * 0.125F * 1.6328125F);
}

TEST(Matrix, TransposeOfRaggedShapes) {
  for (const auto& [rows, cols] : {std::pair{1, 1}, {1, 70}, {33, 31}, {65, 40}}) {
    std::vector<int> in(static_cast<std::size_t>(rows * cols));
    for (std::size_t i = 0; i < in.size(); ++i) in[i] = static_cast<int>(i);
    std::vector<int> out(in.size());
    transpose(in.data(), rows, cols, out.data());
    for (int r = 0; r < rows; ++r) {
      for (int c = 0; c < cols; ++c) {
        ASSERT_EQ(out[static_cast<std::size_t>(c * rows + r)],
                  in[static_cast<std::size_t>(r * cols + c)]);
      }
    }
  }
}

}  // namespace
}  // namespace sylvester
