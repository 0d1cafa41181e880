#include "golden/train/network.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "golden/support/error.hpp"
#include "golden/support/sha256.hpp"

namespace sylvester {
namespace {

// Weights are in memory several times: gradient, velocity, teacher.
constexpr std::int64_t kMostWeights = std::int64_t{1} << 28;
constexpr std::size_t kMostNodes = 10000;
constexpr std::int64_t kMostValues = std::int64_t{1} << 28;  // of one sample's tensor

// One draw. 2u - 1 is exact.
class WeightDraw {
 public:
  WeightDraw(int k, HostRandom& random)
      : bound_(static_cast<float>(1.0 / std::sqrt(static_cast<double>(k)))), random_(&random) {}
  float operator()() { return bound_ * (2.0F * random_->uniform() - 1.0F); }
  void append(std::vector<float>& values, std::size_t count) {
    values.reserve(values.size() + count);
    for (std::size_t i = 0; i < count; ++i) values.push_back((*this)());
  }

 private:
  float bound_;
  HostRandom* random_;
};

// Before a layer of so many weights is made for the network.
void require_weights(const Network& network, std::int64_t outputs, std::int64_t k) {
  std::int64_t weights = outputs * k;
  for (const Node& node : network.nodes) weights += static_cast<std::int64_t>(node.weight.size());
  if (weights > kMostWeights) {
    throw UserError(
        fmt::format("with {} outputs of {} products each the network has {} weights; allowed: at "
                    "most {}",
                    outputs, k, weights, kMostWeights));
  }
}

// Weight rows, and biases if the node has any, for outputs that it does not have yet.
void grow(Node& node, int outputs, bool bias, HostRandom& random) {
  const auto rows = static_cast<std::size_t>(outputs - node.outputs());
  WeightDraw draw(node.k, random);
  draw.append(node.weight, rows * static_cast<std::size_t>(node.k));
  if (bias) draw.append(node.bias, rows);
  node.shape.channels = outputs;
}

Node new_node(NodeKind kind, std::vector<int> inputs, const Shape& shape) {
  Node node;
  node.kind = kind;
  node.inputs = std::move(inputs);
  node.shape = shape;
  return node;
}

int append(Network& network, Node node) {
  const Shape& s = node.shape;
  if (std::int64_t{s.height} * s.width > kMostValues ||
      std::int64_t{s.height} * s.width * s.channels > kMostValues) {
    throw UserError(fmt::format("a tensor of {} x {} x {} values; allowed: at most {}", s.height,
                                s.width, s.channels, kMostValues));
  }
  if (network.nodes.size() >= kMostNodes) {
    throw UserError(fmt::format("a network of more than {} nodes", kMostNodes));
  }
  const int number = static_cast<int>(network.nodes.size());
  for (const int input : node.inputs) ++network.node(input).uses;
  if (node.k > 0) network.layers.push_back(number);
  network.nodes.push_back(std::move(node));
  return number;
}

void require_width(int width) {
  if (width < 1) {
    throw UserError(fmt::format("a network layer of width {}; allowed: 1 and more", width));
  }
}

// Positions of an output axis.
int window_positions(int size, int kernel, int stride, int pad) {
  if (kernel < 1 || kernel > kMostKernel || stride < 1 || stride > kMostKernel || pad < 0 ||
      pad >= kernel || kernel > size + 2 * pad) {
    throw UserError(
        fmt::format("kernel {}, stride {}, pad {} on an input {} wide or high; allowed: kernel "
                    "1...{} and at most the padded input, stride 1...{}, pad below the kernel",
                    kernel, stride, pad, size, kMostKernel, kMostKernel));
  }
  return (size + 2 * pad - kernel) / stride + 1;
}

// With as many channels as its input, and its sign.
Node window_node(NodeKind kind, const Network& network, int input, const Window& window) {
  const Node& in = network.node(input);
  Node node = new_node(kind, {input},
                       {.height = window_positions(in.shape.height, window.kernel.height,
                                                   window.stride.height, window.pad.height),
                        .width = window_positions(in.shape.width, window.kernel.width,
                                                  window.stride.width, window.pad.width),
                        .channels = in.shape.channels});
  node.window = window;
  node.non_negative = in.non_negative && kind != NodeKind::kConv;
  return node;
}

Node norm_node(NodeKind kind, const Network& network, int input) {
  Node node = new_node(kind, {input}, network.node(input).shape);
  const auto channels = static_cast<std::size_t>(node.shape.channels);
  node.weight.assign(channels, 1.0F);
  node.bias.assign(channels, 0.0F);
  return node;
}

void require_vector(const Shape& shape) {
  if (shape.positions() != 1) {
    throw UserError(fmt::format("its input is {} x {} x {}; allowed: a vector, 1 x 1 x channels",
                                shape.height, shape.width, shape.channels));
  }
}

// Takes an unused node out of the list; the others keep their order.
Node take(Network& network, int number) {
  Node node = std::move(network.node(number));
  for (const int input : node.inputs) --network.node(input).uses;
  network.nodes.erase(network.nodes.begin() + number);
  const auto renumber = [&](std::vector<int>& numbers) {
    std::erase(numbers, number);
    for (int& n : numbers) n -= n > number ? 1 : 0;
  };
  for (Node& other : network.nodes) renumber(other.inputs);
  renumber(network.layers);
  renumber(network.heads);
  return node;
}

}  // namespace

Network make_input(const Shape& shape) {
  if (shape.height < 1 || shape.width < 1 || shape.channels < 1) {
    throw UserError(fmt::format("a network with an input of {} x {} x {}; allowed: 1 and more",
                                shape.height, shape.width, shape.channels));
  }
  Network network;
  Node input;
  input.shape = shape;
  append(network, std::move(input));
  return network;
}

int add_dense(Network& network, int input, int outputs, bool bias, HostRandom& random) {
  require_width(outputs);
  const Shape shape = network.node(input).shape;
  require_vector(shape);
  require_weights(network, outputs, shape.channels);
  Node node = new_node(NodeKind::kDense, {input}, {.height = 1, .width = 1, .channels = 0});
  node.k = shape.channels;
  grow(node, outputs, bias, random);
  return append(network, std::move(node));
}

int add_conv(Network& network, int input, int channels, const Window& window, bool bias,
             HostRandom& random) {
  const Shape in = network.node(input).shape;
  Node node = window_node(NodeKind::kConv, network, input, window);
  require_width(channels);
  require_weights(network, channels, std::int64_t{window.kernel.area()} * in.channels);
  node.shape.channels = 0;
  node.k = window.kernel.area() * in.channels;
  grow(node, channels, bias, random);
  return append(network, std::move(node));
}

int add_batch_norm(Network& network, int input) {
  Node node = norm_node(NodeKind::kBatchNorm, network, input);
  node.running_mean.assign(node.bias.size(), 0.0F);
  node.running_variance.assign(node.bias.size(), 1.0F);
  return append(network, std::move(node));
}

int add_layer_norm(Network& network, int input) {
  return append(network, norm_node(NodeKind::kLayerNorm, network, input));
}

int add_relu(Network& network, int input) {
  Node node = new_node(NodeKind::kRelu, {input}, network.node(input).shape);
  node.non_negative = true;
  return append(network, std::move(node));
}

int add_gelu(Network& network, int input) {
  return append(network, new_node(NodeKind::kGelu, {input}, network.node(input).shape));
}

int add_attention(Network& network, int input, int heads) {
  Shape shape = network.node(input).shape;
  if (heads < 1 || shape.channels % 3 != 0 || shape.channels / 3 % heads != 0) {
    throw UserError(fmt::format(
        "attention with {} heads over {} channels; allowed: 3 x heads x any number of channels",
        heads, shape.channels));
  }
  const std::int64_t positions = shape.positions();  // at most kMostValues
  if (positions * positions > kMostValues / heads) {
    throw UserError(
        fmt::format("attention with {} heads over {} positions; allowed: heads x "
                    "positions x positions at most {}",
                    heads, positions, kMostValues));
  }
  shape.channels /= 3;
  Node node = new_node(NodeKind::kAttention, {input}, shape);
  node.attention_heads = heads;
  return append(network, std::move(node));
}

int add_position(Network& network, int input, HostRandom& random) {
  const Shape shape = network.node(input).shape;
  require_weights(network, shape.positions(), shape.channels);
  Node node = new_node(NodeKind::kPosition, {input}, shape);
  WeightDraw(shape.channels, random).append(node.weight, static_cast<std::size_t>(shape.size()));
  return append(network, std::move(node));
}

int add_clip(Network& network, int input) {
  Node node = new_node(NodeKind::kClip, {input}, network.node(input).shape);
  node.non_negative = true;
  return append(network, std::move(node));
}

int add_max_pool(Network& network, int input, const Window& window) {
  return append(network, window_node(NodeKind::kMaxPool, network, input, window));
}

int add_average_pool(Network& network, int input, const Window& window) {
  if (window.pad.height > 0 || window.pad.width > 0) {
    throw UserError("an average over padding; allowed: pad 0");
  }
  return append(network, window_node(NodeKind::kAveragePool, network, input, window));
}

int add_upsample(Network& network, int input, const Extent& factor) {
  const Node& in = network.node(input);
  const auto times = [](int size, int by) {
    if (by < 1 || by > kMostKernel || std::int64_t{size} * by > kMostValues) {
      throw UserError(fmt::format(
          "{} rows or columns, each {} times; allowed: 1...{} times, {} rows or columns at most",
          size, by, kMostKernel, kMostValues));
    }
    return size * by;
  };
  Node node = new_node(NodeKind::kUpsample, {input},
                       {.height = times(in.shape.height, factor.height),
                        .width = times(in.shape.width, factor.width),
                        .channels = in.shape.channels});
  node.window.stride = factor;
  node.non_negative = in.non_negative;
  return append(network, std::move(node));
}

int add_sum(Network& network, int a, int b) {
  const Node& first = network.node(a);
  const Node& second = network.node(b);
  if (first.shape != second.shape) {
    throw UserError(fmt::format("a sum of {} x {} x {} and {} x {} x {}; allowed: equal shapes",
                                first.shape.height, first.shape.width, first.shape.channels,
                                second.shape.height, second.shape.width, second.shape.channels));
  }
  Node node = new_node(NodeKind::kAdd, {a, b}, first.shape);
  node.non_negative = first.non_negative && second.non_negative;
  return append(network, std::move(node));
}

int add_shortcut(Network& network, int input, int channels, const Extent& stride) {
  const Node& in = network.node(input);
  if (channels < in.shape.channels) {
    throw UserError(fmt::format("a shortcut from {} to {} channels; allowed: not fewer",
                                in.shape.channels, channels));
  }
  Node node = window_node(NodeKind::kShortcut, network, input,
                          {.kernel = {}, .stride = stride, .pad = {.height = 0, .width = 0}});
  node.shape.channels = channels;
  return append(network, std::move(node));
}

int add_flatten(Network& network, int input) {
  const Node& in = network.node(input);
  Node node =
      new_node(NodeKind::kFlatten, {input}, {.height = 1, .width = 1, .channels = in.shape.size()});
  node.non_negative = in.non_negative;
  return append(network, std::move(node));
}

int add_concat(Network& network, const std::vector<int>& inputs) {
  Node node = new_node(NodeKind::kConcat, inputs, {.height = 1, .width = 1, .channels = 0});
  node.non_negative = true;
  for (const int input : inputs) {
    const Node& part = network.node(input);
    require_vector(part.shape);
    node.shape.channels += part.shape.channels;
    node.non_negative = node.non_negative && part.non_negative;
  }
  return append(network, std::move(node));
}

int add_head(Network& network, int features, int classes, bool bias, HostRandom& random) {
  const int head = add_dense(network, features, classes, bias, random);
  network.heads.push_back(head);
  return head;
}

int add_map_head(Network& network, int input, int channels, bool bias, HostRandom& random) {
  const int head = add_conv(network, input, channels, {}, bias, random);
  network.heads.push_back(head);
  return head;
}

void remove_head(Network& network, int h) {
  take(network, network.heads.at(static_cast<std::size_t>(h)));
}

void grow_classifier(Network& network, int classes, HostRandom& random) {
  Node& classifier = network.node(network.heads.front());
  if (classes < classifier.outputs()) {
    throw UserError(fmt::format("a classifier of {} classes cannot shrink to {}",
                                classifier.outputs(), classes));
  }
  require_weights(network, classes - classifier.outputs(), classifier.k);
  grow(classifier, classes, !classifier.bias.empty(), random);
}

void join_backbone(Network& network, int features, HostRandom& random) {
  const int old_features = network.classifier().inputs.front();
  std::vector<int> parts = {old_features};
  const Node& last = network.node(old_features);
  const bool joined = last.kind == NodeKind::kConcat && last.uses == 1;
  if (joined) parts = last.inputs;
  parts.push_back(features);

  const int number = network.heads.front();
  Node classifier = take(network, number);
  const auto without = [&](int taken) {
    for (int& part : parts) part -= part > taken ? 1 : 0;
  };
  without(number);
  if (joined) {
    const int concat = old_features - (old_features > number ? 1 : 0);
    take(network, concat);
    without(concat);
  }
  const int concat = add_concat(network, parts);

  const auto old_k = static_cast<std::size_t>(classifier.k);
  const int k = network.node(concat).shape.channels;
  require_weights(network, classifier.outputs(), k);
  WeightDraw draw(k, random);
  std::vector<float> weight;
  for (std::size_t row = 0; row < classifier.weight.size(); row += old_k) {
    const auto begin = classifier.weight.begin() + static_cast<std::ptrdiff_t>(row);
    weight.insert(weight.end(), begin, begin + classifier.k);
    draw.append(weight, static_cast<std::size_t>(k - classifier.k));
  }
  classifier.weight = std::move(weight);
  classifier.k = k;
  classifier.inputs = {concat};
  network.heads.insert(network.heads.begin(), append(network, std::move(classifier)));
}

void freeze(Network& network, int first, int last) {
  for (int n = first; n <= last; ++n) network.node(n).frozen = true;
}

void needs_gradient(const Network& network, std::vector<bool>& needs) {
  needs.resize(network.nodes.size());
  for (std::size_t n = 0; n < needs.size(); ++n) {
    const Node& node = network.nodes[n];
    needs[n] = !node.weight.empty() && !node.frozen;
    for (const int input : node.inputs)
      needs[n] = needs[n] || needs[static_cast<std::size_t>(input)];
  }
}

std::string weights_sha256(const Network& network) {
  Sha256 hash;
  for (const Node& node : network.nodes) {
    for (const std::vector<float>* tensor : tensors_of(node))
      update_words(hash, std::span(*tensor));
  }
  return to_hex(hash.digest());
}

}  // namespace sylvester
