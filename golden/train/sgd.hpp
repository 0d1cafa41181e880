// Stochastic gradient descent with momentum and weight decay.
#pragma once

#include <utility>
#include <vector>

#include "golden/train/network.hpp"
#include "golden/train/weight_gradient.hpp"

namespace sylvester {

struct SgdSettings {
  float learning_rate = 0.01F;
  float momentum = 0.9F;
  float weight_decay = 2e-4F;
};

/// Gradient of the loss with respect to the parameters of one node, shaped like them; empty: they
/// are not trained.
struct ParameterGradient {
  WeightGradient weight;
  std::vector<float> bias;
};

/// PyTorch's rule, every operation rounded to float32:
///   v = momentum·v + (g + weight_decay·w);  w = w - learning_rate·v
class Sgd {
 public:
  struct NodeVelocity {
    std::vector<float> weight;
    std::vector<float> bias;
  };
  using Velocity = std::vector<NodeVelocity>;  ///< by node

  explicit Sgd(const SgdSettings& settings) : settings_(settings) {}

  void set_rate(float learning_rate) { settings_.learning_rate = learning_rate; }

  /// Velocity 0 for the network's present shape.
  void reset(const Network& network);
  /// `gradients` by node.
  void step(Network& network, const std::vector<ParameterGradient>& gradients);

  [[nodiscard]] const Velocity& velocity() const { return velocity_; }
  /// One of a network of this shape.
  void restore(Velocity velocity) { velocity_ = std::move(velocity); }

 private:
  SgdSettings settings_;
  Velocity velocity_;
};

}  // namespace sylvester
