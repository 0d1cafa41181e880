#include "golden/config/accelerator.hpp"

#include <fmt/core.h>

#include "golden/config/convert.hpp"
#include "golden/support/error.hpp"

namespace sylvester {
namespace {

std::optional<GoldenOnlySetting> unprepared_setting(const Config& config) {
  for (int i = 0; i < kGemmKinds; ++i) {
    const std::string key = fmt::format("transform.{}.signs", to_string(static_cast<GemmKind>(i)));
    if (config.flag(key) && !config.flag("prepare.signs")) {
      return GoldenOnlySetting{key, "false with prepare.signs = false"};
    }
  }
  return std::nullopt;
}

void refuse(const Config& config, const GoldenOnlySetting& setting, std::string_view command) {
  throw UserError(fmt::format(
      "{}: {}: value {}; allowed for {}: {}, which the accelerator computes", config.source(),
      setting.key, value_text(config.value(setting.key)), command, setting.allowed));
}

}  // namespace

std::optional<GoldenOnlySetting> golden_only_setting(const Config& config) {
  if (config.text("train.arithmetic") != "quantised") {
    return GoldenOnlySetting{"train.arithmetic", "quantised"};
  }
  return unprepared_setting(config);
}

void require_accelerator(const Config& config, std::string_view command) {
  if (const auto found = golden_only_setting(config)) refuse(config, *found, command);
}

void require_prepare_unit(const Config& config, std::string_view command) {
  if (const auto found = unprepared_setting(config)) refuse(config, *found, command);
}

}  // namespace sylvester
