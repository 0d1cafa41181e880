#include "golden/config/precision_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "golden/config/accelerator.hpp"
#include "golden/config/config.hpp"
#include "golden/config/convert.hpp"
#include "golden/config/network_jobs.hpp"
#include "golden/config/presets.hpp"
#include "golden/support/error.hpp"
#include "golden/support/test_folder.hpp"
#include "golden/train/layer_list.hpp"

namespace sylvester {
namespace {

using testing::HasSubstr;

// Three layers: two hidden ones and the classifier.
const char* const kTable = R"(
[[layer]]
range = [0, 1]
accumulator.tile = 16
[[layer]]
number = -1
operands.forward_weight = "i3"
accumulator.backward_tile = 8
)";

class PrecisionTables : public testing::Test {
 protected:
  Config load(const std::string& table, std::vector<std::string> overrides = {}) {
    overrides.push_back("network.precision=" + folder_.write("table.toml", table).string());
    return Config::load("hdqt", overrides);
  }
  std::string message_of(const std::string& table, const std::vector<std::string>& overrides = {}) {
    try {
      const Config config = load(table, overrides);
      require_accelerator(config, "test");
      require_formats(config, "test");
    } catch (const UserError& error) {
      return error.what();
    }
    return "";
  }

  TestFolder folder_;
};

TEST_F(PrecisionTables, GivesEachLayerItsRecipe) {
  const Config config = load(kTable);
  const TrainRecipe recipe = train_recipe(config);
  ASSERT_EQ(recipe.layers.size(), 3U);
  for (const int l : {0, 1}) {
    EXPECT_EQ(recipe.layer(l).gemm(GemmKind::kForward).tile, 16);
    EXPECT_EQ(recipe.layer(l).gemm(GemmKind::kInputGradient).tile, 32) << "not named there";
    EXPECT_EQ(recipe.layer(l).operand(Role::kForwardWeight).format, format_index("i4"));
  }
  EXPECT_EQ(recipe.layer(2).gemm(GemmKind::kForward).tile, 32);
  EXPECT_EQ(recipe.layer(2).gemm(GemmKind::kWeightGradient).tile, 8);
  EXPECT_EQ(recipe.layer(2).operand(Role::kForwardWeight).format, format_index("i3"));
  EXPECT_EQ(config.with("train.seed", "9").precision_table(), config.precision_table());
}

TEST_F(PrecisionTables, HashesFollowContentNotName) {
  const Config plain = Config::load("hdqt");
  const Config same = load("[[layer]]\nnumber = 1\naccumulator.tile = 32\n");
  EXPECT_EQ(same.numerics_hash(), plain.numerics_hash());
  const Config other = load(kTable);
  EXPECT_NE(other.numerics_hash(), plain.numerics_hash());
  EXPECT_EQ(hardware_hash(other), hardware_hash(plain));
  const std::string copy = folder_.write("copy.toml", kTable).string();
  EXPECT_EQ(Config::load("hdqt", {"network.precision=" + copy}).numerics_hash(),
            other.numerics_hash());
}

TEST_F(PrecisionTables, StandBesideTheConfigurationsFile) {
  folder_.write("table.toml", kTable);
  const auto file = folder_.write("config.toml", "network.precision = \"table.toml\"\n");
  ASSERT_NE(Config::load(file.string()).precision_table(), nullptr);
  EXPECT_EQ(Config::load(file.string()).precision_table()->settings.size(), 3U);
}

TEST_F(PrecisionTables, RefuseWhatIsNoTable) {
  const struct {
    const char* table;
    const char* message;
  } cases[] = {
      {"[[layer]]\nnumber = 3\n",
       "table.toml: [[layer]] 1: number: value 3; allowed: an integer 0...2"},
      {"[[layer]]\nnumber = -4\n", "number: value -4; allowed"},
      {"[[layer]]\nrange = [1, 0]\n", "range: value [1, 0]; allowed: the first and the last layer"},
      {"[[layer]]\nrange = [0]\n", "range: value [0]; allowed"},
      {"[[layer]]\nnumber = \"one\"\n", "number: value \"one\"; allowed"},
      {"[[layer]]\nnumber = 9223372036854775807\n", "number: value 9223372036854775807; allowed"},
      {"[[layer]]\nrange = [-9223372036854775808, 1]\n", "range: value"},
      {"[[layer]]\nnumber = 1\nrange = [0, 1]\n", "has both number and range"},
      {"[[layer]]\naccumulator.tile = 4\n", "[[layer]] 1: names no layer"},
      {"[[layer]]\nnumber = 0\naccumulator.tile = 70000\n",
       "[[layer]] 1: accumulator.tile: value 70000; allowed: integer 0...65535"},
      {"[[layer]]\nnumber = 0\naccumulator.tile = 513\n",
       "table.toml: layer 0: accumulator.tile: value 513; allowed: 0...512, hardware.tile_max"},
      {"[[layer]]\nnumber = 0\naccumulator.tille = 4\n", "nearest: accumulator.tile"},
      {"[[layer]]\nnumber = 0\narray.rows = 4\n",
       "array.rows: value 4; allowed in a precision table"},
      {"[[layer]]\nnumber = 0\naccumulator.tile = 4\n[[layer]]\nrange = [0, 2]\naccumulator.tile = "
       "4\n",
       "[[layer]] 2: accumulator.tile: given twice for layer 0"},
      {"[[layer]]\nnumber = 1\noperands.forward_weight = \"u4\"\n",
       "table.toml: layer 1: operands.forward_weight.format: value \"u4\"; allowed: a signed"},
      {"[[layers]]\nnumber = 1\n", "layers: not an entry of a precision table; allowed: [[layer]]"},
      {"layer = 3\n", "layer: not an entry"},
      {"layer = [3]\n", "[[layer]] 1: not a table"},
      {"[[layer]\n", "not TOML"},
  };
  for (const auto& [table, message] : cases) {
    EXPECT_THAT(message_of(table), HasSubstr(message)) << table;
    EXPECT_EQ(message_of(table).find('\n'), std::string::npos) << table;
  }
  EXPECT_THROW(Config::load("hdqt", {"network.precision=" + folder_.path().string()}), UserError);
  EXPECT_THROW(Config::load("hdqt", {"network.precision=no-such-file.toml"}), UserError);
  EXPECT_THAT(message_of(kTable, {"train.arithmetic=float"}),
              HasSubstr("network.precision: value"));
  EXPECT_THAT(message_of(kTable, {"continual.method=der"}), HasSubstr("adds layers"));
}

TEST_F(PrecisionTables, TheMachineHasItsFormatsAndOneWidth) {
  EXPECT_EQ(message_of(kTable), "");
  EXPECT_THAT(message_of("[[layer]]\nnumber = 2\noperands.forward_weight = \"i8\"\n"),
              HasSubstr("table.toml: layer 2: operands.forward_input.format and "
                        "operands.forward_weight.format: formats i4 and i8; allowed for test: "
                        "formats that run in hardware.modes = i4xi4, u4xi4"));
  EXPECT_THAT(message_of("[[layer]]\nnumber = 1\naccumulator.bits = 10\n"),
              HasSubstr("table.toml: layer 1: accumulator.bits: value 10; allowed for test: 8, the "
                        "one register width of all layers"));
  EXPECT_EQ(train_recipe(load("[[layer]]\nnumber = 1\naccumulator.bits = 10\n"))
                .layer(1)
                .gemm(GemmKind::kForward)
                .bits,
            10)
      << "golden has a width per layer";
  EXPECT_THAT(message_of("[[layer]]\nnumber = 0\ntransform.input_gradient.signs = true\n"),
              HasSubstr("layer 0: transform.input_gradient.signs: value true"));
}

TEST_F(PrecisionTables, CyclesAreThoseOfEachLayersTile) {
  const Shape input{.height = 1, .width = 1, .channels = 40};
  const Config config = load("[[layer]]\nnumber = 1\naccumulator.tile = 7\n");
  const HardwareParameters hardware = hardware_parameters(config);
  HostRandom random(1);
  const Network network =
      make_network(input, config.texts("network.layers"), 6, config.flag("network.bias"), random);
  const auto gemms = network_gemms(config, network, true);
  ASSERT_EQ(gemms.size(), 8U) << "layer 0 needs no gradient of its input";
  const auto jobs = describe(config, hardware, gemms, "test");
  for (std::size_t i = 0; i < gemms.size(); ++i) {
    if (gemms[i].gemm.name != "forward") continue;
    EXPECT_EQ(jobs[i].gemm.tile, gemms[i].layer == 1 ? 7U : 32U);
  }
}

TEST(LayerList, CountsTheLayersThatTheNetworkHas) {
  HostRandom random(1);
  for (const auto& [name, toml] : preset_files()) {
    const Config config = Config::load(name);
    const std::vector<std::string>& layers = config.texts("network.layers");
    const int side = layers.front().starts_with("dense") ? 1 : 32;
    const Shape input{.height = side, .width = side, .channels = 3};
    Network network = make_input(input);
    append_layers(network, 0, layers, false, random);
    EXPECT_EQ(count_layers(layers), network.depth()) << name;
  }
}

}  // namespace
}  // namespace sylvester
