#include "golden/train/sgd.hpp"

#include "golden/train/float_loops.hpp"

namespace sylvester {
namespace {

void update(const SgdSettings& settings, const std::vector<float>& gradient,
            std::vector<float>& velocity, std::vector<float>& parameter) {
  if (gradient.empty()) return;
  const MomentumRule rule = {.rate = settings.learning_rate,
                             .momentum = settings.momentum,
                             .decay = settings.weight_decay};
  momentum_update(rule, gradient.data(), parameter.size(), velocity.data(), parameter.data());
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
  for (std::size_t n = 0; n < network.nodes.size(); ++n) {
    update(settings_, gradients[n].weight, velocity_[n].weight, network.nodes[n].weight);
    update(settings_, gradients[n].bias, velocity_[n].bias, network.nodes[n].bias);
  }
}

}  // namespace sylvester
