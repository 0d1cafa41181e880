#include "golden/train/recipe.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "golden/config/test_recipe.hpp"
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
