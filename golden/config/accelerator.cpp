#include "golden/config/accelerator.hpp"

#include <algorithm>
#include <vector>

#include <fmt/core.h>

#include "golden/config/convert.hpp"
#include "golden/config/precision_table.hpp"
#include "golden/hardware/descriptors.hpp"
#include "golden/hardware/operand_modes.hpp"
#include "golden/support/error.hpp"
#include "golden/train/dorefa_quantiser.hpp"

namespace sylvester {
namespace {

GoldenOnlySetting setting(const Config& config, const std::string& key, std::string allowed) {
  return {config.source(), key, value_text(config.value(key)), std::move(allowed)};
}

std::optional<GoldenOnlySetting> unprepared_setting_of(const Config& config) {
  for (int i = 0; i < kGemmKinds; ++i) {
    const std::string key = fmt::format("transform.{}.signs", to_string(static_cast<GemmKind>(i)));
    if (config.flag(key) && !config.flag("prepare.signs")) {
      return setting(config, key, "false with prepare.signs = false");
    }
  }
  return std::nullopt;
}

std::optional<GoldenOnlySetting> golden_only_setting_of(const Config& config) {
  if (config.text("train.arithmetic") != "quantised") {
    return setting(config, "train.arithmetic", "quantised");
  }
  return unprepared_setting_of(config);
}

// The first setting that `find` finds in the configuration or in a layer of its table; the machine
// has one register width.
template <typename Find>
std::optional<GoldenOnlySetting> find_setting(const Config& config, const Find& find) {
  if (auto found = find(config)) return found;
  if (config.precision_table() == nullptr) return std::nullopt;
  constexpr const char* kBits = "accumulator.bits";
  for (const auto& [l, settings] : config.precision_table()->settings) {
    const Config layer = config.layer(l);
    if (layer.integer(kBits) != config.integer(kBits)) {
      return setting(
          layer, kBits,
          fmt::format("{}, the one register width of all layers", config.integer(kBits)));
    }
    if (auto found = find(layer)) return found;
  }
  return std::nullopt;
}

void refuse(const GoldenOnlySetting& setting, std::string_view command) {
  throw UserError(
      fmt::format("{}: {}: value {}; allowed for {}: {}, which the accelerator computes",
                  setting.source, setting.key, setting.value, command, setting.allowed));
}

bool contains(const std::vector<int>& rows, int format) {
  return std::ranges::find(rows, format) != rows.end();
}

}  // namespace

std::optional<GoldenOnlySetting> golden_only_setting(const Config& config) {
  return find_setting(config, golden_only_setting_of);
}

void require_accelerator(const Config& config, std::string_view command) {
  if (const auto found = golden_only_setting(config)) refuse(*found, command);
}

void require_prepare_unit(const Config& config, std::string_view command) {
  if (const auto found = find_setting(config, unprepared_setting_of)) refuse(*found, command);
}

bool has_dorefa_codes(const Config& config) {
  const std::string& arithmetic = config.text("train.arithmetic");
  return arithmetic == "dorefa" || arithmetic == "pdqat";
}

void require_one_width(const Config& config, std::string_view command) {
  const auto none = [](const Config& /*config*/) { return std::optional<GoldenOnlySetting>(); };
  if (const auto found = find_setting(config, none)) refuse(*found, command);
}

std::vector<std::vector<GemmFormats>> gemm_formats(const Config& config) {
  std::vector<std::vector<GemmFormats>> layers;
  const bool codes = has_dorefa_codes(config);
  const TrainRecipe dorefa = codes ? train_recipe(config) : TrainRecipe();
  for (int l = 0; l < config.layers(); ++l) {
    std::vector<GemmFormats>& gemms = layers.emplace_back();
    if (codes) {
      const DorefaLayer& layer = dorefa.dorefa_layer(l);
      if (!layer.is_low()) continue;
      const DorefaFormats formats = dorefa_formats(layer.bits);
      gemms.push_back({"pdqat.bits", formats.activation, formats.weight, layer.accumulate.tile});
      continue;
    }
    const LayerRecipe recipe = layer_recipe(config.layer(l));
    // Operands that other GEMMs' codes serve have the formats of those (LUQ-1).
    const Role x = recipe.reuse_codes ? Role::kForwardActivation : Role::kBackwardActivation;
    const Role w = recipe.reuse_codes ? Role::kForwardWeight : Role::kBackwardWeight;
    const Role g = recipe.one_draw ? Role::kInputGradient : Role::kWeightGradient;
    const std::pair<Role, Role> pairs[] = {{Role::kForwardInput, Role::kForwardWeight},
                                           {Role::kForwardActivation, Role::kForwardWeight},
                                           {Role::kInputGradient, w},
                                           {g, x}};
    for (const auto& [a, b] : pairs) {
      gemms.push_back(
          {fmt::format("operands.{}.format and operands.{}.format", to_string(a), to_string(b)),
           recipe.operand(a).format, recipe.operand(b).format, recipe.gemm(gemm_of(a)).tile});
    }
  }
  return layers;
}

void require_formats(const Config& config, std::string_view command) {
  const HardwareParameters hardware = hardware_parameters(config);
  const std::string& source =
      config.precision_table() == nullptr ? config.source() : config.precision_table()->file;
  for (int l = 0; const std::vector<GemmFormats>& gemms : gemm_formats(config)) {
    const std::string where = fmt::format("{}: layer {}", source, l++);
    for (const GemmFormats& gemm : gemms) {
      const Format& a = formats()[static_cast<std::size_t>(gemm.a)];
      const Format& b = formats()[static_cast<std::size_t>(gemm.b)];
      const std::string which =
          fmt::format("{}: {}: formats {} and {}", where, gemm.operands, a.name, b.name);
      if (!contains(a_formats(hardware.modes), gemm.a) ||
          !contains(b_formats(hardware.modes), gemm.b)) {
        throw UserError(fmt::format("{}; allowed for {}: formats that run in hardware.modes = {}",
                                    which, command, to_string(hardware.modes)));
      }
      const std::string nibbles =
          nibbles_refusal(hardware, a, b, gemm.tile == 0 ? hardware.tile_max : gemm.tile);
      if (!nibbles.empty()) throw UserError(fmt::format("{}: {}", which, nibbles));
    }
  }
}

}  // namespace sylvester
