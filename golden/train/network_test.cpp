#include "golden/train/network.hpp"

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "golden/support/error.hpp"
#include "golden/support/sha256.hpp"
#include "golden/train/layer_list.hpp"
#include "golden/train/matrix.hpp"
#include "golden/train/sgd.hpp"

namespace sylvester {
namespace {

TEST(Network, WeightsAreUniformWithinTheBoundOfTheirLayer) {
  HostRandom random(3);
  const std::vector<std::string> layers = {"dense 100", "relu", "dense 64", "relu"};
  const Network network =
      make_network({.height = 1, .width = 1, .channels = 25}, layers, 4, true, random);
  ASSERT_EQ(network.layers.size(), 3U);
  EXPECT_EQ(network.inputs(), 25);
  EXPECT_EQ(network.features(), 64);
  EXPECT_EQ(network.classes(), 4);
  for (int l = 0; l < network.depth(); ++l) {
    const Node& layer = network.layer(l);
    const double bound = 1.0 / std::sqrt(layer.k);
    ASSERT_EQ(layer.weight.size(), static_cast<std::size_t>(layer.k * layer.outputs()));
    ASSERT_EQ(layer.bias.size(), static_cast<std::size_t>(layer.outputs()));
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

TEST(Network, GrowingKeepsOldRowsAndDrawsNewOnes) {
  HostRandom random(3);
  const std::vector<std::string> layers = {"dense 6", "relu"};
  Network network =
      make_network({.height = 1, .width = 1, .channels = 5}, layers, 2, false, random);
  const std::vector<float> old = network.classifier().weight;
  grow_classifier(network, 5, random);
  const std::vector<float>& grown = network.classifier().weight;
  ASSERT_EQ(grown.size(), 30U);
  EXPECT_TRUE(std::equal(old.begin(), old.end(), grown.begin()));
  EXPECT_NE(grown[12], grown[18]);
  EXPECT_EQ(network.classes(), 5);
  EXPECT_TRUE(network.classifier().bias.empty());
  EXPECT_THROW(grow_classifier(network, 4, random), UserError);
}

TEST(Network, HashIsThatOfTheLittleEndianBytes) {
  HostRandom random(1);
  Network network = make_network({.height = 1, .width = 1, .channels = 2}, {}, 1, true, random);
  network.layer(0).weight = {1.0F, -2.0F};
  network.layer(0).bias = {0.5F};
  const std::string bytes("\x00\x00\x80\x3f\x00\x00\x00\xc0\x00\x00\x00\x3f", 12);
  EXPECT_EQ(weights_sha256(network), sha256_hex(bytes));
}

TEST(Sgd, FollowsTheMomentumRuleOfPyTorch) {
  HostRandom random(1);
  Network network = make_network({.height = 1, .width = 1, .channels = 1}, {}, 1, false, random);
  network.layer(0).weight = {2.0F};
  Sgd sgd({.learning_rate = 0.5F, .momentum = 0.25F, .weight_decay = 0.125F});
  sgd.reset(network);
  // v = 1 + 0.125·2 = 1.25; w = 2 - 0.5·1.25 = 1.375
  sgd.step(network, {{}, {.weight = {.floats = {1.0F}, .integers = {}}, .bias = {}}});
  EXPECT_EQ(network.layer(0).weight[0], 1.375F);
  // v = 0.25·1.25 + (-1 + 0.125·1.375) = -0.515625; w = 1.375 + 0.2578125
  sgd.step(network, {{}, {.weight = {.floats = {}, .integers = {-4}, .scale = 0.25F}, .bias = {}}});
  EXPECT_EQ(network.layer(0).weight[0], 1.6328125F);
  sgd.reset(network);
  sgd.step(network, {{}, {.weight = {.floats = {0.0F}, .integers = {}}, .bias = {}}});
  EXPECT_EQ(network.layer(0).weight[0], 1.6328125F - 0.5F * 0.125F * 1.6328125F);
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
