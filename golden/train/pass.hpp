// Forward and backward pass over a network: the executor's GEMMs with float32 operations between,
// each in a fixed order of evaluation.
#pragma once

#include <cstdint>
#include <vector>

#include "golden/train/attention.hpp"
#include "golden/train/executor.hpp"
#include "golden/train/norm.hpp"
#include "golden/train/sgd.hpp"

namespace sylvester {

/// What a forward pass leaves. Memory is used again by the next one.
class Activations {
 public:
  std::uint32_t first_sample = 0;  ///< number of the batch's first sample in its data set

  /// Output of a node, batch·height·width x channels. Overwritten if a ReLU or clip is all that
  /// reads it.
  [[nodiscard]] const FloatMatrix& of(int node) const {
    return matrices_[static_cast<std::size_t>(places_[static_cast<std::size_t>(node)])];
  }
  /// Of heads[h], batch x classes; of a map one row of classes per position.
  [[nodiscard]] const FloatMatrix& logits(int h = 0) const {
    return of(heads_[static_cast<std::size_t>(h)]);
  }
  /// What the classifier reads, batch x features.
  [[nodiscard]] const FloatMatrix& features() const { return of(features_); }

 private:
  friend FloatMatrix& input_of(Activations& activations, const Network& network, int batch);
  friend void forward_pass(const Network& network, Executor& executor, Activations& activations);
  friend class BackwardPass;
  friend void learn_statistics(const Activations& activations, Network& network);

  // What the backward pass of a node needs besides its input and output.
  struct State {
    std::vector<std::uint16_t> chosen;  // of max_pool()
    NormState norm;
    AttentionState attention;
  };

  // The ReLU behind a node works in the node's matrix, so nodes can share a place.
  std::vector<FloatMatrix> matrices_;
  std::vector<int> places_;  // number in matrices_, by node
  std::vector<State> states_;
  std::vector<int> heads_;
  int features_ = 0;
  int batch_ = 0;
};

/// Gradients of a step. Memory is used again by the next one.
class Gradients {
 public:
  /// Of the loss with respect to the logits of heads[h], shaped like them: the caller fills it in.
  /// A head whose matrix has no rows has no part in the loss.
  FloatMatrix& logits(int h = 0);

  /// Of a loss that reads the output of an inner node as well: its derivative with respect to that,
  /// shaped like it, which the caller fills in. Without rows: there is none. The backward pass
  /// leaves it so.
  FloatMatrix& further(int node);

  /// Result of backward_pass, by node. Empty for nodes without parameters, frozen ones, and those
  /// that the loss does not depend on.
  std::vector<ParameterGradient> nodes;

 private:
  friend class BackwardPass;

  std::vector<FloatMatrix> heads_;
  std::vector<FloatMatrix> further_;  // by node
  std::vector<FloatMatrix> matrices_;
  std::vector<int> free_;    // numbers of matrices that nobody uses
  std::vector<int> places_;  // number in matrices_ of the gradient of a node's output, or -1
  std::vector<bool> needed_;
  std::vector<double> sums_;
  std::vector<float> scratch_;
};

/// Throws UserError if a matrix of a pass over `batch` samples would have 2^31 values or more.
void check_batch(const Network& network, int batch);

/// The network's input, one row of channels per position of each of `batch` samples, to be filled
/// in. Throws as check_batch() does.
FloatMatrix& input_of(Activations& activations, const Network& network, int batch);

/// Fills in the outputs of all other nodes. After executor.begin(network, ...). Batch-norm uses the
/// statistics of the batch in training passes unless it is frozen, else the running ones.
void forward_pass(const Network& network, Executor& executor, Activations& activations);

/// gradients.nodes from the gradients of the logits, whose matrices have no rows afterwards. The
/// gradient of a ReLU at 0 is 0, that of a clip at 0 and 1. After forward_pass with the same
/// arguments.
void backward_pass(const Network& network, Executor& executor, const Activations& activations,
                   Gradients& gradients);

/// Moves the running statistics of batch-norm nodes that are not frozen towards those of the batch
/// of a training pass. After forward_pass with the same arguments.
void learn_statistics(const Activations& activations, Network& network);

/// What a training step keeps from the forward to the backward pass, of nodes that have a gradient:
/// kept_bytes() of the layers, one bit per output of a ReLU or clip unless the layer behind it keeps
/// signs, what a maximum chose, input and statistics of a normalisation, input of a GELU, input and
/// probabilities of an attention; of a frozen batch-norm nothing.
KeptBytes backward_bytes(const Network& network, const Executor& executor, int batch);

}  // namespace sylvester
