#include "golden/config/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "golden/config/presets.hpp"
#include "golden/support/error.hpp"

namespace sylvester {
namespace {

using testing::HasSubstr;

// The message of the UserError that loading this text gives, or "".
std::string message_of(const std::string& toml, const std::vector<std::string>& overrides = {}) {
  try {
    Config::parse(toml, "file.toml", overrides);
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

// A value just outside of the range on the given side, as TOML.
std::string outside(const KeyDeclaration& key, bool above) {
  switch (key.type) {
    case KeyType::kInteger:
      return value_text(static_cast<std::int64_t>(above ? key.most + 1 : key.least - 1));
    case KeyType::kReal:
      return value_text(above ? key.most + 1.0 : key.least - 1.0);
    case KeyType::kFlag:
      return above ? "1" : "\"yes\"";
    case KeyType::kText:
      return above ? "1" : "[\"text\"]";
    case KeyType::kChoice:
      return above ? "\"no such name\"" : "1";
    case KeyType::kChoiceList:
      return above ? "[\"no such name\"]" : "[1]";
    case KeyType::kTextList:
      return above ? "\"relu\"" : "[1]";
    case KeyType::kIntegerList:
      return value_text(std::vector<std::int64_t>{
          static_cast<std::int64_t>(above ? key.most + 1 : key.least - 1)});
    case KeyType::kRealList:
      return value_text(std::vector<double>{above ? key.most + 1.0 : key.least - 1.0});
  }
  return {};
}

TEST(ConfigSchema, EveryKeyIsCompleteAndItsDefaultAllowed) {
  std::set<std::string> seen;
  for (const KeyDeclaration& key : declared_keys()) {
    EXPECT_TRUE(seen.insert(key.name).second) << key.name << " is declared twice";
    EXPECT_TRUE(key.sentence.ends_with('.')) << key.name;
    EXPECT_TRUE(is_allowed(key, key.default_value)) << key.name;
    EXPECT_NE(key.name.find('.'), std::string::npos) << key.name << " has no table";
    if (!key.default_from.empty()) {
      ASSERT_NE(find_key(key.default_from), nullptr) << key.name;
      EXPECT_TRUE(seen.contains(key.default_from)) << key.name << " comes before its default";
    }
  }
}

TEST(ConfigSchema, EveryKeyRefusesValuesOutsideOfItsRange) {
  for (const KeyDeclaration& key : declared_keys()) {
    for (const bool above : {false, true}) {
      const std::string message = message_of(key.name + " = " + outside(key, above));
      EXPECT_THAT(message, testing::StartsWith("file.toml: " + key.name + ": value "));
      EXPECT_THAT(message, HasSubstr("; allowed: ")) << key.name;
      EXPECT_EQ(message.find('\n'), std::string::npos) << key.name;
    }
  }
}

TEST(Config, DefaultsAreDeclared) {
  const Config config = Config::parse("", "file.toml");
  EXPECT_EQ(config.integer("array.rows"), 16);
  EXPECT_EQ(config.text("accumulator.policy"), "saturate");
  EXPECT_EQ(config.text("operands.forward_activation.format"), "u4");
  EXPECT_EQ(config.texts("hardware.modes"), (std::vector<std::string>{"i4xi4", "u4xi4"}));
}

TEST(Config, FileAndOverridesAreApplied) {
  const Config config = Config::parse(
      "[array]\nrows = 3\ncols = 5\n[operands]\nforward_input = \"u4\"\n", "file.toml",
      {"array.cols=7", "accumulator.policy=wrap", "hardware.modes=u4xi4,i4xi4",
       "prepare.scale=\"clip\""});
  EXPECT_EQ(config.integer("array.rows"), 3);
  EXPECT_EQ(config.integer("array.cols"), 7);
  EXPECT_EQ(config.text("accumulator.policy"), "wrap");
  EXPECT_EQ(config.texts("hardware.modes"), (std::vector<std::string>{"u4xi4", "i4xi4"}));
  EXPECT_EQ(config.text("operands.forward_input.format"), "u4");
  EXPECT_EQ(config.text("operands.forward_weight.scale"), "clip") << "default from prepare.scale";
}

TEST(Config, CommentedTextReadsBackAsTheSame) {
  const Config config = Config::parse("array.rows = 9\n", "file.toml");
  EXPECT_EQ(Config::parse(commented_toml(config), "copy.toml").canonical_text(),
            config.canonical_text());
}

TEST(Config, UnknownKeysNameTheNearest) {
  EXPECT_EQ(message_of("acumulator.bits = 8"),
            "file.toml: acumulator.bits: unknown key; nearest: accumulator.bits");
  EXPECT_EQ(message_of("[array]\nrosw = 8"),
            "file.toml: array.rosw: unknown key; nearest: array.rows");
  EXPECT_EQ(message_of("", {"tile_mx=8"}),
            "--set: tile_mx: unknown key; nearest: hardware.tile_max");
  EXPECT_THAT(message_of("array = 8"), HasSubstr("unknown key"));
  EXPECT_THAT(message_of("array.rows.x = 8"), HasSubstr("unknown key"));
}

TEST(Config, EmptyTablesAreRefusedUnlessKeysStandInThem) {
  EXPECT_EQ(message_of("[array]\n[hardware.latency]\n[operands]\n"), "");
  for (const char* name : {"nonsense", "array.foo", "arra"}) {
    EXPECT_THAT(
        message_of("[" + std::string(name) + "]\n"),
        testing::StartsWith("file.toml: " + std::string(name) + ": unknown table; nearest"));
  }
  EXPECT_THAT(message_of("array.rows = {}\n"), HasSubstr("array.rows: is a key"));
}

TEST(Config, NamesInAListAreGivenOnce) {
  EXPECT_THAT(message_of("hardware.modes = [\"i4xi4\", \"i4xi4\"]"),
              HasSubstr("hardware.modes: value [\"i4xi4\", \"i4xi4\"]; allowed: list of"));
  EXPECT_EQ(message_of("network.layers = [\"relu\", \"relu\"]"), "");
}

TEST(Config, ThereIsNoNegativeZero) {
  const Config config =
      Config::parse("train.momentum = -0.0", "file.toml", {"train.weight_decay=-0"});
  EXPECT_FALSE(std::signbit(config.real("train.momentum")));
  EXPECT_FALSE(std::signbit(config.real("train.weight_decay")));
}

TEST(Config, MalformedTextIsOneLine) {
  for (const char* text :
       {"[array", "array.rows = ", "array.rows = 1\narray.rows = 2", "array.rows = 1979-05-27",
        "hardware.modes = [[1]]", "hardware.modes = [\"i4xi4\", 1]", "\xff\xfe", "a = nan",
        "operands.forward_weight = \"i4\"\n[operands.forward_weight]\nx = 1"}) {
    const std::string message = message_of(text);
    EXPECT_THAT(message, testing::StartsWith("file.toml:")) << text;
    EXPECT_EQ(message.find('\n'), std::string::npos) << text;
  }
}

TEST(Config, DeepAndLongTextsAreRefused) {
  std::string deep;
  for (int i = 0; i < 30000; ++i) deep += "a.";
  for (const std::string& text :
       {deep + "a = 1", deep + deep + "a = 1", "x = " + std::string(50000, '['),
        std::string(50000, 'q') + " = 1", std::string(100000, '\n')}) {
    EXPECT_THAT(message_of(text), testing::StartsWith("file.toml:"));
  }
}

TEST(Config, MalformedOverridesAreOneLine) {
  for (const char* text :
       {"", "=", "=8", "array.rows", "array.rows=", "array.rows=8 ", "array.rows=8\n9",
        "array.rows=x", "array.rows=99999999999999999999", "array.rows=[8", "hardware.modes=,",
        "hardware.modes=[", "accumulator.policy=\"", "array.rows=8.5"}) {
    const std::string message = message_of("", {text});
    if (std::string_view(text) == "array.rows=8 ") {
      EXPECT_EQ(message, "");
      continue;
    }
    EXPECT_THAT(message, testing::StartsWith("--set: ")) << text;
    EXPECT_EQ(message.find('\n'), std::string::npos) << text;
  }
}

TEST(Config, ContradictionsAreRefused) {
  const struct {
    const char* toml;
    const char* key;
  } cases[] = {
      {"accumulator.bits = 20\naccumulator.outer_bits = 19", "accumulator.outer_bits"},
      {"accumulator.tile = 65\nhardware.tile_max = 64", "accumulator.tile"},
      {"prepare.block_max = 96", "prepare.block_max"},
      {"transform.forward.block = 3", "transform.forward.block"},
      {"transform.weight_gradient.block = 128\nprepare.block_max = 64",
       "transform.weight_gradient.block"},
      {"transform.input_gradient = {rule = \"pad\", block = 0}", "transform.input_gradient.block"},
      {"operands.forward_weight = \"u4\"", "operands.forward_weight.format"},
      {"operands.input_gradient = \"u4\"", "operands.input_gradient.format"},
      {"operands.backward_activation = \"u4\"", "operands.backward_activation.format"},
      {"transform.forward.rule = \"pad\"", "operands.forward_activation.format"},
      {"accumulator.backward_tile = 65\nhardware.tile_max = 64", "accumulator.backward_tile"},
      {"transform.forward.rule = \"pad\"\noperands.forward_activation = \"i4\"",
       "backward.from_codes"},
      {"train.arithmetic = \"paper-float\"\naccumulator.tile = 0", "accumulator.tile"},
      {"hardware.modes = []", "hardware.modes"},
      {"transform.forward.signs = true", "transform.forward.signs"},
      {"backward.reuse_codes = true", "backward.reuse_codes"},
      {"backward.one_draw = true", "backward.one_draw"},
      {"backward.gradient_samples = 3", "backward.gradient_samples"},
      {"backward.gradient_samples = 2\noperands.weight_gradient.rounding = \"nearest\"",
       "backward.gradient_samples"},
      {"hardware.modes = [\"i8xi8\"]", "hardware.modes"},
      {"operands.forward_weight.scale = \"hindsight\"", "operands.forward_weight.scale"},
      {"train.arithmetic = \"float\"\nfnt.epochs = 1", "fnt.epochs"},
      {"transform.forward.rule = \"pad\"\noperands.forward_activation = \"i4\"\n"
       "backward.from_codes = false\nfnt.epochs = 1",
       "fnt.epochs"},
      {"network.layers = [\"relu\", \"dens 4\"]", "network.layers"},
  };
  for (const auto& c : cases) {
    const std::string message = message_of(c.toml);
    EXPECT_THAT(message, testing::StartsWith(std::string("file.toml: ") + c.key + ": value "));
    EXPECT_THAT(message, HasSubstr("; allowed: "));
    EXPECT_EQ(message.find('\n'), std::string::npos);
  }
}

TEST(Config, NumericsHashFollowsNumericKeysOnly) {
  const Config base = Config::parse("", "file.toml");
  for (const KeyDeclaration& key : declared_keys()) {
    if (key.type != KeyType::kInteger) continue;
    // Some other allowed value; combinations that contradict are skipped.
    for (const double candidate : {key.most, key.least, 64.0, 2.0}) {
      if (candidate < key.least || candidate > key.most) continue;
      const auto other = static_cast<std::int64_t>(candidate);
      if (other == base.integer(key.name)) continue;
      try {
        const Config changed = base.with(key.name, value_text(other));
        EXPECT_EQ(changed.numerics_hash() != base.numerics_hash(), (key.effect & kNumeric) != 0)
            << key.name;
        break;
      } catch (const UserError&) {
      }
    }
  }
}

TEST(Config, UnknownFileOrPresetIsAUserError) {
  EXPECT_THROW(Config::load("no-such-preset"), UserError);
  EXPECT_THROW(Config::load("/proc"), UserError);
}

TEST(ConfigPresets, AllLoad) {
  for (const auto& [file, text] : preset_files()) {
    EXPECT_NO_THROW(Config::load(file)) << file;
  }
  for (const std::string& name : preset_names()) {
    EXPECT_EQ(Config::load(name).canonical_text(), Config::load(name + ".toml").canonical_text());
  }
}

}  // namespace
}  // namespace sylvester
