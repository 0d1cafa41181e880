#include "golden/continual/method.hpp"

#include <nlohmann/json.hpp>

#include "golden/continual/settings.hpp"
#include "golden/numerics/names.hpp"
#include "golden/train/layer_list.hpp"
#include "golden/train/loss.hpp"

namespace sylvester {
namespace {

constexpr NameTable<ContinualMethod, 8> kMethodNames{{{ContinualMethod::kFineTune, "finetune"},
                                                      {ContinualMethod::kReplay, "replay"},
                                                      {ContinualMethod::kJoint, "joint"},
                                                      {ContinualMethod::kLwf, "lwf"},
                                                      {ContinualMethod::kIcarl, "icarl"},
                                                      {ContinualMethod::kBic, "bic"},
                                                      {ContinualMethod::kDer, "der"},
                                                      {ContinualMethod::kMemo, "memo"}}};

class FineTune final : public Method {
 public:
  explicit FineTune(const TrainSettings& settings) : Method(settings) {}
  [[nodiscard]] bool keeps_exemplars() const override { return false; }
};

class Replay final : public Method {
 public:
  explicit Replay(const TrainSettings& settings) : Method(settings) {}
};

class Joint final : public Method {
 public:
  explicit Joint(const TrainSettings& settings) : Method(settings) {}
  [[nodiscard]] bool keeps_exemplars() const override { return false; }
  [[nodiscard]] bool learns_all_samples() const override { return true; }
  void extend(const Task& task, Network& network, HostRandom& random) override {
    network = make(network.nodes.front().shape, task, random);
  }
};

class Lwf final : public Method {
 public:
  explicit Lwf(const TrainSettings& settings) : Method(settings) {}
  [[nodiscard]] bool keeps_exemplars() const override { return false; }
  [[nodiscard]] bool distils() const override { return true; }
  double loss(const TaskBatch& batch, Gradients& gradients) override {
    const FloatMatrix& logits = batch.activations.logits();
    const LossTerm new_classes = {.first_class = batch.task.old_classes};
    double loss = cross_entropy(logits, batch.labels, gradients.logits(), new_classes);
    if (batch.old_logits != nullptr) {
      loss += distillation(logits, *batch.old_logits, settings().temperature, gradients.logits(),
                           settings().lwf_weight);
    }
    return loss;
  }
};

class Icarl final : public Method {
 public:
  explicit Icarl(const TrainSettings& settings) : Method(settings) {}
  [[nodiscard]] bool distils() const override { return true; }
  double loss(const TaskBatch& batch, Gradients& gradients) override {
    double loss = Method::loss(batch, gradients);
    if (batch.old_logits != nullptr) {
      loss += distillation(batch.activations.logits(), *batch.old_logits, settings().temperature,
                           gradients.logits());
    }
    return loss;
  }
};

}  // namespace

std::string_view to_string(ContinualMethod method) { return name_of(kMethodNames, method); }
ContinualMethod continual_method(std::string_view name) {
  return find_name(kMethodNames, "continual method", name);
}

Network Method::make(const Shape& input, const Task& task, HostRandom& random) {
  return make_network(input, settings().layers, task.classes, settings().bias, random);
}

void Method::extend(const Task& task, Network& network, HostRandom& random) {
  grow_classifier(network, task.classes, random);
}

double Method::loss(const TaskBatch& batch, Gradients& gradients) {
  return cross_entropy(batch.activations.logits(), batch.labels, gradients.logits());
}

void Method::finish(const Task& /*task*/, Network& /*network*/) {}

int Method::held_out(const Task& /*task*/) const { return 0; }

void Method::fit(const FloatMatrix& /*logits*/, std::span<const std::int32_t> /*labels*/,
                 const HostRandom& /*random*/) {}

void Method::correct(FloatMatrix& /*logits*/) const {}

nlohmann::json Method::state() const { return nlohmann::json::object(); }

void Method::restore(const nlohmann::json& /*state*/) {}

std::unique_ptr<Method> make_method(const TrainSettings& settings) {
  switch (settings.method) {
    case ContinualMethod::kFineTune:
      break;
    case ContinualMethod::kReplay:
      return std::make_unique<Replay>(settings);
    case ContinualMethod::kJoint:
      return std::make_unique<Joint>(settings);
    case ContinualMethod::kLwf:
      return std::make_unique<Lwf>(settings);
    case ContinualMethod::kIcarl:
      return std::make_unique<Icarl>(settings);
    case ContinualMethod::kBic:
      return make_bic(settings);
    case ContinualMethod::kDer:
      return make_der(settings);
    case ContinualMethod::kMemo:
      return make_memo(settings);
  }
  return std::make_unique<FineTune>(settings);
}

}  // namespace sylvester
