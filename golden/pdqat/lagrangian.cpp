#include "golden/pdqat/lagrangian.hpp"

#include <algorithm>
#include <cmath>

#include "golden/train/float_math.hpp"
#include "golden/train/loss.hpp"
#include "golden/train/norm.hpp"

namespace sylvester {
namespace {

std::size_t as_size(int value) { return static_cast<std::size_t>(value); }

float clip(float x) {
  const float positive = x > 0.0F ? x : 0.0F;
  return positive < 1.0F ? positive : 1.0F;
}
bool is_inside(float x) { return x > 0.0F && x < 1.0F; }

// p = softmax(z); returns log sum exp(z).
double softmax(const float* z, int classes, float* p) {
  const float largest = *std::max_element(z, z + classes);
  float sum = 0.0F;
  for (int c = 0; c < classes; ++c) {
    p[c] = exp_float(z[c] - largest);
    sum += p[c];
  }
  for (int c = 0; c < classes; ++c) p[c] /= sum;
  return static_cast<double>(largest) + static_cast<double>(log_float(sum));
}

void add(const std::vector<float>& part, std::vector<float>& sum) {
  if (sum.empty()) sum.assign(part.size(), 0.0F);
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += part[i];
}

void add(const WeightGradient& part, WeightGradient& sum) {
  sum.integers.clear();  // float32 branches give no integers
  add(part.floats, sum.floats);
}

// The gradient of a loss term beside others at a node of the low-precision network.
FloatMatrix& further_of(Gradients& gradients, int node, int rows, int cols) {
  FloatMatrix& further = gradients.further(node);
  if (further.rows == 0) {
    further.resize(rows, cols);
    std::ranges::fill(further.values, 0.0F);
  }
  return further;
}

}  // namespace

std::vector<ConstrainedLayer> constrained_layers(const Network& network,
                                                 const TrainRecipe& recipe) {
  std::vector<ConstrainedLayer> layers;
  for (int l = 0; l < network.depth(); ++l) {
    if (!recipe.dorefa_layer(l).is_low()) continue;
    const int node = network.layers[as_size(l)];
    ConstrainedLayer layer{.layer = l, .node = node, .output = node, .proximity = true};
    layer.proximity = std::ranges::find(network.heads, node) == network.heads.end();
    for (std::size_t n = 0; n < network.nodes.size(); ++n) {
      const Node& reader = network.nodes[n];
      const bool reads = !reader.inputs.empty() && reader.inputs.front() == node;
      if (reads && reader.kind == NodeKind::kBatchNorm && network.node(node).uses == 1) {
        layer.output = static_cast<int>(n);
      }
    }
    layers.push_back(layer);
  }
  return layers;
}

void take_low_side(const Network& network, const TrainRecipe& recipe,
                   const std::vector<ConstrainedLayer>& layers, const DorefaExecutor& low,
                   const Activations& activations, LowSide& side) {
  side.inputs.clear();
  side.outputs.resize(layers.size());
  side.logits = &activations.of(network.heads.front());
  std::vector<Code> codes;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    side.inputs.push_back(&low.quantised_input(layers[i].layer));
    if (!layers[i].proximity) continue;
    const FloatMatrix& h = activations.of(layers[i].output);
    const int bits = recipe.dorefa_layer(layers[i].layer).bits;
    codes.resize(h.values.size());
    dorefa_activations(h.values, bits, codes);
    FloatMatrix& z = side.outputs[i];
    z.resize(h.rows, h.cols);
    const auto levels = static_cast<float>(dorefa_levels(bits));
    for (std::size_t j = 0; j < codes.size(); ++j) {
      z.values[j] = static_cast<float>(codes[j]) / levels;
    }
  }
}

Measures Lagrangian::operator()(const Network& network, DorefaExecutor& high,
                                const Activations& activations,
                                std::span<const std::int32_t> labels,
                                const std::vector<ConstrainedLayer>& layers, const LowSide& side,
                                const Duals& duals, Gradients* gradients, LowGradients low) {
  Measures measures;
  const FloatMatrix& logits = activations.logits();
  FloatMatrix& gradient = gradients != nullptr ? gradients->logits() : unused_;
  measures.loss = cross_entropy(logits, labels, gradient);
  measures.output =
      output_term(logits, *side.logits, duals.output, gradients != nullptr ? &gradient : nullptr,
                  low.gradients != nullptr ? &low.gradients->logits() : nullptr);
  if (gradients != nullptr) backward_pass(network, high, activations, *gradients);
  measures.layers.assign(layers.size(), 0.0);
  for (std::size_t i = 0; settings_.layerwise && i < layers.size(); ++i) {
    if (!layers[i].proximity) continue;
    measures.layers[i] = proximity(network, high, layers[i], *side.inputs[i], side.outputs[i],
                                   duals.layers[i], gradients, low);
  }
  return measures;
}

// CE(softmax(f), f') = -sum_c p_c·log q_c, p of the high-precision logits f, q of the others. Its
// derivatives are p_j·(-log q_j - CE) with respect to f_j and q_j - p_j with respect to f'_j.
double Lagrangian::output_term(const FloatMatrix& high, const FloatMatrix& low, double dual,
                               FloatMatrix* high_gradient, FloatMatrix* low_gradient) {
  const int classes = high.cols;
  std::vector<float> p(as_size(classes));
  std::vector<float> q(as_size(classes));
  if (low_gradient != nullptr) low_gradient->resize(low.rows, low.cols);
  double sum = 0.0;
  for (int i = 0; i < high.rows; ++i) {
    softmax(high.row(i), classes, p.data());
    const double log_sum = softmax(low.row(i), classes, q.data());
    double entropy = 0.0;
    for (int c = 0; c < classes; ++c) {
      entropy +=
          static_cast<double>(p[as_size(c)]) * (log_sum - static_cast<double>(low.row(i)[c]));
    }
    sum += entropy;
    const double weight = dual / high.rows;
    for (int c = 0; high_gradient != nullptr && c < classes; ++c) {
      const double minus_log_q = log_sum - static_cast<double>(low.row(i)[c]);
      high_gradient->row(i)[c] +=
          static_cast<float>(weight * static_cast<double>(p[as_size(c)]) * (minus_log_q - entropy));
    }
    for (int c = 0; low_gradient != nullptr && c < classes; ++c) {
      low_gradient->row(i)[c] =
          static_cast<float>(weight * static_cast<double>(q[as_size(c)] - p[as_size(c)]));
    }
  }
  return sum / high.rows;
}

double Lagrangian::proximity(const Network& network, DorefaExecutor& high,
                             const ConstrainedLayer& layer, const FloatMatrix& x,
                             const FloatMatrix& z, double dual, Gradients* gradients,
                             const LowGradients& low) {
  const Node& node = network.node(layer.node);
  const Node* norm = layer.output == layer.node ? nullptr : &network.node(layer.output);
  high.forward(layer.layer, x, 0, h_);
  if (!node.bias.empty()) {
    for (int i = 0; i < h_.rows; ++i) {
      for (int c = 0; c < h_.cols; ++c) h_.row(i)[c] += node.bias[as_size(c)];
    }
  }
  if (norm != nullptr) {
    normal_.resize(h_.rows, h_.cols);
    batch_norm(*norm, false, h_, normal_, norm_);
  }
  const FloatMatrix& out = norm != nullptr ? normal_ : h_;
  difference_.resize(out.rows, out.cols);
  double sum = 0.0;
  for (std::size_t i = 0; i < out.values.size(); ++i) {
    const float distance = clip(out.values[i]) - z.values[i];
    sum += static_cast<double>(distance) * static_cast<double>(distance);
    difference_.values[i] = distance;
  }
  const auto values = static_cast<double>(out.values.size());
  if (gradients == nullptr || dual == 0.0) return sum / values;

  const auto factor = static_cast<float>(2.0 * dual / values);
  if (low.gradients != nullptr) {
    const FloatMatrix& low_out = low.activations->of(layer.output);
    FloatMatrix& g = further_of(*low.gradients, layer.output, out.rows, out.cols);
    for (std::size_t i = 0; i < g.values.size(); ++i) {
      if (is_inside(low_out.values[i])) g.values[i] -= factor * difference_.values[i];
    }
  }
  for (std::size_t i = 0; i < out.values.size(); ++i) {
    difference_.values[i] = is_inside(out.values[i]) ? factor * difference_.values[i] : 0.0F;
  }
  const FloatMatrix* dh = &difference_;
  if (norm != nullptr) {
    dh_.resize(h_.rows, h_.cols);
    batch_norm_gradient(*norm, false, norm_, h_, difference_, &parameters_, &dh_, sums_);
    ParameterGradient& of_norm = gradients->nodes[as_size(layer.output)];
    add(parameters_.weight, of_norm.weight);
    add(parameters_.bias, of_norm.bias);
    dh = &dh_;
  }
  ParameterGradient& of_layer = gradients->nodes[as_size(layer.node)];
  if (!node.bias.empty()) {
    parameters_.bias.assign(node.bias.size(), 0.0F);
    for (int i = 0; i < dh->rows; ++i) {
      for (int c = 0; c < dh->cols; ++c) parameters_.bias[as_size(c)] += dh->row(i)[c];
    }
    add(parameters_.bias, of_layer.bias);
  }
  const int input = node.inputs.front();
  high.backward(layer.layer, *dh, low.gradients != nullptr ? &dx_ : nullptr, &parameters_.weight);
  add(parameters_.weight, of_layer.weight);
  if (low.gradients != nullptr) {
    const FloatMatrix& low_in = low.activations->of(input);
    FloatMatrix& g = further_of(*low.gradients, input, dx_.rows, dx_.cols);
    for (std::size_t i = 0; i < g.values.size(); ++i) {
      if (is_inside(low_in.values[i])) g.values[i] += dx_.values[i];
    }
  }
  return sum / values;
}

}  // namespace sylvester
