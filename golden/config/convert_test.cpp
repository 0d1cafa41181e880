#include "golden/config/convert.hpp"

#include <gtest/gtest.h>

#include "golden/config/accelerator.hpp"
#include "golden/config/test_recipe.hpp"

namespace sylvester {
namespace {

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
  for (const char* change :
       {"accumulator.policy=wrap", "hardware.counters=none", "hardware.modes=i4xi4"}) {
    EXPECT_NE(hardware_hash(Config::parse("", "file.toml", {change})), hardware_hash(base))
        << change;
  }
  EXPECT_EQ(hardware_hash(base.with("accumulator.tile", "64")), hardware_hash(base));
}

TEST(ConfigConvert, DataKeysReachTheSplit) {
  const SplitOptions defaults = split_options(Config::parse("", "file.toml"));
  EXPECT_TRUE(defaults.drop_subjects.empty());
  EXPECT_TRUE(defaults.drop_classes.empty());
  EXPECT_EQ(defaults.samples_per_class, 0);
  const SplitOptions options = split_options(
      Config::parse("", "file.toml",
                    {"train.seed=7", "data.test_subjects=3", "data.drop_subjects=[7, 28]",
                     "data.drop_classes=[8]", "data.samples_per_class=100", "data.clip=2.5"}));
  EXPECT_EQ(options.seed, 7U);
  EXPECT_EQ(options.test_subjects, 3);
  EXPECT_EQ(options.drop_subjects, (std::vector<int>{7, 28}));
  EXPECT_EQ(options.drop_classes, std::vector<int>{8});
  EXPECT_EQ(options.samples_per_class, 100);
  EXPECT_EQ(options.clip, 2.5);
}

// The table of HDQT's operands (reference code: README and run scripts).
TEST(Presets, HdqtOperands) {
  const LayerRecipe layer = preset_recipe("hdqt").layer(0);
  const auto format_of = [&](Role role) {
    return formats()[static_cast<std::size_t>(layer.operand(role).format)].name;
  };
  EXPECT_EQ(format_of(Role::kForwardInput), "i4");
  EXPECT_EQ(format_of(Role::kForwardActivation), "u4");
  EXPECT_EQ(format_of(Role::kForwardWeight), "i4");
  EXPECT_EQ(format_of(Role::kBackwardActivation), "i4");
  for (const Role role : {Role::kForwardInput, Role::kForwardActivation, Role::kForwardWeight}) {
    EXPECT_EQ(layer.operand(role).scale, ScaleRule::kClip);
    EXPECT_EQ(layer.operand(role).rounding, Rounding::kNearest);
    EXPECT_EQ(layer.operand(role).block_rule, BlockRule::kNone);
  }
  EXPECT_EQ(layer.operand(Role::kBackwardWeight).rounding, Rounding::kNearest);
  for (const Role role : {Role::kInputGradient, Role::kWeightGradient, Role::kBackwardActivation}) {
    EXPECT_EQ(layer.operand(role).rounding, Rounding::kStochastic);
    EXPECT_EQ(layer.operand(role).scale, ScaleRule::kMax);
    EXPECT_EQ(layer.operand(role).block_rule, BlockRule::kPad);
    EXPECT_EQ(layer.operand(role).block, 32);
  }
  for (const AccumulateRecipe& gemm : layer.accumulate) {
    EXPECT_EQ(gemm.policy, AccumulatePolicy::kSaturate);
    EXPECT_EQ(gemm.bits, 8);
    EXPECT_EQ(gemm.tile, 32);
  }
}

TEST(Presets, PaperIntSumsTheBackwardContractionAtOnce) {
  const LayerRecipe layer = preset_recipe("hdqt-paper-int").layer(0);
  EXPECT_EQ(layer.gemm(GemmKind::kForward).tile, 32);
  EXPECT_EQ(layer.gemm(GemmKind::kInputGradient).tile, 0);
  EXPECT_EQ(layer.gemm(GemmKind::kWeightGradient).tile, 0);
  EXPECT_EQ(layer.gemm(GemmKind::kForward).policy, AccumulatePolicy::kClamp);
  EXPECT_EQ(layer.operand(Role::kWeightGradient).block_rule, BlockRule::kPaper);
}

TEST(Presets, FqtIsHdqtWithoutTransforms) {
  const LayerRecipe with = preset_recipe("hdqt").layer(0);
  const LayerRecipe without = preset_recipe("fqt").layer(0);
  for (int i = 0; i < kRoles; ++i) {
    const auto role = static_cast<Role>(i);
    EXPECT_EQ(without.operand(role).block_rule, BlockRule::kNone) << to_string(role);
    EXPECT_EQ(without.operand(role).format, with.operand(role).format) << to_string(role);
    EXPECT_EQ(without.operand(role).scale, with.operand(role).scale) << to_string(role);
    EXPECT_EQ(without.operand(role).rounding, with.operand(role).rounding) << to_string(role);
  }
  for (int i = 0; i < kGemmKinds; ++i) {
    const auto kind = static_cast<GemmKind>(i);
    EXPECT_EQ(without.gemm(kind).policy, with.gemm(kind).policy) << to_string(kind);
    EXPECT_EQ(without.gemm(kind).bits, with.gemm(kind).bits) << to_string(kind);
    EXPECT_EQ(without.gemm(kind).tile, with.gemm(kind).tile) << to_string(kind);
  }
}

TEST(Presets, LuqOperands) {  // arXiv 2112.10769, with the corrected scale of the gradients
  const TrainRecipe recipe = preset_recipe("luq");
  const LayerRecipe layer = recipe.layer(0);
  for (const Role role : {Role::kForwardInput, Role::kForwardActivation, Role::kForwardWeight}) {
    EXPECT_EQ(layer.operand(role).scale, ScaleRule::kSawb);
    EXPECT_EQ(layer.operand(role).rounding, Rounding::kNearest);
  }
  const PrepareRecipe& gradient = layer.operand(Role::kInputGradient);
  EXPECT_EQ(gradient.format, format_index("e3"));
  EXPECT_EQ(gradient.scale, ScaleRule::kMax);
  EXPECT_EQ(gradient.rounding, Rounding::kStochastic);
  EXPECT_TRUE(layer.reuse_codes);
  EXPECT_TRUE(layer.one_draw);
  EXPECT_EQ(layer.gradient_samples, 1);
  for (const AccumulateRecipe& gemm : layer.accumulate) {
    EXPECT_LT(gemm.tile * 15 * 64, 1 << (gemm.bits - 1)) << "no sum of a tile is limited";
  }
  const Config config =
      Config::load("luq", {"backward.gradient_samples=4", "backward.hindsight_eta=0.5",
                           "fnt.epochs=3", "fnt.learning_rate=0.25"});
  EXPECT_EQ(train_recipe(config).layer(0).gradient_samples, 4);
  EXPECT_EQ(train_recipe(config).hindsight_eta, 0.5);
  EXPECT_EQ(train_settings(config).fnt_epochs, 3);
  EXPECT_EQ(train_settings(config).fnt_learning_rate, 0.25F);
}

TEST(Presets, RhtOperands) {
  const LayerRecipe layer = preset_recipe("rht").layer(0);
  for (int i = 0; i < kRoles; ++i) {
    const auto role = static_cast<Role>(i);
    const PrepareRecipe& operand = layer.operand(role);
    const bool gradient = role == Role::kInputGradient || role == Role::kWeightGradient;
    EXPECT_EQ(operand.format, format_index("i4")) << to_string(role);
    EXPECT_EQ(operand.rounding, gradient ? Rounding::kStochastic : Rounding::kNearest);
    EXPECT_EQ(operand.block_rule, BlockRule::kPad);
    EXPECT_EQ(operand.sign_role, kSignRole + static_cast<int>(gemm_of(role)));
  }
  EXPECT_FALSE(layer.backward_from_codes);
}

TEST(Accelerator, NamesTheFirstSettingThatOnlyGoldenHas) {
  const auto key = [](const char* preset, const std::vector<std::string>& overrides) {
    const auto found = golden_only_setting(Config::load(preset, overrides));
    return found ? found->key + ": " + found->allowed : "";
  };
  for (const char* preset : {"hdqt", "fqt", "hdqt-paper-int", "train-small", "luq", "rht"}) {
    EXPECT_EQ(key(preset, {}), "") << preset;
  }
  EXPECT_EQ(key("luq", {"operands.input_gradient.scale=hindsight"}), "");
  EXPECT_EQ(key("fqt", {"backward.gradient_samples=2", "fnt.epochs=2"}), "");
  EXPECT_EQ(key("rht", {"prepare.signs=false"}),
            "transform.forward.signs: false with prepare.signs = false");
  EXPECT_EQ(key("fp32", {}), "train.arithmetic: quantised");
}

TEST(Presets, FloatArithmetics) {
  EXPECT_EQ(preset_recipe("fp32").mode, TrainMode::kFloat);
  const TrainRecipe paper = preset_recipe("hdqt-paper");
  EXPECT_EQ(paper.mode, TrainMode::kPaperFloat);
  EXPECT_EQ(paper.paper.operand_bits, 4);
  EXPECT_EQ(paper.paper.accumulator_bits, 8);
  EXPECT_EQ(paper.paper.forward_tile, 32);
  EXPECT_EQ(paper.paper.gradient_limit, 7.0F);
}

// As in the published code: the largest code.
TEST(ConfigConvert, TheGradientLimitFollowsTheOperandBits) {
  const auto limit = [](const std::vector<std::string>& overrides) {
    return train_recipe(Config::load("hdqt-paper", overrides)).paper.gradient_limit;
  };
  for (int bits = 2; bits <= 7; ++bits) {
    EXPECT_EQ(limit({"paper.operand_bits=" + std::to_string(bits)}),
              static_cast<float>((1 << (bits - 1)) - 1));
  }
  EXPECT_EQ(limit({"paper.operand_bits=5", "paper.gradient_limit=2.5"}), 2.5F);
  EXPECT_EQ(Config::load("hdqt-paper").numerics_hash(),
            Config::load("hdqt-paper", {"paper.gradient_limit=7"}).numerics_hash());
}

TEST(ConfigConvert, ConvolutionsHaveTheirScaleAndLayersTheirWords) {
  const Config config = Config::load(
      "hdqt", {"train.conv_scale=image", "network.layers=conv 4 kernel=3 pad=1,flatten"});
  EXPECT_EQ(train_recipe(config).conv_scale, ConvScale::kImage);
  EXPECT_EQ(train_recipe(Config::load("hdqt")).conv_scale, ConvScale::kBatch);
  EXPECT_EQ(train_settings(config).layers,
            (std::vector<std::string>{"conv 4 kernel=3 pad=1", "flatten"}));
}

}  // namespace
}  // namespace sylvester
