// One training step on random data, again and again, as the trainer does it: what is measured.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "golden/numerics/backend.hpp"
#include "golden/support/random.hpp"
#include "golden/train/executor.hpp"
#include "golden/train/layer_list.hpp"
#include "golden/train/loss.hpp"
#include "golden/train/pass.hpp"
#include "golden/train/sgd.hpp"

namespace sylvester {

struct StepShape {
  Shape input;
  std::vector<std::string> layers;  ///< layer_list.hpp
  int classes;
  int batch;
};

class TrainingStep {
 public:
  /// `backend` must outlive it. Memory of a step has its size after three steps.
  TrainingStep(const StepShape& shape, const TrainRecipe& recipe, Backend& backend)
      : network_(make_network(shape.input, shape.layers, shape.classes, false, random_)),
        executor_(make_executor(recipe, backend)),
        sgd_(SgdSettings{}) {
    sgd_.reset(network_);
    for (float& value : input_of(activations_, network_, shape.batch).values) {
      value = 2.0F * random_.uniform() - 1.0F;
    }
    for (int i = 0; i < shape.batch; ++i) {
      labels_.push_back(
          static_cast<std::int32_t>(random_.below(static_cast<std::uint32_t>(shape.classes))));
    }
    context_.totals = &totals_;
  }

  /// The loss before the step.
  double operator()() {
    executor_->begin(network_, context_);
    forward_pass(network_, *executor_, activations_);
    const double loss = cross_entropy(activations_.logits(), labels_, gradients_.logits());
    backward_pass(network_, *executor_, activations_, gradients_);
    learn_statistics(activations_, network_);
    sgd_.step(network_, gradients_.nodes);
    ++context_.step;
    return loss;
  }

 private:
  HostRandom random_{1};
  Network network_;
  std::unique_ptr<Executor> executor_;
  Sgd sgd_;
  Activations activations_;
  Gradients gradients_;
  TrainTotals totals_;
  std::vector<std::int32_t> labels_;
  PassContext context_{.seed = 1};
};

}  // namespace sylvester
