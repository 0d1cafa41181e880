#include "golden/continual/class_incremental.hpp"
#include "golden/continual/result_json.hpp"

#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "golden/config/test_recipe.hpp"
#include "golden/continual/test_clusters.hpp"
#include "golden/numerics/simd.hpp"
#include "golden/support/error.hpp"
#include "golden/support/random.hpp"
#include "golden/train/layer_list.hpp"

namespace sylvester {
namespace {

TrainResult run(const TrainSettings& settings, int threads = 1) {
  const auto backend = make_golden_backend(threads);
  return run_class_incremental(settings, small_split(), *backend);
}

TEST(ClassIncremental, LearnsWithEveryPreset) {
  for (const std::string& preset : preset_names()) {
    if (preset == "pdqat") continue;  // learns all classes at once (golden/pdqat)
    TrainSettings settings = small_settings(preset_recipe(preset));
    if (settings.recipe.mode == TrainMode::kInteger) settings.method = ContinualMethod::kReplay;
    const TrainResult result = run(settings);
    ASSERT_EQ(result.linear.accuracy.size(), 3U) << preset;  // tasks of 2, 2 and 1 classes
    EXPECT_GT(result.linear.accuracy.front(), 85.0) << preset;
    EXPECT_GT(result.linear.final(), 60.0) << preset;
    EXPECT_GT(result.nearest_mean.final(), 75.0) << preset;
    EXPECT_EQ(result.linear.class_accuracy.back().size(), 5U);
    EXPECT_TRUE(result.complete);
    EXPECT_EQ(result.network.classes(), kClasses);
    EXPECT_EQ(result.weights_sha256, weights_sha256(result.network));
  }
}

TEST(ClassIncremental, SeedDecidesTheWeights) {
  TrainSettings settings = small_settings(preset_recipe("hdqt"));
  settings.epochs = 2;
  const std::string first = run(settings).weights_sha256;
  EXPECT_EQ(run(settings).weights_sha256, first);
  settings.seed = 2;
  EXPECT_NE(run(settings).weights_sha256, first);
}

TEST(ClassIncremental, ThreadsInstructionSetsAndCountersDoNotMatter) {
  const SimdLevel best = simd_level();
  for (const char* preset : {"hdqt", "hdqt-paper-int", "hdqt-paper", "luq", "rht"}) {
    TrainSettings settings = small_settings(preset_recipe(preset));
    settings.epochs = 2;
    const TrainResult expected = run(settings);
    const TrainResult threaded = run(settings, 2);
    EXPECT_EQ(threaded.weights_sha256, expected.weights_sha256) << preset;
    EXPECT_EQ(threaded.totals, expected.totals) << preset;
    for (const SimdLevel level : supported_simd_levels()) {
      force_simd_level(level);
      const TrainResult result = run(settings);
      EXPECT_EQ(result.weights_sha256, expected.weights_sha256)
          << preset << ", " << to_string(level);
      EXPECT_EQ(result.totals, expected.totals) << preset << ", " << to_string(level);
    }
    force_simd_level(best);
    settings.recipe.counters = CounterMode::kNone;
    EXPECT_EQ(run(settings).weights_sha256, expected.weights_sha256) << preset;
  }
}

// The whole contract in one number each: a change of any rule, of the glue or of the order of
// evaluation shows here, on every machine and at every optimisation level.
TEST(ClassIncremental, WeightsArePinned) {
  const std::pair<const char*, const char*> expected[] = {
      {"hdqt", "0a339a66cbc1ce9d0092b84433e7d9a7bce187ee0d064f8dde6cc6203ae3a047"},
      {"fqt", "f2ed794352565229abc7dc285504b40dfc94a94a276e040a97870c73b1dfff9c"},
      {"hdqt-paper-int", "5fa73080eca4b4188f2c8a8d71eff84609ca8418d8ab0190099be67f4635b608"},
      {"hdqt-paper", "a647f38aa599643ad63b5ce716eed3523a829828e0870978ec59e30a27a3435c"},
      {"luq", "2c8090cf456c692bd28091e1e7089223c285fa0e8d25463846f56b0f9b876bec"},
      {"rht", "cc263eba2d5a434376f37060b1fa5dbe16ebec19875d4941afdd23e32c1f7a5c"},
  };
  for (const auto& [preset, sha] : expected) {
    TrainSettings settings = small_settings(preset_recipe(preset));
    settings.epochs = 2;
    settings.bias = true;
    EXPECT_EQ(run(settings).weights_sha256, sha) << preset;
  }
}

// One call with a fault that ReLU and rounding cannot hide: zero codes become 1, and bit 6 of every
// result is inverted.
class FaultyBackend final : public Backend {
 public:
  FaultyBackend(int prepare_call, int gemm_call)
      : prepare_call_(prepare_call), gemm_call_(gemm_call) {}
  [[nodiscard]] std::string_view name() const override { return "faulty"; }
  std::vector<PreparedOperand> prepare(std::span<const PrepareJob> jobs) override {
    std::vector<PreparedOperand> results = golden_->prepare(jobs);
    if (prepares_++ == prepare_call_) {
      for (Code& code : results.back().codes) code = code == 0 ? Code{1} : code;
    }
    return results;
  }
  std::vector<GemmResult> gemm(std::span<const GemmJob> jobs) override {
    std::vector<GemmResult> results = golden_->gemm(jobs);
    if (gemms_++ == gemm_call_) {
      for (std::int32_t& value : results.back().values) value ^= 64;
    }
    return results;
  }

 private:
  std::unique_ptr<Backend> golden_ = make_golden_backend();
  int prepare_call_;
  int gemm_call_;
  int prepares_ = 0;
  int gemms_ = 0;
};

TEST(ClassIncremental, AFaultOfTheBackendChangesTheWeights) {
  TrainSettings settings = small_settings(preset_recipe("hdqt"));
  settings.max_steps = 2;
  settings.memory = 0;
  const std::string expected = run(settings).weights_sha256;
  const auto with_fault = [&](int prepare_call, int gemm_call) {
    FaultyBackend backend(prepare_call, gemm_call);
    return run_class_incremental(settings, small_split(), backend).weights_sha256;
  };
  EXPECT_EQ(with_fault(-1, -1), expected);
  // Calls of a step: W of all layers, X of three layers, three times backward; GEMMs: three
  // forward, three times backward.
  for (int call = 0; call < 7; ++call) EXPECT_NE(with_fault(call, -1), expected) << call;
  for (int call = 0; call < 6; ++call) EXPECT_NE(with_fault(-1, call), expected) << call;
}

TEST(ClassIncremental, OnlyTrainingStepsAreCounted) {
  TrainSettings settings = small_settings(preset_recipe("hdqt"));
  settings.epochs = 1;
  const TrainResult result = run(settings);
  EXPECT_EQ(result.totals.gemm[0].gemms, 3 * result.steps);
  EXPECT_EQ(result.totals.gemm[1].gemms, 2 * result.steps);
  EXPECT_EQ(result.totals.gemm[2].gemms, 3 * result.steps);
  EXPECT_EQ(result.totals.prepare[static_cast<std::size_t>(Role::kForwardInput)].operands,
            result.steps);
  const GemmTotals& forward = result.totals.gemm[0];
  EXPECT_GT(forward.tiles, 0U);
  EXPECT_GE(forward.limited_tile_share(), 0.0);
  EXPECT_LE(forward.limited_tile_share(), 1.0);
}

TEST(ClassIncremental, ProgressCountsEveryUpdateAndEveryTask) {
  TrainSettings settings = small_settings(preset_recipe("fp32"));
  settings.epochs = 3;
  const auto backend = make_golden_backend();
  std::uint64_t updates = 0;
  int epochs = 0;
  std::vector<double> accuracy;
  const TrainResult result = run_class_incremental(
      settings, small_split(), *backend, {.progress = [&](const TrainProgress& p) {
        if (p.event == TrainProgress::Event::kTask) {
          accuracy.push_back(p.accuracy.value());
        } else if (p.event == TrainProgress::Event::kEpoch) {
          ++epochs;
        } else {
          ++updates;
        }
        EXPECT_EQ(p.step, updates);
        EXPECT_EQ(p.tasks, 3);
        // 80 new samples, then 80 + 2·10, then 40 + 4·5, in batches of 16.
        EXPECT_EQ(p.steps, 3U * (5 + 7 + 4));
      }});
  EXPECT_EQ(epochs, 9);
  EXPECT_EQ(result.steps, updates);
  EXPECT_EQ(updates, 48U);
  EXPECT_EQ(accuracy, result.linear.accuracy);
}

TEST(ClassIncremental, MaxStepsEndsTheRunAfterATest) {
  TrainSettings settings = small_settings(preset_recipe("hdqt"));
  settings.epochs = 1;
  settings.max_steps = 7;  // 5 updates of task 0, 2 of 7 of task 1
  const TrainResult result = run(settings);
  EXPECT_EQ(result.steps, 7U);
  EXPECT_EQ(result.linear.accuracy.size(), 2U);
  EXPECT_FALSE(result.complete);
  settings.max_steps = 16;  // exactly all
  EXPECT_TRUE(run(settings).complete);
}

TEST(ClassIncremental, FineTuningAddsEpochsAndLearns) {
  TrainSettings settings = small_settings(preset_recipe("luq"));
  settings.epochs = 3;
  const TrainResult without = run(settings);
  settings.fnt_epochs = 2;
  const TrainResult with = run(settings);
  EXPECT_EQ(without.steps, 48U);
  EXPECT_EQ(with.steps, 80U);
  EXPECT_NE(with.weights_sha256, without.weights_sha256);
  EXPECT_GT(with.linear.final(), 60.0);
  // Only the first epochs prepare gradients.
  const auto gradients = [](const TrainResult& result) {
    return result.totals.prepare[static_cast<std::size_t>(Role::kInputGradient)].operands;
  };
  EXPECT_EQ(gradients(with), gradients(without));
  settings.recipe = preset_recipe("fp32");
  EXPECT_THROW(run(settings), UserError);
}

TEST(ClassIncremental, FineTuningRateIsATriangle) {
  TrainSettings settings;
  settings.epochs = 2;
  settings.milestones = {1};
  settings.decay = 0.1F;
  settings.sgd.learning_rate = 0.1F;  // the last epoch: 0.01
  settings.fnt_learning_rate = 0.05F;
  EXPECT_FLOAT_EQ(fine_tuning_rate(settings, 0, 4), 0.02F);
  EXPECT_FLOAT_EQ(fine_tuning_rate(settings, 1, 4), 0.04F);
  EXPECT_FLOAT_EQ(fine_tuning_rate(settings, 2, 4), 0.04F);
  EXPECT_FLOAT_EQ(fine_tuning_rate(settings, 3, 4), 0.02F);
  EXPECT_FLOAT_EQ(fine_tuning_rate(settings, 1, 3), 0.05F);
}

TEST(ClassIncremental, MemoryAndDistillationReduceForgetting) {
  TrainSettings settings = small_settings(preset_recipe("fp32"));
  const double with_icarl = run(settings).linear.forgetting().value();
  settings.method = ContinualMethod::kFineTune;
  settings.memory = 0;
  const TrainResult plain = run(settings);
  EXPECT_GT(plain.linear.forgetting().value(), with_icarl + 20.0);
  EXPECT_TRUE(plain.nearest_mean.accuracy.empty());
}

TEST(ClassIncremental, OneTaskIsPlainTraining) {
  TrainSettings settings = small_settings(preset_recipe("hdqt"));
  settings.classes_per_task = 100;
  settings.memory = 0;
  const TrainResult result = run(settings);
  ASSERT_EQ(result.linear.accuracy.size(), 1U);
  EXPECT_GT(result.linear.final(), 80.0);
  EXPECT_FALSE(result.linear.forgetting().has_value());
}

TEST(ClassIncremental, BeginsWithGivenWeights) {
  TrainSettings settings = small_settings(preset_recipe("fp32"));
  settings.sgd = {.learning_rate = 0.0F, .momentum = 0.0F, .weight_decay = 0.0F};
  settings.classes_per_task = kClasses;
  settings.epochs = 1;
  HostRandom random(77);
  settings.initial = make_network({.height = 1, .width = 1, .channels = kFeatures}, settings.layers,
                                  kClasses, false, random);
  EXPECT_EQ(run(settings).weights_sha256, weights_sha256(*settings.initial));
  settings.classes_per_task = 2;
  EXPECT_THROW(run(settings), UserError);
}

// The accuracies of the other classes are those of a run that tests all of them.
TEST(ClassIncremental, ClassesWithoutTestSamplesAreNotMeasured) {
  TrainSettings settings = small_settings(preset_recipe("fp32"));
  settings.epochs = 2;
  Split split = small_split();
  const auto backend = make_golden_backend(1);
  const TrainResult all = run_class_incremental(settings, split, *backend);
  Dataset test = split.test;
  test.x.clear();
  test.label.clear();
  for (int i = 0; i < split.test.samples(); ++i) {
    const int label = split.test.label[static_cast<std::size_t>(i)];
    if (label < 2) continue;  // the whole first task
    test.label.push_back(label);
    const auto row = split.test.x.begin() + static_cast<std::ptrdiff_t>(i) * kFeatures;
    test.x.insert(test.x.end(), row, row + kFeatures);
  }
  split.test = test;
  std::vector<bool> measured;
  const TrainResult some =
      run_class_incremental(settings, split, *backend, {.progress = [&](const TrainProgress& p) {
                              if (p.event == TrainProgress::Event::kTask)
                                measured.push_back(p.accuracy.has_value());
                            }});
  EXPECT_EQ(measured, (std::vector<bool>{false, true, true}));
  EXPECT_EQ(some.weights_sha256, all.weights_sha256);
  EXPECT_TRUE(std::isnan(some.linear.accuracy[0]));
  double sum = 0.0;
  for (std::size_t c = 0; c < 5; ++c) {
    const double accuracy = some.linear.class_accuracy[2][c];
    EXPECT_EQ(std::isnan(accuracy), c < 2);
    if (c < 2) continue;
    EXPECT_EQ(accuracy, all.linear.class_accuracy[2][c]);
    sum += accuracy;
  }
  EXPECT_NEAR(some.linear.final(), sum / 3, 1e-9);
  EXPECT_TRUE(to_json(some)["task_accuracy"][0].is_number_float());
  EXPECT_EQ(nlohmann::ordered_json::parse(to_json(some).dump())["task_accuracy"][0], nullptr);
}

TEST(ClassIncremental, RefusesSettingsOutOfRange) {
  const auto refused = [](auto change) {
    TrainSettings settings = small_settings(preset_recipe("fp32"));
    change(settings);
    EXPECT_THROW(run(settings), UserError);
  };
  refused([](TrainSettings& s) { s.epochs = 0; });
  refused([](TrainSettings& s) { s.batch = 0; });
  refused([](TrainSettings& s) { s.classes_per_task = 0; });
  refused([](TrainSettings& s) { s.memory = 3; });
  refused([](TrainSettings& s) { s.temperature = 0.0F; });
  refused([](TrainSettings& s) { s.layers = {"dense 4", "dense 0"}; });
  EXPECT_EQ(to_string(continual_method("icarl")), "icarl");
  EXPECT_THROW(continual_method("foster"), UserError);
}

}  // namespace
}  // namespace sylvester
