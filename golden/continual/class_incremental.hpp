// Class-incremental training: tasks of new classes, learned one after the other.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "golden/continual/metrics.hpp"
#include "golden/continual/settings.hpp"
#include "golden/data/dataset.hpp"
#include "golden/numerics/backend.hpp"
#include "golden/train/kept_bytes.hpp"
#include "golden/train/network.hpp"
#include "golden/train/totals.hpp"

namespace sylvester {

/// Where a run is. `step` counts updates of the weights, steps is their number at the end.
struct TrainProgress {
  enum class Event { kUpdate, kEpoch, kTask };

  Event event = Event::kUpdate;  ///< what has just ended
  int task = 0;                  ///< from 0
  int tasks = 0;
  int epoch = 0;  ///< from 0
  int epochs = 0;
  std::uint64_t step = 0;
  std::uint64_t steps = 0;
  std::uint64_t records = 0;  ///< ended epochs and tasks so far, this one included
  double loss = 0.0;          ///< of the batch, or mean over the batches of the epoch or last epoch
  /// kTask: percent of the test samples of all seen classes, by the linear head and by the nearest
  /// mean of exemplars (without exemplars none); none without test samples.
  std::optional<double> accuracy;
  std::optional<double> nearest_mean_accuracy;
  double limited_tile_share = 0.0;  ///< of the training steps so far
  nlohmann::ordered_json details;   ///< kEpoch: what the arithmetic has to say of it, or null
};

/// Called after every update, epoch and task. An exception ends the run and passes through.
using ProgressCallback = std::function<void(const TrainProgress&)>;

/// Parts of a run that its owner takes part in; all may be empty.
struct RunHooks {
  ProgressCallback progress = {};
  /// Asked after every epoch and task: whether save() is to be called.
  std::function<bool()> wants_state = {};
  /// The state of the run. A run with the same settings and data that begins with it ends with the
  /// same result, but for the time.
  std::function<void(const nlohmann::json& state)> save = {};
  /// A saved state to go on from; null: from the beginning.
  const nlohmann::json* resume = nullptr;
};

struct TrainResult {
  std::string weights_sha256;
  std::string metric = "accuracy";  ///< that `linear` has, in percent
  AccuracyRecord linear;            ///< the classifier's outputs
  AccuracyRecord nearest_mean;      ///< nearest mean of exemplars; empty without memory
  std::vector<double> task_loss;    ///< mean over the batches of each task's last epoch
  TrainTotals totals;               ///< of the training steps
  /// Of the passes through the network before the task that lwf, icarl and bic take.
  TrainTotals teacher_totals;
  std::uint64_t steps = 0;  ///< updates of the weights
  /// What the arithmetic said of the last epoch (PdqatTrainer::ascend()), or null.
  nlohmann::ordered_json details;
  /// Kept from the forward to the backward pass of a full batch in the last task.
  KeptBytes backward_bytes;
  double seconds = 0.0;             ///< wall time of the whole run, interrupted parts added up
  double evaluation_seconds = 0.0;  ///< of which exemplars and tests
  bool complete = true;             ///< false if max_steps ended the run before the last task did
  Network network;
};

/// Of one sample, as the network takes it.
Shape shape_of(const Dataset& dataset);

/// Trains on split.train task after task, classes in label order, and tests on split.test after
/// each. All passes use the settings' recipe and `backend` (kQuantised). The result depends on
/// settings and data only, not on threads or instruction sets (fp32: on the machine's OpenBLAS).
/// Throws UserError: settings out of range, a class without training samples, diverged weights, a
/// state of another run.
TrainResult run_class_incremental(const TrainSettings& settings, const Split& split,
                                  Backend& backend, const RunHooks& hooks = {});

}  // namespace sylvester
