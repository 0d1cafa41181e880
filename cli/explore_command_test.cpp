// sylvester explore.
#include "cli/test_program.hpp"

#include <chrono>
#include <thread>

namespace sylvester {
namespace {

constexpr const char* kSmallSpace = R"(
base = "train-small"
measure = ["accuracy", "cycles"]
gemms = [[8, 5, 33]]
baseline = { train.arithmetic = "float" }
seeds = { first = 1, count = 2 }
set.train.max_steps = 3
[[axis]]
accumulator.bits = [6, 8]
[[axis]]
array.rows = [4, 8]
)";

TEST_F(Program, ExploreGivesWhatTrainAndSimulateGive) {
  const std::string space = file("space.toml", kSmallSpace);
  const std::string out = (folder_ / "explored").string();
  const json result = run_json({"explore", space, "--out", out});
  EXPECT_EQ(result.at("trained"), 6) << "points of the same numerics share their trainings";
  ASSERT_EQ(result.at("points").size(), 5U);
  const json& point = result.at("points")[1];
  EXPECT_EQ(point.at("axes"), json({{"accumulator.bits", "6"}, {"array.rows", "8"}}));
  const std::vector<std::string> same = {"train-small", "--set", "accumulator.bits=6"};
  std::vector<std::string> train = {"train", "--set", "train.max_steps=3", "--seeds", "2"};
  train.insert(train.end(), same.begin(), same.end());
  const json trained = run_json(train);
  for (std::size_t s = 0; s < 2; ++s) {
    for (const char* key : {"seed", "weights_sha256", "task_accuracy", "counters"}) {
      EXPECT_EQ(point.at("seeds")[s].at(key), trained.at("seeds")[s].at(key)) << key;
    }
  }
  EXPECT_EQ(point.at("seeds")[0].at("numerics_hash"), trained.at("numerics_hash"));
  EXPECT_EQ(point.at("hardware_hash"), trained.at("hardware_hash"));
  std::vector<std::string> simulate = {"simulate", "--gemm", "8,5,33", "--training"};
  simulate.insert(simulate.end(), same.begin(), same.end());
  EXPECT_EQ(point.at("cycles").at("cycles"), run_json(simulate).at("cycles"));

  const std::string points = read_file(fs::path(out) / "points.csv");
  EXPECT_EQ(std::count(points.begin(), points.end(), '\n'), 11);
  const Finished again = run({"explore", space, "--out", out});
  EXPECT_THAT(again.out, HasSubstr("0 trainings computed, 6 were there."));
  EXPECT_EQ(read_file(fs::path(out) / "points.csv"), points);
}

TEST_F(Program, ExploreKeepsWhatIsDoneWhenInterrupted) {
  const std::string space = file("space.toml", kSmallSpace);
  const std::string out = (folder_ / "explored").string();
  ASSERT_EQ(run({"explore", space, "--out", out}).status, 0);
  const pid_t child = start({"explore", space, "--out", out, "--set", "train.max_steps=0", "--set",
                             "train.epochs=100000", "--json"});
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  kill(child, SIGINT);
  const Finished interrupted = finish(child);
  EXPECT_EQ(interrupted.status, 130);
  EXPECT_EQ(json::parse(interrupted.out).at("error").at("kind"), "interrupted");
  EXPECT_EQ(run_json({"explore", space, "--out", out}).at("reused"), 6);
}

TEST_F(Program, ExploreRefusesBadInput) {
  const std::string space = file("space.toml", kSmallSpace);
  const std::string out = (folder_ / "out_explore").string();
  expect_bad_input({"explore", space}, "--out");
  expect_bad_input({"explore", "--out", out}, "space");
  expect_bad_input({"explore", (folder_ / "absent.toml").string(), "--out", out}, "absent.toml");
  expect_bad_input({"explore", space, "--out", space}, "is a file, not a folder");
  expect_bad_input({"explore", space, "--out", folder_.string()}, "which no earlier run");
  expect_bad_input({"explore", space, "--out", out, "--workers", "-1"}, "--workers");
  expect_bad_input({"explore", space, "--out", out, "--data", folder_.string()}, "--data");
  expect_bad_input({"explore", space, "--out", out, "--set", "array.rows=3"},
                   "array.rows: also in [set] or given by --set");
  expect_bad_input({"explore", space, "--out", out, "--set", "operands.forward_weight=i8"},
                   "space.toml: point accumulator.bits = 6, array.rows = 4: ");
  expect_bad_input({"explore", file("bad.toml", "base = 3\n"), "--out", out}, "bad.toml: base");
  write_file(folder_ / "foreign" / "results.sqlite", "text");
  expect_bad_input({"explore", space, "--out", (folder_ / "foreign").string()}, "is no database");
  EXPECT_FALSE(fs::exists(out));
}

}  // namespace
}  // namespace sylvester
