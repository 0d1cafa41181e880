// Precision tables and PDQAT on the command line.
#include "cli/test_program.hpp"

namespace sylvester {
namespace {

// A network of two low-precision layers on few samples.
const std::vector<std::string> kSmall = {"pdqat",
                                         "--set",
                                         "network.layers=dense 12,clip,dense 10,clip,dense 9,clip",
                                         "--set",
                                         "data.samples_per_class=20",
                                         "--set",
                                         "train.epochs=2"};

std::vector<std::string> with(std::vector<std::string> words,
                              const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST_F(Program, PdqatTrainsWritesMultipliersAndATableOfThem) {
  const std::string out = (folder_ / "trained").string();
  const json result = run_json(with(with({"train"}, kSmall), {"--seeds", "2", "--out", out}));
  const json& constraints = result.at("seeds").at(1).at("constraints");
  EXPECT_EQ(constraints.at("layers").size(), 2U);
  const std::string metrics = read_file(folder_ / "trained" / "seed-1" / "metrics.jsonl");
  const json first = json::parse(metrics.substr(0, metrics.find('\n')));
  EXPECT_EQ(first.at("constraints").at("output").at("dual_before"), 1.0);
  EXPECT_TRUE(first.at("constraints").contains("gap"));

  const std::string table = (folder_ / "table.toml").string();
  const std::string result_file = (folder_ / "trained" / "result.json").string();
  const json chosen = run_json({"precision", result_file, "--layers", "1", "--out", table});
  EXPECT_EQ(chosen.at("layers").size(), 2U);
  EXPECT_THAT(read_file(table), HasSubstr("pdqat.bits = 8"));
  const json tabled =
      run_json(with(with({"train"}, kSmall), {"--set", "network.precision=" + table}));
  EXPECT_NE(tabled.at("numerics_hash"), result.at("numerics_hash"));
  EXPECT_EQ(tabled.at("hardware_hash"), result.at("hardware_hash"));

  const json cycles =
      run_json(with(with({"simulate"}, kSmall),
                    {"--input", "53", "--classes", "12", "--set", "network.precision=" + table}));
  ASSERT_EQ(cycles.at("layers").size(), 2U);
  std::uint64_t most = 0;
  for (const json& layer : cycles.at("layers")) {
    EXPECT_EQ(layer.at("a_format"), "u4");
    EXPECT_EQ(layer.at("b_format"), "i5");
    most = std::max(most, layer.at("macs").get<std::uint64_t>());
  }
  EXPECT_GE(most, 4U * 128U * 9U * 10U) << "8 bits take four jobs";

  expect_bad_input({"precision", result_file, "--layers", "3", "--out", table},
                   "--layers: value 3; allowed: 1...2");
  expect_bad_input({"precision", result_file, "--choose", "best", "--out", table}, "best");
  expect_bad_input({"precision", result_file, "--constraint", "accumulator", "--out", table},
                   "no layer has a constraint 'accumulator'");
  expect_bad_input({"precision", result_file, "--set", "array.rows=3", "--out", table},
                   "array.rows");
  expect_bad_input({"precision", table, "--out", table}, "not the result of a training");
}

TEST_F(Program, PdqatGivesOneHashWithAnyThreadsAndGoesOnAfterAStop) {
  const auto hash_of = [&](const std::vector<std::string>& more) {
    return run_json(with(with({"train"}, kSmall), more))
        .at("seeds")
        .at(0)
        .at("weights_sha256")
        .get<std::string>();
  };
  const std::string hash = hash_of({"--set", "train.threads=1"});
  EXPECT_EQ(hash_of({"--set", "train.threads=2"}), hash);
  EXPECT_NE(hash_of({"--set", "train.arithmetic=dorefa"}), hash);
}

TEST_F(Program, PrecisionTablesReachEveryCommand) {
  const std::string table = (folder_ / "t.toml").string();
  file("t.toml", "[[layer]]\nnumber = 1\naccumulator.tile = 16\n");
  const std::vector<std::string> with_table = {"--set", "network.precision=" + table};
  const json cycles = run_json(
      with({"simulate", "hdqt", "--input", "53", "--classes", "12", "--training"}, with_table));
  ASSERT_EQ(cycles.at("layers").size(), 8U);
  for (const json& layer : cycles.at("layers")) {
    EXPECT_EQ(layer.at("tile"), layer.at("layer") == 1 && layer.at("name") == "forward" ? 16 : 32);
  }
  expect_bad_input(with({"simulate", "hdqt", "--gemm", "1,2,3"}, with_table),
                   "allowed with network.precision: --input and --classes");
  expect_bad_input({"simulate", "hdqt", "--input", "5x5", "--classes", "3"},
                   "--input: value 5x5; allowed: N or HxWxC");
  expect_bad_input({"simulate", "hdqt", "--input", "0", "--classes", "3"}, "--input: value 0");
  expect_bad_input({"simulate", "pdqat", "--gemm", "1,2,3"}, "train.arithmetic: value pdqat");
  expect_bad_input(
      {"simulate", "pdqat", "--set", "pdqat.bits=32", "--input", "216", "--classes", "12"},
      "at least one layer in low precision");
  expect_bad_input({"simulate", "hdqt", "--input", "65535x65535x65535", "--classes", "2"},
                   "--input: value 65535x65535x65535; allowed: N or HxWxC");
  const std::string out = (folder_ / "rtl").string();
  EXPECT_EQ(run(with({"generate", "hdqt", "--out", out}, with_table)).status, 0);
  file("t.toml", "[[layer]]\nnumber = 1\noperands.forward_weight = \"i8\"\n");
  expect_bad_input(with({"generate", "hdqt", "--out", out + "2"}, with_table),
                   "t.toml: layer 1: operands.forward_input.format and "
                   "operands.forward_weight.format: formats i4 and i8; allowed for generate");
  file("t.toml", "[[layer]]\nnumber = 2\naccumulator.bits = 9\n");
  expect_bad_input(with({"generate", "hdqt", "--out", out + "2"}, with_table),
                   "layer 2: accumulator.bits: value 9; allowed for generate: 8");
  expect_bad_input({"generate", "pdqat", "--set", "hardware.modes=i4xi4", "--out", out + "2"},
                   "layer 1: pdqat.bits: formats u4 and i5; allowed for generate");
  expect_bad_input({"train", "hdqt", "--set", "network.precision=" + table + "x"},
                   "network.precision: value");
  expect_bad_input({"config", "hash", "pdqat", "--set", "pdqat.bits=3"},
                   "pdqat.bits: value 3; allowed: 1, 2, 4, 8, or 32");
  expect_bad_input({"config", "hash", "pdqat", "--set", "pdqat.high_precision=7"},
                   "pdqat.high_precision: value [7]; allowed: -3...2");
  expect_bad_input({"config", "hash", "pdqat", "--set", "pdqat.layer_epsilon=-1"},
                   "pdqat.layer_epsilon: value [-1.0]; allowed: number 0.0");
}

}  // namespace
}  // namespace sylvester
