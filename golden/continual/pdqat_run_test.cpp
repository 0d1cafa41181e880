// Whole trainings with PDQAT and its baseline.
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "golden/continual/class_incremental.hpp"
#include "golden/continual/test_clusters.hpp"
#include "golden/support/error.hpp"

namespace sylvester {
namespace {

using testing::HasSubstr;

constexpr AccumulateRecipe kWide{
    .policy = AccumulatePolicy::kSaturate, .bits = 20, .tile = 16, .outer_bits = 32};
constexpr int kFloat = DorefaLayer::kFloatBits;

TrainRecipe recipe_of(const std::vector<int>& bits, const AccumulateRecipe& accumulate = kWide) {
  TrainRecipe recipe;
  recipe.mode = TrainMode::kPdqat;
  for (const int k : bits) recipe.dorefa.push_back({.bits = k, .accumulate = accumulate});
  return recipe;
}

TrainSettings pdqat_settings(const TrainRecipe& recipe) {
  TrainSettings settings = small_settings(recipe);
  settings.layers = {"dense 17", "clip", "dense 20", "clip", "dense 16", "clip"};
  settings.method = ContinualMethod::kJoint;
  settings.classes_per_task = kClasses;
  settings.memory = 0;
  settings.epochs = 25;
  return settings;
}

TrainResult run(const TrainSettings& settings, const RunHooks& hooks = {}) {
  const auto backend = make_golden_backend(1);
  return run_class_incremental(settings, small_split(), *backend, hooks);
}

TEST(PdqatRun, LearnsAndSaysItsMultipliers) {
  for (const int bits : {2, 4, 8}) {
    TrainSettings settings = pdqat_settings(recipe_of({kFloat, bits, bits, kFloat}));
    settings.epochs = 100;
    const TrainResult result = run(settings);
    EXPECT_GT(result.linear.final(), 50.0) << bits;
    ASSERT_EQ(result.details.at("layers").size(), 2U);
    EXPECT_EQ(result.details.at("layers").at(1).at("layer"), 2);
    EXPECT_EQ(result.weights_sha256, run(settings).weights_sha256);
    TrainSettings baseline = settings;
    baseline.recipe.mode = TrainMode::kDorefa;
    const TrainResult straight_through = run(baseline);
    EXPECT_GT(straight_through.linear.final(), 50.0) << bits;
    EXPECT_NE(straight_through.weights_sha256, result.weights_sha256);
  }
}

// The multiplier of the bound on limited tiles does what it is for.
TEST(PdqatRun, AMultiplierOfTilesLowersTheirShare) {
  AccumulateRecipe narrow = kWide;
  narrow.bits = 9;
  const auto share = [&](double rate) {
    TrainSettings settings = pdqat_settings(recipe_of({kFloat, 4, 4, kFloat}, narrow));
    settings.pdqat.accumulator_epsilon = {0.02};
    settings.pdqat.accumulator_dual_rate = rate;
    const TrainResult result = run(settings);
    const auto& layer = result.details.at("layers").at(0);
    EXPECT_EQ(layer.at("accumulator").at("measure"), layer.at("limited_tile_share"));
    return layer.at("limited_tile_share").get<double>();
  };
  const double free = share(0.0);
  EXPECT_GT(free, 0.05) << "without a multiplier the bound is violated";
  EXPECT_LT(share(20.0), 0.7 * free);
}

TEST(PdqatRun, GoesOnFromEveryState) {
  TrainSettings settings = pdqat_settings(recipe_of({kFloat, 2, 2, kFloat}));
  settings.layers = {"dense 17",   "batch-norm", "clip",     "dense 20",
                     "batch-norm", "clip",       "dense 16", "clip"};
  settings.epochs = 3;
  std::vector<nlohmann::json> states;
  const TrainResult whole =
      run(settings, {.wants_state = [] { return true; },
                     .save = [&](const nlohmann::json& s) { states.push_back(s); }});
  ASSERT_EQ(states.size(), 4U);  // three epochs and the task
  for (const nlohmann::json& state : states) {
    const TrainResult resumed = run(settings, {.resume = &state});
    EXPECT_EQ(resumed.weights_sha256, whole.weights_sha256);
    EXPECT_EQ(resumed.details, whole.details);
    EXPECT_EQ(resumed.totals, whole.totals);
  }
}

TEST(PdqatRun, RefusesWhatItCannotDo) {
  const auto message_of = [&](const TrainSettings& settings) -> std::string {
    try {
      run(settings);
    } catch (const UserError& error) {
      return error.what();
    }
    return "";
  };
  const TrainSettings good = pdqat_settings(recipe_of({kFloat, 4, 4, kFloat}));
  TrainSettings bad = good;
  bad.method = ContinualMethod::kIcarl;
  EXPECT_THAT(message_of(bad), HasSubstr("continual.method: value icarl; allowed with "
                                         "train.arithmetic pdqat: finetune, replay, joint"));
  bad = good;
  bad.pdqat.layer_epsilon = {0.1, 0.2, 0.3};
  EXPECT_THAT(message_of(bad), HasSubstr("pdqat.layer_epsilon: value has 3 numbers; allowed: 1, or "
                                         "2"));
  bad = good;
  bad.recipe = recipe_of({kFloat});
  EXPECT_THAT(message_of(bad), HasSubstr("no layer is left in low precision"));
  bad = good;
  bad.pdqat.accumulator_epsilon = {0.1};
  bad.recipe.counters = CounterMode::kSticky;
  EXPECT_THAT(message_of(bad), HasSubstr("hardware.counters: value sticky; allowed"));
  bad = good;
  bad.recipe = recipe_of({4});
  EXPECT_THAT(message_of(bad), HasSubstr("layer 0 reads values that can be negative"));
  bad = good;
  bad.recipe.dorefa[1].bits = 3;
  EXPECT_THAT(message_of(bad), HasSubstr("layer 1: 3 bits; allowed: 1, 2, 4, 8, or 32"));
}

}  // namespace
}  // namespace sylvester
