// The three GEMMs of a network's layers in one arithmetic. Everything else of a training step is
// float32 glue that all arithmetics share (pass.hpp, loss.hpp, sgd.hpp).
#pragma once

#include <cstdint>
#include <memory>

#include "golden/numerics/backend.hpp"
#include "golden/train/matrix.hpp"
#include "golden/train/mlp.hpp"
#include "golden/train/recipe.hpp"
#include "golden/train/totals.hpp"
#include "golden/train/weight_gradient.hpp"

namespace sylvester {

/// What a pass over the network is for; the number is the repetition field of its draws, so that
/// passes of one step never share draws.
enum class PassKind : std::uint8_t { kTraining = 0, kTeacher = 1, kEvaluation = 2 };

/// What the draws of a pass are named by, and where it is counted.
struct PassContext {
  std::uint32_t seed = 0;
  std::uint32_t step = 0;  ///< updates of the weights before this pass
  PassKind kind = PassKind::kTraining;
  TrainTotals* totals = nullptr;  ///< null: not counted, and the jobs ask for no counters
};

/// Keeps the operands of one pass from forward to backward; not for use by two threads.
class Executor {
 public:
  virtual ~Executor() = default;

  /// Takes the weights of `network`, which must live unchanged until the next begin().
  virtual void begin(const Mlp& network, const PassContext& context) = 0;

  /// y = x W^T of a layer. x: batch x inputs, non-negative except for layer 0; y: batch x outputs.
  /// `first_sample` is the number of the batch's first sample within its data set: evaluation
  /// batches of one begin() draw differently. x must live until backward().
  virtual void forward(int layer, const FloatMatrix& x, std::uint32_t first_sample,
                       FloatMatrix& y) = 0;

  /// Of the layer's last forward(): dw = g^T x (outputs x inputs) and, unless null, dx = g W
  /// (batch x inputs). g: batch x outputs.
  virtual void backward(int layer, const FloatMatrix& g, FloatMatrix* dx, WeightGradient& dw) = 0;

  /// Bytes that one layer keeps from forward to backward for a batch: its input, its weights where
  /// they are kept in another form than the master weights, and the mask of a ReLU before it.
  [[nodiscard]] virtual std::uint64_t kept_bytes(const Mlp& network, int layer,
                                                 int batch) const = 0;
};

/// The executor of a recipe. Checks the recipe. `backend` is used in mode kQuantised and must
/// outlive the executor.
std::unique_ptr<Executor> make_executor(const TrainRecipe& recipe, Backend& backend);

/// Its parts; each in a file of its own.
std::unique_ptr<Executor> make_float_executor();
std::unique_ptr<Executor> make_quantised_executor(const TrainRecipe& recipe, Backend& backend);
std::unique_ptr<Executor> make_paper_executor(const TrainRecipe& recipe);

}  // namespace sylvester
