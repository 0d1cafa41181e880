// Training for detection and segmentation on scenes.
#pragma once

#include "golden/continual/class_incremental.hpp"
#include "golden/data/canvas.hpp"
#include "golden/tasks/task.hpp"

namespace sylvester {

struct SceneSettings {
  TaskKind task = TaskKind::kDetection;  ///< not kClassification
  float box_weight = 1.0F;               ///< detection: factor of the boxes' loss
  /// Of which the parts that belong to classes, methods and fine-tuning are not read.
  TrainSettings training;
};

/// Trains on scenes.train for all epochs and tests on scenes.test afterwards, as
/// run_class_incremental does with its one task: `linear` has the measure (mAP@0.5, mIoU) in place
/// of the accuracy, in percent, by class in the order of TaskScore. Throws UserError: settings out
/// of range, a network without the shape for the heads, diverged weights, a state of another run.
TrainResult run_scenes(const SceneSettings& settings, const SceneSplit& scenes, Backend& backend,
                       const RunHooks& hooks = {});

}  // namespace sylvester
