// A learning step in integers: forward pass, gradient of the logits, backward pass, update of the
// weights (docs/numerics.md, INT-1 ... INT-15). No floating-point operation in here or below:
// scripts/check_integer_path and the target integer_path_without_float prove it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "golden/integer/attention.hpp"
#include "golden/integer/norm.hpp"
#include "golden/integer/products.hpp"
#include "golden/integer/sgd.hpp"
#include "golden/integer/tensor.hpp"
#include "golden/train/executor.hpp"
#include "golden/train/network.hpp"

namespace sylvester {

/// The numbers that training changes, of one node. Weights, biases and velocities have kNarrowBits,
/// running statistics kStatisticsBits.
struct IntNode {
  IntParameters parameters;
  IntTensor weight_velocity;
  IntTensor bias_velocity;
};

/// Passes over one network, whose graph is read, not its numbers. Not for use by two threads.
class IntegerPass {
 public:
  IntegerPass(const IntegerRecipe& recipe, CounterMode counters, Backend& backend)
      : products_(recipe, counters, backend) {}

  /// Takes the weights of `nodes`, which with `network` must live, with the same weights, until the
  /// next begin(). PassContext as in float32.
  void begin(const Network& network, const std::vector<IntNode>& nodes, const PassContext& context);

  /// The network's input, batch·positions x channels, to be filled in.
  IntTensor& input(int batch);

  /// `first_sample`: the batch's first sample within its data set; test batches of one begin() draw
  /// differently.
  void forward(std::uint32_t first_sample);

  /// Output of a node, batch·positions x channels.
  [[nodiscard]] const IntTensor& of(int node) const { return states_[as_size(node)].output; }

  /// Of the mean cross-entropy of the first head, one label per row; after forward().
  void backward(std::span<const std::int32_t> labels);

  /// Running statistics and the update of the weights; after backward(), into the nodes of begin().
  void update(const IntSgdRule& rule, std::vector<IntNode>& nodes);

 private:
  // What a node's passes leave.
  struct NodeState {
    IntTensor output;
    IntTensor gradient;      ///< of the output, summed over those who read it
    int gradient_parts = 0;  ///< that were added up in it
    bool learns = false;     ///< the two below are there
    IntTensor weight_gradient;
    IntTensor bias_gradient;
    std::vector<std::uint16_t> chosen;
    IntNormState norm;  // a GELU has its narrow input here
    std::vector<std::int32_t> slope;
    IntAttention attention;
    IntOperand x;
    IntOperand w;
  };

  static std::size_t as_size(int value) { return static_cast<std::size_t>(value); }
  [[nodiscard]] NodeState& state(int n) { return states_[as_size(n)]; }
  [[nodiscard]] const IntParameters& parameters(int n) const {
    return (*nodes_)[as_size(n)].parameters;
  }
  /// Of element `first` on of a tensor of node n.
  [[nodiscard]] Draws draws(int n, IntPurpose purpose, std::uint32_t first = 0) const;
  [[nodiscard]] Draws output_draws(int n, IntPurpose purpose) const;
  [[nodiscard]] bool uses_batch(const Node& node) const;
  [[nodiscard]] Role role_of_input(const Node& node) const;

  void node_forward(int n, const Node& node);
  void gemm_forward(int n, const Node& node);
  void add_bias(int n);
  void add_positions(int n, const Node& node);
  void concatenate(int n, const Node& node);

  void node_backward(int n, const Node& node);
  void gemm_backward(int n, const Node& node);
  void norm_backward(int n, const Node& node);
  /// Sums over the rows of the gradient's rows of `width` values.
  void sum_gradient(int n, std::size_t width, IntPurpose purpose, IntTensor& out);
  template <typename Write>
  void give(int to, IntPurpose purpose, int from, const Write& write);
  template <typename Write>
  void give(int from, const Node& node, const Write& write);

  IntegerProducts products_;
  const Network* network_ = nullptr;
  const std::vector<IntNode>* nodes_ = nullptr;
  PassContext context_;
  int batch_ = 0;
  std::uint32_t first_sample_ = 0;
  std::vector<NodeState> states_;
  std::vector<bool> needed_;
  // Memory of one node's pass.
  IntTensor part_;
  IntTensor narrow_;
  IntTensor scaled_;
  IntTensor patches_gradient_;
  IntNormGradient norm_gradient_;
  IntOperand g_;
  IntOperand turned_g_;
  IntOperand turned_x_;
  IntOperand turned_w_;
  IntOperand patches_;
  std::vector<Code> gathered_;
  std::vector<std::int64_t> sums_;
};

}  // namespace sylvester
