#include "golden/explore/space.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "golden/support/error.hpp"
#include "golden/support/test_folder.hpp"

namespace sylvester {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kHead = "base = \"hdqt\"\nmeasure = [\"accuracy\"]\n";

Space space_of(const std::string& rest) { return parse_space(kHead + rest, "s.toml", ""); }

std::string message_of(const std::string& toml) {
  try {
    parse_space(toml, "s.toml", "");
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

std::vector<std::int64_t> integers_of(const Space& space, const std::string& key) {
  std::vector<std::int64_t> values;
  for (const Point& point : space.points) values.push_back(point.config.integer(key));
  return values;
}

TEST(Space, WithoutAxesIsOnePoint) {
  const Space space = space_of("");
  ASSERT_EQ(space.points.size(), 1U);
  EXPECT_EQ(space.points[0].config.canonical_text(), Config::load("hdqt").canonical_text());
  EXPECT_EQ(space.seeds, 1);
  EXPECT_TRUE(space.accuracy);
  EXPECT_FALSE(space.cycles);
}

TEST(Space, AxesMultiplyAndTheLastIsFastest) {
  const Space space = space_of(R"(
set.train.epochs = 3
seeds = { first = 7, count = 2 }
[[axis]]
accumulator.bits = [8, 6]
[[axis]]
accumulator.policy = ["wrap", "clamp", "saturate"]
)");
  ASSERT_EQ(space.points.size(), 6U);
  EXPECT_EQ(space.axes, (std::vector<std::string>{"accumulator.bits", "accumulator.policy"}));
  EXPECT_EQ(integers_of(space, "accumulator.bits"), (std::vector<std::int64_t>{8, 8, 8, 6, 6, 6}));
  EXPECT_EQ(space.points[1].labels, (std::vector<std::string>{"8", "clamp"}));
  for (const Point& point : space.points) {
    EXPECT_EQ(point.config.integer("train.epochs"), 3);
    EXPECT_EQ(point.config.integer("train.seed"), 7);
    EXPECT_EQ(point.config.text("accumulator.policy"), point.labels[1]);
    EXPECT_FALSE(point.baseline);
  }
  EXPECT_EQ(space.seeds, 2);
  EXPECT_EQ(space.first_seed, 7U);
}

TEST(Space, RangesHaveBothEnds) {
  const auto bits = [](const std::string& range) {
    return integers_of(space_of("[[axis]]\naccumulator.bits = " + range), "accumulator.bits");
  };
  EXPECT_EQ(bits("{ from = 4, to = 8 }"), (std::vector<std::int64_t>{4, 5, 6, 7, 8}));
  EXPECT_EQ(bits("{ from = 4, to = 9, step = 2 }"), (std::vector<std::int64_t>{4, 6, 8}));
  EXPECT_EQ(bits("{ from = 4, to = 4 }"), (std::vector<std::int64_t>{4}));
  const Space rates =
      space_of("[[axis]]\ntrain.learning_rate = { from = 0.1, to = 0.7, step = 0.1 }");
  ASSERT_EQ(rates.points.size(), 7U);
  EXPECT_EQ(rates.points[2].config.real("train.learning_rate"), 0.3);
  EXPECT_EQ(rates.points[6].config.real("train.learning_rate"), 0.7);
}

TEST(Space, KeysOfAnAxisVaryTogether) {
  const Space space = space_of(R"(
[[axis]]
name = "array"
labels = ["small", "large"]
array.rows = [4, 16]
array.cols = [2, 8]
[[axis]]
network.layers = [[], ["dense 32"], ["dense 64", "relu"]]
operands.forward_weight = ["i4", "i3", "i2"]
)");
  ASSERT_EQ(space.points.size(), 6U);
  EXPECT_EQ(space.axes,
            (std::vector<std::string>{"array", "network.layers + operands.forward_weight.format"}));
  EXPECT_EQ(space.points[0].labels, (std::vector<std::string>{"small", "[] + i4"}));
  const Config& last = space.points[5].config;
  EXPECT_EQ(last.integer("array.rows"), 16);
  EXPECT_EQ(last.integer("array.cols"), 8);
  EXPECT_EQ(last.texts("network.layers"), (std::vector<std::string>{"dense 64", "relu"}));
  EXPECT_EQ(last.text("operands.forward_weight.format"), "i2");
}

TEST(Space, ABaselineIsOnePointForAll) {
  const Space space = space_of(R"(
baseline = { train.arithmetic = "float" }
[[axis]]
accumulator.bits = [6, 8]
)");
  ASSERT_EQ(space.points.size(), 3U);
  EXPECT_EQ(space.points[2].config.text("train.arithmetic"), "float");
  EXPECT_TRUE(space.points[2].is_baseline);
  EXPECT_EQ(space.points[2].labels, (std::vector<std::string>{""}));
  EXPECT_EQ(space.points[0].baseline, 2U);
  EXPECT_EQ(space.points[1].baseline, 2U);
}

// A preset gets the settings of all points; one that is a point already is not computed twice.
TEST(Space, ABaselineMayBeAPresetOrAPoint) {
  const Space preset = space_of("set.train.epochs = 2\nbaseline = \"fp32\"\n");
  ASSERT_EQ(preset.points.size(), 2U);
  EXPECT_EQ(preset.points[1].config.integer("train.epochs"), 2);
  const Space own = space_of("baseline = {}\n[[axis]]\naccumulator.bits = [6, 8, 10]\n");
  ASSERT_EQ(own.points.size(), 3U);
  EXPECT_TRUE(own.points[1].is_baseline);
  EXPECT_EQ(own.points[0].baseline, 1U);
  EXPECT_FALSE(own.points[1].baseline);
}

TEST(Space, ABaselineMayVaryAlongAnAxis) {
  const Space space = space_of(R"(
baseline = { train.arithmetic = "float" }
[[axis]]
network.layers = [["dense 32", "relu"], ["dense 64", "relu"]]
baseline = true
[[axis]]
accumulator.bits = [6, 8]
)");
  ASSERT_EQ(space.points.size(), 6U);
  for (std::size_t p = 0; p < 4; ++p) {
    ASSERT_TRUE(space.points[p].baseline);
    const Point& base = space.points[*space.points[p].baseline];
    EXPECT_EQ(base.config.texts("network.layers"), space.points[p].config.texts("network.layers"));
    EXPECT_EQ(base.labels, (std::vector<std::string>{space.points[p].labels[0], ""}));
  }
}

TEST(Space, FilesAreRelativeToTheSpace) {
  const TestFolder folder;
  folder.write("mine.toml", "accumulator.bits = 11\n");
  const auto file =
      folder.write("s.toml", "base = \"mine.toml\"\nmeasure = [\"accuracy\"]\ndata_folder = \"d\"");
  const Space space = load_space(file);
  EXPECT_EQ(space.points[0].config.integer("accumulator.bits"), 11);
  EXPECT_EQ(space.data_folder, folder.path() / "d");
}

TEST(Space, RefusesWithFileKeyValueAndWhatIsAllowed) {
  const struct {
    const char* rest;
    const char* part;
  } rows[] = {
      {"colour = 1", "colour: unknown key; allowed: base, baseline"},
      {"seeds = 3", "seeds: allowed: a table"},
      {"seeds = { count = 0 }", "seeds: count: value 0; allowed: integer 1...1000"},
      {"seeds = { first = 4294967295, count = 2 }", "count: value 2; allowed: integer 1...1"},
      {"seeds = { number = 2 }", "number: unknown key; allowed: first, count"},
      {"gemms = [[1, 2, 3]]", "gemms: allowed: only if cycles are measured"},
      {"data_folder = 3", "data_folder: allowed: a text"},
      {"set = 3", "set: allowed: a table"},
      {"set.accumulator.bits = 99", "set: accumulator.bits: value 99; allowed: integer 4...24"},
      {"set.accumulator.bit = 9", "set: accumulator.bit: unknown key; nearest: accumulator.bits"},
      {"set.accumulater = {}", "accumulater: unknown table"},
      {"set.train.seed = 2", "train.seed: allowed: not here; the seeds stand in [seeds]"},
      {"set.train.threads = 2", "--workers"},
      {"set.operands = { forward_weight = \"i4\", forward_weight.format = \"i4\" }", "s.toml"},
      {"axis = 3", "axis: allowed: tables"},
      {"axis = [3]", "axis 1: axis: allowed: a table"},
      {"[[axis]]", "axis 1: keys: are missing"},
      {"[[axis]]\naccumulator.bits = 8", "axis 1: accumulator.bits: allowed: a list of values"},
      {"[[axis]]\naccumulator.bits = []", "axis 1: accumulator.bits: allowed: a list of values"},
      {"[[axis]]\naccumulator.bits = [8, 8]", "value 8 is given twice"},
      {"[[axis]]\naccumulator.bits = [8, \"x\"]", "accumulator.bits: value \"x\"; allowed"},
      {"[[axis]]\naccumulator.bits = [8, 40]", "axis 1: accumulator.bits: value 40"},
      {"[[axis]]\naccumulator.bits = { from = 4 }", "accumulator.bits: to: is missing"},
      {"[[axis]]\naccumulator.bits = { from = 8, to = 4 }", "to: value 4; allowed: 8 and more"},
      {"[[axis]]\naccumulator.bits = { from = 4, to = 8, step = 0 }", "step: value 0"},
      {"[[axis]]\naccumulator.bits = { from = 4, to = 8, by = 2 }", "by: unknown key"},
      {"[[axis]]\ntrain.epochs = { from = 1, to = 1e9, step = 1e-9 }", "step"},
      {"[[axis]]\ntrain.epochs = { from = 1, to = nan }", "to: value nan"},
      {"[[axis]]\narray.rows = [1, 2]\narray.cols = [1, 2, 3]", "vary together"},
      {"[[axis]]\nlabels = [\"a\"]\narray.rows = [1, 2]", "labels: 1 labels; allowed: 2"},
      {"[[axis]]\nlabels = []\narray.rows = [1, 2]", "labels: 0 labels; allowed: 2"},
      {"[[axis]]\nlabels = [\"a\\nb\", \"c\"]\narray.rows = [1, 2]", "labels: allowed: a text"},
      {"[[axis]]\nlabels = [\"a\", \"a\"]\narray.rows = [1, 2]", "a is given twice"},
      {"[[axis]]\narray.rows = [1, 2]\n[[axis]]\narray.rows = [3]", "axis 2: array.rows: given"},
      {"set.array.rows = 4\n[[axis]]\narray.rows = [1, 2]", "axis 1: array.rows: also in [set]"},
      {"[[axis]]\naccumulator.bits = [8, 24]\n[set]\naccumulator.outer_bits = 20",
       "s.toml: point accumulator.bits = 24: accumulator.outer_bits: value 20; allowed: 24...32"},
      {"baseline = 3", "baseline: allowed: a configuration, or a table"},
      {"baseline = \"no-such\"", "no-such: no such file or preset"},
      {"baseline = { array.rows = 0 }", "baseline: array.rows: value 0"},
      {"baseline = { array.rows = 2 }\n[[axis]]\nbaseline = true\narray.rows = [1, 2]",
       "baseline: array.rows: given twice"},
      {"[[axis]]\ntrain.epochs = {from=1,to=200}\n[[axis]]\ntrain.batch = {from=1,to=200}",
       "more than 10000 points"},
      {"set.train.epochs = 1979-05-27", "is a date or a time"},
  };
  for (const auto& row : rows) {
    const std::string message = message_of(std::string(kHead) + row.rest);
    EXPECT_THAT(message, HasSubstr(row.part)) << row.rest;
    EXPECT_THAT(message, testing::AnyOf(StartsWith("s.toml"), StartsWith("no-such"))) << row.rest;
  }
  EXPECT_THAT(message_of(""), HasSubstr("base: is missing"));
  EXPECT_THAT(message_of("base = \"hdqt\""), HasSubstr("measure: is missing"));
  EXPECT_THAT(message_of("base = \"hdqt\"\nmeasure = []"), HasSubstr("measure: allowed"));
  EXPECT_THAT(message_of("base = \"hdqt\"\nmeasure = [\"area\"]"), HasSubstr("measure: allowed"));
  EXPECT_THAT(message_of("base = \"hdqt\"\nmeasure = [\"cycles\", \"cycles\"]"),
              HasSubstr("cycles is given twice"));
  const std::string cycles = "base = \"hdqt\"\nmeasure = [\"cycles\"]\n";
  EXPECT_THAT(message_of(cycles + "seeds = {}"), HasSubstr("only if accuracy is measured"));
  EXPECT_THAT(message_of(cycles + "gemms = [[1, 2]]"), HasSubstr("[batch, outputs, inputs]"));
  EXPECT_THAT(message_of(cycles + "gemms = [[1, 2, 70000]]"), HasSubstr("value 70000"));
  EXPECT_THAT(message_of("base = [["), HasSubstr("not TOML"));
}

TEST(Space, OverridesAreSettingsOfAllPoints) {
  const std::string text =
      std::string(kHead) +
      "set.train.epochs = 9\nbaseline = \"fp32\"\n[[axis]]\narray.rows = [2, 3]";
  const Space space = parse_space(text, "s.toml", "", {"train.epochs=2", "train.batch=7"});
  for (const Point& point : space.points) {
    EXPECT_EQ(point.config.integer("train.epochs"), 2);
    EXPECT_EQ(point.config.integer("train.batch"), 7);
  }
  for (const char* refused : {"array.rows=4", "train.seed=3", "train.epochs", "train.epoch=3"}) {
    EXPECT_THROW(parse_space(text, "s.toml", "", {refused}), UserError) << refused;
  }
}

TEST(Space, ExamplesAreSpaces) {
  std::set<std::string> names;
  const std::filesystem::path folder = std::string(SYLVESTER_SOURCE_DIR) + "/examples/spaces";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const Space space = load_space(entry.path());
    EXPECT_GT(space.points.size(), 1U) << entry.path();
    names.insert(entry.path().filename().string());
  }
  EXPECT_TRUE(names.contains("quick.toml"));
}

}  // namespace
}  // namespace sylvester
