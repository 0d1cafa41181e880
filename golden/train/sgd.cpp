#include "golden/train/sgd.hpp"

#include "golden/train/float_loops.hpp"

namespace sylvester {
namespace {

void update(const MomentumRule& rule, const std::vector<float>& gradient,
            std::vector<float>& velocity, std::vector<float>& parameter) {
  if (gradient.empty()) return;
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

void Sgd::reset(const Network& network) {
  velocity_.resize(network.nodes.size());
  for (std::size_t n = 0; n < network.nodes.size(); ++n) {
    velocity_[n].weight.assign(network.nodes[n].weight.size(), 0.0F);
    velocity_[n].bias.assign(network.nodes[n].bias.size(), 0.0F);
  }
}

void Sgd::step(Network& network, const std::vector<ParameterGradient>& gradients) {
  const MomentumRule rule = {.rate = settings_.learning_rate,
                             .momentum = settings_.momentum,
                             .decay = settings_.weight_decay};
  for (std::size_t n = 0; n < network.nodes.size(); ++n) {
    update(rule, gradients[n].weight, velocity_[n].weight, network.nodes[n].weight);
    update(rule, gradients[n].bias, velocity_[n].bias, network.nodes[n].bias);
  }
}

}  // namespace sylvester
