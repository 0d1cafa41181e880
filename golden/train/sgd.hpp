// Stochastic gradient descent with momentum and weight decay.
#pragma once

#include <vector>

#include "golden/train/network.hpp"

namespace sylvester {

struct SgdSettings {
  float learning_rate = 0.01F;
  float momentum = 0.9F;
  float weight_decay = 2e-4F;
};

/// Gradient of the loss with respect to the parameters of one node, shaped like them; empty: they
/// are not trained.
struct ParameterGradient {
  std::vector<float> weight;
  std::vector<float> bias;
};

/// PyTorch's rule, every operation rounded to float32:
///   v = momentum·v + (g + weight_decay·w);  w = w - learning_rate·v
class Sgd {
 public:
  explicit Sgd(const SgdSettings& settings) : settings_(settings) {}

  /// Velocity 0 for the network's present shape.
  void reset(const Network& network);
  /// `gradients` by node.
  void step(Network& network, const std::vector<ParameterGradient>& gradients);

 private:
  SgdSettings settings_;
  std::vector<ParameterGradient> velocity_;
};

}  // namespace sylvester
