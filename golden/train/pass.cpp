#include "golden/train/pass.hpp"

#include <utility>

#include "golden/train/float_loops.hpp"

namespace sylvester {

FloatMatrix& input_of(Activations& activations, const Mlp& network, int batch) {
  activations.inputs.resize(network.layers.size());
  activations.inputs.front().resize(batch, network.inputs());
  return activations.inputs.front();
}

void forward_pass(const Mlp& network, Executor& executor, Activations& activations) {
  const std::size_t depth = network.layers.size();
  for (std::size_t l = 0; l < depth; ++l) {
    const bool last = l + 1 == depth;
    FloatMatrix& y = last ? activations.logits : activations.inputs[l + 1];
    executor.forward(static_cast<int>(l), activations.inputs[l], activations.first_sample, y);
    const std::vector<float>& bias = network.layers[l].bias;
    if (!bias.empty()) {
      for (int i = 0; i < y.rows; ++i) {
        float* row = y.row(i);
        for (int o = 0; o < y.cols; ++o) row[o] += bias[static_cast<std::size_t>(o)];
      }
    }
    if (!last) {
      zero_unless_positive(y.values.data(), y.values.size(), y.values.data());
    }
  }
}

void backward_pass(const Mlp& network, Executor& executor, const Activations& activations,
                   Gradients& gradients) {
  const std::size_t depth = network.layers.size();
  gradients.layers.resize(depth);
  FloatMatrix* g = &gradients.logits;  // two matrices take turns
  FloatMatrix* dx = &gradients.scratch;
  for (std::size_t l = depth; l-- > 0;) {
    LayerGradient& gradient = gradients.layers[l];
    gradient.bias.assign(network.layers[l].bias.size(), 0.0F);
    if (!gradient.bias.empty()) {
      for (int i = 0; i < g->rows; ++i) {
        const float* row = g->row(i);
        for (int o = 0; o < g->cols; ++o) gradient.bias[static_cast<std::size_t>(o)] += row[o];
      }
    }
    executor.backward(static_cast<int>(l), *g, l == 0 ? nullptr : dx, gradient.weight);
    if (l == 0) break;
    zero_unless_positive(activations.inputs[l].values.data(), dx->values.size(), dx->values.data());
    std::swap(g, dx);
  }
}

std::uint64_t backward_bytes(const Mlp& network, const Executor& executor, int batch) {
  std::uint64_t sum = 0;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    sum += executor.kept_bytes(network, static_cast<int>(l), batch);
  }
  return sum;
}

}  // namespace sylvester
