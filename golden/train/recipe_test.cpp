#include "golden/train/recipe.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "golden/support/error.hpp"

namespace sylvester {
namespace {

using testing::HasSubstr;

std::string refusal(const TrainRecipe& recipe) {
  try {
    check(recipe);
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

TEST(TrainRecipe, EveryPresetIsAccepted) {
  for (const std::string_view name : preset_recipe_names()) {
    EXPECT_EQ(refusal(preset_recipe(name)), "") << name;
  }
  EXPECT_THROW(preset_recipe("hdtq"), UserError);
}

// The table of HDQT's operands (reference code: README and run scripts).
TEST(TrainRecipe, HdqtOperands) {
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

TEST(TrainRecipe, PaperIntSumsTheBackwardContractionAtOnce) {
  const LayerRecipe layer = preset_recipe("hdqt-paper-int").layer(0);
  EXPECT_EQ(layer.gemm(GemmKind::kForward).tile, 32);
  EXPECT_EQ(layer.gemm(GemmKind::kInputGradient).tile, 0);
  EXPECT_EQ(layer.gemm(GemmKind::kWeightGradient).tile, 0);
  EXPECT_EQ(layer.gemm(GemmKind::kForward).policy, AccumulatePolicy::kClamp);
  EXPECT_EQ(layer.operand(Role::kWeightGradient).block_rule, BlockRule::kPaper);
}

TEST(TrainRecipe, LayersBeyondTheListUseTheLastEntry) {
  TrainRecipe recipe = preset_recipe("hdqt");
  recipe.layers.push_back(recipe.layers.front());
  recipe.layers.back().gemm(GemmKind::kForward).bits = 12;
  EXPECT_EQ(recipe.layer(0).gemm(GemmKind::kForward).bits, 8);
  EXPECT_EQ(recipe.layer(1).gemm(GemmKind::kForward).bits, 12);
  EXPECT_EQ(recipe.layer(7).gemm(GemmKind::kForward).bits, 12);
}

TEST(TrainRecipe, RefusalsNameLayerAndRole) {
  TrainRecipe recipe = preset_recipe("hdqt");
  recipe.layers[0].operand(Role::kBackwardWeight).block = 16;
  EXPECT_THAT(refusal(recipe), HasSubstr("layer 0, input_gradient"));

  recipe = preset_recipe("hdqt");
  recipe.layers[0].operand(Role::kWeightGradient).format = format_index("u4");
  EXPECT_THAT(refusal(recipe), HasSubstr("layer 0, weight_gradient: format u4 is unsigned"));

  recipe = preset_recipe("fqt");
  for (const Role role : {Role::kForwardInput, Role::kForwardActivation, Role::kForwardWeight}) {
    recipe.layers[0].operand(role).format = format_index("i4");
    recipe.layers[0].operand(role).block_rule = BlockRule::kPad;
    recipe.layers[0].operand(role).block = 32;
  }
  EXPECT_THAT(refusal(recipe), HasSubstr("backward_from_codes"));
  recipe.layers[0].backward_from_codes = false;
  EXPECT_EQ(refusal(recipe), "");

  recipe.layers.clear();
  EXPECT_THAT(refusal(recipe), HasSubstr("at least one layer"));

  recipe = preset_recipe("hdqt-paper");
  recipe.paper.operand_bits = 8;
  EXPECT_THAT(refusal(recipe), HasSubstr("2...7"));
}

}  // namespace
}  // namespace sylvester
