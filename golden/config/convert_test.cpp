#include "golden/config/convert.hpp"

#include <gtest/gtest.h>

namespace sylvester {
namespace {

void expect_equal(const PrepareRecipe& a, const PrepareRecipe& b, Role role) {
  EXPECT_EQ(a.format, b.format) << to_string(role);
  EXPECT_EQ(a.block_rule, b.block_rule) << to_string(role);
  if (a.block_rule != BlockRule::kNone) {
    EXPECT_EQ(a.block, b.block) << to_string(role);
  }
  EXPECT_EQ(a.scale, b.scale) << to_string(role);
  EXPECT_EQ(a.rounding, b.rounding) << to_string(role);
  EXPECT_EQ(a.random_bits, b.random_bits) << to_string(role);
}

TEST(ConfigConvert, DefaultsAreThoseOfTheStructures) {
  const Config config = Config::parse("", "file.toml");
  EXPECT_EQ(canonical_text(hardware_parameters(config)), canonical_text(HardwareParameters{}));
  const SgdSettings sgd = sgd_settings(config);
  EXPECT_EQ(sgd.learning_rate, SgdSettings{}.learning_rate);
  EXPECT_EQ(sgd.momentum, SgdSettings{}.momentum);
  EXPECT_EQ(sgd.weight_decay, SgdSettings{}.weight_decay);
}

TEST(ConfigConvert, EveryHardwareKeyReachesTheHardwareHash) {
  const Config base = Config::parse("", "file.toml");
  for (const KeyDeclaration& key : declared_keys()) {
    if (key.type != KeyType::kInteger || (key.effect & kHardware) == 0) continue;
    // 8 and 12 bits, 16 and 32 elements ... : the next allowed value of the key's kind.
    const std::int64_t value = base.integer(key.name);
    const std::int64_t other = key.name == "prepare.block_max" ? 2 * value : value + 1;
    EXPECT_NE(hardware_hash(base.with(key.name, value_text(other))), hardware_hash(base))
        << key.name;
  }
  for (const char* change : {"accumulator.policy=wrap", "hardware.counters=none",
                             "hardware.modes=i4xi4"}) {
    EXPECT_NE(hardware_hash(Config::parse("", "file.toml", {change})), hardware_hash(base))
        << change;
  }
  EXPECT_EQ(hardware_hash(base.with("accumulator.tile", "64")), hardware_hash(base));
}

TEST(ConfigConvert, PresetsAreTheRecipesOfTheTrainer) {
  for (const std::string_view name : preset_recipe_names()) {
    SCOPED_TRACE(name);
    const TrainRecipe expected = preset_recipe(name);
    const TrainRecipe found = train_recipe(Config::load(std::string(name)));
    ASSERT_EQ(found.mode, expected.mode);
    EXPECT_EQ(found.counters, expected.counters);
    ASSERT_EQ(found.layers.size(), expected.layers.size());
    if (found.mode == TrainMode::kPaperFloat) {
      EXPECT_EQ(found.paper.operand_bits, expected.paper.operand_bits);
      EXPECT_EQ(found.paper.accumulator_bits, expected.paper.accumulator_bits);
      EXPECT_EQ(found.paper.forward_tile, expected.paper.forward_tile);
      EXPECT_EQ(found.paper.gradient_limit, expected.paper.gradient_limit);
    }
    if (found.layers.empty()) continue;
    for (int i = 0; i < kRoles; ++i) {
      const auto role = static_cast<Role>(i);
      expect_equal(found.layers[0].operand(role), expected.layers[0].operand(role), role);
    }
    for (int i = 0; i < kGemmKinds; ++i) {
      const auto kind = static_cast<GemmKind>(i);
      const AccumulateRecipe& a = found.layers[0].gemm(kind);
      const AccumulateRecipe& b = expected.layers[0].gemm(kind);
      EXPECT_EQ(a.policy, b.policy) << to_string(kind);
      EXPECT_EQ(a.bits, b.bits) << to_string(kind);
      EXPECT_EQ(a.tile, b.tile) << to_string(kind);
      EXPECT_EQ(a.outer_bits, b.outer_bits) << to_string(kind);
    }
    EXPECT_EQ(found.layers[0].backward_from_codes, expected.layers[0].backward_from_codes);
  }
}

}  // namespace
}  // namespace sylvester
