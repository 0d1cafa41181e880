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

TEST_F(Program, TrainBeginsWithTheWeightsOfAnotherRun) {
  const auto train = [&](const std::string& out, std::vector<std::string> more) {
    std::vector<std::string> words = {
        "train", "train-small",       "--set", "continual.classes_per_task=12",
        "--set", "train.max_steps=3", "--out", (folder_ / out).string()};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  const auto sha_of = [](const json& result) {
    return result.at("seeds").at(0).at("weights_sha256").get<std::string>();
  };
  const json left = run_json(train("left", {"--set", "train.arithmetic=float"}));
  EXPECT_EQ(left.at("init_sha256"), nullptr);
  const std::string weights = (folder_ / "left" / "seed-1" / "weights.npz").string();
  const json same = run_json(train("same", {"--init", weights, "--set", "train.learning_rate=0"}));
  EXPECT_EQ(sha_of(same), sha_of(left));
  EXPECT_EQ(same.at("init_sha256").get<std::string>().size(), 64U);
  const json tuned = run_json(train("tuned", {"--init", weights}));
  EXPECT_NE(sha_of(tuned), sha_of(run_json(train("drawn", {}))));
  EXPECT_THAT(run(train("tuned", {"--init", weights, "--resume"})).out,
              HasSubstr("finished earlier"));
  expect_bad_input(train("tuned", {"--resume"}), "result.json: belongs to a run with init_sha256");

  expect_bad_input(train("bad", {"--init", (folder_ / "none.npz").string()}), "none.npz");
  expect_bad_input(train("bad", {"--init", ""}), "--init");
  expect_bad_input(train("bad", {"--init", weights, "--set", "network.layers=dense 6"}),
                   "is not of this network: array 'layer-0-weight' has the shape");
  expect_bad_input(train("bad", {"--init", weights, "--set", "continual.classes_per_task=2"}),
                   "; allowed: 2 x ");
  EXPECT_FALSE(fs::exists(folder_ / "bad"));
}

// The files of MNIST with a bright square in every image.
void write_digits(const fs::path& folder) {
  for (const auto& [part, images] : {std::pair("train", 20), std::pair("t10k", 10)}) {
    const auto count = std::string(3, '\0') + static_cast<char>(images);
    const std::string size("\0\0\0\x1c\0\0\0\x1c", 8);
    std::string pixels = std::string("\0\0\x08\x03", 4) + count + size;
    std::string labels = std::string("\0\0\x08\x01", 4) + count;
    for (int i = 0; i < images; ++i) {
      labels += static_cast<char>(i % 10);
      for (int p = 0; p < 28 * 28; ++p) {
        const bool ink = p / 28 >= 6 && p / 28 < 22 && p % 28 >= 6 && p % 28 < 12 + i % 10;
        pixels += ink ? '\xff' : '\0';
      }
    }
    write_file(folder / (std::string(part) + "-images-idx3-ubyte"), pixels);
    write_file(folder / (std::string(part) + "-labels-idx1-ubyte"), labels);
  }
}

TEST_F(Program, ScenesAreTrainedAndExplored) {
  write_digits(folder_);
  const std::vector<std::string> set = {
      "data.set=mnist-canvas", "data.train_images=8",
      "data.test_images=4",    "train.max_steps=2",
      "train.batch=4",         "network.layers=conv 4 kernel=8 stride=8,relu"};
  const auto train = [&](const std::string& task, std::vector<std::string> more) {
    std::vector<std::string> words = {"train", "hdqt", "--set", "train.task=" + task};
    for (const std::string& setting : set) words.insert(words.end(), {"--set", setting});
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  const std::vector<std::string> data = {"--data", folder_.string()};
  const Finished finished = run(train("detection", data));
  EXPECT_EQ(finished.status, 0) << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("seed 1: mAP@0.5 "));
  const json trained = run_json(train("detection", data));
  EXPECT_EQ(trained.at("seeds").at(0).at("metric"), "mAP@0.5");
  EXPECT_EQ(trained.at("seeds").at(0).at("final_by_class").size(), 10U);

  std::string space = "base = \"hdqt\"\nmeasure = [\"accuracy\", \"cycles\"]\n[set]\n";
  space += "train.task = \"detection\"\ndata.set = \"mnist-canvas\"\ndata.train_images = 8\n";
  space += "data.test_images = 4\ntrain.max_steps = 2\ntrain.batch = 4\n";
  space += "network.layers = [\"conv 4 kernel=8 stride=8\", \"relu\"]\n";
  const std::string file_name = file("space.toml", space);
  const json explored = run_json(
      {"explore", file_name, "--out", (folder_ / "explored").string(), "--data", folder_.string()});
  const json& seed = explored.at("points").at(0).at("seeds").at(0);
  EXPECT_EQ(seed.at("weights_sha256"), trained.at("seeds").at(0).at("weights_sha256"));
  EXPECT_EQ(seed.at("final_accuracy"), trained.at("seeds").at(0).at("final_accuracy"));

  expect_bad_input(train("detection", {}), "data.set: value mnist-canvas needs --data DIR");
  expect_bad_input(train("classification", data),
                   "train.task: value \"classification\"; allowed: detection, segmentation, for "
                   "data.set is \"mnist-canvas\"");
  expect_bad_input(train("segmentation", data), "allowed for segmentation: 64 x 64");
  expect_bad_input(train("boxes", data), "train.task: value \"boxes\"; allowed: one of");
  expect_bad_input(train("detection", {"--data", (folder_ / "none").string()}),
                   "no such directory, so no file of data set 'mnist-canvas'");
  expect_bad_input({"train", "hdqt", "--set", "train.task=detection"},
                   "data.set: value \"embedded\"; allowed: mnist-canvas");
  std::vector<std::string> tuned = data;
  tuned.insert(tuned.end(), {"--set", "fnt.epochs=1"});
  expect_bad_input(train("detection", tuned), "fnt.epochs: value 1; allowed: 0");
  std::vector<std::string> many = data;
  many.insert(many.end(), {"--set", "data.train_images=50001"});
  expect_bad_input(train("detection", many), "data.train_images: value 50001; allowed: integer");
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
