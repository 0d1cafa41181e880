#include "golden/continual/method.hpp"

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "golden/config/test_recipe.hpp"
#include "golden/continual/class_incremental.hpp"
#include "golden/continual/run_state.hpp"
#include "golden/continual/test_clusters.hpp"
#include "golden/support/error.hpp"
#include "golden/train/executor.hpp"
#include "golden/train/layer_list.hpp"

namespace sylvester {
namespace {

using enum ContinualMethod;
constexpr ContinualMethod kAll[] = {kFineTune, kReplay, kJoint, kLwf, kIcarl, kBic, kDer, kMemo};

TrainSettings settings_of(ContinualMethod method, const std::string& preset = "fp32") {
  TrainSettings settings = small_settings(preset_recipe(preset));
  settings.method = method;
  return settings;
}

TrainResult run(const TrainSettings& settings, const RunHooks& hooks = {}) {
  const auto backend = make_golden_backend(1);
  return run_class_incremental(settings, small_split(), *backend, hooks);
}

// What a state file gives back.
nlohmann::json reread(const nlohmann::json& state) {
  return nlohmann::json::from_cbor(nlohmann::json::to_cbor(state));
}

struct Saved {
  TrainResult result;
  std::vector<nlohmann::json> states;
};
Saved run_and_save(const TrainSettings& settings) {
  Saved saved;
  saved.result =
      run(settings, {.wants_state = [] { return true; },
                     .save = [&](const nlohmann::json& s) { saved.states.push_back(reread(s)); }});
  return saved;
}

TEST(Method, EveryMethodLearnsInFloatAndInFourBits) {
  for (const ContinualMethod method : kAll) {
    for (const char* preset : {"fp32", "hdqt"}) {
      const TrainResult result = run(settings_of(method, preset));
      const std::string name = std::string(to_string(method)) + " " + preset;
      ASSERT_EQ(result.linear.accuracy.size(), 3U) << name;
      EXPECT_GT(result.linear.accuracy.front(), 85.0) << name;
      // Without exemplars, or behind a first layer that only the first task has trained, it is
      // hard.
      const double least = method == kFineTune                 ? 15.0
                           : method == kLwf || method == kMemo ? 35.0
                                                               : 60.0;
      EXPECT_GT(result.linear.final(), least) << name;
      EXPECT_EQ(result.nearest_mean.accuracy.empty(),
                method == kFineTune || method == kJoint || method == kLwf)
          << name;
      EXPECT_TRUE(result.complete) << name;
    }
  }
}

TEST(Method, JointTrainingIsTheBoundAndDistillationForgetsLess) {
  const double forgotten = run(settings_of(kFineTune)).linear.forgetting().value();
  EXPECT_LT(run(settings_of(kLwf)).linear.forgetting().value(), forgotten - 5.0);
  const double bound = run(settings_of(kJoint)).linear.average_incremental();
  for (const ContinualMethod method : {kFineTune, kReplay, kLwf, kIcarl}) {
    EXPECT_LE(run(settings_of(method)).linear.average_incremental(), bound + 2.0)
        << to_string(method);
  }
}

TEST(Method, LwfLeavesOldClassesToTheDistillation) {
  const TrainSettings settings = settings_of(kLwf);
  const auto method = make_method(settings);
  HostRandom random(3);
  const Task task = {.index = 1, .old_classes = 2, .classes = 4};
  const Network network = make_network({.channels = kFeatures}, settings.layers, 4, false, random);
  const auto backend = make_golden_backend(1);
  const auto executor = make_executor(settings.recipe, *backend);
  Activations activations;
  for (float& x : input_of(activations, network, 3).values) x = random.uniform();
  executor->begin(network, {});
  forward_pass(network, *executor, activations);
  const std::vector<std::int32_t> labels = {2, 3, 2};
  Gradients gradients;
  method->loss({task, activations, nullptr, labels}, gradients);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(gradients.logits().row(i)[0], 0.0F);
    EXPECT_EQ(gradients.logits().row(i)[1], 0.0F);
    EXPECT_NE(gradients.logits().row(i)[2], 0.0F);
  }
}

// The last task trains the third part, the classifier of 5 classes on 3·20 features and an
// auxiliary head of 2; batches of 16.
TEST(Method, TheAuxiliaryHeadKeepsWhatItsBackwardPassNeeds) {
  TrainSettings settings = settings_of(kDer);
  settings.epochs = 1;
  EXPECT_EQ(run(settings).backward_bytes, (KeptBytes{.floats = 4 * 16 * (12 + 17 + 60 + 20)}));
  settings.method = kMemo;
  EXPECT_EQ(run(settings).backward_bytes, (KeptBytes{.floats = 4 * 16 * (17 + 60 + 20)}));
  settings = settings_of(kDer, "hdqt");
  settings.epochs = 1;
  EXPECT_EQ(run(settings).backward_bytes,
            (KeptBytes{.codes = 16 * (12 + 17 + 60 + 20) / 2 + (17 * 20 + 60 * 5 + 20 * 2) / 2,
                       .masks = 16 * (17 + 20) / 8}));
}

TEST(Method, PassesThroughTheNetworkBeforeTheTaskAreCounted) {
  for (const char* preset : {"fp32", "hdqt", "hdqt-paper"}) {
    for (const ContinualMethod method : kAll) {
      const std::string name = std::string(to_string(method)) + " " + preset;
      TrainSettings settings = settings_of(method, preset);
      settings.epochs = 1;
      const TrainResult result = run(settings);
      if (method != kLwf && method != kIcarl && method != kBic) {
        EXPECT_EQ(result.teacher_totals, TrainTotals()) << name;
        continue;
      }
      // Three layers; the first task has 5 steps of 16 of its 80 samples, and no teacher.
      const GemmTotals& forward = result.teacher_totals.gemm[0];
      EXPECT_EQ(forward.gemms, 3 * (result.steps - 5)) << name;
      EXPECT_EQ(result.teacher_totals.gemm[1], GemmTotals()) << name;
      EXPECT_EQ(result.teacher_totals.gemm[2], GemmTotals()) << name;
      EXPECT_EQ(result.totals.gemm[0].gemms, 3 * result.steps) << name;
    }
  }
}

TEST(Method, BicCorrectsTheNewestTask) {
  const Saved saved = run_and_save(settings_of(kBic));
  EXPECT_FALSE(saved.result.network.classifier().bias.empty());
  EXPECT_TRUE(saved.result.network.layer(0).bias.empty());
  const nlohmann::json& parts = saved.states.back().at("method");
  ASSERT_EQ(parts.size(), 3U);
  EXPECT_EQ(parts[0], (nlohmann::json{0, 2, 1.0F, 0.0F}));
  for (int task : {1, 2}) {
    const auto at = static_cast<std::size_t>(task);
    EXPECT_NE(parts[at][2].get<float>(), 1.0F);
    EXPECT_NE(parts[at][3].get<float>(), 0.0F);
  }
  // Without exemplars of old classes, or with a rate of 0, nothing is learned.
  const auto stays = [](auto change) {
    TrainSettings settings = settings_of(kBic);
    change(settings);
    const Saved untouched = run_and_save(settings);
    for (const auto& part : untouched.states.back().at("method")) {
      EXPECT_EQ(part[2].get<float>(), 1.0F);
    }
  };
  stays([](TrainSettings& s) { s.memory = 0; });
  stays([](TrainSettings& s) { s.held_out = 0; });
  stays([](TrainSettings& s) { s.sgd.learning_rate = 0; });
  TrainSettings later = settings_of(kBic);
  later.milestones = {1};
  later.decay = 0;
  const nlohmann::json decayed = run_and_save(later).states.back().at("method");
  EXPECT_NE(decayed[1][2], parts[1][2]);
}

// The nodes before `end` have in both states the same numbers.
void expect_equal_nodes(const nlohmann::json& a, const nlohmann::json& b, int first, int end) {
  for (int n = first; n < end; ++n) {
    EXPECT_EQ(a.at("network").at(static_cast<std::size_t>(n)),
              b.at("network").at(static_cast<std::size_t>(n)))
        << "node " << n;
  }
}

TEST(Method, DerKeepsOldBackbonesAndAddsOne) {
  const Saved saved = run_and_save(settings_of(kDer));
  const Network& network = saved.result.network;
  EXPECT_EQ(network.features(), 3 * 20);
  EXPECT_EQ(network.heads.size(), 1U);
  EXPECT_EQ(network.depth(), 3 * 2 + 1);
  // Six epochs and the task's end make seven states of a task.
  expect_equal_nodes(saved.states[6], saved.states.back(), 1, 5);
  expect_equal_nodes(saved.states[13], saved.states.back(), 1, 9);
  EXPECT_NE(saved.states[7].at("network").at(5), saved.states[8].at("network").at(5));
}

TEST(Method, DerNeedsLayersOfItsOwn) {
  TrainSettings settings = settings_of(kDer);
  settings.layers = {};
  EXPECT_THROW(run(settings), UserError);
}

TEST(Method, MemoSharesItsFirstLayers) {
  const Saved saved = run_and_save(settings_of(kMemo));
  const Network& network = saved.result.network;
  EXPECT_EQ(network.features(), 3 * 20);
  EXPECT_EQ(network.depth(), 1 + 3 + 1);
  expect_equal_nodes(saved.states[6], saved.states.back(), 1, 5);
  EXPECT_NE(saved.states[0].at("network").at(1), saved.states[1].at("network").at(1));
  TrainSettings none_left = settings_of(kMemo);
  none_left.shared_layers = 4;
  EXPECT_THROW(run(none_left), UserError);
}

TEST(Method, ExpandingMethodsAlignTheClassifier) {
  const Network network = run(settings_of(kDer)).network;
  const Node& classifier = network.classifier();
  const auto mean_length = [&](int first, int last) {
    double sum = 0.0;
    for (int row = first; row < last; ++row) {
      double squares = 0.0;
      for (int i = 0; i < classifier.k; ++i) {
        const double w = classifier.weight[static_cast<std::size_t>(row * classifier.k + i)];
        squares += w * w;
      }
      sum += std::sqrt(squares);
    }
    return sum / (last - first);
  };
  EXPECT_NEAR(mean_length(0, 4), mean_length(4, 5), 1e-5);
}

TEST(Method, MilestonesLowerTheRate) {
  TrainSettings settings = settings_of(kIcarl);
  const std::string constant = run(settings).weights_sha256;
  settings.milestones = {3};
  settings.decay = 1.0F;
  EXPECT_EQ(run(settings).weights_sha256, constant);
  settings.decay = 0.1F;
  EXPECT_NE(run(settings).weights_sha256, constant);
  settings.milestones = {6};  // after the last epoch
  EXPECT_EQ(run(settings).weights_sha256, constant);
}

TEST(RunState, ARunThatGoesOnEndsLikeOneThatWasNotInterrupted) {
  for (const ContinualMethod method : kAll) {
    TrainSettings settings = settings_of(method, "hdqt");
    settings.epochs = 2;
    const Saved saved = run_and_save(settings);
    EXPECT_EQ(saved.states.size(), 9U);
    for (std::size_t i = 0; i < saved.states.size(); ++i) {
      std::uint64_t first_step = 0;
      const TrainResult resumed = run(settings, {.progress =
                                                     [&](const TrainProgress& p) {
                                                       if (first_step == 0) first_step = p.step;
                                                     },
                                                 .resume = &saved.states[i]});
      const std::string name = std::string(to_string(method)) + ", state " + std::to_string(i);
      // All but the state at the end leave something to do, and none does a step again.
      const bool at_end = i + 1 == saved.states.size();
      EXPECT_GE(first_step, at_end ? 0 : saved.states[i].at("step").get<std::uint64_t>()) << name;
      EXPECT_EQ(resumed.weights_sha256, saved.result.weights_sha256) << name;
      EXPECT_EQ(resumed.linear.accuracy, saved.result.linear.accuracy) << name;
      EXPECT_EQ(resumed.linear.class_accuracy, saved.result.linear.class_accuracy) << name;
      EXPECT_EQ(resumed.nearest_mean.accuracy, saved.result.nearest_mean.accuracy) << name;
      EXPECT_EQ(resumed.task_loss, saved.result.task_loss) << name;
      EXPECT_EQ(resumed.totals, saved.result.totals) << name;
      EXPECT_EQ(resumed.teacher_totals, saved.result.teacher_totals) << name;
      EXPECT_EQ(resumed.backward_bytes, saved.result.backward_bytes) << name;
      EXPECT_EQ(resumed.steps, saved.result.steps) << name;
      EXPECT_TRUE(resumed.complete) << name;
    }
  }
}

// The kept maxima of the gradients are part of the state, as are the epochs of the fine-tuning.
TEST(RunState, ARunOfLuqGoesOnWithItsMaxima) {
  for (const ContinualMethod method : {kIcarl, kDer}) {
    TrainSettings settings = settings_of(method, "luq");
    LayerRecipe& layer = settings.recipe.layers[0];
    layer.operand(Role::kInputGradient).scale = ScaleRule::kHindsight;
    layer.gradient_samples = 2;
    settings.epochs = 2;
    settings.fnt_epochs = 1;
    const Saved saved = run_and_save(settings);
    EXPECT_EQ(saved.states.size(), 12U);
    for (std::size_t i = 0; i < saved.states.size(); ++i) {
      const TrainResult resumed = run(settings, {.resume = &saved.states[i]});
      EXPECT_EQ(resumed.weights_sha256, saved.result.weights_sha256) << i;
      EXPECT_EQ(resumed.totals, saved.result.totals) << i;
    }
    // Without them the rest of the run is another one.
    nlohmann::json forgotten = saved.states[0];
    forgotten["executor"] = nlohmann::json::binary({});
    EXPECT_NE(run(settings, {.resume = &forgotten}).weights_sha256, saved.result.weights_sha256);
    forgotten["executor"] = nlohmann::json::binary(std::vector<std::uint8_t>(8));
    EXPECT_THROW(run(settings, {.resume = &forgotten}), UserError);
  }
}

TEST(RunState, ARunThatMaxStepsCutStaysIncomplete) {
  TrainSettings settings = settings_of(kIcarl);
  settings.max_steps = 75;  // in the last task
  const Saved saved = run_and_save(settings);
  ASSERT_FALSE(saved.result.complete);
  EXPECT_FALSE(run(settings, {.resume = &saved.states.back()}).complete);
}

TEST(Method, DivergenceOfTheLastStepIsFound) {
  TrainSettings settings = settings_of(kIcarl);
  settings.sgd.learning_rate = 1e38F;
  settings.max_steps = 1;
  EXPECT_THROW(run(settings), UserError);
}

TEST(RunState, StatesOfOtherRunsAreRefused) {
  const Saved saved = run_and_save(settings_of(kDer));
  const auto refused = [&](auto change, const nlohmann::json& state) {
    TrainSettings settings = settings_of(kDer);
    change(settings);
    EXPECT_THROW(run(settings, {.resume = &state}), UserError);
  };
  refused([](TrainSettings& s) { s.layers[0] = "dense 18"; }, saved.states[3]);
  refused([](TrainSettings& s) { s.method = kIcarl; }, saved.states[10]);
  refused([](TrainSettings& s) { s.epochs = 2; }, saved.states[4]);
  refused([](TrainSettings& s) { s.classes_per_task = 5; }, saved.states[10]);
  refused([](TrainSettings&) {}, nlohmann::json::object());
  for (const auto& [key, value] : saved.states[9].items()) {
    nlohmann::json state = saved.states[9];
    state.erase(key);
    refused([](TrainSettings&) {}, state);
    state[key] = "text";
    if (key == "method") continue;  // DER has no state of its own
    refused([](TrainSettings&) {}, state);
  }
}

}  // namespace
}  // namespace sylvester
