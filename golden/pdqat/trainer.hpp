// PDQAT: primal steps on mini-batches, dual ascent after each epoch (Hounie, Elenter, Ribeiro,
// arXiv 2210.15623; docs/pdqat.md).
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <vector>

#include "golden/pdqat/lagrangian.hpp"
#include "golden/pdqat/settings.hpp"
#include "golden/train/dorefa_executor.hpp"
#include "golden/train/pass.hpp"
#include "golden/train/sgd.hpp"

namespace sylvester {

/// Beside the network that it is given, whose batch-norm is that of the low-precision network, it
/// has a high-precision copy with batch-norm of its own and all other parameters in common.
class PdqatTrainer {
 public:
  /// The recipe's mode is kPdqat. `backend` must outlive the trainer.
  PdqatTrainer(const TrainRecipe& recipe, const PdqatSettings& settings, const SgdSettings& sgd,
               Backend& backend);

  /// Before the first step with a network: its own batch-norm for both precisions, multipliers 0
  /// but for that of the logits, which is 1. Throws UserError if lists of bounds do not fit it, if
  /// nothing is in low precision, or if shares of limited tiles are bounded and not counted.
  void begin(const Network& network);

  /// Of the next learn() or measure(), to be filled in.
  FloatMatrix& input(const Network& network, int batch) {
    return input_of(low_activations_, network, batch);
  }
  /// One update of the network by `sgd`; returns the loss before it. The gradient is that of the
  /// Lagrangian with its low-precision side held fixed; batch-norm of the low-precision network has
  /// the gradients that pass straight through its quantisers; a layer whose share of limited tiles
  /// has a multiplier has that times the slope of overflow_hinge() beside.
  double learn(Network& network, const PassContext& context, std::span<const std::int32_t> labels,
               Sgd& sgd, float learning_rate);

  /// A batch of the samples of an epoch, without learning.
  void measure(const Network& network, const PassContext& context,
               std::span<const std::int32_t> labels);
  /// After all batches of an epoch: multiplier = max(0, multiplier + rate·(measure - bound)).
  /// Returns what was measured, the multipliers before the step and after it.
  nlohmann::ordered_json ascend();

  [[nodiscard]] const Duals& duals() const { return duals_; }
  void set_duals(Duals duals) { duals_ = std::move(duals); }

  /// The high-precision copy and what its batch-norm's updates go on from, for the state of a run
  /// beside the multipliers.
  Network& high_network() { return high_network_; }
  Sgd& high_sgd() { return high_sgd_; }

 private:
  void take_parameters(const Network& network);
  Measures evaluate(const Network& network, std::span<const std::int32_t> labels, bool learns);
  void add_overflow(const Network& network);
  [[nodiscard]] double layer_bound(std::size_t i) const;
  [[nodiscard]] double accumulator_bound(std::size_t i) const;
  [[nodiscard]] double share(std::size_t i) const;

  TrainRecipe recipe_;
  PdqatSettings settings_;
  DorefaExecutor low_;
  DorefaExecutor high_;
  Lagrangian lagrangian_;
  Network high_network_;
  Sgd high_sgd_;  // of its batch-norm
  bool has_batch_norm_ = false;
  std::vector<ConstrainedLayer> layers_;
  Duals duals_;

  // Of the epoch that is measured.
  Measures sums_;  // times samples
  std::int64_t measured_ = 0;
  TrainTotals unreported_;

  // Memory of the passes.
  Activations low_activations_;
  Activations high_activations_;
  LowSide side_;
  Gradients high_gradients_;
  Gradients low_gradients_;
  std::vector<ParameterGradient> norm_gradients_;
  std::vector<float> slope_;
  std::vector<float> weight_slope_;
};

}  // namespace sylvester
