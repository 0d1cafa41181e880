// What the methods of class-incremental learning do with a task. Details as in the published HDQT
// code, whose numbers ours stand beside; sources of the methods themselves at each.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string_view>

#include "golden/support/random.hpp"
#include "golden/train/network.hpp"
#include "golden/train/pass.hpp"

namespace sylvester {

struct TrainSettings;

enum class ContinualMethod {
  kFineTune,  ///< cross-entropy over the task's samples, nothing else: the lower bound
  kReplay,    ///< cross-entropy over the task's samples and the exemplars
  kJoint,  ///< a new network for every task, trained on all samples of all seen classes: the bound
  kLwf,    ///< learning without forgetting (Li, Hoiem, ECCV 2016): distillation, no exemplars
  kIcarl,  ///< exemplars and distillation (Rebuffi et al., CVPR 2017)
  kBic,    ///< and a correction of the bias (Wu et al., CVPR 2019)
  kDer,    ///< a further backbone per task (Yan, Xie, He, CVPR 2021)
  kMemo,   ///< a further copy of the last layers per task (Zhou et al., ICLR 2023)
};

/// "finetune", "replay", "joint", "lwf", "icarl", "bic", "der", "memo".
std::string_view to_string(ContinualMethod method);
/// Throws UserError listing the allowed names.
ContinualMethod continual_method(std::string_view name);

struct Task {
  int index = 0;        ///< from 0
  int old_classes = 0;  ///< seen before the task; its labels begin here
  int classes = 0;      ///< seen with it
};

/// One batch, after the forward passes.
struct TaskBatch {
  const Task& task;
  const Activations& activations;  ///< of the network that learns
  const FloatMatrix* old_logits;   ///< of the network before the task; null unless it distils
  std::span<const std::int32_t> labels;
};

class Method {
 public:
  virtual ~Method() = default;

  /// Which samples of classes seen before take part in a task.
  [[nodiscard]] virtual bool keeps_exemplars() const { return true; }
  [[nodiscard]] virtual bool learns_all_samples() const { return false; }
  /// Whether the batches go through the network before the task, too. Not in the first task.
  [[nodiscard]] virtual bool distils() const { return false; }

  /// The network of the first task.
  virtual Network make(const Shape& input, const Task& task, HostRandom& random);
  /// Makes the network of the task before that of this one.
  virtual void extend(const Task& task, Network& network, HostRandom& random);
  /// The loss, and its derivative in gradients.logits(...).
  virtual double loss(const TaskBatch& batch, Gradients& gradients);
  /// After the task's last update.
  virtual void finish(const Task& task, Network& network);

  /// Samples of every seen class that the task leaves to fit(), at most; 0: there is no fit().
  [[nodiscard]] virtual int held_out(const Task& task) const;
  /// logits: samples x classes, uncorrected.
  virtual void fit(const FloatMatrix& logits, std::span<const std::int32_t> labels,
                   const HostRandom& random);
  /// What the test makes of the classifier's logits.
  virtual void correct(FloatMatrix& logits) const;

  /// What a resumed run needs beside the networks, after make() and extend() for every task.
  [[nodiscard]] virtual nlohmann::json state() const;
  virtual void restore(const nlohmann::json& state);

 protected:
  explicit Method(const TrainSettings& settings) : settings_(&settings) {}
  [[nodiscard]] const TrainSettings& settings() const { return *settings_; }

 private:
  const TrainSettings* settings_;
};

/// The method of the settings, which must outlive it. Throws UserError if they do not fit together.
std::unique_ptr<Method> make_method(const TrainSettings& settings);

/// Its parts; each in a file of its own.
std::unique_ptr<Method> make_bic(const TrainSettings& settings);
std::unique_ptr<Method> make_der(const TrainSettings& settings);
std::unique_ptr<Method> make_memo(const TrainSettings& settings);

}  // namespace sylvester
