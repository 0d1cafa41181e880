// GEMMs in the arithmetic of an executor, float32 between them.
#include <utility>

#include "golden/continual/learner.hpp"

namespace sylvester {
namespace {

class FloatLearner final : public Learner {
 public:
  FloatLearner(const TrainSettings& settings, Backend& backend)
      : student_(make_executor(settings.recipe, backend)),
        tuner_(settings.fnt_epochs > 0 ? make_fine_tuning_executor(settings.recipe, backend)
                                       : nullptr),
        evaluator_(make_executor(settings.recipe, backend)),
        sgd_(settings.sgd) {}

  void check_learned(const Network& network, int batch) const override {
    check_batch(network, batch);
  }

  void begin_task(const Network& network, const PassContext& /*context*/) override {
    sgd_.reset(network);
    student_->restore({});
  }
  void set_rate(float learning_rate) override { sgd_.set_rate(learning_rate); }

  FloatMatrix& input(const Network& network, int batch) override {
    return input_of(activations_, network, batch);
  }

  double learn(Network& network, const PassContext& context, const LearnedBatch& batch) override {
    Executor& executor = batch.fine_tuning ? *tuner_ : *student_;
    executor.begin(network, context);
    forward_pass(network, executor, activations_);
    const double loss = batch.loss(activations_, gradients_);
    backward_pass(network, executor, activations_, gradients_);
    learn_statistics(activations_, network);
    sgd_.step(network, gradients_.nodes);
    return loss;
  }
  void write_back(Network& /*network*/) override {}

  void begin_test(const Network& network, const PassContext& context) override {
    evaluator_->begin(network, context);
  }
  FloatMatrix& test_input(const Network& network, int batch) override {
    return input_of(test_activations_, network, batch);
  }
  void test(const Network& network, std::uint32_t first_sample) override {
    test_activations_.first_sample = first_sample;
    forward_pass(network, *evaluator_, test_activations_);
  }
  [[nodiscard]] const FloatMatrix& logits() const override { return test_activations_.logits(); }
  [[nodiscard]] const FloatMatrix& features() const override {
    return test_activations_.features();
  }

  [[nodiscard]] KeptBytes backward_bytes(const Network& network, int batch) const override {
    return sylvester::backward_bytes(network, *student_, batch);
  }

  [[nodiscard]] Sgd::Velocity velocity() const override { return sgd_.velocity(); }
  [[nodiscard]] std::vector<double> executor_state() const override { return student_->state(); }
  void restore(Sgd::Velocity velocity, std::vector<double> executor_state) override {
    sgd_.restore(std::move(velocity));
    student_->restore(std::move(executor_state));
  }

 private:
  std::unique_ptr<Executor> student_;
  std::unique_ptr<Executor> tuner_;  // of the fine-tuning, or null
  std::unique_ptr<Executor> evaluator_;
  Sgd sgd_;
  // Memory of the passes.
  Activations activations_;
  Activations test_activations_;
  Gradients gradients_;
};

}  // namespace

std::unique_ptr<Learner> make_float_learner(const TrainSettings& settings, Backend& backend) {
  return std::make_unique<FloatLearner>(settings, backend);
}

}  // namespace sylvester
