// The graph of a network under training: gradients of every kind of node against finite
// differences, heads, further backbones, frozen parts.
#include "golden/train/pass.hpp"

#include <cmath>
#include <functional>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "golden/config/config.hpp"
#include "golden/config/test_recipe.hpp"
#include "golden/support/error.hpp"
#include "golden/train/layer_list.hpp"

namespace sylvester {
namespace {

using Texts = std::vector<std::string>;

constexpr int kBatch = 3;

FloatMatrix random_matrix(int rows, int cols, HostRandom& random) {
  FloatMatrix x;
  x.resize(rows, cols);
  for (float& value : x.values) value = 2.0F * random.uniform() - 1.0F;
  return x;
}

// A linear loss: the sum over all heads of logits times `weights`, exact enough for differences.
struct LinearLoss {
  std::vector<FloatMatrix> weights;  // by head
  double operator()(const Activations& activations) const {
    double loss = 0.0;
    for (std::size_t h = 0; h < weights.size(); ++h) {
      const FloatMatrix& logits = activations.logits(static_cast<int>(h));
      for (std::size_t i = 0; i < logits.values.size(); ++i) {
        loss += double{logits.values[i]} * weights[h].values[i];
      }
    }
    return loss;
  }
};

LinearLoss random_loss(const Network& network, HostRandom& random) {
  LinearLoss loss;
  for (const int head : network.heads) {
    loss.weights.push_back(random_matrix(kBatch, network.node(head).outputs(), random));
  }
  return loss;
}

struct Step {
  double loss = 0.0;
  std::vector<ParameterGradient> gradients;  // by node
};

Step step(const Network& network, const FloatMatrix& x, const LinearLoss& loss) {
  const auto executor = make_float_executor();
  Activations activations;
  input_of(activations, network, kBatch) = x;
  executor->begin(network, {});
  forward_pass(network, *executor, activations);
  Gradients gradients;
  for (std::size_t h = 0; h < loss.weights.size(); ++h) {
    gradients.logits(static_cast<int>(h)) = loss.weights[h];
  }
  backward_pass(network, *executor, activations, gradients);
  return {.loss = loss(activations), .gradients = gradients.nodes};
}

FloatMatrix random_input(const Network& network, HostRandom& random) {
  const Shape& shape = network.node(0).shape;
  return random_matrix(kBatch * shape.positions(), shape.channels, random);
}

// Every trained parameter's gradient is the slope of the loss between two points close by. Where a
// ReLU or a maximum changes over in between, the slopes to the left and to the right differ, and
// the gradient must be one of those that lie between them.
void expect_gradients_are_slopes(Network network, std::uint64_t seed) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  HostRandom random(seed);
  const FloatMatrix x = random_input(network, random);
  const LinearLoss loss = random_loss(network, random);
  const Step here = step(network, x, loss);
  constexpr float width = 0x1p-8F;
  for (std::size_t n = 0; n < network.nodes.size(); ++n) {
    Node& node = network.nodes[n];
    const auto check = [&](std::vector<float>& parameter, const std::vector<float>& gradient) {
      if (node.frozen) {
        EXPECT_TRUE(gradient.empty());
        return;
      }
      ASSERT_EQ(gradient.size(), parameter.size()) << "node " << n;
      for (std::size_t i = 0; i < parameter.size(); ++i) {
        const float kept = parameter[i];
        parameter[i] = kept + width;
        const double right =
            (step(network, x, loss).loss - here.loss) / (double{kept + width} - kept);
        parameter[i] = kept - width;
        const double left =
            (here.loss - step(network, x, loss).loss) / (kept - double{kept - width});
        parameter[i] = kept;
        const double slack = 2e-3 * (1.0 + std::fabs(left) + std::fabs(right));
        EXPECT_GE(gradient[i], std::min(left, right) - slack) << "node " << n << " " << i;
        EXPECT_LE(gradient[i], std::max(left, right) + slack) << "node " << n << " " << i;
      }
    };
    check(node.weight, here.gradients[n].weight.values());
    check(node.bias, here.gradients[n].bias);
  }
}

// Where many ReLUs change over, single slopes mean little: the direction of each tensor's gradient.
void expect_gradients_follow_slopes(Network network, std::uint64_t seed) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  HostRandom random(seed);
  const FloatMatrix x = random_input(network, random);
  const LinearLoss loss = random_loss(network, random);
  const Step here = step(network, x, loss);
  constexpr float width = 0x1p-9F;
  for (std::size_t n = 0; n < network.nodes.size(); ++n) {
    std::vector<float>& weight = network.nodes[n].weight;
    const std::vector<float> gradient = here.gradients[n].weight.values();
    if (network.nodes[n].frozen || weight.empty()) continue;
    ASSERT_EQ(gradient.size(), weight.size()) << "node " << n;
    double product = 0.0;
    double of_gradient = 0.0;
    double of_slopes = 0.0;
    for (std::size_t i = 0; i < weight.size(); ++i) {
      const float kept = weight[i];
      weight[i] = kept + width;
      const double right = step(network, x, loss).loss;
      weight[i] = kept - width;
      const double slope = (right - step(network, x, loss).loss) / (2.0 * width);
      weight[i] = kept;
      product += slope * gradient[i];
      of_gradient += double{gradient[i]} * gradient[i];
      of_slopes += slope * slope;
    }
    EXPECT_GT(product / std::sqrt(of_gradient * of_slopes), 0.995) << "node " << n;
    EXPECT_NEAR(of_gradient / of_slopes, 1.0, 0.1) << "node " << n;
  }
}

TEST(Pass, GradientsOfDenseLayersAreSlopes) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    HostRandom random(seed);
    const Network network =
        make_network({.height = 1, .width = 1, .channels = 5},
                     Texts{"dense 7", "relu", "relu", "dense 4"}, 3, true, random);
    expect_gradients_are_slopes(network, seed);
  }
}

// A network of the given layers for images of a random shape.
Network random_image_network(const Texts& layers, HostRandom& random, bool bias = true) {
  const auto between = [&](int least, int most) {
    return least + static_cast<int>(random.below(static_cast<std::uint32_t>(most - least + 1)));
  };
  const Shape shape{.height = between(5, 8), .width = between(5, 8), .channels = between(1, 4)};
  return make_network(shape, layers, 3, bias, random);
}

TEST(Pass, GradientsOfConvolutionsAndPoolsAreSlopes) {
  const Texts networks[] = {
      {"conv 3 kernel=3 pad=1", "relu", "max-pool 2", "flatten"},
      {"conv 2 kernel=2x3 stride=2x1 pad=1x2", "relu", "conv 4 kernel=1", "relu", "average-pool"},
      {"max-pool 3 stride=2 pad=1", "conv 3 kernel=3 stride=2 pad=2", "average-pool 2 stride=1",
       "flatten", "dense 4"},
      {"conv 3 kernel=1 stride=3", "max-pool 1x2 stride=1", "flatten", "relu"},
      {"conv 3 kernel=3 pad=1", "clip", "max-pool 2", "flatten", "clip", "dense 4", "clip"},
      {"average-pool 3 stride=2", "conv 2 kernel=2", "flatten", "dense 3", "relu"},
  };
  for (std::uint64_t seed = 1; const Texts& layers : networks) {
    HostRandom random(seed);
    expect_gradients_are_slopes(random_image_network(layers, random), seed++);
  }
}

TEST(Pass, GradientsOfNormsAndResidualBlocksAreSlopes) {
  const Texts networks[] = {
      {"conv 3 kernel=3", "batch-norm", "average-pool"},
      {"batch-norm", "conv 3 kernel=2 stride=2", "layer-norm", "flatten", "layer-norm"},
      {"flatten", "batch-norm", "dense 5", "batch-norm", "layer-norm"},
      {"basic-block 4", "average-pool"},
      {"conv 4 kernel=1", "relu", "basic-block 6 stride=2 repeat=2", "average-pool"},
      {"basic-block 4 stride=2x3", "flatten"},
  };
  for (std::uint64_t seed = 1; const Texts& layers : networks) {
    HostRandom random(seed);
    Network network = random_image_network(layers, random, false);
    for (Node& node : network.nodes) {  // not at the start, where all weights of norms are equal
      if (node.k > 0) continue;
      for (float& weight : node.weight) weight += random.uniform();
      for (float& bias : node.bias) bias += random.uniform();
      for (float& mean : node.running_mean) mean += random.uniform();
      for (float& variance : node.running_variance) variance += random.uniform();
    }
    const bool smooth = seed <= 3;
    const auto expect = smooth ? expect_gradients_are_slopes : expect_gradients_follow_slopes;
    expect(network, seed);
    for (Node& node : network.nodes) node.frozen = !node.running_mean.empty();
    expect(network, seed++);
  }
}

TEST(Pass, GradientsOfTransformersAndUpsamplingAreSlopes) {
  const Texts networks[] = {
      {"conv 6 kernel=2 stride=2", "gelu", "flatten", "dense 4", "gelu"},
      {"conv 12 kernel=3 stride=2", "attention heads=2", "average-pool"},
      {"attention heads=1", "gelu", "attention heads=2", "flatten"},
      {"conv 4 kernel=3 stride=3", "position", "layer-norm", "flatten", "position"},
      {"conv 3 kernel=1", "keep 1", "relu", "keep 2", "conv 3 kernel=1", "add 2", "add 1",
       "flatten"},
      {"conv 2 kernel=2 stride=3", "upsample 2x3", "conv 3 kernel=2 stride=2", "average-pool"},
      {"conv 4 kernel=3 stride=2", "position", "transformer-block heads=2 mlp=1 repeat=2",
       "layer-norm", "average-pool"},
      {"conv 4 kernel=3 stride=3", "transformer-block heads=4", "average-pool"},
  };
  for (std::uint64_t seed = 1; const Texts& layers : networks) {
    HostRandom random(seed);
    const Shape shape{
        .height = 5, .width = 6, .channels = layers.front() == "attention heads=1" ? 18 : 2};
    expect_gradients_are_slopes(make_network(shape, layers, 3, seed % 2 == 0, random), seed);
    ++seed;
  }
}

// Float32 numbers that a backward pass needs, counted by hand.
TEST(Pass, BytesKeptOfATransformersNodes) {
  HostRandom random(1);
  const auto floats = [&](const Texts& layers) {
    const Network network =
        make_network({.height = 2, .width = 3, .channels = 6}, layers, 2, false, random);
    return backward_bytes(network, *make_float_executor(), 5).floats / sizeof(float);
  };
  const std::uint64_t values = 5 * 6 * 6;              // of the input
  EXPECT_EQ(floats({"position", "flatten"}), values);  // the classifier's input
  EXPECT_EQ(floats({"position", "gelu", "flatten"}), 2 * values);
  EXPECT_EQ(floats({"position", "attention heads=2", "flatten"}),
            values + values / 3 + 5 * 2 * 6 * 6);
  EXPECT_EQ(floats({"gelu", "attention heads=2", "flatten"}), values / 3);  // nothing before them
  EXPECT_EQ(floats({"position", "upsample 2", "flatten"}), 4 * values);
}

TEST(Pass, ASumOfATensorWithItselfHasTwiceTheGradient) {
  HostRandom random(1);
  Network network = make_input({.height = 1, .width = 1, .channels = 4});
  const int dense = add_dense(network, 0, 5, true, random);
  add_head(network, add_sum(network, dense, dense), 3, true, random);
  expect_gradients_are_slopes(network, 1);
  EXPECT_THROW(add_sum(network, 0, dense), UserError);
}

FloatMatrix features_of(const Network& network, const FloatMatrix& x, int batch, PassKind kind,
                        Activations& activations) {
  const auto executor = make_float_executor();
  input_of(activations, network, batch) = x;
  executor->begin(network, {.seed = 0, .step = 0, .kind = kind, .totals = nullptr});
  forward_pass(network, *executor, activations);
  return activations.features();
}

TEST(Pass, BatchNormUsesTheBatchInTrainingAndRunningStatisticsElsewhere) {
  HostRandom random(1);
  Network network = make_network({.height = 1, .width = 2, .channels = 1},
                                 Texts{"batch-norm", "flatten"}, 2, false, random);
  FloatMatrix x;
  x.resize(4, 1);
  x.values = {1.0F, 3.0F, 5.0F, 7.0F};  // mean 4, variance 5, unbiased 20/3
  Activations activations;
  const float inverse = 1.0F / std::sqrt(5.0F + 1e-5F);
  EXPECT_EQ(features_of(network, x, 2, PassKind::kTraining, activations).values,
            (std::vector<float>{-3.0F * inverse, -inverse, inverse, 3.0F * inverse}));
  learn_statistics(activations, network);
  EXPECT_FLOAT_EQ(network.node(1).running_mean[0], 0.4F);
  EXPECT_FLOAT_EQ(network.node(1).running_variance[0], 0.9F + 0.1F * 20.0F / 3.0F);
  const std::vector<float> running =
      features_of(network, x, 2, PassKind::kEvaluation, activations).values;
  EXPECT_NEAR(running[3], 6.6 / std::sqrt(0.9 + 2.0 / 3.0 + 1e-5), 1e-5);
  EXPECT_EQ(features_of(network, x, 2, PassKind::kTeacher, activations).values, running);
  const std::string sha = weights_sha256(network);
  network.node(1).frozen = true;
  EXPECT_EQ(features_of(network, x, 2, PassKind::kTraining, activations).values, running);
  learn_statistics(activations, network);
  EXPECT_EQ(weights_sha256(network), sha);
  network.node(1).running_mean[0] = 0.0F;  // part of the hash
  EXPECT_NE(weights_sha256(network), sha);
}

TEST(Pass, AShortcutKeepsEveryStridethPositionAndFillsChannelsWithZeros) {
  HostRandom random(1);
  Network network = make_input({.height = 3, .width = 4, .channels = 2});
  const int shortcut = add_shortcut(network, 0, 3, {.height = 2, .width = 3});
  add_head(network, add_flatten(network, shortcut), 1, false, random);
  EXPECT_EQ(network.node(shortcut).shape, (Shape{.height = 2, .width = 2, .channels = 3}));
  FloatMatrix x;
  x.resize(12, 2);
  for (std::size_t i = 0; i < 24; ++i) x.values[i] = static_cast<float>(i);
  Activations activations;
  EXPECT_EQ(features_of(network, x, 1, PassKind::kTraining, activations).values,
            (std::vector<float>{0, 1, 0, 6, 7, 0, 16, 17, 0, 22, 23, 0}));
  EXPECT_THROW(add_shortcut(network, 0, 1, {}), UserError);
}

// One head over two positions of one channel: P = softmax over j of q_i·k_j, y_i = sum of P_ij·v_j.
TEST(Pass, AttentionWeighsValuesByQueriesAndKeys) {
  HostRandom random(1);
  Network network = make_input({.height = 2, .width = 1, .channels = 3});
  add_head(network, add_flatten(network, add_attention(network, 0, 1)), 1, false, random);
  FloatMatrix x;
  x.resize(2, 3);
  x.values = {1.0F, 0.5F, 3.0F, 0.0F, -0.5F, 7.0F};  // q, k, v
  Activations activations;
  const std::vector<float> y = features_of(network, x, 1, PassKind::kTraining, activations).values;
  const double p = 1.0 / (1.0 + std::exp(-1.0));
  EXPECT_NEAR(y[0], 3.0 * p + 7.0 * (1.0 - p), 1e-6);
  EXPECT_EQ(y[1], 5.0F);  // query 0 weighs all alike
}

// Samples of a batch do not see each other, and a head sees only its own channels.
TEST(Pass, AttentionKeepsSamplesAndHeadsApart) {
  HostRandom random(3);
  Network network = make_input({.height = 2, .width = 3, .channels = 12});
  add_head(network, add_flatten(network, add_attention(network, 0, 2)), 1, false, random);
  const FloatMatrix x = random_matrix(2 * 6, 12, random);
  Activations activations;
  const std::vector<float> both =
      features_of(network, x, 2, PassKind::kTraining, activations).values;
  FloatMatrix second = x;
  second.values.erase(second.values.begin(), second.values.begin() + 6 * 12);
  second.rows = 6;
  EXPECT_EQ(features_of(network, second, 1, PassKind::kTraining, activations).values,
            std::vector<float>(both.begin() + 24, both.end()));
  for (int i = 0; i < 6; ++i) second.row(i)[2] += 1.0F;  // queries of head 1
  const std::vector<float> changed =
      features_of(network, second, 1, PassKind::kTraining, activations).values;
  for (std::size_t i = 0; i < 24; ++i) EXPECT_EQ(changed[i] != both[24 + i], i % 4 >= 2) << i;
}

TEST(Pass, UpsamplingRepeatsRowsAndColumns) {
  HostRandom random(1);
  Network network = make_input({.height = 1, .width = 2, .channels = 2});
  const int up = add_upsample(network, add_relu(network, 0), {.height = 3, .width = 2});
  EXPECT_EQ(network.node(up).shape, (Shape{.height = 3, .width = 4, .channels = 2}));
  EXPECT_TRUE(network.node(up).non_negative);
  add_head(network, add_flatten(network, up), 1, false, random);
  FloatMatrix x;
  x.resize(2, 2);
  x.values = {1, 2, 3, 4};
  std::vector<float> expected;
  for (int row = 0; row < 3; ++row) {
    for (const float value : {1, 2, 1, 2, 3, 4, 3, 4}) expected.push_back(value);
  }
  Activations activations;
  EXPECT_EQ(features_of(network, x, 1, PassKind::kTraining, activations).values, expected);
}

TEST(LayerList, ResidualNetworksHaveTheirPublishedSizes) {
  HostRandom random(1);
  for (const auto& [name, repeat, parameters] :
       {std::tuple{"networks/resnet20", 3, 269722U}, {"networks/resnet32", 5, 464154U}}) {
    const Texts layers = Config::load(name).texts("network.layers");
    const Network network =
        make_network({.height = 32, .width = 32, .channels = 3}, layers, 10, false, random);
    EXPECT_EQ(network.depth(), 6 * repeat + 2) << name;
    std::size_t count = 10;  // the classifier's bias, which the published network has
    for (const Node& node : network.nodes) count += node.weight.size() + node.bias.size();
    EXPECT_EQ(count, parameters) << name;
  }
}

// A backbone, a second one from the same input, a third that shares a layer with the first.
Network grown_network(HostRandom& random) {
  Network network = make_network({.height = 1, .width = 1, .channels = 5},
                                 Texts{"dense 6", "relu", "dense 4", "relu"}, 3, true, random);
  const int shared = 2;
  join_backbone(network, append_layers(network, 0, Texts{"dense 5", "relu"}, true, random), random);
  const int tail = append_layers(network, shared, Texts{"dense 3", "relu"}, true, random);
  join_backbone(network, tail, random);
  return network;
}

TEST(Pass, GradientsOfSeveralBackbonesAndHeadsAreSlopes) {
  HostRandom random(5);
  Network network = grown_network(random);
  add_head(network, 6, 2, true, random);
  expect_gradients_are_slopes(network, 5);
  freeze(network, 0, 2);  // gradients are not needed there
  expect_gradients_are_slopes(network, 6);
  freeze(network, 7, 8);  // nodes behind which trained ones lie
  Network all_but_first = network;
  all_but_first.node(1).frozen = false;
  expect_gradients_are_slopes(all_but_first, 7);
}

TEST(Pass, JoiningABackboneKeepsWhatTheClassifierReadsAlready) {
  HostRandom random(5);
  Network network = make_network({.height = 1, .width = 1, .channels = 5},
                                 Texts{"dense 6", "relu", "dense 4", "relu"}, 3, true, random);
  const Network old = network;
  join_backbone(network, append_layers(network, 0, Texts{"dense 5", "relu"}, true, random), random);
  EXPECT_EQ(network.features(), 9);
  EXPECT_EQ(network.heads.front(), static_cast<int>(network.nodes.size()) - 1);
  for (std::size_t c = 0; c < 3; ++c) {
    for (std::size_t f = 0; f < 9; ++f) {
      float& weight = network.node(network.heads.front()).weight[c * 9 + f];
      if (f < 4) {
        EXPECT_EQ(weight, old.classifier().weight[c * 4 + f]);
      } else {
        EXPECT_NE(weight, 0.0F);
        EXPECT_LE(std::fabs(weight), 1.0F / 3.0F);
        weight = 0.0F;
      }
    }
  }
  // Without the new columns the network computes what it did before.
  const FloatMatrix x = random_input(network, random);
  const LinearLoss loss = random_loss(network, random);
  EXPECT_EQ(step(network, x, loss).loss, step(old, x, loss).loss);
  // The next backbone extends the concatenation there is.
  const Network grown = grown_network(random);
  const Node& concat = grown.node(grown.classifier().inputs.front());
  EXPECT_EQ(concat.kind, NodeKind::kConcat);
  EXPECT_EQ(concat.inputs, (std::vector<int>{4, 6, 8}));
  EXPECT_EQ(grown.features(), 12);
  EXPECT_EQ(grown.nodes.size(), 11U);
}

TEST(Pass, AHeadCanBeTakenAway) {
  HostRandom random(5);
  Network network = grown_network(random);
  const std::string sha = weights_sha256(network);
  add_head(network, 6, 2, true, random);
  join_backbone(network, append_layers(network, 0, Texts{"dense 2"}, true, random), random);
  EXPECT_EQ(network.heads.size(), 2U);
  add_head(network, 8, 2, true, random);
  remove_head(network, 2);
  remove_head(network, 1);
  EXPECT_EQ(network.heads.size(), 1U);
  EXPECT_EQ(network.depth(), 6);
  EXPECT_EQ(network.node(4).uses, 1);
  expect_gradients_are_slopes(network, 8);
}

TEST(Pass, AHeadWithoutGradientHasNoPartInTheLoss) {
  HostRandom random(5);
  Network network = grown_network(random);
  add_head(network, 6, 2, true, random);
  const FloatMatrix x = random_input(network, random);
  LinearLoss loss = random_loss(network, random);
  loss.weights.pop_back();
  const Step result = step(network, x, loss);
  EXPECT_TRUE(result.gradients[static_cast<std::size_t>(network.heads[1])].weight.empty());
  EXPECT_FALSE(result.gradients[static_cast<std::size_t>(network.heads[0])].weight.empty());
  // Frozen and unreached parts stay as they are.
  Sgd sgd({});
  freeze(network, 1, 4);
  sgd.reset(network);
  const Network before = network;
  sgd.step(network, step(network, x, loss).gradients);
  for (std::size_t n = 0; n < network.nodes.size(); ++n) {
    const bool trained = n == 5 || n == 7 || n == static_cast<std::size_t>(network.heads[0]);
    EXPECT_EQ(network.nodes[n].weight != before.nodes[n].weight, trained) << n;
  }
}

// A second backbone of images beside a frozen one, in every arithmetic: what is frozen stays as it
// is, to the bit, what is not is trained.
TEST(Pass, FrozenPartsNeverChange) {
  const Texts layers = {"conv 3 kernel=2", "batch-norm", "relu", "basic-block 4", "average-pool"};
  for (const char* preset : {"fp32", "hdqt", "hdqt-paper"}) {
    HostRandom random(5);
    Network network =
        make_network({.height = 5, .width = 4, .channels = 2}, layers, 3, true, random);
    const int frozen = network.heads.front() - 1;
    freeze(network, 1, frozen);
    join_backbone(network, append_layers(network, 0, layers, true, random), random);
    const Network before = network;
    const auto backend = make_golden_backend();
    const auto executor = make_executor(preset_recipe(preset), *backend);
    Sgd sgd({});
    sgd.reset(network);
    Activations activations;
    Gradients gradients;
    for (std::uint32_t i = 0; i < 3; ++i) {
      input_of(activations, network, kBatch) = random_input(network, random);
      executor->begin(network,
                      {.seed = 1, .step = i, .kind = PassKind::kTraining, .totals = nullptr});
      forward_pass(network, *executor, activations);
      gradients.logits() = random_matrix(kBatch, 3, random);
      backward_pass(network, *executor, activations, gradients);
      learn_statistics(activations, network);
      sgd.step(network, gradients.nodes);
    }
    for (std::size_t n = 0; n < network.nodes.size(); ++n) {
      const Node& node = network.nodes[n];
      const Node& old = before.nodes[n];
      if (node.weight.empty()) continue;
      const bool trained = static_cast<int>(n) > frozen;
      EXPECT_EQ(node.frozen, !trained);
      EXPECT_EQ(node.weight != old.weight, trained) << preset << ", node " << n;
      EXPECT_EQ(node.bias != old.bias, trained) << preset << ", node " << n;
      if (node.running_mean.empty()) continue;
      EXPECT_EQ(node.running_mean != old.running_mean, trained) << preset << ", node " << n;
      EXPECT_EQ(node.running_variance != old.running_variance, trained) << preset << ", node " << n;
    }
  }
}

TEST(LayerList, ErrorsNameTheEntry) {
  const auto message = [](const Texts& layers) -> std::string {
    HostRandom random(1);
    try {
      check_layers(layers);
      make_network({.height = 2, .width = 3, .channels = 5}, layers, 3, true, random);
    } catch (const UserError& error) {
      return error.what();
    }
    return "";
  };
  for (const char* text : {"",
                           "dens 4",
                           "dense",
                           "dense 0",
                           "dense 65536",
                           "dense 4 4",
                           "dense x",
                           "relu 1",
                           "dense -1",
                           "dense 4.5",
                           "kernel=3",
                           "conv 4",
                           "conv kernel=3",
                           "conv 4 kernel=0",
                           "conv 4 kernel=256",
                           "conv 4 kernel=3 kernel=3",
                           "conv 4 kernel=3 pads=1",
                           "conv 4 kernel=3x",
                           "conv 4 kernel=3x3x3",
                           "conv input kernel=3",
                           "max-pool",
                           "max-pool kernel=2",
                           "max-pool 2 pad=-1",
                           "average-pool stride=2",
                           "average-pool 2 pad=1",
                           "flatten 2",
                           "batch-norm 2",
                           "basic-block",
                           "basic-block 4 repeat=0",
                           "basic-block 4 repeat=1001",
                           "basic-block 4 kernel=3",
                           "gelu 2",
                           "position 2",
                           "attention",
                           "attention 2",
                           "attention heads=0",
                           "attention heads=65536",
                           "attention heads=1 mlp=2",
                           "upsample",
                           "upsample 0",
                           "upsample 256",
                           "upsample 2 stride=2",
                           "transformer-block",
                           "transformer-block 4 heads=2",
                           "transformer-block heads=2 mlp=65",
                           "transformer-block heads=2 stride=2",
                           "transformer-block heads=2 repeat=0",
                           "keep",
                           "keep 0",
                           "add 100",
                           "add x"}) {
    EXPECT_EQ(message({"relu", text}).find("entry 2 '" + std::string(text) + "': not a "), 0U)
        << text;
    EXPECT_NE(message({"relu", text}).find("; allowed: "), std::string::npos);
  }
  EXPECT_EQ(
      message({"conv 4 kernel=4"}).find("entry 1 'conv 4 kernel=4': kernel 4, stride 1, pad 0"),
      0U);
  EXPECT_NE(message({"max-pool 2 pad=2"}), "");
  EXPECT_EQ(message({"attention heads=1"}),
            "entry 1 'attention heads=1': attention with 1 heads over 5 channels; allowed: 3 x "
            "heads x any number of channels");
  EXPECT_NE(message({"conv 6 kernel=1", "attention heads=4"}), "");
  EXPECT_NE(message({"transformer-block heads=2"}), "");
  EXPECT_EQ(message({"keep 1", "relu", "add 2"}),
            "entry 3 'add 2': nothing is kept as 2; allowed: a number that an entry before it "
            "keeps");
  EXPECT_NE(message({"keep 1", "max-pool 2", "add 1"}).find("a sum of 1 x 1 x 5 and 2 x 3 x 5"),
            std::string::npos);
  EXPECT_EQ(message({"transformer-block heads=5", "average-pool"}), "");
  EXPECT_NE(message({"upsample 255", "conv 3 kernel=1", "attention heads=1"})
                .find("heads x positions x positions"),
            std::string::npos);
  EXPECT_NE(message({"upsample 255", "upsample 255"}).find("allowed: at most"), std::string::npos);
  EXPECT_EQ(message({"conv 4 kernel=2x3 pad=1", "relu", "flatten"}), "");
  EXPECT_EQ(
      message({"conv 4 kernel=1"}),
      "the classifier behind the last entry: its input is 2 x 3 x 4; allowed: a vector, 1 x 1 x "
      "channels");
  EXPECT_EQ(message({"dense 4"}),
            "entry 1 'dense 4': its input is 2 x 3 x 5; allowed: a vector, 1 x 1 x channels");
}

}  // namespace
}  // namespace sylvester
