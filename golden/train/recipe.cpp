#include "golden/train/recipe.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "golden/numerics/names.hpp"
#include "golden/support/error.hpp"
#include "golden/train/dorefa_quantiser.hpp"

namespace sylvester {
namespace {

constexpr NameTable<ConvScale, 2> kConvScaleNames{
    {{ConvScale::kBatch, "batch"}, {ConvScale::kImage, "image"}}};

constexpr std::array<Role, kRoles> kAllRoles = {
    Role::kForwardInput,   Role::kForwardActivation, Role::kForwardWeight,     Role::kInputGradient,
    Role::kBackwardWeight, Role::kWeightGradient,    Role::kBackwardActivation};

void check_layer(const LayerRecipe& layer, std::size_t index) {
  const auto refuse = [&](std::string_view what, const std::string& sentence) {
    throw UserError(fmt::format("layer {}, {}: {}", index, what, sentence));
  };
  for (const Role role : kAllRoles) {
    const PrepareRecipe& recipe = layer.operand(role);
    const auto rows = static_cast<int>(formats().size());
    if (recipe.format < 0 || recipe.format >= rows) {
      refuse(to_string(role),
             fmt::format("format number {} is not in 0...{}", recipe.format, rows - 1));
    }
    if (recipe.scale == ScaleRule::kHindsight && role != Role::kInputGradient &&
        role != Role::kWeightGradient) {
      refuse(to_string(role), "hindsight is for gradients only");
    }
    const Format& row = formats()[static_cast<std::size_t>(recipe.format)];
    // ReLU makes hidden activations non-negative; an input may be. Nothing else is.
    const bool may_be_unsigned = role == Role::kForwardInput || role == Role::kForwardActivation ||
                                 role == Role::kBackwardActivation;
    if (!row.is_signed && (!may_be_unsigned || recipe.block_rule != BlockRule::kNone)) {
      refuse(to_string(role),
             fmt::format("format {} is unsigned, but this tensor has negative values", row.name));
    }
  }
  constexpr std::array<std::array<Role, 2>, 4> pairs = {
      {{Role::kForwardInput, Role::kForwardWeight},
       {Role::kForwardActivation, Role::kForwardWeight},
       {Role::kInputGradient, Role::kBackwardWeight},
       {Role::kWeightGradient, Role::kBackwardActivation}}};
  for (const auto& [first, second] : pairs) {
    const PrepareRecipe& a = layer.operand(first);
    const PrepareRecipe& b = layer.operand(second);
    if (a.block_rule != b.block_rule || (a.block_rule != BlockRule::kNone && a.block != b.block)) {
      refuse(to_string(first), fmt::format("its transform ({}, block {}) is not that of {} ({}, "
                                           "block {}), its partner in the GEMM",
                                           to_string(a.block_rule), a.block, to_string(second),
                                           to_string(b.block_rule), b.block));
    }
    if (a.sign_role != b.sign_role) {
      refuse(to_string(first), fmt::format("its random signs are not those of {}, its partner in "
                                           "the GEMM",
                                           to_string(second)));
    }
  }
  const auto transforms = [&](Role role) {
    return layer.operand(role).block_rule != BlockRule::kNone || layer.operand(role).sign_role != 0;
  };
  const bool backward = transforms(Role::kInputGradient) || transforms(Role::kWeightGradient);
  if (layer.reuse_codes && (backward || transforms(Role::kForwardWeight))) {
    refuse("reuse_codes", "needs GEMMs without transform");
  }
  if (layer.one_draw && backward) {
    refuse("one_draw",
           "needs backward GEMMs without transform, for the two transform G along "
           "different axes");
  }
  const int samples = layer.gradient_samples;
  if (samples < 1 || samples > kMostGradientSamples || (samples & (samples - 1)) != 0) {
    refuse("gradient_samples",
           fmt::format("{} is not a power of two in 1...{}", samples, kMostGradientSamples));
  }
  if (layer.backward_from_codes &&
      layer.operand(Role::kForwardWeight).block_rule != BlockRule::kNone) {
    refuse("backward_from_codes",
           "needs a forward pass without transform, for codes of a transformed tensor are not "
           "codes of the tensor");
  }
}

}  // namespace

std::string_view to_string(ConvScale scale) { return name_of(kConvScaleNames, scale); }
ConvScale conv_scale(std::string_view name) {
  return find_name(kConvScaleNames, "convolution scale", name);
}

const LayerRecipe& TrainRecipe::layer(int index) const {
  const auto at = static_cast<std::size_t>(index);
  return at < layers.size() ? layers[at] : layers.back();
}

const DorefaLayer& TrainRecipe::dorefa_layer(int index) const {
  const auto at = static_cast<std::size_t>(index);
  return at < dorefa.size() ? dorefa[at] : dorefa.back();
}

void check(const TrainRecipe& recipe) {
  if (recipe.mode == TrainMode::kQuantised) {
    if (recipe.layers.empty()) throw UserError("a quantised recipe needs at least one layer entry");
    for (std::size_t i = 0; i < recipe.layers.size(); ++i) check_layer(recipe.layers[i], i);
    if (!(recipe.hindsight_eta >= 0.0 && recipe.hindsight_eta <= 1.0)) {
      throw UserError(fmt::format("hindsight_eta {} is not in 0...1", recipe.hindsight_eta));
    }
  }
  if (recipe.mode == TrainMode::kInteger) {
    const IntegerRecipe& integer = recipe.integer;
    if (integer.bits < kLeastIntegerBits || integer.bits > kMostIntegerBits) {
      throw UserError(fmt::format("integer bits {} is not in {}...{}", integer.bits,
                                  kLeastIntegerBits, kMostIntegerBits));
    }
    if (longest_contraction(integer) < 1) {
      throw UserError(
          fmt::format("an accumulator of {} bits does not hold {} products of {}-bit codes",
                      integer.accumulate.bits, integer.accumulate.tile, integer.bits));
    }
  }
  if (recipe.mode == TrainMode::kDorefa || recipe.mode == TrainMode::kPdqat) {
    if (recipe.dorefa.empty()) throw UserError("a recipe of DoReFa codes needs at least one layer");
    for (std::size_t l = 0; l < recipe.dorefa.size(); ++l) {
      const int bits = recipe.dorefa[l].bits;
      if (is_dorefa_bits(bits) || bits == DorefaLayer::kFloatBits) continue;
      throw UserError(fmt::format("layer {}: {} bits; allowed: 1, 2, 4, 8, or {} for float32", l,
                                  bits, DorefaLayer::kFloatBits));
    }
  }
  if (recipe.mode == TrainMode::kPaperFloat) {
    const PaperRecipe& paper = recipe.paper;
    if (paper.operand_bits < 2 || paper.operand_bits > 7) {
      throw UserError(
          fmt::format("operand bits {} of the published code is not in 2...7", paper.operand_bits));
    }
    if (paper.accumulator_bits < 4 || paper.accumulator_bits > 24) {
      throw UserError(fmt::format("accumulator bits {} of the published code is not in 4...24",
                                  paper.accumulator_bits));
    }
    if (paper.forward_tile < 1) {
      throw UserError(fmt::format("forward tile {} of the published code is not 1 or more",
                                  paper.forward_tile));
    }
  }
}

}  // namespace sylvester
