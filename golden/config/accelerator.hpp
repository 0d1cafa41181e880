// Whether the accelerator can do what a configuration trains with.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "golden/config/config.hpp"

namespace sylvester {

struct GoldenOnlySetting {
  std::string source;  ///< of the configuration that has it: the layer's if a table gives it
  std::string key;
  std::string value;
  std::string allowed;  ///< values that the accelerator has
};

/// The first setting that only golden has, of the configuration or of a layer of its precision
/// table.
std::optional<GoldenOnlySetting> golden_only_setting(const Config& config);

/// Throws UserError if there is one; `command` needs the accelerator.
void require_accelerator(const Config& config, std::string_view command);
/// The same of what the prepare unit and the registers do not have only: scale rules, random signs,
/// widths of single layers.
void require_prepare_unit(const Config& config, std::string_view command);

/// Whether the forward GEMMs have DoReFa codes, and there are no others on the accelerator.
bool has_dorefa_codes(const Config& config);

/// Rows of formats() that a GEMM multiplies, and its products per tile (0: the whole contraction).
struct GemmFormats {
  std::string operands;  ///< the keys that say so, for messages
  int a = 0;
  int b = 0;
  int tile = 0;
};
/// By layer, of all GEMMs that it can have, Y with either role of X; of DoReFa codes Y alone, and
/// nothing of layers in float32.
std::vector<std::vector<GemmFormats>> gemm_formats(const Config& config);

/// Throws UserError if the precision table gives a layer a register width of its own: the machine
/// has one.
void require_one_width(const Config& config, std::string_view command);

/// Throws UserError naming the first layer whose operand formats or tiles the hardware was not
/// built for.
void require_formats(const Config& config, std::string_view command);

}  // namespace sylvester
