// The Lagrangian of PDQAT (golden/pdqat/settings.hpp) on a batch: loss of the high-precision
// network, and what its distances from the low-precision network cost.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "golden/pdqat/settings.hpp"
#include "golden/train/dorefa_executor.hpp"
#include "golden/train/pass.hpp"

namespace sylvester {

/// A low-precision layer. Its output is that of the batch-norm behind it, if that alone reads it,
/// clipped to 0 ... 1.
struct ConstrainedLayer {
  int layer = 0;          ///< number of the network's layer
  int node = 0;           ///< network.layers[layer]
  int output = 0;         ///< node, or that of its batch-norm
  bool proximity = true;  ///< false of heads, whose distance is that of the logits
};
/// In the order of evaluation.
std::vector<ConstrainedLayer> constrained_layers(const Network& network, const TrainRecipe& recipe);

/// Multipliers of the constraints, none below 0. By constrained layer; of layers without the
/// constraint 0.
struct Duals {
  std::vector<double> layers;
  double output = 1.0;
  std::vector<double> accumulators;
};

/// What the constraints are about: means over samples (and values, or tiles).
struct Measures {
  double loss = 0.0;           ///< cross-entropy of the high-precision network
  std::vector<double> layers;  ///< (clip(h(z)) - z')^2
  double output = 0.0;         ///< cross-entropy of the low-precision logits against softmax(f)
  std::vector<double> accumulators;  ///< share of limited tiles
};

/// What the low-precision network made of a batch, as far as the high-precision side reads it.
struct LowSide {
  std::vector<const FloatMatrix*> inputs;  ///< by constrained layer: quantised inputs
  std::vector<FloatMatrix> outputs;        ///< and quantised outputs
  const FloatMatrix* logits = nullptr;
};

/// Of the last forward pass of the low-precision network.
void take_low_side(const Network& network, const TrainRecipe& recipe,
                   const std::vector<ConstrainedLayer>& layers, const DorefaExecutor& low,
                   const Activations& activations, LowSide& side);

/// What gradients of the low side are of use to (its batch-norm), by node of the low network.
struct LowGradients {
  Gradients* gradients = nullptr;  ///< logits() and further() are filled in
  const Activations* activations = nullptr;
};

/// The terms that the high-precision network has a part in, and the gradient of
///   loss + output·measure + sum over layers of dual·measure
/// with respect to its parameters (`gradients.nodes`) with the low side held fixed. The
/// high-precision layers of the proximity terms have the running statistics of batch-norm.
class Lagrangian {
 public:
  explicit Lagrangian(const PdqatSettings& settings) : settings_(settings) {}

  /// After forward_pass(high network, high, activations). Without gradients: the measures alone.
  Measures operator()(const Network& network, DorefaExecutor& high, const Activations& activations,
                      std::span<const std::int32_t> labels,
                      const std::vector<ConstrainedLayer>& layers, const LowSide& side,
                      const Duals& duals, Gradients* gradients, LowGradients low = {});

 private:
  double output_term(const FloatMatrix& high, const FloatMatrix& low, double dual,
                     FloatMatrix* high_gradient, FloatMatrix* low_gradient);
  double proximity(const Network& network, DorefaExecutor& high, const ConstrainedLayer& layer,
                   const FloatMatrix& x, const FloatMatrix& z, double dual, Gradients* gradients,
                   const LowGradients& low);

  PdqatSettings settings_;
  // Memory of the terms.
  FloatMatrix h_;
  FloatMatrix normal_;
  FloatMatrix difference_;
  FloatMatrix dh_;
  FloatMatrix dx_;
  FloatMatrix unused_;
  NormState norm_;
  ParameterGradient parameters_;
  std::vector<double> sums_;
};

}  // namespace sylvester
