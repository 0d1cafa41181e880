// The training that a configuration describes, whatever its task.
#pragma once

#include <memory>
#include <variant>

#include "golden/config/config.hpp"
#include "golden/continual/class_incremental.hpp"
#include "golden/data/canvas.hpp"
#include "golden/data/dataset.hpp"
#include "golden/train/weights_file.hpp"

namespace sylvester {

/// Training and test part for one seed: of scenes, if the task is detection or segmentation.
using TrainingData = std::variant<Split, SceneSplit>;

/// `data`: the set that the configuration names.
TrainingData training_data(const Config& config, const Dataset& data);

/// `data`: training_data() of this configuration. `initial`: weights to begin with, or null.
TrainResult run_training(const Config& config, const TrainingData& data, Backend& backend,
                         const RunHooks& hooks = {},
                         std::shared_ptr<const InitialWeights> initial = nullptr);

/// With the classes of the whole set, weights as drawn from the seed.
Network whole_network(const Config& config, const Dataset& data);

}  // namespace sylvester
