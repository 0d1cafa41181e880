// Detection and segmentation under training, on scenes of drawn rectangles.
#include "golden/tasks/scene_training.hpp"

#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "golden/config/test_recipe.hpp"
#include "golden/data/test_digits.hpp"
#include "golden/numerics/simd.hpp"
#include "golden/support/error.hpp"

namespace sylvester {
namespace {

using testing::HasSubstr;

const SceneSplit& scenes() {
  static const SceneSplit split =
      make_scenes(drawn_digits(20, 1, 9), {.seed = 1, .train_images = 96, .test_images = 40});
  return split;
}

SceneSettings scene_settings(TaskKind task, const std::string& preset) {
  SceneSettings settings;
  settings.task = task;
  settings.training.recipe = preset_recipe(preset);
  settings.training.bias = true;
  settings.training.batch = 16;
  settings.training.epochs = 6;
  settings.training.sgd.learning_rate = 0.05F;
  if (task == TaskKind::kDetection) {
    settings.training.layers = {"conv 12 kernel=4 stride=4",       "batch-norm", "relu",
                                "conv 16 kernel=4 stride=2 pad=1", "batch-norm", "relu",
                                "conv 16 kernel=3 pad=1",          "batch-norm", "relu"};
  } else {
    settings.training.layers = {"conv 8 kernel=3 stride=2 pad=1",
                                "batch-norm",
                                "relu",
                                "keep 1",
                                "conv 16 kernel=4 stride=4",
                                "batch-norm",
                                "relu",
                                "conv 8 kernel=1",
                                "upsample 4",
                                "add 1",
                                "relu",
                                "upsample 2"};
  }
  return settings;
}

TrainResult run(const SceneSettings& settings, const RunHooks& hooks = {}, int threads = 1) {
  const auto backend = make_golden_backend(threads);
  return run_scenes(settings, scenes(), *backend, hooks);
}

constexpr TaskKind kTasks[] = {TaskKind::kDetection, TaskKind::kSegmentation};

TEST(SceneTraining, BothTasksLearn) {
  SceneSettings detection = scene_settings(TaskKind::kDetection, "hdqt");
  detection.training.epochs = 40;
  detection.training.sgd.learning_rate = 0.02F;
  const TrainResult boxes = run(detection);
  EXPECT_EQ(boxes.metric, "mAP@0.5");
  EXPECT_EQ(boxes.linear.class_accuracy.back().size(), 10U);
  EXPECT_GT(boxes.linear.final(), 10.0);
  detection.training.max_steps = 1;
  EXPECT_LT(run(detection).linear.final(), 5.0);
  const TrainResult pixels = run(scene_settings(TaskKind::kSegmentation, "hdqt"));
  EXPECT_EQ(pixels.metric, "mIoU");
  EXPECT_EQ(pixels.linear.class_accuracy.back().size(), 11U);
  EXPECT_GT(pixels.linear.class_accuracy.back()[0], 90.0);  // background, a third of the mean
  EXPECT_GT(pixels.linear.final(), 40.0);
}

TEST(SceneTraining, ThreadsAndInstructionSetsDoNotMatter) {
  const SimdLevel best = simd_level();
  for (const TaskKind task : kTasks) {
    SceneSettings settings = scene_settings(task, "hdqt");
    settings.training.max_steps = 3;
    const TrainResult expected = run(settings);
    EXPECT_FALSE(expected.complete);
    EXPECT_EQ(run(settings, {}, 2).weights_sha256, expected.weights_sha256);
    for (const SimdLevel level : supported_simd_levels()) {
      force_simd_level(level);
      const TrainResult result = run(settings);
      EXPECT_EQ(result.weights_sha256, expected.weights_sha256) << to_string(level);
      EXPECT_EQ(result.linear.accuracy, expected.linear.accuracy) << to_string(level);
    }
    force_simd_level(best);
    settings.training.seed = 2;
    EXPECT_NE(run(settings).weights_sha256, expected.weights_sha256);
  }
}

// From the state of every epoch, and from that behind the test.
TEST(SceneTraining, GoesOnFromAState) {
  for (const TaskKind task : kTasks) {
    SceneSettings settings = scene_settings(task, "hdqt");
    settings.training.epochs = 2;
    std::vector<nlohmann::json> states;
    RunHooks hooks;
    hooks.wants_state = [] { return true; };
    hooks.save = [&](const nlohmann::json& state) { states.push_back(state); };
    const TrainResult whole = run(settings, hooks);
    ASSERT_EQ(states.size(), 3U);
    for (const nlohmann::json& state : states) {
      std::uint64_t records = state.at("records");
      RunHooks resume;
      resume.resume = &state;
      resume.progress = [&](const TrainProgress& p) { records = p.records; };
      const TrainResult result = run(settings, resume);
      EXPECT_EQ(result.weights_sha256, whole.weights_sha256);
      EXPECT_EQ(result.linear.accuracy, whole.linear.accuracy);
      EXPECT_EQ(result.totals, whole.totals);
      EXPECT_EQ(result.task_loss, whole.task_loss);
      EXPECT_EQ(result.steps, whole.steps);
      EXPECT_EQ(result.complete, whole.complete);
      EXPECT_EQ(records, 3U);
    }
    RunHooks other;
    other.resume = &states.front();
    settings.training.layers.front() = task == TaskKind::kDetection
                                           ? "conv 9 kernel=4 stride=4"
                                           : "conv 8 kernel=5 stride=2 pad=2";
    EXPECT_THROW(run(settings, other), UserError);
  }
}

TEST(SceneTraining, RefusesNetworksWithoutTheShapeForTheHeads) {
  const auto error = [](TaskKind task, std::vector<std::string> layers, float rate = 0.05F) {
    SceneSettings settings = scene_settings(task, "fp32");
    settings.training.layers = std::move(layers);
    settings.training.sgd.learning_rate = rate;
    try {
      run(settings);
    } catch (const UserError& thrown) {
      return std::string(thrown.what());
    }
    return std::string();
  };
  EXPECT_EQ(error(TaskKind::kDetection, {"conv 4 kernel=3"}),
            "network.layers: the heads behind the last entry: its output has 62 x 62 positions; "
            "allowed for detection: a grid of equal cells, divisors of 64 x 64");
  EXPECT_EQ(error(TaskKind::kSegmentation, {"conv 4 kernel=2 stride=2"}),
            "network.layers: the head behind the last entry: its output has 32 x 32 positions; "
            "allowed for segmentation: 64 x 64, one for each pixel");
  EXPECT_THAT(error(TaskKind::kDetection, {"dense 3"}), HasSubstr("entry 1 'dense 3'"));
  for (const TaskKind task : kTasks) {
    const bool grid = task == TaskKind::kDetection;
    EXPECT_THAT(error(task, {grid ? "conv 4 kernel=8 stride=8" : "conv 4 kernel=1"}, 1000.0F),
                HasSubstr("the training diverged"));
  }
}

// Every rule of the two tasks in one number each; see ClassIncremental.
TEST(SceneTraining, WeightsArePinned) {
  const std::pair<TaskKind, const char*> expected[] = {
      {TaskKind::kDetection, "2cb94cfde1e3b6a22b15e88b8676e56f33f0977c8e9d7d6bfbccf41635f29446"},
      {TaskKind::kSegmentation,
       "82f74d5ee9f8a80ad8bc696fee4c380140eb6a33efafa6385e440b6c8b582061"}};
  for (const auto& [task, sha] : expected) {
    SceneSettings settings = scene_settings(task, "hdqt");
    settings.training.max_steps = 4;
    EXPECT_EQ(run(settings).weights_sha256, sha) << to_string(task);
  }
}

}  // namespace
}  // namespace sylvester
