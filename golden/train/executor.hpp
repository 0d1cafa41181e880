// The three GEMMs of a network's layers in one arithmetic. Everything else of a training step is
// float32 glue that all arithmetics share (pass.hpp, loss.hpp, sgd.hpp).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "golden/numerics/backend.hpp"
#include "golden/train/kept_bytes.hpp"
#include "golden/train/matrix.hpp"
#include "golden/train/network.hpp"
#include "golden/train/recipe.hpp"
#include "golden/train/totals.hpp"
#include "golden/train/weight_gradient.hpp"

namespace sylvester {

/// What a pass over the network is for; the number is part of the repetition field of its draws
/// (RND-1), so that passes of one step never share draws.
enum class PassKind : std::uint8_t { kTraining = 0, kTeacher = 1, kEvaluation = 2 };

/// What the draws of a pass are named by, and where it is counted.
struct PassContext {
  std::uint32_t seed = 0;
  std::uint32_t step = 0;  ///< updates of the weights before this pass
  PassKind kind = PassKind::kTraining;
  TrainTotals* totals = nullptr;  ///< null: not counted, and the jobs ask for no counters
};

/// The role of a layer's X in its forward GEMM, fixed by the network: values that cannot be
/// negative are activations, others inputs.
inline Role forward_role(const Network& network, int layer) {
  return network.node(network.layer(layer).inputs.front()).non_negative ? Role::kForwardActivation
                                                                        : Role::kForwardInput;
}

/// What a layer reads.
inline const Shape& input_shape(const Network& network, int layer) {
  return network.node(network.layer(layer).inputs.front()).shape;
}

/// Keeps the operands of one pass from forward to backward; not for use by two threads.
class Executor {
 public:
  virtual ~Executor() = default;

  /// Takes the weights of `network`, which must live, with the same weights, until the next
  /// begin().
  void begin(const Network& network, const PassContext& context) {
    network_ = &network;
    context_ = context;
    take_weights();
  }
  [[nodiscard]] PassKind kind() const { return context_.kind; }

  /// y = x W^T of layer l, the node network.layers[l]. Dense: x is batch x inputs, y batch x
  /// outputs. Convolution: x and y are image tensors (Shape), and the GEMM's X is the patch matrix
  /// of x (patches.hpp).
  /// `first_sample` is the number of the batch's first sample within its data set: evaluation
  /// batches of one begin() draw differently. x must live until backward().
  virtual void forward(int layer, const FloatMatrix& x, std::uint32_t first_sample,
                       FloatMatrix& y) = 0;

  /// Of the layer's last forward(), unless null: dw = g^T x, shaped like W, and dx = g W, shaped
  /// like x; of a convolution the sum of patches. g: shaped like y.
  virtual void backward(int layer, const FloatMatrix& g, FloatMatrix* dx, WeightGradient* dw) = 0;

  /// Numbers that go from one training step to the next, for the state of a run; empty: none, or no
  /// step has been yet.
  [[nodiscard]] virtual std::vector<double> state() const { return {}; }
  /// Those of an executor of the same recipe and network; empty: forgets what earlier steps left.
  virtual void restore(std::vector<double> /*state*/) {}

  /// What one layer keeps from forward to backward for a batch: for dw its input (of a convolution
  /// the image tensor, not the patches), for dx its weights where they are kept in another form
  /// than the master weights.
  [[nodiscard]] virtual KeptBytes kept_bytes(const Network& network, int layer, int batch,
                                             const LayerGradients& wanted) const = 0;

  /// Whether the sign of the layer's input can be read from what is kept of it.
  [[nodiscard]] virtual bool keeps_signs(const LayerGradients& wanted) const = 0;

 protected:
  virtual void take_weights() = 0;

  const Network* network_ = nullptr;
  PassContext context_;
};

/// The executor of a recipe, of kPdqat that of the low-precision network. Checks the recipe.
/// `backend` is used in modes kQuantised, kDorefa and kPdqat and must outlive the executor.
std::unique_ptr<Executor> make_executor(const TrainRecipe& recipe, Backend& backend);

/// Its parts; each in a file of its own.
std::unique_ptr<Executor> make_float_executor();
/// Float32, but for the weights, which are those that the codes of kForwardWeight stand for (the
/// fine-tuning of LUQ). The recipe is one of mode kQuantised without forward transform; `backend`
/// must outlive the executor. dw is that of the low-precision weights, as with kQuantised.
std::unique_ptr<Executor> make_fine_tuning_executor(const TrainRecipe& recipe, Backend& backend);
std::unique_ptr<Executor> make_quantised_executor(const TrainRecipe& recipe, Backend& backend);
std::unique_ptr<Executor> make_paper_executor(const TrainRecipe& recipe);

}  // namespace sylvester
