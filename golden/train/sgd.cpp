#include "golden/train/sgd.hpp"

#include "golden/train/float_loops.hpp"

namespace sylvester {
namespace {

void update(const MomentumRule& rule, const std::vector<float>& gradient,
            std::vector<float>& velocity, std::vector<float>& parameter) {
  momentum_update(rule, gradient.data(), parameter.size(), velocity.data(), parameter.data());
}

void update(const MomentumRule& rule, const WeightGradient& gradient, std::vector<float>& velocity,
            std::vector<float>& parameter) {
  if (gradient.integers.empty()) {
    update(rule, gradient.floats, velocity, parameter);
  } else {
    momentum_update(rule, gradient.integers.data(), gradient.scale, parameter.size(),
                    velocity.data(), parameter.data());
  }
}

}  // namespace

void Sgd::reset(const Mlp& network) {
  velocity_.resize(network.layers.size());
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    velocity_[l].weight.assign(network.layers[l].weight.size(), 0.0F);
    velocity_[l].bias.assign(network.layers[l].bias.size(), 0.0F);
  }
}

void Sgd::step(Mlp& network, const std::vector<LayerGradient>& gradients) {
  const MomentumRule rule = {.rate = settings_.learning_rate,
                             .momentum = settings_.momentum,
                             .decay = settings_.weight_decay};
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    update(rule, gradients[l].weight, velocity_[l].weight, network.layers[l].weight);
    update(rule, gradients[l].bias, velocity_[l].bias, network.layers[l].bias);
  }
}

}  // namespace sylvester
