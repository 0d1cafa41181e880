#include "cli/precision_command.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "golden/config/config.hpp"
#include "golden/config/precision_table.hpp"
#include "golden/pdqat/selection.hpp"
#include "golden/support/atomic_file.hpp"
#include "golden/support/error.hpp"

namespace sylvester {
namespace {

// As lines of the table, checked.
std::vector<std::string> setting_lines(const std::vector<std::string>& settings) {
  std::vector<std::string> lines;
  for (const std::string& assignment : settings) {
    const TomlEntry entry = override_entry(assignment);
    if (!is_layer_key(entry.name)) {
      throw UserError(
          fmt::format("--set: {}: allowed: a key that a precision table may hold", entry.name));
    }
    lines.push_back(fmt::format("{} = {}", entry.name, value_text(entry.value)));
  }
  return lines;
}

}  // namespace

int run_precision(const PrecisionArguments& arguments, const Output& output) {
  const auto result = nlohmann::ordered_json::parse(read_file(arguments.result), nullptr, false);
  const DualKind kind = dual_kind(arguments.constraint);
  const std::vector<LayerDual> all = layer_duals(result, kind, arguments.result);
  if (arguments.layers > static_cast<int>(all.size())) {
    throw UserError(
        fmt::format("--layers: value {}; allowed: 1...{}, the layers with this "
                    "constraint",
                    arguments.layers, all.size()));
  }
  const std::vector<LayerDual> chosen =
      choose_layers(all, choice(arguments.choice), arguments.layers, arguments.seed);
  const std::vector<std::string> settings = setting_lines(
      arguments.settings.empty() ? std::vector<std::string>{"pdqat.bits=8"} : arguments.settings);
  const std::string text = table_text(
      chosen, settings,
      fmt::format("{} of {} layers by their multipliers ({}: {}), from {}.", chosen.size(),
                  all.size(), arguments.constraint, arguments.choice, printable(arguments.result)));
  write_file(arguments.out, text);
  nlohmann::ordered_json layers = nlohmann::ordered_json::array();
  for (const LayerDual& layer : all) {
    const bool is_chosen = std::ranges::any_of(
        chosen, [&](const LayerDual& other) { return other.layer == layer.layer; });
    layers.push_back({{"layer", layer.layer}, {"dual", layer.dual}, {"chosen", is_chosen}});
  }
  output.result({{"out", arguments.out}, {"layers", layers}}, text);
  return kHolds;
}

}  // namespace sylvester
