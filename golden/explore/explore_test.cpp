#include "golden/explore/explore.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <random>
#include <string>
#include <thread>

#include "golden/config/convert.hpp"
#include "golden/continual/class_incremental.hpp"
#include "golden/data/content_hash.hpp"
#include "golden/data/load.hpp"
#include "golden/data/split.hpp"
#include "golden/explore/report.hpp"
#include "golden/support/error.hpp"
#include "golden/support/test_folder.hpp"

namespace sylvester {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// Small trainings: a few steps of one task.
constexpr const char* kSmall = R"(
base = "hdqt"
measure = ["accuracy"]
[set]
train.epochs = 1
train.max_steps = 3
train.test_samples_per_class = 2
continual.memory = 0
network.layers = ["dense 16", "relu"]
)";

Space small_space(const std::string& rest) { return parse_space(kSmall + rest, "s.toml", ""); }

ExploreOptions options(const fs::path& out, int workers = 1) {
  return {
      .out = out,
      .data = {},
      .workers = workers,
      .count_cycles = [](const HardwareParameters& hardware, const std::vector<GemmJobs>& jobs) {
        StepCycles step;
        step.cycles = static_cast<std::uint64_t>(hardware.rows) * jobs.size();
        return step;
      }};
}

std::string refusal(const Space& space, const ExploreOptions& with) {
  try {
    explore(space, with);
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

// The last column of points.csv is the time.
std::string without_seconds(const std::string& csv) {
  std::string result;
  for (std::size_t begin = 0; begin < csv.size();) {
    const std::size_t end = csv.find('\n', begin);
    result += csv.substr(begin, csv.rfind(',', end) - begin) + "\n";
    begin = end + 1;
  }
  return result;
}

TEST(Explore, APointIsWhatTrainGives) {
  const TestFolder folder;
  const Space space = small_space("[[axis]]\naccumulator.bits = [6]\n");
  const Exploration result = explore(space, options(folder.path()));
  const Dataset data = load_dataset("embedded", "");
  const Config config = space.points[0].config;
  const auto backend = make_golden_backend(1);
  const TrainResult run = run_class_incremental(train_settings(config),
                                                make_split(data, split_options(config)), *backend);
  const Training& training = result.points[0].trainings.at(0);
  EXPECT_EQ(training.weights_sha256, run.weights_sha256);
  EXPECT_EQ(training.average_incremental_accuracy, run.linear.average_incremental());
  EXPECT_EQ(training.limited_tile_share, run.totals.limited_tile_share());
  EXPECT_EQ(training.backward_bytes, run.backward_bytes);
  EXPECT_EQ(training.steps, 3U);
  EXPECT_EQ(result.points[0].keys[0].data_hash, content_hash(data));
}

TEST(Explore, PointsThatSplitTheDataOtherwiseDoNotShareTheSplit) {
  for (const char* axis : {"data.samples_per_class = [1, 0]", "data.drop_subjects = [[1], []]",
                           "data.drop_classes = [[3], []]"}) {
    const TestFolder folder;
    const Space space = small_space(std::string("[[axis]]\n") + axis + "\n");
    const Exploration result = explore(space, options(folder.path()));
    const Dataset data = load_dataset("embedded", "");
    for (std::size_t p = 0; p < 2; ++p) {
      const Config config = space.points[p].config;
      const auto backend = make_golden_backend(1);
      const TrainResult run = run_class_incremental(
          train_settings(config), make_split(data, split_options(config)), *backend);
      EXPECT_EQ(result.points[p].trainings.at(0).weights_sha256, run.weights_sha256)
          << axis << ", point " << p;
    }
  }
}

TEST(Explore, PointsOfOtherHardwareShareTheTraining) {
  const TestFolder folder;
  const Space space = small_space(R"(
[[axis]]
accumulator.bits = [6, 8]
[[axis]]
array.rows = [4, 8, 16]
)");
  const Exploration result = explore(space, options(folder.path()));
  EXPECT_EQ(result.trained, 2U);
  EXPECT_EQ(result.points[0].trainings[0].weights_sha256,
            result.points[2].trainings[0].weights_sha256);
  EXPECT_NE(result.points[0].trainings[0].weights_sha256,
            result.points[3].trainings[0].weights_sha256);
}

TEST(Explore, GoesOnWhereItWasAndGrows) {
  const TestFolder folder;
  const auto space = [](int seeds, const std::string& bits) {
    return small_space("[seeds]\ncount = " + std::to_string(seeds) +
                       "\n[[axis]]\naccumulator.bits = " + bits);
  };
  EXPECT_EQ(explore(space(1, "[6, 8]"), options(folder.path())).trained, 2U);
  const Exploration again = explore(space(1, "[6, 8]"), options(folder.path()));
  EXPECT_EQ(again.trained, 0U);
  EXPECT_EQ(again.reused, 2U);
  const Exploration more = explore(space(2, "[6, 8, 10]"), options(folder.path(), 2));
  EXPECT_EQ(more.trained, 4U);
  EXPECT_EQ(more.reused, 2U);
  EXPECT_EQ(more.points[0].trainings[0].seconds, again.points[0].trainings[0].seconds);
}

// Settings are tried on their data only where a training is missing.
TEST(Explore, WhatIsThereIsNotTriedAgain) {
  const TestFolder folder;
  const std::string axis = "[[axis]]\naccumulator.bits = [6, 8]\n";
  const Exploration first = explore(small_space(axis), options(folder.path()));
  EXPECT_EQ(first.trained, 2U);
  EXPECT_EQ(first.tried, 1U);
  const Exploration again = explore(small_space(axis), options(folder.path()));
  EXPECT_EQ(again.trained, 0U);
  EXPECT_EQ(again.tried, 0U);
  const std::string more = "[[axis]]\ntrain.batch = [128, 64]\n";
  const Exploration grown = explore(small_space(axis + more), options(folder.path()));
  EXPECT_EQ(grown.trained, 2U);
  EXPECT_EQ(grown.tried, 1U);
}

TEST(Explore, CyclesAreThoseOfTheNetworkOrOfGivenGemms) {
  const TestFolder folder;
  const std::string head = "base = \"hdqt\"\nmeasure = [\"cycles\"]\n";
  const std::string axis = "[[axis]]\narray.rows = [4, 8]\n";
  // Three layers: forward and dW each, dX for two of them.
  const Exploration network =
      explore(parse_space(head + axis, "s.toml", ""), options(folder.path()));
  EXPECT_EQ(network.points[1].cycles->cycles, 8U * 8);
  const Exploration given =
      explore(parse_space(head + "gemms = [[8, 8, 8], [8, 4, 8]]\n" + axis, "s.toml", ""),
              options(folder.path()));
  EXPECT_EQ(given.points[0].cycles->cycles, 4U * 6);
  const Exploration floats =
      explore(parse_space(head + "set.train.arithmetic = \"float\"\n" + axis, "s.toml", ""),
              options(folder.path()));
  EXPECT_FALSE(floats.points[0].cycles);
}

// Nothing runs, and no folder is made, if one point is no good.
TEST(Explore, RefusesBadPointsBeforeAnythingRuns) {
  const TestFolder folder;
  const fs::path out = folder.path() / "new";
  const auto expect = [&](const std::string& rest, const std::string& part) {
    const std::string message = refusal(small_space(rest), options(out));
    EXPECT_THAT(message, HasSubstr(part)) << rest;
    EXPECT_EQ(message.find("s.toml: point "), message.rfind("s.toml")) << message;
    EXPECT_FALSE(fs::exists(out));
  };
  expect("[[axis]]\ndata.test_subjects = [1, 77]\n",
         "s.toml: point data.test_subjects = 77: data.test_subjects: value 77; allowed");
  expect(
      "[[axis]]\ncontinual.classes_per_task = [2]\n[[axis]]\ndata.set = [\"embedded\", \"hapt\"]",
      "data.set: value hapt needs --data DIR");
  const Space space = small_space("");
  ExploreOptions with_data = options(out);
  with_data.data = folder.path();
  EXPECT_THAT(refusal(space, with_data), HasSubstr("--data: value"));
  const std::string cycles = "base = \"hdqt\"\nmeasure = [\"cycles\"]\n";
  EXPECT_THAT(refusal(parse_space(cycles + "set.operands.forward_weight = \"i8\"", "s.toml", ""),
                      options(out)),
              HasSubstr("s.toml: point 1: "));
  EXPECT_FALSE(fs::exists(out));
}

TEST(Explore, MemoryTooSmallIsRefusedBeforeAnythingRuns) {
  const TestFolder folder;
  const Space space = parse_space(
      "base = \"hdqt\"\nmeasure = [\"accuracy\"]\n[[axis]]\ncontinual.memory = [200, 3]", "s.toml",
      "");
  EXPECT_THAT(refusal(space, options(folder.path() / "new")),
              HasSubstr("s.toml: point continual.memory = 3: continual.memory: value 3"));
  EXPECT_FALSE(fs::exists(folder.path() / "new"));
}

TEST(Explore, ATrainingThatDivergesIsAResult) {
  const TestFolder folder;
  const Space space = parse_space(R"(
base = "fp32"
measure = ["accuracy"]
set.train.max_steps = 50
set.train.momentum = 1
[[axis]]
train.learning_rate = [0.01, 1000]
)",
                                  "s.toml", "");
  const Exploration result = explore(space, options(folder.path()));
  EXPECT_EQ(result.points[0].trainings[0].failure, "");
  EXPECT_THAT(result.points[1].trainings[0].failure, HasSubstr("diverged"));
  EXPECT_EQ(explore(space, options(folder.path())).reused, 2U);
}

std::int64_t finished(const fs::path& folder) {
  if (!fs::exists(folder / kDatabaseFile)) return 0;
  Database database(folder / kDatabaseFile);
  if (database.integer("SELECT count(*) FROM sqlite_master WHERE name = 'training'") == 0) return 0;
  return database.integer("SELECT count(*) FROM training");
}

// Killed again and again at random moments: nothing that finished is lost or done again, and the
// tables are those of a run that nobody disturbed.
TEST(Explore, SurvivesBeingKilled) {
  const TestFolder folder;
  const Space space = parse_space(R"(
base = "hdqt"
measure = ["accuracy"]
baseline = { train.arithmetic = "float" }
seeds = { count = 3 }
[set]
train.epochs = 2
train.max_steps = 30
train.test_samples_per_class = 2
network.layers = ["dense 32", "relu"]
[[axis]]
accumulator.bits = { from = 4, to = 8 }
[[axis]]
accumulator.policy = ["saturate", "clamp"]
)",
                                  "s.toml", "");
  const fs::path whole = folder.path() / "whole";
  const fs::path killed = folder.path() / "killed";
  using Clock = std::chrono::steady_clock;
  const Clock::time_point begin = Clock::now();
  const Exploration undisturbed = explore(space, options(whole, 2));
  const auto whole_time =
      std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin);
  ASSERT_EQ(undisturbed.trained, 33U);

  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::int64_t before = 0;
  for (int round = 0; round < 6; ++round) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      try {
        explore(space, options(killed, 2));
      } catch (...) {
        _exit(1);
      }
      _exit(0);
    }
    std::this_thread::sleep_for(whole_time * static_cast<int>(random() % 90) / 100);
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_FALSE(WIFEXITED(status) && WEXITSTATUS(status) != 0);
    const std::int64_t after = finished(killed);
    ASSERT_GE(after, before) << "a finished training is lost";
    before = after;
  }
  const Exploration resumed = explore(space, options(killed, 2));
  EXPECT_EQ(resumed.reused, static_cast<std::size_t>(before));
  EXPECT_EQ(without_seconds(points_csv(space, resumed)),
            without_seconds(points_csv(space, undisturbed)));
  EXPECT_EQ(summary_csv(space, resumed), summary_csv(space, undisturbed));
}

}  // namespace
}  // namespace sylvester
