// sylvester train.
#include "cli/test_program.hpp"

#include <chrono>
#include <random>
#include <sstream>
#include <thread>

#include "golden/config/config.hpp"
#include "golden/support/npz.hpp"
#include "golden/trace/trace.hpp"

namespace sylvester {
namespace {

TEST_F(Program, TrainLeavesNoFolderBehindWhenItFails) {
  const std::string out = (folder_ / "new" / "out").string();
  expect_bad_input({"train", "train-small", "--set", "data.test_subjects=77", "--out", out},
                   "data.test_subjects: value 77; allowed with data set 'embedded': 1...9");
  EXPECT_FALSE(fs::exists(folder_ / "new"));
}

TEST_F(Program, TrainGivesOneHashForAnyNumberOfThreads) {
  const auto hash_of = [&](const std::vector<std::string>& overrides) {
    std::vector<std::string> arguments = {"train", "train-small", "--json"};
    for (const std::string& override_text : overrides) {
      arguments.insert(arguments.end(), {"--set", override_text});
    }
    const Finished finished = run(arguments);
    EXPECT_EQ(finished.status, 0) << finished.err;
    return json::parse(finished.out).at("seeds").at(0).at("weights_sha256").get<std::string>();
  };
  const std::string one = hash_of({"train.threads=1"});
  EXPECT_EQ(hash_of({"train.threads=2"}), one);
  EXPECT_NE(hash_of({"train.seed=2"}), one);
}

TEST_F(Program, TrainWritesResultAndWeights) {
  const fs::path out = folder_ / "trained";
  const Finished finished = run({"train", "train-small", "--set", "train.max_steps=3", "--seeds",
                                 "2", "--out", out.string(), "--json"});
  ASSERT_EQ(finished.status, 0) << finished.err;
  const json result = json::parse(finished.out);
  EXPECT_EQ(result.at("seeds").size(), 2U);
  const json& counters = result.at("seeds").at(0).at("counters");
  EXPECT_GT(counters.at("gemms").at("input_gradient").at("tiles"), 0);
  EXPECT_GT(counters.at("operands").at("input_gradient").at("codes"), 0);
  EXPECT_EQ(json::parse(read_file(out / "result.json")).at("seeds").size(), 2U);
  const Npz weights = Npz::read(out / "seed-2" / "weights.npz");
  EXPECT_EQ(weights.array("layer-1-weight").shape, (std::vector<std::size_t>{51, 53}));
  EXPECT_FALSE(fs::exists(out / "unfinished"));

  // The same folder again, with other files.
  const Finished again =
      run({"train", "train-small", "--set", "train.max_steps=3", "--out", out.string(), "--set",
           "network.layers=conv 6 kernel=1,batch-norm,relu,flatten"});
  ASSERT_EQ(again.status, 0) << again.err;
  const Npz other = Npz::read(out / "seed-1" / "weights.npz");
  EXPECT_EQ(other.array("layer-0-weight").shape.size(), 4U);
  EXPECT_EQ(other.array("norm-0-variance").shape, std::vector<std::size_t>{6});
  EXPECT_FALSE(fs::exists(out / "seed-2"));
}

TEST_F(Program, TrainGoesOnAfterBeingKilledAtAnyMoment) {
  const auto train = [&](const std::string& out, std::vector<std::string> more) {
    std::vector<std::string> words = {"train",           "train-small",
                                      "--set",           "train.max_steps=0",
                                      "--set",           "train.epochs=4",
                                      "--set",           "continual.method=bic",
                                      "--seeds",         "2",
                                      "--state-seconds", "0",
                                      "--out",           (folder_ / out).string()};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  using Clock = std::chrono::steady_clock;
  const Clock::time_point begin = Clock::now();
  const json whole = run_json(train("whole", {}));
  const auto time = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin);

  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  int with_state = 0;
  for (int round = 0; round < 6; ++round) {
    const pid_t child = start(train("killed", {"--resume"}));
    std::this_thread::sleep_for(time * static_cast<int>(random() % 60) / 100);
    kill(child, SIGKILL);
    finish(child);
    with_state += fs::exists(folder_ / "killed" / "unfinished" / "seed-1.state") ? 1 : 0;
  }
  if (!fs::exists(folder_ / "killed" / "result.json") && with_state > 0) {
    expect_bad_input(train("killed", {}), "it holds an unfinished run; allowed: --resume");
    expect_bad_input(train("killed", {"--resume", "--set", "train.momentum=0.5"}),
                     "belongs to a run with numerics_hash");
  }
  const json resumed = run_json(train("killed", {"--resume"}));
  for (const int run : {0, 1}) {
    for (const char* key :
         {"weights_sha256", "task_accuracy", "nearest_mean", "counters", "steps"}) {
      EXPECT_EQ(resumed.at("seeds").at(run).at(key), whole.at("seeds").at(run).at(key)) << key;
    }
  }
  for (const char* name : {"seed-1/metrics.jsonl", "seed-2/metrics.jsonl", "seed-1/weights.npz"}) {
    EXPECT_EQ(read_file(folder_ / "killed" / name), read_file(folder_ / "whole" / name)) << name;
  }
  EXPECT_FALSE(fs::exists(folder_ / "killed" / "unfinished"));
  const std::string metrics = read_file(folder_ / "whole" / "seed-1" / "metrics.jsonl");
  std::istringstream lines(metrics);
  int tasks = 0;
  for (std::string line; std::getline(lines, line);) {
    tasks += json::parse(line).contains("accuracy") ? 1 : 0;
  }
  EXPECT_EQ(tasks, whole.at("seeds").at(0).at("task_accuracy").size());

  const Finished again = run(train("killed", {"--resume"}));
  EXPECT_THAT(again.out, HasSubstr("finished earlier"));
  expect_bad_input(train("killed", {"--resume", "--set", "train.seed=2"}),
                   "result.json: belongs to a run with numerics_hash");
  EXPECT_EQ(run_json(train("killed", {"--resume"})).at("summary"), resumed.at("summary"));
}

TEST_F(Program, TrainRefusesATraceThatItWouldLose) {
  const std::string out = (folder_ / "traced").string();
  for (const std::string& trace :
       {out, out + "/t.npz", out + "/unfinished/seed-1.state", out + "/../traced/t.npz"}) {
    expect_bad_input({"train", "train-small", "--out", out, "--trace", trace}, "--trace: value ");
    EXPECT_FALSE(fs::exists(out)) << trace;
  }
  const auto begin = std::chrono::steady_clock::now();
  expect_bad_input({"train", "hdqt", "--trace", out + ".npz", "--trace-steps", "999999"},
                   "chooses no job");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST_F(Program, TrainRefusesDamagedStates) {
  const fs::path out = folder_ / "out_state";
  const std::vector<std::string> train = {"train", "train-small", "--out", out.string(),
                                          "--resume"};
  const fs::path state = out / "unfinished" / "seed-1.state";
  write_file(state, "sylvester training state 1\nabc");
  expect_bad_input(train, "seed-1.state: the training state is incomplete or was changed");
  write_file(state, "text");
  expect_bad_input(train, "seed-1.state: not a training state");
  EXPECT_EQ(read_file(state), "text");
  expect_bad_input(
      {"train", "train-small", "--resume", "--out", out.string(), "--set", "train.seed=2"},
      "seed-1.state: is of a seed that is not asked for");
  expect_bad_input({"train", "train-small", "--out", out.string(), "--state-seconds", "nan"},
                   "nan");
  expect_bad_input({"train", "train-small", "--resume"}, "--out DIR");
  expect_bad_input({"train", "train-small", "--state-seconds", "1"}, "--out");
  std::vector<std::string> traced = train;
  traced.insert(traced.end(), {"--trace", (folder_ / "t.npz").string()});
  expect_bad_input(traced, "--trace");
}

TEST_F(Program, TrainRefusesBadInput) {
  const std::string csv = file("dsads_features_405.csv", "1,2,3\n4,5\n");
  const std::string folder = folder_.string();
  expect_bad_input({"train", "train-small", "--set", "data.set=dsads"}, "--data DIR");
  expect_bad_input({"train", "train-small", "--data", folder}, "embedded");
  expect_bad_input({"train", "train-small", "--set", "data.set=dsads", "--data", folder},
                   "dsads_features_405.csv");
  expect_bad_input({"train", "train-small", "--set", "data.set=hapt", "--data", folder}, "hapt");
  expect_bad_input({"train", "train-small", "--set", "train.epochs=0"}, "train.epochs");
  expect_bad_input({"train", "train-small", "--set", "continual.memory=3"},
                   "continual.memory: value 3; allowed: 0, or");
  expect_bad_input({"train", "fp32", "--set", "train.learning_rate=1000", "--set",
                    "train.momentum=1", "--set", "train.max_steps=50"},
                   "train.learning_rate: value 1000: the training diverged");
  expect_bad_input({"train", "train-small", "--seeds", "0"}, "--seeds");
  expect_bad_input({"train", "train-small", "--out", csv}, "dsads_features_405.csv");
  expect_bad_input({"train", "train-small", "--out", "/proc/nothing"}, "/proc/nothing");
  expect_bad_input({"train", "train-small", "--out", ""}, "--out");
  expect_bad_input({"train", "train-small", "--set", "network.layers=dense 65535,dense 65535"},
                   "network.layers: entry 2 'dense 65535'");
  expect_bad_input({"train", "train-small", "--set", "network.layers=relu,cnv"},
                   "network.layers: value entry 2 'cnv': not a layer; allowed: ");
  expect_bad_input({"train", std::string(300, 'n')}, "nnn");
}

TEST_F(Program, TrainRecordsATrace) {
  const std::string path = (folder_ / "new" / "t.npz").string();
  const std::vector<std::string> train = {"train", "train-small", "--set", "train.max_steps=3",
                                          "--trace"};
  const auto with = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words = train;
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  ASSERT_EQ(run(with({path})).status, 0);
  EXPECT_EQ(Trace::read(path, Config::load("train-small")).size(), 16U);  // steps 0 and 2
  ASSERT_EQ(run(with({path, "--trace-steps", "1", "--trace-layers", "2"})).status, 0);
  EXPECT_EQ(Trace::read(path, Config::load("train-small")).size(), 3U);

  fs::remove_all(folder_ / "new");
  expect_bad_input(with({path, "--trace-steps", "3"}), "chooses no job; the run has 3 steps");
  expect_bad_input(with({path, "--trace-steps", "one"}), "--trace-steps: value one; allowed:");
  expect_bad_input(with({path, "--trace-layers", "x"}), "--trace-layers: value x; allowed:");
  expect_bad_input(with({path, "--seeds", "2"}), "--trace: 2 seeds; allowed: --seeds 1");
  expect_bad_input({"train", "fp32", "--trace", path}, "allowed with --trace: quantised");
  expect_bad_input({"train", "train-small", "--trace-steps", "1"}, "--trace");
  expect_bad_input(with({""}), "--trace");
  expect_bad_input(with({folder_.string()}), "is a folder");
  EXPECT_FALSE(fs::exists(folder_ / "new"));
}

TEST_F(Program, IntegerTrainingRefusesWhatItCannotDo) {
  for (const char* method : {"icarl", "lwf", "bic", "der", "memo"}) {
    expect_bad_input({"train", "int8", "--set", std::string("continual.method=") + method},
                     "allowed: finetune, replay, joint with train.arithmetic");
  }
  expect_bad_input({"train", "int8", "--set", "integer.bits=9"}, "integer.bits");
  expect_bad_input({"train", "int8", "--set", "accumulator.bits=16"},
                   "accumulator.tile: value 64; allowed: 0...2 with integer.bits = 8");
  expect_bad_input({"train", "int8", "--set", "accumulator.bits=12"},
                   "accumulator.bits: value 12; allowed: 15 and more");
  expect_bad_input({"train", "int8", "--set", "accumulator.outer_bits=24", "--set",
                    "train.batch=600", "--set", "network.layers=[\"dense 600\"]"},
                   "sums of 600 products; allowed with integer.bits = 8");
}

#ifdef SYLVESTER_HAS_SYSTEMC
TEST_F(Program, TrainRefusesABackEndThatCannotDoIt) {
  expect_bad_input({"train", "train-small", "--backend", "gpu"}, "golden, systemc, rtl");
  expect_bad_input({"train", "fp32", "--backend", "systemc"}, "train.arithmetic");
  expect_bad_input({"train", "train-small", "--backend", "systemc", "--set", "hardware.tile_max=16",
                    "--set", "accumulator.tile=32"},
                   "tile");
}

// Integer training: every GEMM on the accelerator, the rest on the host.
TEST_F(Program, IntegerTrainingGivesOneHashOnGoldenAndSystemC) {
  std::vector<std::string> hashes;
  for (const char* backend : {"golden", "systemc"}) {
    const Finished finished =
        run({"train", "int8", "--backend", backend, "--json", "--set", "train.max_steps=3", "--set",
             "train.batch=6", "--set", "network.layers=[\"dense 9\", \"batch-norm\", \"relu\"]",
             "--set", "train.test_samples_per_class=2", "--set", "continual.memory=0"});
    ASSERT_EQ(finished.status, 0) << finished.err;
    const json seed = json::parse(finished.out).at("seeds").at(0);
    EXPECT_EQ(seed.at("steps"), 3);
    hashes.push_back(seed.at("weights_sha256").get<std::string>());
  }
  EXPECT_EQ(hashes[1], hashes[0]);
}

// Every prepare and GEMM of forward, dX and dW is computed by the back end: one hash.
TEST_F(VerilatedProgram, TrainGivesOneHashOnAllBackEnds) {
  std::vector<std::string> hashes;
  for (const char* backend : {"golden", "systemc", "rtl"}) {
    const Finished finished = run({"train", "train-small", "--backend", backend, "--json"});
    ASSERT_EQ(finished.status, 0) << finished.err;
    const json seed = json::parse(finished.out).at("seeds").at(0);
    EXPECT_EQ(seed.at("task_accuracy").size(), 3U);
    EXPECT_EQ(seed.at("steps"), 30);
    EXPECT_EQ(seed.at("complete"), true);
    hashes.push_back(seed.at("weights_sha256").get<std::string>());
  }
  EXPECT_EQ(hashes[1], hashes[0]);
  EXPECT_EQ(hashes[2], hashes[0]);
}
#endif

TEST_F(Program, InterruptionGives130AndNoResult) {
  const fs::path out = folder_ / "new" / "out";
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const pid_t child = start({"train", "train-small", "--set", "train.epochs=100000", "--set",
                               "train.max_steps=0", "--out", out.string(), "--json"});
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    kill(child, signal);
    const Finished result = finish(child);
    EXPECT_EQ(result.status, 130);
    const json parsed = json::parse(result.out, nullptr, false);
    ASSERT_FALSE(parsed.is_discarded()) << result.out;
    EXPECT_EQ(parsed.at("error").at("kind"), "interrupted");
    // What is there hinders no later run.
    EXPECT_FALSE(fs::exists(out / "result.json"));
    EXPECT_EQ(
        run({"train", "train-small", "--set", "train.max_steps=1", "--out", out.string()}).status,
        0);
    fs::remove_all(folder_ / "new");
  }
}

}  // namespace
}  // namespace sylvester
