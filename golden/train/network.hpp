// The network: a graph of nodes in order of evaluation; master weights are float32.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "golden/support/random.hpp"

namespace sylvester {

enum class NodeKind {
  kInput,        ///< the sample
  kDense,        ///< y = x W^T + b of 1 x 1 x channels
  kConv,         ///< y = x W^T + b of every patch x of the input
  kBatchNorm,    ///< each channel with mean 0, variance 1 over the batch, then weight and bias
  kLayerNorm,    ///< the same over the channels of each position
  kRelu,         ///< max(x, 0)
  kGelu,         ///< gelu.hpp
  kAttention,    ///< attention.hpp, over the positions of each sample
  kPosition,     ///< a vector per position is added
  kClip,         ///< min(max(x, 0), 1)
  kMaxPool,      ///< largest value of each window
  kAveragePool,  ///< mean of each window
  kUpsample,     ///< every row and column several times
  kAdd,          ///< sum of two tensors
  kShortcut,     ///< every stride-th row and column, with further channels of zeros behind
  kFlatten,      ///< the tensor as a feature vector, in its order
  kConcat,       ///< feature vectors, one after the other
};

/// Rows and columns.
struct Extent {
  int height = 1;
  int width = 1;

  [[nodiscard]] int area() const { return height * width; }
  friend bool operator==(const Extent&, const Extent&) = default;
};

/// What an output position of a convolution or pooling reads: kernel.height x kernel.width
/// positions, `stride` apart, the first one `pad` before the image. Padding is narrower than the
/// kernel.
struct Window {
  Extent kernel;
  Extent stride;
  Extent pad{.height = 0, .width = 0};

  friend bool operator==(const Window&, const Window&) = default;
};
inline constexpr int kMostKernel = 255;  ///< of a window's height and width, and of its stride

/// Of one sample's tensor. Tensors of a batch are matrices in the order sample, row, column,
/// channel (NHWC): batch·height·width rows of `channels` values. A feature vector is
/// 1 x 1 x channels.
struct Shape {
  int height = 1;
  int width = 1;
  int channels = 0;

  [[nodiscard]] int positions() const { return height * width; }
  [[nodiscard]] int size() const { return height * width * channels; }
  friend bool operator==(const Shape&, const Shape&) = default;
};

struct Node {
  NodeKind kind = NodeKind::kInput;
  std::vector<int> inputs;  ///< numbers of earlier nodes
  Shape shape;              ///< of the output
  /// Of a node with a GEMM: length of the contraction of its forward GEMM; of a convolution
  /// kernel height·kernel width·input channels, in this order.
  int k = 0;
  /// Of convolution and pooling; of a shortcut the stride, of upsampling the factors as a stride.
  Window window;
  int attention_heads = 0;
  /// Dense and convolution: channels x k; norms: channels; position: positions x channels.
  std::vector<float> weight;
  std::vector<float> bias;              ///< channels, or empty: no bias
  std::vector<float> running_mean;      ///< batch-norm: channels, for passes that do not train
  std::vector<float> running_variance;  ///< and frozen nodes
  bool frozen = false;        ///< is not trained; gradients still pass through to its inputs
  bool non_negative = false;  ///< no value of the output can be negative
  int uses = 0;               ///< nodes that read the output

  [[nodiscard]] int outputs() const { return shape.channels; }
};

/// All numbers of a node that training changes. The one list of them: hashes, saved states and
/// copies follow it.
inline std::array<std::vector<float>*, 4> tensors_of(Node& node) {
  return {&node.weight, &node.bias, &node.running_mean, &node.running_variance};
}
inline std::array<const std::vector<float>*, 4> tensors_of(const Node& node) {
  return {&node.weight, &node.bias, &node.running_mean, &node.running_variance};
}

/// Made by the functions below, which keep its parts consistent.
struct Network {
  std::vector<Node> nodes;  ///< nodes[0] is the input
  std::vector<int> layers;  ///< numbers of the nodes with GEMMs: layer l is nodes[layers[l]]
  /// Numbers of the nodes that give logits: the classifier, whose input is the feature vector, and
  /// auxiliary ones behind it; or of maps of logits.
  std::vector<int> heads;

  [[nodiscard]] const Node& node(int n) const { return nodes[static_cast<std::size_t>(n)]; }
  [[nodiscard]] Node& node(int n) { return nodes[static_cast<std::size_t>(n)]; }
  [[nodiscard]] const Node& layer(int l) const { return node(layers[static_cast<std::size_t>(l)]); }
  [[nodiscard]] Node& layer(int l) { return node(layers[static_cast<std::size_t>(l)]); }
  [[nodiscard]] const Node& classifier() const { return node(heads.front()); }
  [[nodiscard]] int depth() const { return static_cast<int>(layers.size()); }

  [[nodiscard]] int inputs() const { return nodes.front().shape.size(); }
  [[nodiscard]] int features() const { return classifier().k; }
  [[nodiscard]] int classes() const { return classifier().outputs(); }
};

/// An input and nothing else.
Network make_input(const Shape& shape);

// Each appends a node and returns its number. Weights, and biases if there are any, are uniform in
// ±1/sqrt(k): kaiming-uniform with a = sqrt(5), the default of PyTorch, which HDQT's layers use.
// They are drawn weights first, row by row. Throws UserError if shapes do not fit.

/// `input` has the shape 1 x 1 x channels.
int add_dense(Network& network, int input, int outputs, bool bias, HostRandom& random);
int add_conv(Network& network, int input, int channels, const Window& window, bool bias,
             HostRandom& random);
/// Weights 1, biases 0; running statistics 0 and 1.
int add_batch_norm(Network& network, int input);
int add_layer_norm(Network& network, int input);
int add_relu(Network& network, int input);
int add_gelu(Network& network, int input);
/// Multi-head self-attention: `input` has the channels of queries, keys and values, in this order,
/// each a multiple of `heads` channels; the output has a third of them.
int add_attention(Network& network, int input, int heads);
/// Weights uniform in ±1/sqrt(channels), drawn position by position.
int add_position(Network& network, int input, HostRandom& random);
int add_clip(Network& network, int input);
int add_max_pool(Network& network, int input, const Window& window);
/// A window without padding.
int add_average_pool(Network& network, int input, const Window& window);
/// Nearest neighbour: factor.height rows and factor.width columns of each.
int add_upsample(Network& network, int input, const Extent& factor);
/// Of two tensors of one shape.
int add_sum(Network& network, int a, int b);
/// `channels`: at least those of the input (option A of residual networks).
int add_shortcut(Network& network, int input, int channels, const Extent& stride);
int add_flatten(Network& network, int input);
/// All inputs have the shape 1 x 1 x channels.
int add_concat(Network& network, const std::vector<int>& inputs);
/// A dense node whose outputs are logits.
int add_head(Network& network, int features, int classes, bool bias, HostRandom& random);

/// A convolution with a kernel of one position whose outputs are logits of each position.
int add_map_head(Network& network, int input, int channels, bool bias, HostRandom& random);

/// Takes away the head heads[h], an auxiliary one: h > 0. Later nodes move up.
void remove_head(Network& network, int h);

/// Gives the classifier `classes` outputs, at least as many as it has: old rows stay, new rows are
/// drawn like those of a new layer.
void grow_classifier(Network& network, int classes, HostRandom& random);

/// Lets the classifier read the feature vector `features` of a further backbone behind those that
/// it reads already (DER, MEMO). A concatenation and the classifier become the last two nodes,
/// others move up. Old columns of the classifier stay, new ones are drawn row by row with the bound
/// of the new width.
void join_backbone(Network& network, int features, HostRandom& random);

/// Nodes `first` ... `last` are not trained any more.
void freeze(Network& network, int first, int last);

/// For every node whether a gradient of its output is of use: it or a node before it is trained.
void needs_gradient(const Network& network, std::vector<bool>& needs);

/// SHA-256 of all weights as little-endian float32, node by node: weight, bias, running mean,
/// running variance; 64 hexadecimal digits.
std::string weights_sha256(const Network& network);

}  // namespace sylvester
