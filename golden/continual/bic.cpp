// BiC (Wu et al., "Large Scale Incremental Learning", CVPR 2019): distillation and cross-entropy
// weighted by the shares of old and new classes, then a second stage that learns the newest task's
// correction on samples that were held out.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "golden/continual/bias_correction.hpp"
#include "golden/continual/method.hpp"
#include "golden/continual/settings.hpp"
#include "golden/train/layer_list.hpp"
#include "golden/train/loss.hpp"

namespace sylvester {
namespace {

class Bic final : public Method {
 public:
  explicit Bic(const TrainSettings& settings) : Method(settings) {}

  [[nodiscard]] bool distils() const override { return true; }

  // Its classifier has a bias, whether the other layers have one or not.
  Network make(const Shape& input, const Task& task, HostRandom& random) override {
    correction_.add_task(task.classes);
    Network network = make_input(input);
    const int features = append_layers(network, 0, settings().layers, settings().bias, random);
    add_head(network, features, task.classes, true, random);
    return network;
  }

  void extend(const Task& task, Network& network, HostRandom& random) override {
    Method::extend(task, network, random);
    correction_.add_task(task.classes);
  }

  double loss(const TaskBatch& batch, Gradients& gradients) override {
    if (batch.old_logits == nullptr) return Method::loss(batch, gradients);
    const auto old_share =
        static_cast<float>(batch.task.old_classes) / static_cast<float>(batch.task.classes);
    logits_ = batch.activations.logits();
    old_logits_ = *batch.old_logits;
    correction_.apply(logits_);
    correction_.apply(old_logits_);
    FloatMatrix& gradient = gradients.logits();
    double loss = cross_entropy(logits_, batch.labels, gradient, {.weight = 1.0F - old_share});
    loss += distillation(logits_, old_logits_, settings().temperature, gradient, old_share);
    correction_.apply_to_gradient(gradient);
    return loss;
  }

  // The exemplars that the second stage takes away from the first come from all classes alike.
  [[nodiscard]] int held_out(const Task& task) const override {
    if (task.index == 0 || settings().held_out == 0.0F) return 0;
    const int exemplars = settings().memory / task.old_classes;
    if (exemplars < 2) return 0;  // or the old classes would have no sample in one of the stages
    return std::max(1, static_cast<int>(settings().held_out * static_cast<float>(exemplars)));
  }

  void fit(const FloatMatrix& logits, std::span<const std::int32_t> labels,
           const HostRandom& random) override {
    correction_.fit(
        logits, labels,
        {.learning_rate = [this](int epoch) { return learning_rate(settings(), epoch); },
         .momentum = settings().sgd.momentum,
         .weight_decay = settings().sgd.weight_decay,
         .epochs = settings().epochs,
         .batch = settings().batch,
         .softmax_twice = settings().softmax_twice},
        random);
  }

  void correct(FloatMatrix& logits) const override { correction_.apply(logits); }

  [[nodiscard]] nlohmann::json state() const override {
    nlohmann::json parts = nlohmann::json::array();
    for (const BiasCorrection::Part& part : correction_.parts()) {
      parts.push_back({part.first, part.last, part.alpha, part.beta});
    }
    return parts;
  }

  void restore(const nlohmann::json& state) override {
    std::vector<BiasCorrection::Part> parts;
    for (const nlohmann::json& part : state) {
      parts.push_back({.first = part.at(0).get<int>(),
                       .last = part.at(1).get<int>(),
                       .alpha = part.at(2).get<float>(),
                       .beta = part.at(3).get<float>()});
    }
    correction_.restore(std::move(parts));
  }

 private:
  BiasCorrection correction_;
  FloatMatrix logits_;
  FloatMatrix old_logits_;
};

}  // namespace

std::unique_ptr<Method> make_bic(const TrainSettings& settings) {
  return std::make_unique<Bic>(settings);
}

}  // namespace sylvester
