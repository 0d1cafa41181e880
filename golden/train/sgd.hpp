// Stochastic gradient descent with momentum and weight decay.
#pragma once

#include <vector>

#include "golden/train/mlp.hpp"
#include "golden/train/weight_gradient.hpp"

namespace sylvester {

struct SgdSettings {
  float learning_rate = 0.01F;
  float momentum = 0.9F;
  float weight_decay = 2e-4F;
};

/// Gradient of the loss with respect to one layer's parameters, shaped like them.
struct LayerGradient {
  WeightGradient weight;
  std::vector<float> bias;
};

/// PyTorch's rule, every operation rounded to float32:
///   v = momentum·v + (g + weight_decay·w);  w = w - learning_rate·v
class Sgd {
 public:
  explicit Sgd(const SgdSettings& settings) : settings_(settings) {}

  /// Velocity 0 for the network's present shape.
  void reset(const Mlp& network);
  void step(Mlp& network, const std::vector<LayerGradient>& gradients);

 private:
  struct Velocity {
    std::vector<float> weight;
    std::vector<float> bias;
  };

  SgdSettings settings_;
  std::vector<Velocity> velocity_;  ///< by layer
};

}  // namespace sylvester
