// The program as a whole, and its smaller commands.
#include "cli/test_program.hpp"

#include <array>
#include <chrono>
#include <thread>

#include "golden/config/config.hpp"
#include "golden/config/convert.hpp"
#include "golden/support/sha256.hpp"

namespace sylvester {
namespace {

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
                                                {"precision", "--help"},
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
      {}, "a command is missing; allowed: accumulate, config, explore, generate, precision");
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
  double joules = 0;
  for (const json& layer : training.at("layers")) {
    EXPECT_GT(layer.at("energy_j").get<double>(), 0);
    joules += layer.at("energy_j").get<double>();
  }
  EXPECT_NEAR(training.at("energy_j").get<double>(), joules, 1e-9 * joules);
  EXPECT_GT(training.at("memory_bytes").get<int>(), forward.at("memory_bytes").get<int>());
  ASSERT_EQ(training.at("layers").size(), 3u);
  EXPECT_EQ(training.at("layers")[0], forward.at("layers")[0]);
  EXPECT_EQ(training.at("layers")[2].at("m"), 5);
  // Transformed: the contraction over the 8 samples is one block.
  EXPECT_EQ(training.at("layers")[2].at("macs"), 5 * 33 * 8);
}

TEST_F(Program, SimulateCountsTheJobsOfAMethod) {
  const auto step = [&](const char* preset, const std::vector<std::string>& overrides) {
    std::vector<std::string> arguments = {"simulate", preset, "--gemm", "20,18,33", "--training"};
    for (const std::string& text : overrides) {
      arguments.insert(arguments.end(), {"--set", text});
    }
    return run_json(arguments);
  };
  const json measured = step("luq", {});
  const json given = step("luq", {"operands.input_gradient.scale=hindsight"});
  // X, W by a clip and G once, whose codes dW reads as well.
  EXPECT_EQ(measured.at("wide_passes"), 1 + 1 + 2);
  EXPECT_EQ(given.at("wide_passes"), 1 + 1 + 1);
  EXPECT_EQ(measured.at("layers")[1].at("prepare_b_cycles"), 0);
  EXPECT_EQ(measured.at("layers")[2].at("prepare_a_cycles"), 0);
  EXPECT_EQ(measured.at("layers")[2].at("prepare_b_cycles"), 0);
  EXPECT_LT(given.at("cycles"), measured.at("cycles"));
  const json four = step("luq", {"backward.gradient_samples=4"});
  EXPECT_EQ(four.at("wide_passes"), 1 + 1 + 4 * 2);
  EXPECT_EQ(four.at("layers")[1].at("prepare_a_cycles"),
            4 * measured.at("layers")[1].at("prepare_a_cycles").get<int>());
  EXPECT_EQ(four.at("layers")[2].at("array_cycles"),
            4 * measured.at("layers")[2].at("array_cycles").get<int>());
  EXPECT_EQ(step("rht", {}).at("wide_passes"), 6 * 2);
}

TEST_F(Program, SimulateRefusesBadInput) {
  const std::string config = file("small.toml", "");
  for (const char* sizes : {"", "1", "1,2", "1,2,3,4", "0,1,1", "1,1,65536", "1,x,1", "1,1,1 "}) {
    expect_bad_input({"simulate", config, "--gemm", sizes}, "--gemm");
  }
  expect_bad_input({"simulate", config}, "--gemm");
  expect_bad_input({"simulate", "hdqt-paper", "--gemm", "1,1,1"},
                   "train.arithmetic: value \"paper-float\"");
  expect_bad_input({"verify", "rht", "--set", "prepare.signs=false"},
                   "transform.forward.signs: value true");
  const fs::path nothing = folder_ / "nothing";
  expect_bad_input({"generate", "rht", "--out", nothing.string(), "--set", "prepare.signs=false"},
                   "allowed for generate: false with prepare.signs = false");
  EXPECT_FALSE(fs::exists(nothing));
  expect_bad_input({"train", "luq", "--trace", nothing.string()},
                   "backward.reuse_codes: value true; allowed with --trace: false");
  expect_bad_input(
      {"train", "hdqt", "--set", "backward.gradient_samples=2", "--trace", nothing.string()},
      "backward.gradient_samples: value 2; allowed with --trace: 1");
  expect_bad_input({"train", "hdqt", "--set", "fnt.epochs=1", "--trace", nothing.string()},
                   "fnt.epochs: value 1; allowed with --trace: 0");
  // Refused at once, not after hours.
  expect_bad_input({"simulate", config, "--gemm", "65535,65535,4096", "--set", "array.rows=1",
                    "--set", "hardware.buffers.code_chunk=1"},
                   "--gemm: forward of 65535 x 65535 x 4096 has");
  expect_bad_input({"simulate", config, "--gemm", "4,4,4", "--set", "operands.forward_weight=i8"},
                   "i8");
}

TEST_F(Program, FullStandardOutputIsAnEnvironmentError) {
  if (!fs::exists("/dev/full")) GTEST_SKIP();
  const Finished result = finish(start({"config", "init"}, "/dev/full"), false);
  EXPECT_EQ(result.status, 3);
  EXPECT_THAT(result.err, HasSubstr("standard output"));
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
