#include "golden/config/training.hpp"

#include <utility>

#include "golden/config/convert.hpp"
#include "golden/data/split.hpp"
#include "golden/tasks/scene_task.hpp"
#include "golden/tasks/scene_training.hpp"
#include "golden/train/layer_list.hpp"

namespace sylvester {
namespace {

bool is_classification(const Config& config) {
  return task_kind(config.text("train.task")) == TaskKind::kClassification;
}

}  // namespace

TrainingData training_data(const Config& config, const Dataset& data) {
  if (is_classification(config)) return make_split(data, split_options(config));
  return make_scenes(data, canvas_options(config));
}

TrainResult run_training(const Config& config, const TrainingData& data, Backend& backend,
                         const RunHooks& hooks, std::shared_ptr<const InitialWeights> initial) {
  if (is_classification(config)) {
    TrainSettings settings = train_settings(config);
    settings.initial_weights = std::move(initial);
    return run_class_incremental(settings, std::get<Split>(data), backend, hooks);
  }
  SceneSettings settings = scene_settings(config);
  settings.training.initial_weights = std::move(initial);
  return run_scenes(settings, std::get<SceneSplit>(data), backend, hooks);
}

Network whole_network(const Config& config, const Dataset& data) {
  const SceneSettings settings = scene_settings(config);
  const TrainSettings& training = settings.training;
  HostRandom random(training.seed);
  if (is_classification(config)) {
    return make_network(shape_of(data), training.layers, data.classes, training.bias, random);
  }
  const auto task = make_scene_task(settings.task, settings.box_weight);
  return make_scene_network(*task, training.layers, training.bias, random);
}

}  // namespace sylvester
