#include "cli/generate_command.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "golden/config/accelerator.hpp"
#include "golden/config/config.hpp"
#include "golden/config/convert.hpp"
#include "golden/support/sha256.hpp"
#include "rtl_gen/package.hpp"

namespace sylvester {

int run_generate(const ConfigArgument& argument, const std::string& folder, const Output& output) {
  const Config config = Config::load(argument.source, argument.overrides);
  if (config.text("train.arithmetic") == "quantised") require_accelerator(config, "generate");
  if (has_dorefa_codes(config)) require_one_width(config, "generate");
  if (config.precision_table() != nullptr || has_dorefa_codes(config)) {
    require_formats(config, "generate");
  }
  const HardwareParameters hardware = hardware_parameters(config);
  const GeneratedFiles files = generate_package(hardware);
  write_package(files, folder);

  const std::string hash = to_hex(hardware_hash(hardware));
  nlohmann::ordered_json names = nlohmann::ordered_json::array();
  std::string text;
  for (const auto& [name, content] : files) {
    names.push_back(name);
    text += fmt::format("{}/{}\n", folder, name);
  }
  const std::string numerics = to_hex(config.numerics_hash());
  text +=
      fmt::format("{} files, hardware_hash {}, numerics_hash {}\n", files.size(), hash, numerics);
  output.result(
      {{"out", folder}, {"hardware_hash", hash}, {"numerics_hash", numerics}, {"files", names}},
      text);
  return kHolds;
}

}  // namespace sylvester
