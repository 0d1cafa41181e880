// Steps under constraints (golden/pdqat); what they give is tested as the low-precision network is
// in float32 between its GEMMs.
#include <utility>

#include "golden/continual/learner.hpp"
#include "golden/continual/run_state.hpp"
#include "golden/pdqat/trainer.hpp"

namespace sylvester {
namespace {

class PdqatLearner final : public Learner {
 public:
  PdqatLearner(const TrainSettings& settings, Backend& backend)
      : trainer_(settings.recipe, settings.pdqat, settings.sgd, backend),
        low_(make_float_learner(settings, backend)),
        sgd_(settings.sgd),
        rate_(settings.sgd.learning_rate) {}

  void check_learned(const Network& network, int batch) const override {
    low_->check_learned(network, batch);
  }

  void begin_task(const Network& network, const PassContext& context) override {
    low_->begin_task(network, context);
    sgd_.reset(network);
    trainer_.begin(network);
  }
  void set_rate(float learning_rate) override {
    rate_ = learning_rate;
    sgd_.set_rate(learning_rate);
  }

  FloatMatrix& input(const Network& network, int batch) override {
    return trainer_.input(network, batch);
  }
  double learn(Network& network, const PassContext& context, const LearnedBatch& batch) override {
    return trainer_.learn(network, context, batch.labels, sgd_, rate_);
  }

  [[nodiscard]] bool measures_epochs() const override { return true; }
  void measure(const Network& network, const PassContext& context,
               std::span<const std::int32_t> labels) override {
    trainer_.measure(network, context, labels);
  }
  nlohmann::ordered_json end_epoch() override { return trainer_.ascend(); }
  void write_back(Network& /*network*/) override {}

  void begin_test(const Network& network, const PassContext& context) override {
    low_->begin_test(network, context);
  }
  FloatMatrix& test_input(const Network& network, int batch) override {
    return low_->test_input(network, batch);
  }
  void test(const Network& network, std::uint32_t first_sample) override {
    low_->test(network, first_sample);
  }
  [[nodiscard]] const FloatMatrix& logits() const override { return low_->logits(); }
  [[nodiscard]] const FloatMatrix& features() const override { return low_->features(); }

  [[nodiscard]] KeptBytes backward_bytes(const Network& network, int batch) const override {
    return low_->backward_bytes(network, batch);
  }

  [[nodiscard]] Sgd::Velocity velocity() const override { return sgd_.velocity(); }
  void restore(Sgd::Velocity velocity, std::vector<double> /*executor_state*/) override {
    sgd_.restore(std::move(velocity));
  }
  [[nodiscard]] nlohmann::json own_state() override { return to_state(trainer_); }
  void restore_own(const nlohmann::json& state) override { from_state(state, trainer_); }

 private:
  PdqatTrainer trainer_;
  std::unique_ptr<Learner> low_;  // tests
  Sgd sgd_;
  float rate_;
};

}  // namespace

std::unique_ptr<Learner> make_pdqat_learner(const TrainSettings& settings, Backend& backend) {
  return std::make_unique<PdqatLearner>(settings, backend);
}

}  // namespace sylvester
