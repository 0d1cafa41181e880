#include "cli/config_command.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "golden/config/config.hpp"
#include "golden/config/convert.hpp"
#include "golden/config/schema.hpp"
#include "golden/support/sha256.hpp"

namespace sylvester {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const ConfigValue& value) {
  return std::visit([](const auto& v) { return Json(v); }, value);
}

std::string type_name(KeyType type) {
  switch (type) {
    case KeyType::kInteger:
      return "integer";
    case KeyType::kReal:
      return "real";
    case KeyType::kFlag:
      return "flag";
    case KeyType::kText:
      return "text";
    case KeyType::kChoice:
      return "choice";
    case KeyType::kChoiceList:
      return "choice_list";
    case KeyType::kTextList:
      return "text_list";
    case KeyType::kIntegerList:
      return "integer_list";
    case KeyType::kRealList:
      return "real_list";
  }
  return {};
}

std::vector<std::string> effects(const KeyDeclaration& key) {
  std::vector<std::string> names;
  if (key.effect & kNumeric) names.push_back("numerics");
  if (key.effect & kHardware) names.push_back("hardware");
  return names;
}

std::string effect_text(const KeyDeclaration& key) {
  if (key.effect == (kNumeric | kHardware)) return "values, cycles and RTL: both hashes";
  if (key.effect == kNumeric) return "values: the numerics hash";
  if (key.effect == kHardware) return "cycles and RTL: the hardware hash";
  return "neither values nor cycles";
}

std::string default_text(const KeyDeclaration& key) {
  if (key.default_from.empty()) return value_text(key.default_value);
  return key.default_rule == nullptr ? "the value of " + key.default_from : key.rule_text;
}

Json explain_json(const KeyDeclaration& key) {
  Json object = {{"key", key.name}, {"type", type_name(key.type)}};
  const bool number = key.type == KeyType::kInteger || key.type == KeyType::kReal ||
                      key.type == KeyType::kIntegerList || key.type == KeyType::kRealList;
  if (number) {
    const bool real = key.type == KeyType::kReal || key.type == KeyType::kRealList;
    object["least"] = real ? Json(key.least) : Json(static_cast<std::int64_t>(key.least));
    object["most"] = real ? Json(key.most) : Json(static_cast<std::int64_t>(key.most));
  } else if (key.type == KeyType::kChoice || key.type == KeyType::kChoiceList) {
    object["choices"] = key.choices;
  }
  object["default"] = to_json(key.default_value);
  if (!key.default_from.empty()) object["default_from"] = key.default_from;
  if (key.default_rule != nullptr) object["default_rule"] = key.rule_text;
  object["unit"] = key.unit;
  object["changes"] = effects(key);
  object["sentence"] = key.sentence;
  return object;
}

std::string explain_text(const KeyDeclaration& key) {
  return fmt::format("{}\n  {}\n  allowed: {}{}\n  default: {}\n  changes: {}\n", key.name,
                     key.sentence, allowed_text(key), key.unit.empty() ? "" : ", " + key.unit,
                     default_text(key), effect_text(key));
}

Json values_json(const Config& config) {
  Json object = Json::object();
  for (const KeyDeclaration& key : declared_keys()) {
    object[key.name] = to_json(config.value(key.name));
  }
  return object;
}

}  // namespace

int run_config_init(const ConfigArgument& argument, const Output& output) {
  const Config config = argument.source.empty() ? Config::parse("", "defaults", argument.overrides)
                                                : Config::load(argument.source, argument.overrides);
  output.result({{"config", values_json(config)}}, commented_toml(config));
  return kHolds;
}

int run_config_explain(const std::string& name, const Output& output) {
  std::vector<const KeyDeclaration*> chosen;
  for (const KeyDeclaration& key : declared_keys()) {
    if (name.empty() || key.name == name || key.name.starts_with(name + ".")) {
      chosen.push_back(&key);
    }
  }
  if (chosen.empty()) chosen.push_back(&require_key(name, "config explain"));
  Json keys = Json::array();
  std::string text;
  for (const KeyDeclaration* key : chosen) {
    keys.push_back(explain_json(*key));
    text += (text.empty() ? "" : "\n") + explain_text(*key);
  }
  output.result({{"keys", keys}}, text);
  return kHolds;
}

int run_config_diff(const std::string& a, const std::string& b,
                    const std::vector<std::string>& overrides, const Output& output) {
  const Config first = Config::load(a, overrides);
  const Config second = Config::load(b, overrides);
  Json differences = Json::array();
  std::string text;
  for (const KeyDeclaration& key : declared_keys()) {
    const ConfigValue& x = first.value(key.name);
    const ConfigValue& y = second.value(key.name);
    if (x == y) continue;
    differences.push_back(
        {{"key", key.name}, {"a", to_json(x)}, {"b", to_json(y)}, {"changes", effects(key)}});
    text += fmt::format("{}: {} -> {} (changes {})\n", key.name, value_text(x), value_text(y),
                        effect_text(key));
  }
  if (text.empty()) text = "no differences\n";
  output.result({{"a", a}, {"b", b}, {"differences", differences}}, text);
  return kHolds;
}

int run_config_hash(const ConfigArgument& argument, const Output& output) {
  const Config config = Config::load(argument.source, argument.overrides);
  const std::string numerics = to_hex(config.numerics_hash());
  const std::string hardware = to_hex(hardware_hash(config));
  output.result(
      {{"config", config.source()}, {"numerics_hash", numerics}, {"hardware_hash", hardware}},
      fmt::format("numerics_hash {}\nhardware_hash {}\n", numerics, hardware));
  return kHolds;
}

}  // namespace sylvester
