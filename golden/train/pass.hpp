// Forward and backward pass over a network: the executor's GEMMs with float32 bias and ReLU
// between.
#pragma once

#include <cstdint>
#include <vector>

#include "golden/train/executor.hpp"
#include "golden/train/sgd.hpp"

namespace sylvester {

/// Memory of a pass, used again by the next one.
struct Activations {
  /// inputs[l], batch x inputs of layer l: the caller fills inputs[0]; the last one holds the
  /// feature vectors (behind the last ReLU).
  std::vector<FloatMatrix> inputs;
  FloatMatrix logits;              ///< batch x classes
  std::uint32_t first_sample = 0;  ///< number of the batch's first sample in its data set

  [[nodiscard]] const FloatMatrix& features() const { return inputs.back(); }
};

/// Gradients of a step. Memory is used again by the next one.
struct Gradients {
  FloatMatrix logits;                 ///< batch x classes: the caller fills it in
  std::vector<LayerGradient> layers;  ///< result of backward_pass
  FloatMatrix scratch;
};

/// inputs[0] of a network, batch x inputs, to be filled in.
FloatMatrix& input_of(Activations& activations, const Mlp& network, int batch);

/// Fills in the other inputs and the logits. After executor.begin(network, ...).
void forward_pass(const Mlp& network, Executor& executor, Activations& activations);

/// gradients.layers from gradients.logits, which is overwritten. The gradient of a ReLU at 0 is 0.
/// After forward_pass with the same arguments.
void backward_pass(const Mlp& network, Executor& executor, const Activations& activations,
                   Gradients& gradients);

/// Bytes that a training step keeps from the forward to the backward pass, see kept_bytes().
std::uint64_t backward_bytes(const Mlp& network, const Executor& executor, int batch);

}  // namespace sylvester
