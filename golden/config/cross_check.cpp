#include "golden/config/cross_check.hpp"

#include <bit>
#include <vector>

#include <fmt/core.h>

#include "golden/config/config.hpp"
#include "golden/config/precision_table.hpp"
#include "golden/hardware/hardware.hpp"
#include "golden/numerics/format.hpp"
#include "golden/numerics/role.hpp"
#include "golden/support/error.hpp"
#include "golden/train/dorefa_quantiser.hpp"
#include "golden/train/layer_list.hpp"
#include "golden/train/recipe.hpp"

namespace sylvester {
namespace {

[[noreturn]] void refuse(const Config& config, const std::string& key, const std::string& allowed) {
  throw UserError(fmt::format("{}: {}: value {}; allowed: {}", config.source(), key,
                              value_text(config.value(key)), allowed));
}

bool is_power_of_two(std::int64_t value) {
  return value > 0 && std::has_single_bit(static_cast<std::uint64_t>(value));
}

void check_accumulator(const Config& config) {
  const std::int64_t bits = config.integer("accumulator.bits");
  if (config.integer("accumulator.outer_bits") < bits) {
    refuse(config, "accumulator.outer_bits",
           fmt::format("{}...32, not narrower than accumulator.bits", bits));
  }
  const std::int64_t tile_max = config.integer("hardware.tile_max");
  for (const char* key : {"accumulator.tile", "accumulator.backward_tile"}) {
    if (config.integer(key) > tile_max) {
      refuse(config, key, fmt::format("0...{}, hardware.tile_max", tile_max));
    }
  }
}

void check_transforms(const Config& config) {
  const std::int64_t block_max = config.integer("prepare.block_max");
  if (!is_power_of_two(block_max)) {
    refuse(config, "prepare.block_max", "a power of two");
  }
  for (const char* gemm : {"forward", "input_gradient", "weight_gradient"}) {
    const std::string rule_key = fmt::format("transform.{}.rule", gemm);
    const std::string block_key = fmt::format("transform.{}.block", gemm);
    const std::string& rule = config.text(rule_key);
    const std::int64_t block = config.integer(block_key);
    if (block != 0 && !is_power_of_two(block)) refuse(config, block_key, "0 or a power of two");
    if (const std::string signs_key = fmt::format("transform.{}.signs", gemm);
        rule == "none" && config.flag(signs_key)) {
      refuse(config, signs_key, fmt::format("false, for {} is \"none\"", rule_key));
    }
    if (rule == "none") continue;
    if (block == 0 && rule != "paper") {
      refuse(config, block_key,
             fmt::format("a power of two; 0 only with {} = \"paper\"", rule_key));
    }
    if (block > block_max) {
      refuse(config, block_key, fmt::format("at most {}, prepare.block_max", block_max));
    }
  }
}

// Only tensors behind a ReLU are non-negative, and a transform makes negative values of them.
void check_signs(const Config& config) {
  const struct {
    Role role;
    const char* gemm;
    bool can_be_unsigned;
  } roles[] = {
      {Role::kForwardInput, "forward", true},
      {Role::kForwardActivation, "forward", true},
      {Role::kForwardWeight, "forward", false},
      {Role::kInputGradient, "input_gradient", false},
      {Role::kBackwardWeight, "input_gradient", false},
      {Role::kWeightGradient, "weight_gradient", false},
      {Role::kBackwardActivation, "weight_gradient", true},
  };
  for (const auto& role : roles) {
    const std::string key = fmt::format("operands.{}.format", to_string(role.role));
    if (format(config.text(key)).is_signed) continue;
    if (!role.can_be_unsigned) {
      refuse(config, key, "a signed format, for this tensor has negative values");
    }
    const std::string rule_key = fmt::format("transform.{}.rule", role.gemm);
    if (config.text(rule_key) != "none") {
      refuse(config, key,
             fmt::format("a signed format, for {} = {} makes negative values", rule_key,
                         value_text(config.value(rule_key))));
    }
  }
}

void check_training(const Config& config) {
  const std::string& rule = config.text("transform.forward.rule");
  if (config.flag("backward.from_codes") && rule != "none") {
    refuse(config, "backward.from_codes",
           fmt::format("false, for transform.forward.rule is \"{}\"", rule));
  }
  if (config.text("train.arithmetic") == "paper-float" && config.integer("accumulator.tile") == 0) {
    refuse(config, "accumulator.tile", "1 and more with train.arithmetic = \"paper-float\"");
  }
}

// Codes of a transformed tensor are not codes of the tensor, and G is transformed along another
// axis in each backward GEMM.
void check_backward(const Config& config) {
  const struct {
    const char* key;
    std::vector<const char*> gemms;
  } without_transform[] = {
      {"backward.reuse_codes", {"forward", "input_gradient", "weight_gradient"}},
      {"backward.one_draw", {"input_gradient", "weight_gradient"}},
  };
  for (const auto& [key, gemms] : without_transform) {
    for (const char* gemm : gemms) {
      const std::string rule_key = fmt::format("transform.{}.rule", gemm);
      const std::string& rule = config.text(rule_key);
      if (config.flag(key) && rule != "none") {
        refuse(config, key, fmt::format("false, for {} is \"{}\"", rule_key, rule));
      }
    }
  }
  if (!is_power_of_two(config.integer("backward.gradient_samples"))) {
    refuse(config, "backward.gradient_samples", "a power of two");
  }
  const char* const sampled = config.flag("backward.one_draw")
                                  ? "operands.input_gradient.rounding"
                                  : "operands.weight_gradient.rounding";
  if (config.integer("backward.gradient_samples") > 1 && config.text(sampled) == "nearest") {
    refuse(config, "backward.gradient_samples", fmt::format("1, for {} is \"nearest\"", sampled));
  }
  for (const Role role : {Role::kForwardInput, Role::kForwardActivation, Role::kForwardWeight,
                          Role::kBackwardWeight, Role::kBackwardActivation}) {
    const std::string key = fmt::format("operands.{}.scale", to_string(role));
    if (config.text(key) == "hindsight") {
      refuse(config, key, "the other rules; hindsight is for gradients only");
    }
  }
  if (config.integer("fnt.epochs") == 0) return;
  if (const std::string& arithmetic = config.text("train.arithmetic"); arithmetic != "quantised") {
    refuse(config, "fnt.epochs", fmt::format("0, for train.arithmetic is \"{}\"", arithmetic));
  }
  if (const std::string& rule = config.text("transform.forward.rule"); rule != "none") {
    refuse(config, "fnt.epochs", fmt::format("0, for transform.forward.rule is \"{}\"", rule));
  }
}

// Scenes are for detection and segmentation alone, and these for nothing else.
void check_task(const Config& config) {
  const std::string& task = config.text("train.task");
  const bool scenes = config.text("data.set") == "mnist-canvas";
  if (task == "classification") {
    if (scenes) {
      refuse(config, "train.task", "detection, segmentation, for data.set is \"mnist-canvas\"");
    }
    return;
  }
  if (!scenes) {
    refuse(config, "data.set", fmt::format("mnist-canvas, for train.task is \"{}\"", task));
  }
  if (config.integer("fnt.epochs") != 0) {
    refuse(config, "fnt.epochs", fmt::format("0, for train.task is \"{}\"", task));
  }
  // DoReFa and tables number the layers up to one classifier, scenes have two heads; the boxes' loss
  // has no integer form.
  const std::string& arithmetic = config.text("train.arithmetic");
  if (arithmetic == "dorefa" || arithmetic == "pdqat" || arithmetic == "integer") {
    refuse(config, "train.arithmetic",
           fmt::format("float, quantised, paper-float, for train.task is \"{}\"", task));
  }
  if (!config.text("network.precision").empty()) {
    refuse(config, "network.precision", fmt::format("none, for train.task is \"{}\"", task));
  }
}

// One recipe for the three GEMMs, whose registers hold every sum.
void check_integer(const Config& config) {
  if (config.text("train.arithmetic") != "integer") return;
  const std::int64_t tile = config.integer("accumulator.tile");
  if (config.integer("accumulator.backward_tile") != tile) {
    refuse(config, "accumulator.backward_tile",
           fmt::format("{}, accumulator.tile, with train.arithmetic = \"integer\"", tile));
  }
  const std::int64_t code = (std::int64_t{1} << (config.integer("integer.bits") - 1)) - 1;
  const std::int64_t most =
      ((std::int64_t{1} << (config.integer("accumulator.bits") - 1)) - 1) / (code * code);
  if (most < 1) {
    refuse(config, "accumulator.bits",
           fmt::format("{} and more with integer.bits = {}, to hold a product",
                       std::bit_width(static_cast<std::uint64_t>(code * code)) + 1,
                       config.integer("integer.bits")));
  }
  if (tile > most) {
    refuse(config, "accumulator.tile",
           fmt::format("0...{} with integer.bits = {} and accumulator.bits = {}, whose sums no "
                       "register limits",
                       most, config.integer("integer.bits"), config.integer("accumulator.bits")));
  }
  const std::string& method = config.text("continual.method");
  if (method != "finetune" && method != "replay" && method != "joint") {
    refuse(config, "continual.method",
           "finetune, replay, joint with train.arithmetic = \"integer\"");
  }
}

void check_network(const Config& config) {
  try {
    check_layers(config.texts("network.layers"));
  } catch (const UserError& error) {
    throw UserError(fmt::format("{}: network.layers: value {}", config.source(), error.what()));
  }
}

void check_pdqat(const Config& config) {
  const std::int64_t bits = config.integer("pdqat.bits");
  if (!is_dorefa_bits(static_cast<int>(bits)) && bits != DorefaLayer::kFloatBits) {
    refuse(config, "pdqat.bits",
           fmt::format("1, 2, 4, 8, or {} for float32", DorefaLayer::kFloatBits));
  }
  const std::string& arithmetic = config.text("train.arithmetic");
  if (arithmetic != "dorefa" && arithmetic != "pdqat") return;
  const std::int64_t layers = config.layers();
  if (layers > kMostTableLayers) {
    refuse(config, "network.layers",
           fmt::format("at most {} layers with train.arithmetic = \"{}\"; it has {}",
                       kMostTableLayers, arithmetic, layers));
  }
  for (const std::int64_t l : config.integers("pdqat.high_precision")) {
    if (l >= -layers && l < layers) continue;
    refuse(config, "pdqat.high_precision",
           fmt::format("{}...{}, for the network has {} layers with the classifier", -layers,
                       layers - 1, layers));
  }
}

void check_precision(const Config& config) {
  const std::string& table = config.text("network.precision");
  if (table.empty()) return;
  const std::string& arithmetic = config.text("train.arithmetic");
  if (arithmetic == "float" || arithmetic == "paper-float" || arithmetic == "integer") {
    refuse(config, "network.precision",
           fmt::format("none, for train.arithmetic is \"{}\"", arithmetic));
  }
  const std::string& method = config.text("continual.method");
  if (method == "der" || method == "memo") {
    refuse(config, "network.precision",
           fmt::format("none, for continual.method {} adds layers to the network", method));
  }
}

void check_modes(const Config& config) {
  try {
    check(operand_modes(config.texts("hardware.modes")));
  } catch (const UserError&) {
    refuse(config, "hardware.modes", "at least one mode, and at most one format with a list");
  }
  if (operand_widths(operand_modes(config.texts("hardware.modes"))).nibbles &&
      config.text("accumulator.policy") != "clamp" &&
      config.integer("accumulator.bits") < kNibbleProductBits) {
    refuse(config, "hardware.modes",
           fmt::format("no i8xi8, or accumulator.policy clamp, or accumulator.bits {} and more",
                       kNibbleProductBits));
  }
}

}  // namespace

void check_combinations(const Config& config) {
  check_accumulator(config);
  check_transforms(config);
  check_signs(config);
  check_training(config);
  check_backward(config);
  check_task(config);
  check_integer(config);
  check_network(config);
  check_pdqat(config);
  check_precision(config);
  check_modes(config);
}

}  // namespace sylvester
