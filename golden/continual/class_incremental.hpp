// Class-incremental training: tasks of new classes, exemplar memory, distillation (iCaRL).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "golden/continual/metrics.hpp"
#include "golden/data/dataset.hpp"
#include "golden/numerics/backend.hpp"
#include "golden/train/network.hpp"
#include "golden/train/recipe.hpp"
#include "golden/train/sgd.hpp"
#include "golden/train/totals.hpp"

namespace sylvester {

enum class ContinualMethod {
  kFineTune,  ///< new classes and exemplars, cross-entropy only
  kIcarl,     ///< plus distillation from the network before the task
};

/// "finetune", "icarl".
std::string_view to_string(ContinualMethod method);
/// Throws UserError listing the allowed names.
ContinualMethod continual_method(std::string_view name);

struct TrainSettings {
  TrainRecipe recipe;
  /// Between input and classifier, see layer_list.hpp. The default is HDQT's FCNet.
  std::vector<std::string> layers = {"dense input", "relu", "dense input", "relu"};
  bool bias = false;
  SgdSettings sgd;
  int epochs = 100;        ///< per task
  int batch = 128;         ///< the last batch of an epoch may be smaller
  std::uint32_t seed = 1;  ///< weights, order of samples, stochastic rounding

  ContinualMethod method = ContinualMethod::kIcarl;
  int classes_per_task = 2;  ///< all classes or more: plain training. The last task may have fewer
  int memory = 200;          ///< exemplars in all, memory/(seen classes) of each class; 0: none
  float temperature = 2.0F;  ///< of the distillation

  int test_batch = 128;     ///< samples that share a scale in evaluation
  int exemplar_batch = 64;  ///< the same for features that choose exemplars and make their means
  int test_samples_per_class = 0;  ///< evaluate on the first so many of each class; 0: all
  std::uint64_t max_steps = 0;     ///< stop training after so many updates; 0: no limit
  std::optional<Network> initial;  ///< to begin with instead of drawn weights; its classifier has
                                   ///< the classes of the first task
};

/// Where a run is. `step` counts updates of the weights, steps is their number at the end.
struct TrainProgress {
  int task = 0;  ///< from 0
  int tasks = 0;
  int epoch = 0;  ///< from 0
  int epochs = 0;
  std::uint64_t step = 0;
  std::uint64_t steps = 0;
  double loss = 0.0;  ///< of the batch just learned
  /// Linear head over all seen classes, percent: once, when the task is finished.
  std::optional<double> accuracy;
};

/// Called after every update and after every task. An exception ends the run and passes through.
using ProgressCallback = std::function<void(const TrainProgress&)>;

struct TrainResult {
  std::string weights_sha256;
  AccuracyRecord linear;          ///< the classifier's outputs
  AccuracyRecord nearest_mean;    ///< nearest mean of exemplars; empty without memory
  std::vector<double> task_loss;  ///< mean over the batches of each task's last epoch
  TrainTotals totals;             ///< of the training steps
  std::uint64_t steps = 0;        ///< updates of the weights
  /// Bytes kept from the forward to the backward pass of a full batch, with all classes seen.
  std::uint64_t backward_bytes = 0;
  double seconds = 0.0;             ///< wall time of the whole run
  double evaluation_seconds = 0.0;  ///< of which exemplars and tests
  bool complete = true;             ///< false if max_steps ended the run before the last task did
  Network network;
};

/// Trains on split.train task after task, classes in label order, and tests on split.test after
/// each. All passes use the settings' recipe and `backend` (kQuantised). The result depends on
/// settings and data only, not on threads or instruction sets (fp32: on the machine's OpenBLAS).
/// Throws UserError: settings out of range, a class without training samples, diverged weights.
TrainResult run_class_incremental(const TrainSettings& settings, const Split& split,
                                  Backend& backend, const ProgressCallback& progress = {});

}  // namespace sylvester
