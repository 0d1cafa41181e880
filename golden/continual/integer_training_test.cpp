// Whole runs of integer training.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "golden/continual/class_incremental.hpp"
#include "golden/continual/test_clusters.hpp"
#include "golden/numerics/simd.hpp"
#include "golden/support/error.hpp"

namespace sylvester {
namespace {

TrainSettings integer_settings(int bits = 8) {
  TrainRecipe recipe;
  recipe.mode = TrainMode::kInteger;
  recipe.integer.bits = bits;
  TrainSettings settings = small_settings(recipe);
  settings.method = ContinualMethod::kReplay;
  settings.bias = true;
  return settings;
}

TrainResult run(const TrainSettings& settings, int threads = 1, const RunHooks& hooks = {}) {
  const auto backend = make_golden_backend(threads);
  return run_class_incremental(settings, small_split(), *backend, hooks);
}

TEST(IntegerTraining, LearnsAsFloat32Does) {
  TrainSettings settings = integer_settings();
  settings.classes_per_task = kClasses;
  const double integer = run(settings).linear.final();
  settings.recipe = {};
  const double real = run(settings).linear.final();
  EXPECT_GT(integer, real - 3.0);
  EXPECT_GT(integer, 80.0);
}

TEST(IntegerTraining, NormalisedNetworksLearn) {
  TrainSettings settings = integer_settings();
  settings.classes_per_task = kClasses;
  settings.layers = {"dense 17", "batch-norm", "relu", "dense 20", "layer-norm", "relu"};
  EXPECT_GT(run(settings).linear.final(), 80.0);
}

TEST(IntegerTraining, ContinualMethodsWithoutDistillationRun) {
  for (const auto method :
       {ContinualMethod::kFineTune, ContinualMethod::kReplay, ContinualMethod::kJoint}) {
    TrainSettings settings = integer_settings();
    settings.method = method;
    const TrainResult result = run(settings);
    EXPECT_EQ(result.linear.accuracy.size(), 3U);
    EXPECT_GT(result.totals.macs(), 0U);
    EXPECT_EQ(result.totals.limited_tile_share(), 0.0);
    EXPECT_GT(result.backward_bytes.codes, 0U);
    EXPECT_EQ(result.backward_bytes.floats, 0U);
    EXPECT_EQ(result.nearest_mean.accuracy.size(), method == ContinualMethod::kReplay ? 3U : 0U);
  }
}

TEST(IntegerTraining, OthersAreRefused) {
  for (const auto method : {ContinualMethod::kLwf, ContinualMethod::kIcarl, ContinualMethod::kBic,
                            ContinualMethod::kDer, ContinualMethod::kMemo}) {
    TrainSettings settings = integer_settings();
    settings.method = method;
    EXPECT_THROW(run(settings), UserError);
  }
  TrainSettings settings = integer_settings(9);
  EXPECT_THROW(run(settings), UserError);
  settings = integer_settings();
  settings.recipe.integer.accumulate.outer_bits = 24;  // 520 products of 8-bit codes
  settings.layers = {"dense 600", "relu", "dense 5"};
  EXPECT_THROW(run(settings), UserError);
}

TEST(IntegerTraining, ResultsDependNeitherOnThreadsNorOnInstructions) {
  const std::string expected = run(integer_settings()).weights_sha256;
  EXPECT_EQ(run(integer_settings(), 4).weights_sha256, expected);
  const SimdLevel level = simd_level();
  for (const SimdLevel other : supported_simd_levels()) {
    force_simd_level(other);
    EXPECT_EQ(run(integer_settings()).weights_sha256, expected) << to_string(other);
  }
  force_simd_level(level);
  TrainSettings settings = integer_settings();
  settings.seed = 2;
  EXPECT_NE(run(settings).weights_sha256, expected);
}

// From every state of the run.
TEST(IntegerTraining, ResumedRunsEndAlike) {
  TrainSettings settings = integer_settings();
  settings.layers = {"dense 17", "batch-norm", "relu"};
  settings.epochs = 2;
  settings.milestones = {1};
  std::vector<nlohmann::json> states;
  const TrainResult expected =
      run(settings, 1,
          {.wants_state = [] { return true; },
           .save = [&](const nlohmann::json& state) { states.push_back(state); }});
  EXPECT_GT(states.size(), 6U);
  for (const nlohmann::json& state : states) {
    const TrainResult result = run(settings, 1, {.resume = &state});
    EXPECT_EQ(result.weights_sha256, expected.weights_sha256);
    EXPECT_EQ(result.linear.accuracy, expected.linear.accuracy);
    EXPECT_EQ(result.totals, expected.totals);
  }
}

TEST(IntegerTraining, SavingStatesChangesNothing) {
  const TrainSettings settings = integer_settings();
  const TrainResult result =
      run(settings, 1, {.wants_state = [] { return true; }, .save = [](const nlohmann::json&) {}});
  EXPECT_EQ(result.weights_sha256, run(settings).weights_sha256);
}

TEST(IntegerTraining, DivergenceIsAnError) {
  TrainSettings settings = integer_settings();
  settings.sgd.learning_rate = 1000.0F;
  settings.sgd.weight_decay = 1.0F;
  settings.epochs = 60;
  EXPECT_THROW(run(settings), UserError);
}

}  // namespace
}  // namespace sylvester
