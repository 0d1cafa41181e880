// A step in integers against the float32 step of the same network, rule by rule of the graph.
#include "golden/integer/pass.hpp"

#include <gtest/gtest.h>

#include <string>

#include "golden/integer/fit.hpp"
#include "golden/integer/test_tensors.hpp"
#include "golden/train/layer_list.hpp"
#include "golden/train/loss.hpp"
#include "golden/train/pass.hpp"

namespace sylvester {
namespace {

using Texts = std::vector<std::string>;

IntTensor weights(std::vector<float>& values, int rows) {
  IntTensor tensor;
  if (values.empty()) return tensor;
  fit(tensor_of(values, rows), kNarrowBits, test_draws(1), tensor);
  to_floats(tensor, values);  // both networks have these
  return tensor;
}

IntTensor zeros_like(const IntTensor& tensor) {
  IntTensor zeros = tensor;
  std::ranges::fill(zeros.values, 0);
  zeros.exponent = 0;
  return zeros;
}

std::vector<IntNode> integer_nodes(Network& network) {
  std::vector<IntNode> nodes(network.nodes.size());
  for (std::size_t n = 0; n < nodes.size(); ++n) {
    Node& node = network.nodes[n];
    IntParameters& parameters = nodes[n].parameters;
    parameters.weight = weights(node.weight, node.k > 0 ? node.outputs() : 1);
    parameters.bias = weights(node.bias, 1);
    parameters.mean = weights(node.running_mean, 1);
    parameters.variance = weights(node.running_variance, 1);
    nodes[n].weight_velocity = zeros_like(parameters.weight);
    nodes[n].bias_velocity = zeros_like(parameters.bias);
  }
  return nodes;
}

// Distance of the integer gradients of all parameters from the float ones, and of the logits.
struct Distances {
  double logits;
  double gradients;
};
Distances compare(Network network, int batch, int bits, std::uint32_t seed) {
  HostRandom random(seed);
  // Weights and biases of normalisations that are not 1 and 0.
  for (Node& node : network.nodes) {
    if (node.kind != NodeKind::kBatchNorm && node.kind != NodeKind::kLayerNorm) continue;
    for (float& value : node.weight) value = 0.5F + random.uniform();
    for (float& value : node.bias) value = random.uniform() - 0.5F;
  }
  std::vector<IntNode> nodes = integer_nodes(network);
  const Shape& shape = network.node(0).shape;
  const std::vector<float> x =
      noise(static_cast<std::size_t>(batch) * static_cast<std::size_t>(shape.size()), random);
  std::vector<std::int32_t> labels;
  for (int i = 0; i < batch; ++i) labels.push_back(i % network.classes());

  const auto executor = make_float_executor();
  Activations activations;
  input_of(activations, network, batch).values = x;
  executor->begin(network, {});
  forward_pass(network, *executor, activations);
  Gradients gradients;
  cross_entropy(activations.logits(), labels, gradients.logits());
  backward_pass(network, *executor, activations, gradients);

  const auto backend = make_golden_backend();
  IntegerPass pass({.bits = bits}, CounterMode::kNone, *backend);
  pass.begin(network, nodes, {.seed = seed});
  words_of(x, batch * shape.positions(), shape.channels, "x", pass.input(batch));
  pass.forward(0);
  pass.backward(labels);
  // The first velocity is the gradient.
  pass.update({.rate = {}, .momentum = {}, .decay = {}}, nodes);

  std::vector<double> actual;
  std::vector<double> expected;
  const auto add = [&](const IntTensor& part, const std::vector<float>& values) {
    for (const double value : reals(part)) actual.push_back(value);
    for (const float value : values) expected.push_back(double{value});
  };
  for (std::size_t n = 0; n < nodes.size(); ++n) {
    add(nodes[n].weight_velocity, gradients.nodes[n].weight.values());
    add(nodes[n].bias_velocity, gradients.nodes[n].bias);
  }
  EXPECT_EQ(actual.size(), expected.size());
  return {.logits = distance(reals(pass.of(network.heads.front())), activations.logits().values),
          .gradients = distance(actual, expected)};
}

Network network_of(const Shape& shape, const Texts& layers, std::uint64_t seed = 3) {
  HostRandom random(seed);
  return make_network(shape, layers, 4, true, random);
}

constexpr Shape kImage = {.height = 6, .width = 7, .channels = 3};

struct NetworkCase {
  Texts layers;
  Shape shape;
  double most = 0.15;  ///< distance of the gradients
};
const NetworkCase kCases[] = {
    {{"dense 20", "relu", "dense 30", "relu"}, {1, 1, 12}},
    {{"dense 20", "layer-norm", "relu"}, {1, 1, 12}},
    {{"dense 20", "clip", "dense 30", "batch-norm", "clip"}, {1, 1, 12}, 0.25},
    {{"dense 20", "batch-norm", "relu"}, {1, 1, 12}},
    {{"conv 6 kernel=3 pad=1", "relu", "max-pool 2", "flatten", "dense 9"}, kImage},
    {{"conv 6 kernel=3 stride=2", "relu", "average-pool", "dense 9"}, kImage},
    {{"conv 5 kernel=2x3 pad=1", "batch-norm", "relu", "max-pool 3 stride=2 pad=1", "average-pool"},
     kImage},
    {{"conv 5 kernel=3", "relu", "average-pool 2 stride=1", "flatten"}, kImage},
    {{"conv 4 kernel=3 pad=1", "batch-norm", "relu", "basic-block 4", "basic-block 8 stride=2",
      "average-pool"},
     kImage,
     0.25},
    {{"dense 20", "gelu", "dense 9", "gelu"}, {1, 1, 12}},
    {{"conv 5 kernel=3 pad=1", "upsample 2x3", "relu", "average-pool"}, kImage},
    {{"conv 6 kernel=2 stride=2", "position", "average-pool"}, kImage},
    {{"conv 12 kernel=2 stride=2", "position", "attention heads=2", "average-pool"}, kImage, 0.25},
    {{"conv 8 kernel=2 stride=2", "position", "transformer-block heads=2", "layer-norm",
      "average-pool"},
     kImage,
     0.25},
};

TEST(IntegerPass, StepsAreThoseOfFloat32) {
  for (const auto& [layers, shape, most] : kCases) {
    const Distances d = compare(network_of(shape, layers), 32, 8, 5);
    EXPECT_LT(d.logits, 0.06) << layers.front() << " ... " << layers.back();
    EXPECT_LT(d.gradients, most) << layers.front() << " ... " << layers.back();
  }
}

TEST(IntegerPass, FewerBitsAreFurtherAway) {
  const Network network = network_of({1, 1, 12}, {"dense 20", "relu", "dense 30", "relu"});
  double before = 0.0;
  for (int bits = 8; bits >= 4; --bits) {
    const double distance = compare(network, 64, bits, 5).gradients;
    EXPECT_GT(distance, 1.3 * before) << bits;
    before = distance;
  }
  EXPECT_LT(before, 0.8);
}

// The error of one step is noise, not a bias: the mean over seeds comes close to float32.
TEST(IntegerPass, MeanGradientIsUnbiased) {
  Network network = network_of({1, 1, 12}, {"dense 20"});
  std::vector<IntNode> nodes = integer_nodes(network);
  HostRandom random(1);
  const std::vector<float> x = noise(16 * 12, random);
  std::vector<std::int32_t> labels(16);
  for (int i = 0; i < 16; ++i) labels[static_cast<std::size_t>(i)] = i % 4;
  const auto backend = make_golden_backend();
  std::vector<double> mean;
  std::vector<double> one;
  constexpr int kRuns = 400;
  for (std::uint32_t seed = 0; seed < kRuns; ++seed) {
    std::vector<IntNode> copy = nodes;
    IntegerPass pass({.bits = 6}, CounterMode::kNone, *backend);
    pass.begin(network, copy, {.seed = seed});
    words_of(x, 16, 12, "x", pass.input(16));
    pass.forward(0);
    pass.backward(labels);
    pass.update({.rate = {}, .momentum = {}, .decay = {}}, copy);
    one = reals(copy[1].weight_velocity);
    mean.resize(one.size());
    for (std::size_t i = 0; i < one.size(); ++i) mean[i] += one[i] / kRuns;
  }
  const auto executor = make_float_executor();
  Activations activations;
  input_of(activations, network, 16).values = x;
  executor->begin(network, {});
  forward_pass(network, *executor, activations);
  Gradients gradients;
  cross_entropy(activations.logits(), labels, gradients.logits());
  backward_pass(network, *executor, activations, gradients);
  const std::vector<float> expected = gradients.nodes[1].weight.values();
  EXPECT_LT(distance(mean, expected), 0.15 * distance(one, expected));
}

TEST(IntegerPass, ConcatenationAlignsItsParts) {
  Network network = make_input({1, 1, 3});
  HostRandom random(4);
  const int a = add_dense(network, 0, 5, true, random);
  const int b = add_dense(network, 0, 7, true, random);
  for (float& value : network.node(b).weight) value *= 1000.0F;
  network.heads = {add_dense(network, add_concat(network, {a, b, a}), 4, true, random)};
  const Distances d = compare(network, 16, 8, 3);
  EXPECT_LT(d.logits, 0.06);
  EXPECT_LT(d.gradients, 0.15);
}

TEST(IntegerPass, FrozenNodesStayAndPassGradientsOn) {
  Network network = network_of({1, 1, 12}, {"dense 20", "batch-norm", "relu", "dense 9"});
  freeze(network, 4, 4);
  std::vector<IntNode> nodes = integer_nodes(network);
  const std::vector<IntNode> before = nodes;
  const auto backend = make_golden_backend();
  IntegerPass pass({}, CounterMode::kNone, *backend);
  pass.begin(network, nodes, {});
  HostRandom random(2);
  words_of(noise(8 * 12, random), 8, 12, "x", pass.input(8));
  pass.forward(0);
  pass.backward(std::vector<std::int32_t>(8, 1));
  pass.update({.rate = coefficient_of(0.1F), .momentum = {}, .decay = {}}, nodes);
  EXPECT_EQ(nodes[4].parameters.weight.values, before[4].parameters.weight.values);
  EXPECT_NE(nodes[1].parameters.weight.values, before[1].parameters.weight.values);
  EXPECT_NE(nodes[2].parameters.mean.values, before[2].parameters.mean.values);
}

TEST(IntegerProducts, LongestContractionHoldsEverySum) {
  IntegerRecipe recipe;
  EXPECT_EQ(longest_contraction(recipe), 133144);  // (2^31 - 1) / 127^2
  recipe.accumulate.tile = 0;
  EXPECT_EQ(longest_contraction(recipe), 520);  // (2^23 - 1) / 127^2
  recipe.accumulate.tile = 521;
  EXPECT_EQ(longest_contraction(recipe), 0);
  recipe.bits = 4;
  EXPECT_EQ(longest_contraction(recipe), 43826196);
}

}  // namespace
}  // namespace sylvester
