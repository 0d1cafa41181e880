// Whether the accelerator can do what a configuration trains with.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "golden/config/config.hpp"

namespace sylvester {

struct GoldenOnlySetting {
  std::string key;
  std::string allowed;  ///< values that the accelerator has
};

/// The first setting that only golden has.
std::optional<GoldenOnlySetting> golden_only_setting(const Config& config);

/// Throws UserError if there is one; `command` needs the accelerator.
void require_accelerator(const Config& config, std::string_view command);
/// The same of what the prepare unit does not have only: scale rules and random signs.
void require_prepare_unit(const Config& config, std::string_view command);

}  // namespace sylvester
