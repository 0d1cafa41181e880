// Runs the program as a user does: arguments in, exit status and output streams out.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "golden/config/config.hpp"
#include "golden/config/convert.hpp"
#include "golden/support/atomic_file.hpp"
#include "golden/support/npy.hpp"
#include "golden/support/npz.hpp"
#include "golden/support/sha256.hpp"
#include "golden/trace/trace.hpp"

namespace sylvester {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

struct Finished {
  int status = -1;  ///< exit status, or 128 + signal
  std::string out;
  std::string err;
};

class Program : public testing::Test {
 protected:
  Program() : folder_(fs::temp_directory_path() / ("sylvester_cli_" + std::to_string(getpid()))) {
    fs::create_directories(folder_);
  }
  ~Program() override { fs::remove_all(folder_); }

  // Starts the program with its streams in files; `out` may be a device instead.
  pid_t start(const std::vector<std::string>& arguments, const std::string& out = "") const {
    std::vector<std::string> words = {SYLVESTER_PROGRAM};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const std::string out_path = out.empty() ? (folder_ / "out").string() : out;
    const std::string err_path = (folder_ / "err").string();
    const pid_t child = fork();
    if (child == 0) {
      dup2(open("/dev/null", O_RDONLY), 0);
      dup2(open(out_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 1);
      dup2(open(err_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 2);
      execv(argv[0], argv.data());
      _exit(127);
    }
    return child;
  }

  Finished finish(pid_t child, bool own_out = true) const {
    int status = 0;
    waitpid(child, &status, 0);
    Finished result;
    result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (own_out) result.out = read_file(folder_ / "out");
    result.err = read_file(folder_ / "err");
    return result;
  }

  Finished run(const std::vector<std::string>& arguments) const { return finish(start(arguments)); }

  std::string file(const std::string& name, const std::string& content) const {
    write_file(folder_ / name, content);
    return (folder_ / name).string();
  }

  std::string matrix(const std::string& name, std::vector<std::size_t> shape,
                     std::vector<std::int64_t> values) const {
    NpyArray array;
    array.shape = std::move(shape);
    array.integers = std::move(values);
    return file(name, npy_bytes(array));
  }

  // Bad input: status 2, one line on standard error, and with --json one error object.
  void expect_bad_input(const std::vector<std::string>& arguments, const std::string& part) const {
    const Finished plain = run(arguments);
    EXPECT_EQ(plain.status, 2) << plain.err;
    EXPECT_EQ(plain.out, "");
    EXPECT_THAT(plain.err, StartsWith("sylvester: "));
    EXPECT_THAT(plain.err, HasSubstr(part));
    EXPECT_EQ(std::count(plain.err.begin(), plain.err.end(), '\n'), 1) << plain.err;

    std::vector<std::string> with_json = arguments;
    with_json.emplace_back("--json");
    const Finished object = run(with_json);
    EXPECT_EQ(object.status, 2);
    const json parsed = json::parse(object.out, nullptr, false);
    ASSERT_FALSE(parsed.is_discarded()) << object.out;
    EXPECT_EQ(parsed.at("schema_version"), 1);
    EXPECT_EQ(parsed.at("error").at("kind"), "input");
    EXPECT_THAT(parsed.at("error").at("message").get<std::string>(), HasSubstr(part));
  }

  json run_json(std::vector<std::string> arguments) const {
    arguments.emplace_back("--json");
    const Finished result = run(arguments);
    EXPECT_EQ(result.status, 0) << result.err;
    const json parsed = json::parse(result.out, nullptr, false);
    EXPECT_FALSE(parsed.is_discarded()) << result.out;
    EXPECT_EQ(parsed.value("schema_version", 0), 1);
    return parsed;
  }

  fs::path folder_;
};

TEST_F(Program, HelpOnEveryLevel) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"--help"},
                                                {"config", "--help"},
                                                {"config", "init", "--help"},
                                                {"config", "explain", "--help"},
                                                {"config", "diff", "--help"},
                                                {"config", "hash", "--help"},
                                                {"accumulate", "--help"},
                                                {"explore", "--help"},
                                                {"generate", "--help"},
#ifdef SYLVESTER_HAS_SYSTEMC
                                                {"verify", "--help"},
#endif
                                                {"simulate", "--help"},
                                                {"train", "--help"}}) {
    const Finished result = run(words);
    EXPECT_EQ(result.status, 0);
    EXPECT_THAT(result.out, HasSubstr("Usage: ")) << words.front();
    EXPECT_EQ(result.err, "");
  }
  EXPECT_THAT(run({"--version"}).out, StartsWith("sylvester "));
}

TEST_F(Program, BadCommandLines) {
  expect_bad_input(
      {}, "a command is missing; allowed: accumulate, config, explore, generate, simulate");
  expect_bad_input({"no-such-command"}, "no-such-command");
  expect_bad_input({"config"}, "allowed: init, explain, diff, hash");
  expect_bad_input({"config", "hash", "a\nb"}, "a\\nb: no such file");
  expect_bad_input({"config", "init", "accumulate", "extra"}, "extra");
  expect_bad_input({"config", "hash"}, "config");
  expect_bad_input({"config", "init", "--no-such-option"}, "--no-such-option");
  expect_bad_input({"config", "init", "--set"}, "--set");
  expect_bad_input({"accumulate", "a.npy"}, "b");
  expect_bad_input({"accumulate", "a.npy", "b.npy", "--bits", "3"}, "3");
  expect_bad_input({"accumulate", "a.npy", "b.npy", "--bits", "x"}, "x");
}

TEST_F(Program, ErrorsAreOnePrintableLine) {
  expect_bad_input({"config", "hash", "a\tb\x1b[31m\xff\r\n"},
                   "a\\tb\\x1b[31m\\xff\\r\\n: no such");
  expect_bad_input({"config", "hash", "fp32", "--set", "array.rows=\n"}, "value \\n; allowed");
  expect_bad_input({"config", "explain", "x\x01"}, "x\\x01: unknown key");
  expect_bad_input({"--\x7f"}, "--\\x7f");
}

// Reading one would never end, or fill the memory.
TEST_F(Program, OnlyRegularFilesAreRead) {
  const std::string fifo = (folder_ / "fifo").string();
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  const fs::path data = folder_ / "data";
  fs::create_directory(data);
  ASSERT_EQ(mkfifo((data / "optdigits.tra").c_str(), 0600), 0);
  for (const std::string& path : {fifo, std::string("/dev/zero"), std::string("/dev/stdin")}) {
    expect_bad_input({"config", "hash", path}, path + ": is not a regular file");
    expect_bad_input({"accumulate", path, path}, path + ": is not a regular file");
  }
  expect_bad_input({"train", "train-small", "--set", "data.set=optdigits", "--data", data.string()},
                   "optdigits.tra: is not a regular file");
}

TEST_F(Program, BadConfigurations) {
  expect_bad_input({"config", "hash", "no-such-file.toml"}, "no-such-file.toml: no such file");
  expect_bad_input({"config", "hash", folder_.string()}, "is a folder");
  expect_bad_input({"config", "hash", file("broken.toml", "[array\nrows=1")}, "broken.toml:1:");
  expect_bad_input({"config", "hash", file("binary.toml", std::string("\xff\0\x01", 3))},
                   "binary.toml:");
  const std::string empty = file("empty.toml", "");
  expect_bad_input({"config", "hash", empty, "--set", "array.rows=0"},
                   "--set: array.rows: value 0; allowed: integer 1...64");
  expect_bad_input({"config", "hash", empty, "--set", "array.row=1"}, "nearest: array.rows");
  expect_bad_input({"config", "hash", empty, "--set", "accumulator.outer_bits=7"},
                   "empty.toml: accumulator.outer_bits: value 7; allowed: 8...32");
  expect_bad_input({"config", "explain", "acumulator.bits"}, "nearest: accumulator.bits");
  expect_bad_input({"config", "diff", empty, "no-such"}, "no-such: no such file");
}

TEST_F(Program, ConfigInitIsAConfiguration) {
  const Finished text = run({"config", "init", "--set", "array.rows=5"});
  EXPECT_EQ(text.status, 0) << text.err;
  const std::string copy = file("copy.toml", text.out);
  EXPECT_EQ(Config::load(copy).integer("array.rows"), 5);
  EXPECT_EQ(run_json({"config", "init", copy}).at("config").at("array.rows"), 5);
}

TEST_F(Program, ConfigExplainKnowsEveryKey) {
  EXPECT_EQ(run_json({"config", "explain"}).at("keys").size(), declared_keys().size());
  const json one = run_json({"config", "explain", "accumulator.bits"}).at("keys");
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].at("default"), 8);
  EXPECT_EQ(one[0].at("changes"), json({"numerics", "hardware"}));
  EXPECT_GT(run_json({"config", "explain", "hardware.latency"}).at("keys").size(), 1u);
}

TEST_F(Program, ConfigDiffAndHash) {
  const std::string a = file("a.toml", "");
  const std::string b = file("b.toml", "accumulator.backward_tile = 16\n");
  const json diff = run_json({"config", "diff", a, b}).at("differences");
  ASSERT_EQ(diff.size(), 1u);
  EXPECT_EQ(diff[0].at("key"), "accumulator.backward_tile");
  EXPECT_EQ(diff[0].at("b"), 16);
  EXPECT_THAT(run({"config", "diff", a, a}).out, "no differences\n");

  const json hash_a = run_json({"config", "hash", a});
  const json hash_b = run_json({"config", "hash", b});
  EXPECT_EQ(hash_a.at("numerics_hash"), to_hex(Config::load(a).numerics_hash()));
  EXPECT_NE(hash_a.at("numerics_hash"), hash_b.at("numerics_hash"));
  EXPECT_EQ(hash_a.at("hardware_hash"), hash_b.at("hardware_hash"));
  EXPECT_EQ(hash_a.at("hardware_hash"), to_hex(hardware_hash(Config::load(a))));
}

TEST_F(Program, AccumulateShowsTheLimits) {
  // One output: 4 products of 7 * 7 = 196. 8 bits: saturate 127, wrap 196 - 256 = -60, clamp 127.
  const std::string a = matrix("a.npy", {1, 4}, {7, 7, 7, 7});
  const std::string b = matrix("b.npy", {4, 1}, {7, 7, 7, 7});
  const json result = run_json({"accumulate", "--bits", "8", "--tile", "32", a, b});
  EXPECT_EQ(result.at("largest_exact"), 196);
  const json& policies = result.at("policies");
  EXPECT_EQ(policies.at("saturate").at("max_error"), 196 - 127);
  EXPECT_EQ(policies.at("saturate").at("limited_tiles"), 1);
  EXPECT_EQ(policies.at("saturate").at("limited_macs"), 2);
  EXPECT_EQ(policies.at("wrap").at("max_error"), 256);
  EXPECT_EQ(policies.at("clamp").at("max_error"), 196 - 127);
  EXPECT_EQ(policies.at("clamp").at("limited_macs"), 0);

  const json tiled =
      run_json({"accumulate", "--tile", "2", "--policy", "saturate", a, b}).at("policies");
  EXPECT_EQ(tiled.size(), 1u);
  EXPECT_EQ(tiled.at("saturate").at("max_error"), 0);
}

TEST_F(Program, AccumulateReadsColumnsOfB) {
  const std::string a = matrix("a.npy", {2, 3}, {1, 2, 3, -4, -5, -6});
  const std::string b = matrix("b.npy", {3, 2}, {1, 0, 0, 1, 2, 2});
  const json result = run_json({"accumulate", a, b});
  EXPECT_EQ(result.at("largest_exact"), 17);  // |-5 - 12|
  EXPECT_EQ(result.at("macs"), 12);
  EXPECT_EQ(result.at("policies").at("saturate").at("max_error"), 0);
}

TEST_F(Program, AccumulateRefusesBadMatrices) {
  const std::string a = matrix("a.npy", {1, 4}, {7, 7, 7, 7});
  const std::string b = matrix("b.npy", {3, 1}, {7, 7, 7});
  const std::string large = matrix("large.npy", {4, 1}, {1, 2, 3, 1000});
  const std::string line = matrix("line.npy", {4}, {1, 2, 3, 4});
  expect_bad_input({"accumulate", a, b}, "b.npy: 3 rows; allowed: 4");
  expect_bad_input({"accumulate", a, large}, "large.npy: integers 1...1000; allowed: -127...127");
  expect_bad_input({"accumulate", a, line}, "line.npy: shape (4)");
  expect_bad_input({"accumulate", a, file("text.npy", "text")}, "text.npy: is not an .npy file");
  expect_bad_input({"accumulate", a, (folder_ / "absent.npy").string()}, "absent.npy");
  expect_bad_input({"accumulate", a, a, "--policy", "round"}, "round");

  NpyArray floats;
  floats.is_float = true;
  floats.shape = {4, 1};
  floats.floats = {1, 2, std::numeric_limits<double>::quiet_NaN(), 4};
  expect_bad_input({"accumulate", a, file("nan.npy", npy_bytes(floats))}, "nan.npy");
  floats.floats[2] = 3;
  EXPECT_EQ(run({"accumulate", a, file("floats.npy", npy_bytes(floats))}).status, 0);
  expect_bad_input({"accumulate", a, (folder_ / "floats.npy").string(), "--format", "i99"}, "i99");
}

TEST_F(Program, GenerateWritesTheSamePackageTwice) {
  const std::string config =
      file("small.toml", "array.rows = 2\narray.cols = 3\nprepare.block_max = 4\n");
  const std::string first = (folder_ / "first").string();
  const json result = run_json({"generate", config, "--out", first});
  EXPECT_EQ(result.at("hardware_hash"), to_hex(hardware_hash(Config::load(config))));
  ASSERT_FALSE(result.at("files").empty());
  const std::string second = (folder_ / "second").string();
  EXPECT_EQ(run({"generate", config, "--out", second}).status, 0);
  for (const json& name : result.at("files")) {
    const std::string path = "/" + name.get<std::string>();
    EXPECT_EQ(read_file(first + path), read_file(second + path)) << path;
  }
  EXPECT_EQ(run({"generate", config, "--out", first}).status, 0) << "replaces its own package";
}

// Files of others are neither deleted nor mixed with results; own earlier results are replaced.
TEST_F(Program, OutputFoldersOfOthersStayAsTheyAre) {
  const std::string config = file("small.toml", "array.rows = 2\n");
  file("mine/files.txt", "files.txt\nthesis.txt\n");
  file("mine/thesis.txt", "text");
  const std::string mine = (folder_ / "mine").string();
  const std::vector<std::string> train = {"train", "train-small", "--set", "train.max_steps=1"};
  const auto with_out = [](std::vector<std::string> words, const std::string& out) {
    words.insert(words.end(), {"--out", out});
    return words;
  };
  const std::vector<std::string> generate = {"generate", config};
  for (const auto& command : {train, generate}) {
    const std::string out = (folder_ / ("out_" + command.front())).string();
    EXPECT_EQ(run(with_out(command, out)).status, 0);
    EXPECT_EQ(run(with_out(command, out)).status, 0) << "replaces its own";
    write_file(out + "/notes.txt", "text");
    expect_bad_input(with_out(command, out), "holds notes.txt");
    expect_bad_input(with_out(command, mine), "which no earlier run has written");
    EXPECT_EQ(read_file(mine + "/thesis.txt"), "text");
    expect_bad_input(with_out(command, config), "is a file, not a folder");
    expect_bad_input(with_out(command, config + "/below"), "Not a directory");
    expect_bad_input(with_out(command, "/proc/sylvester"), "/proc/sylvester");
  }
}

TEST_F(Program, TrainLeavesNoFolderBehindWhenItFails) {
  const std::string out = (folder_ / "new" / "out").string();
  expect_bad_input({"train", "train-small", "--set", "data.test_subjects=77", "--out", out},
                   "data.test_subjects: value 77; allowed with data set 'embedded': 1...9");
  EXPECT_FALSE(fs::exists(folder_ / "new"));
}

TEST_F(Program, GenerateRefusesBadInput) {
  const std::string config = file("small.toml", "array.rows = 2\n");
  expect_bad_input({"generate", config}, "--out");
  expect_bad_input({"generate", config, "--out", folder_.string()}, folder_.string());
  expect_bad_input({"generate", config, "--out", "/proc/sylvester"}, "/proc/sylvester");
  expect_bad_input({"generate", "no-such.toml", "--out", (folder_ / "out_rtl").string()},
                   "no-such.toml: no such file");
}

TEST_F(Program, SimulateCountsTheGemmsOfALayer) {
  const std::string config = file("small.toml", "array.rows = 4\narray.cols = 4\n");
  const json forward = run_json({"simulate", config, "--gemm", "8,5,33"});
  ASSERT_EQ(forward.at("layers").size(), 1u);
  EXPECT_EQ(forward.at("macs"), 8 * 5 * 33);
  EXPECT_GE(forward.at("cycles").get<std::uint64_t>() * 16, forward.at("macs"));
  const json training = run_json({"simulate", config, "--gemm", "8,5,33", "--training"});
  ASSERT_EQ(training.at("layers").size(), 3u);
  EXPECT_EQ(training.at("layers")[0], forward.at("layers")[0]);
  EXPECT_EQ(training.at("layers")[2].at("m"), 5);
  // Transformed: the contraction over the 8 samples is one block.
  EXPECT_EQ(training.at("layers")[2].at("macs"), 5 * 33 * 8);
}

TEST_F(Program, SimulateRefusesBadInput) {
  const std::string config = file("small.toml", "");
  for (const char* sizes : {"", "1", "1,2", "1,2,3,4", "0,1,1", "1,1,65536", "1,x,1", "1,1,1 "}) {
    expect_bad_input({"simulate", config, "--gemm", sizes}, "--gemm");
  }
  expect_bad_input({"simulate", config}, "--gemm");
  expect_bad_input({"simulate", "hdqt-paper", "--gemm", "1,1,1"},
                   "train.arithmetic: value paper-float");
  // Refused at once, not after hours.
  expect_bad_input({"simulate", config, "--gemm", "65535,65535,4096", "--set", "array.rows=1",
                    "--set", "hardware.buffers.code_chunk=1"},
                   "--gemm: forward of 65535 x 65535 x 4096 has");
  expect_bad_input({"simulate", config, "--gemm", "4,4,4", "--set", "operands.forward_weight=i8"},
                   "i8");
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

#ifdef SYLVESTER_HAS_SYSTEMC
// The trace of a training run, and what a changed element of it shows.
TEST_F(Program, VerifyReplaysATrace) {
  const std::string path = (folder_ / "t.npz").string();
  ASSERT_EQ(run({"train", "train-small", "--set", "train.max_steps=1", "--trace", path}).status, 0);
  const json report = run_json({"verify", "train-small", "--trace", path, "--models", "systemc"});
  EXPECT_EQ(report.at("jobs"), 8);
  EXPECT_EQ(report.at("mismatches"), 0);
  EXPECT_EQ(report.at("models").at("jobs"), 8);
  EXPECT_GT(report.at("cycles_compared"), 0);
  EXPECT_TRUE(report.at("first_divergence").is_null());

  const Trace trace = Trace::read(path, Config::load("train-small"));
  TraceWriter writer;
  for (std::size_t i = 0; i < trace.size(); ++i) {
    TraceJob job = trace.job(i);
    if (i == 1) job.values[3 * static_cast<std::size_t>(job.b.lines) + 4] ^= 1;
    writer.add(job);
  }
  const std::string wrong = file("wrong.npz", writer.bytes());
  const Finished finished =
      run({"verify", "train-small", "--trace", wrong, "--models", "none", "--json"});
  EXPECT_EQ(finished.status, 1) << finished.err;
  const json divergence = json::parse(finished.out).at("first_divergence");
  EXPECT_EQ(divergence.at("job"), "step0.layer1.forward");
  EXPECT_EQ(divergence.at("level"), "values");
  EXPECT_EQ(divergence.at("m"), 3);
  EXPECT_EQ(divergence.at("n"), 4);
  EXPECT_EQ(divergence.at("k"), 52);  // the last: only the results are in the trace
  EXPECT_EQ(divergence.at("k_known"), "last");
  EXPECT_THAT(run({"verify", "train-small", "--trace", wrong, "--models", "none"}).out,
              HasSubstr("element (3, 4)"));

  expect_bad_input({"verify", "--trace", path}, "--trace: 0 configurations; allowed: one");
  expect_bad_input({"verify", "hdqt", "fqt", "--trace", path}, "--trace: 2 configurations");
  expect_bad_input({"verify", "hdqt", "--trace", path, "--models", "rtl"}, "--models: value rtl");
  expect_bad_input({"verify", "hdqt", "--trace", path, "--jobs", "3"}, "--jobs");
  expect_bad_input({"verify", "hdqt", "--models", "none"}, "--trace");
  expect_bad_input({"verify", "hdqt", "--trace", ""}, "--trace");
  expect_bad_input({"verify", "hdqt", "--trace", (folder_ / "absent").string()}, "absent");
  expect_bad_input({"verify", "hdqt", "--trace", file("text.npz", "text")},
                   "text.npz: is not an intact .npz file");
}

TEST_F(Program, TrainRefusesABackEndThatCannotDoIt) {
  expect_bad_input({"train", "train-small", "--backend", "gpu"}, "golden, systemc, rtl");
  expect_bad_input({"train", "fp32", "--backend", "systemc"}, "train.arithmetic");
  expect_bad_input({"train", "train-small", "--backend", "systemc", "--set", "hardware.tile_max=16",
                    "--set", "accumulator.tile=32"},
                   "tile");
}

using VerilatedProgram = Program;

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

TEST_F(VerilatedProgram, ATraceIsReplayedOnTheRtl) {
  const std::string path = (folder_ / "t.npz").string();
  ASSERT_EQ(run({"train", "train-small", "--set", "train.max_steps=3", "--trace", path}).status, 0);
  const json report = run_json({"verify", "train-small", "--trace", path});
  EXPECT_EQ(report.at("mismatches"), 0);
  EXPECT_EQ(report.at("models").at("jobs"), 16);
  // Two models in one cycle: every boundary of it counts.
  EXPECT_GT(report.at("bits_compared"), 100 * report.at("cycles_compared").get<std::uint64_t>());
}

// A design that differs ran and does not hold: status 1, with files that show it again.
TEST_F(VerilatedProgram, AnEditedDesignDoesNotHold) {
  const std::string rtl = (folder_ / "rtl").string();
  const std::string failures = (folder_ / "failures").string();
  ASSERT_EQ(run({"generate", "verify/saturate-4x4", "--out", rtl}).status, 0);
  const fs::path cell = folder_ / "rtl" / "rtl" / "accumulate_saturate.v";
  std::string text = read_file(cell);
  const std::string fits = "wire fits = ";
  ASSERT_NE(text.find(fits), std::string::npos);
  write_file(cell, text.replace(text.find(fits), fits.size(), fits + "1'b1 | "));
  const Finished finished = run({"verify", "verify/saturate-4x4", "--rtl", rtl, "--jobs", "4",
                                 "--failures", failures, "--json"});
  EXPECT_EQ(finished.status, 1) << finished.err;
  const json report = json::parse(finished.out);
  EXPECT_EQ(report.at("mismatches"), 1);
  const std::string job_file = report.at("configurations").at(0).at("job_file");
  EXPECT_EQ(run({"verify", "--replay", job_file, "--failures", failures}).status, 1);
  expect_bad_input({"verify", "verify/wrap-3x5", "--rtl", rtl}, "HardwareHash is ");
}
#endif

#ifdef SYLVESTER_HAS_SYSTEMC
TEST_F(Program, VerifyRefusesBadInput) {
  expect_bad_input({"verify", "no-such.toml"}, "no-such.toml: no such file");
  expect_bad_input({"verify", "--jobs", "0"}, "--jobs");
  expect_bad_input({"verify", "--jobs", "many"}, "--jobs");
  expect_bad_input({"verify", "--set", "array.rows=3"}, "needs a configuration");
  expect_bad_input({"verify", "--seed", "-1"}, "--seed");
  expect_bad_input({"verify", "--rtl", ""}, "--rtl");
  expect_bad_input({"verify", "--replay", ""}, "--replay");
  expect_bad_input({"verify", "--failures", ""}, "--failures");
  expect_bad_input({"verify", "--failures", "/proc/sylvester"}, "/proc/sylvester");
  expect_bad_input({"verify", "--jobs", "5"}, "at least 6");
  expect_bad_input({"verify", "--replay", file("jobs.json", "{}")}, "not a job file");
  expect_bad_input({"verify", "--replay", (folder_ / "absent.json").string()}, "absent.json");
  expect_bad_input({"verify", "--rtl", (folder_ / "absent").string()}, "one configuration");
  expect_bad_input({"verify", "verify/saturate-4x4", "--rtl", (folder_ / "absent").string()},
                   "absent");
}
#endif

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
  expect_bad_input({"explore", space, "--out", out, "--set", "array.rows=3"}, "array.rows: given");
  expect_bad_input({"explore", space, "--out", out, "--set", "operands.forward_weight=i8"},
                   "space.toml: point accumulator.bits = 6, array.rows = 4: ");
  expect_bad_input({"explore", file("bad.toml", "base = 3\n"), "--out", out}, "bad.toml: base");
  write_file(folder_ / "foreign" / "results.sqlite", "text");
  expect_bad_input({"explore", space, "--out", (folder_ / "foreign").string()}, "is no database");
  EXPECT_FALSE(fs::exists(out));
}

TEST_F(Program, FullStandardOutputIsAnEnvironmentError) {
  if (!fs::exists("/dev/full")) GTEST_SKIP();
  const Finished result = finish(start({"config", "init"}, "/dev/full"), false);
  EXPECT_EQ(result.status, 3);
  EXPECT_THAT(result.err, HasSubstr("standard output"));
}

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

TEST_F(Program, AClosedPipeIsAnEnvironmentError) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  close(ends[0]);
  const Finished result =
      finish(start({"config", "init"}, "/dev/fd/" + std::to_string(ends[1])), false);
  close(ends[1]);
  EXPECT_EQ(result.status, 3);
  EXPECT_THAT(result.err, HasSubstr("standard output: writing failed: Broken pipe"));
}

}  // namespace
}  // namespace sylvester
