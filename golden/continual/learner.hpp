// The passes of a run in one arithmetic: updates of the weights, and what the network makes of test
// samples.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <vector>

#include "golden/continual/settings.hpp"
#include "golden/numerics/backend.hpp"
#include "golden/train/pass.hpp"
#include "golden/train/sgd.hpp"

namespace sylvester {

/// A batch that a network learns from.
struct LearnedBatch {
  std::span<const std::int32_t> labels;
  /// The loss after the forward pass, and its derivative in gradients.logits(...). Integer training
  /// has the mean cross-entropy of all classes instead, which is that of the methods it allows.
  std::function<double(const Activations& activations, Gradients& gradients)> loss;
  bool fine_tuning = false;  ///< a step of FNT
};

/// The network of all calls between two of begin_task() is the same one.
class Learner {
 public:
  virtual ~Learner() = default;

  /// Throws UserError if a training batch of so many samples cannot be learned.
  virtual void check_learned(const Network& network, int batch) const = 0;

  /// A task begins with the numbers of `network`, and with a new optimiser.
  virtual void begin_task(const Network& network, const PassContext& context) = 0;
  virtual void set_rate(float learning_rate) = 0;

  /// Memory for the samples of the next training batch, as input_of() gives it.
  virtual FloatMatrix& input(const Network& network, int batch) = 0;
  /// One update of the weights; returns the loss before it, which is not finite if the training
  /// diverged.
  virtual double learn(Network& network, const PassContext& context, const LearnedBatch& batch) = 0;
  /// Whether it looks at all samples of an epoch once more after it: batches of them in input(),
  /// each followed by measure(), then end_epoch(), which returns what there is to say of the epoch.
  [[nodiscard]] virtual bool measures_epochs() const { return false; }
  virtual void measure(const Network& /*network*/, const PassContext& /*context*/,
                       std::span<const std::int32_t> /*labels*/) {}
  virtual nlohmann::ordered_json end_epoch() { return {}; }
  /// Gives `network` the numbers that have been learned.
  virtual void write_back(Network& network) = 0;

  /// Takes the weights for tests; `network` must have the numbers of write_back().
  virtual void begin_test(const Network& network, const PassContext& context) = 0;
  virtual FloatMatrix& test_input(const Network& network, int batch) = 0;
  /// `first_sample`: of the batch among those since begin_test().
  virtual void test(const Network& network, std::uint32_t first_sample) = 0;
  [[nodiscard]] virtual const FloatMatrix& logits() const = 0;    ///< of the last test
  [[nodiscard]] virtual const FloatMatrix& features() const = 0;  ///< of the last test

  [[nodiscard]] virtual KeptBytes backward_bytes(const Network& network, int batch) const = 0;

  /// Within a task, for the state of a run; restored after begin_task().
  [[nodiscard]] virtual Sgd::Velocity velocity() const = 0;
  [[nodiscard]] virtual std::vector<double> executor_state() const { return {}; }
  virtual void restore(Sgd::Velocity velocity, std::vector<double> executor_state) = 0;
  /// What else it keeps from step to step, or null. Throws as from_state() does (run_state.hpp).
  [[nodiscard]] virtual nlohmann::json own_state() { return {}; }
  virtual void restore_own(const nlohmann::json& /*state*/) {}
};

/// The learner of the settings, which must outlive it, as `backend` must. Throws UserError if the
/// method cannot be learned in its arithmetic.
std::unique_ptr<Learner> make_learner(const TrainSettings& settings, Backend& backend);

/// Its parts; each in a file of its own.
std::unique_ptr<Learner> make_float_learner(const TrainSettings& settings, Backend& backend);
std::unique_ptr<Learner> make_integer_learner(const TrainSettings& settings, Backend& backend);
std::unique_ptr<Learner> make_pdqat_learner(const TrainSettings& settings, Backend& backend);

}  // namespace sylvester
