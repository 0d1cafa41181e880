#include "golden/config/config.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "golden/config/cross_check.hpp"
#include "golden/config/precision_table.hpp"
#include "golden/config/presets.hpp"
#include "golden/config/toml.hpp"
#include "golden/support/atomic_file.hpp"
#include "golden/support/error.hpp"
#include "golden/support/sha256.hpp"
#include "golden/train/layer_list.hpp"

namespace sylvester {
namespace {

constexpr unsigned kAllEffects = ~0u;
constexpr std::string_view kOverrideSource = "--set";
constexpr std::string_view kTableKey = "network.precision";

// Numbers without a point are good for reals, one number for a list of one; an empty list fits
// every type of list; -0.0 is 0.
ConfigValue converted(const KeyDeclaration& key, ConfigValue value) {
  if (key.type == KeyType::kRealList) {
    std::vector<double> reals;
    if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&value)) {
      reals.assign(integers->begin(), integers->end());
    } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
      reals = {static_cast<double>(*integer)};
    } else if (const auto* real = std::get_if<double>(&value)) {
      reals = {*real};
    } else if (const auto* list = std::get_if<std::vector<double>>(&value)) {
      reals = *list;
    } else {
      return value;
    }
    for (double& real : reals) real += 0.0;  // -0.0 is 0
    return reals;
  }
  if (const auto* real = std::get_if<double>(&value); real != nullptr && *real == 0) return 0.0;
  if (const auto* integer = std::get_if<std::int64_t>(&value);
      integer != nullptr && key.type == KeyType::kReal) {
    return static_cast<double>(*integer);
  }
  if (const auto* list = std::get_if<std::vector<std::string>>(&value);
      list != nullptr && list->empty() && key.type == KeyType::kIntegerList) {
    return std::vector<std::int64_t>{};
  }
  return value;
}

ConfigValue checked(const KeyDeclaration& key, ConfigValue value, std::string_view where) {
  value = converted(key, std::move(value));
  if (is_allowed(key, value)) return value;
  throw UserError(fmt::format("{}: {}: value {}; allowed: {}", where, key.name, value_text(value),
                              allowed_text(key)));
}

// `operands.forward_weight = "i4"` is short for `operands.forward_weight.format = "i4"`.
const KeyDeclaration& resolve_key(const std::string& name, std::string_view where) {
  if (const KeyDeclaration* key = find_key(name + ".format")) return *key;
  return require_key(name, where);
}

std::string preset_file_name(const std::string& name) {
  return name.ends_with(".toml") ? name : name + ".toml";
}

std::string text_of(const std::string& path_or_preset) {
  if (std::filesystem::exists(path_or_preset)) return read_file(path_or_preset, kMostTomlBytes);
  const auto preset = preset_files().find(preset_file_name(path_or_preset));
  if (preset == preset_files().end()) {
    throw UserError(fmt::format("{}: no such file or preset; presets: {}", path_or_preset,
                                fmt::join(preset_names(), ", ")));
  }
  return preset->second;
}

using Values = std::map<std::string, ConfigValue, std::less<>>;

// A relative path of the precision table begins at `folder`.
TomlEntry placed(TomlEntry entry, const std::filesystem::path& folder) {
  if (entry.name != kTableKey || folder.empty()) return entry;
  auto& path = std::get<std::string>(entry.value);
  if (!path.empty()) path = (folder / path).lexically_normal().string();
  return entry;
}

// The folder of a configuration's file; none for a preset.
std::filesystem::path folder_of(const std::string& path_or_preset) {
  if (!std::filesystem::exists(path_or_preset)) return {};
  return std::filesystem::path(path_or_preset).parent_path();
}

Values values_of(const std::string& toml, const std::string& where,
                 const std::filesystem::path& folder = {}) {
  Values values;
  for (TomlEntry& read : parse_toml(toml, where)) {
    TomlEntry entry = placed(checked_entry(std::move(read), where), folder);
    if (!values.emplace(entry.name, std::move(entry.value)).second) {
      throw UserError(fmt::format("{}: {}: given twice", where, entry.name));
    }
  }
  return values;
}

}  // namespace

TomlEntry checked_entry(TomlEntry entry, const std::string& where) {
  const KeyDeclaration& key = resolve_key(entry.name, where);
  return {key.name, checked(key, std::move(entry.value), where)};
}

TomlEntry override_entry(const std::string& assignment) {
  const std::string where(kOverrideSource);
  const std::size_t equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw UserError(
        fmt::format("{}: {}: not an assignment; allowed: key=value", where, assignment));
  }
  const KeyDeclaration& key = resolve_key(assignment.substr(0, equals), where);
  TomlEntry entry{key.name,
                  checked(key, parse_override(key, assignment.substr(equals + 1), where), where)};
  // The current folder stays the beginning, whatever file the entry is put beside.
  return placed(std::move(entry), std::filesystem::current_path());
}

Config::Config(std::string source, Values values, std::shared_ptr<const PrecisionTable> table)
    : source_(std::move(source)), values_(std::move(values)), table_(std::move(table)) {
  for (const KeyDeclaration& key : declared_keys()) {
    if (values_.contains(key.name)) continue;
    if (key.default_from.empty()) {
      values_[key.name] = key.default_value;
    } else {
      const ConfigValue& from = values_.at(key.default_from);
      values_[key.name] = key.default_rule == nullptr ? from : key.default_rule(from);
    }
  }
  check_combinations(*this);
  if (table_ == nullptr) read_table();
}

std::int64_t Config::layers() const { return count_layers(texts("network.layers")) + 1; }

void Config::read_table() {
  const std::string& file = text(kTableKey);
  if (file.empty()) return;
  if (!std::filesystem::is_regular_file(file)) {
    throw UserError(fmt::format("{}: {}: value {}; allowed: a file with a precision table", source_,
                                kTableKey, value_text(file)));
  }
  if (layers() > kMostTableLayers) {
    throw UserError(
        fmt::format("{}: {}: value {}; allowed: none, for the network has {} layers, "
                    "more than {}",
                    source_, kTableKey, value_text(file), layers(), kMostTableLayers));
  }
  table_ = std::make_shared<const PrecisionTable>(
      parse_precision_table(read_file(file, kMostTomlBytes), file, static_cast<int>(layers())));
  // Layers with equal settings stand together: one of them shows whether they contradict others.
  const std::vector<TomlEntry>* checked = nullptr;
  for (const auto& [number, settings] : table_->settings) {
    if (checked == nullptr || *checked != settings) static_cast<void>(layer(number));
    checked = &settings;
  }
}

Config Config::layer(int l) const {
  Values values = values_;
  values[std::string(kTableKey)] = std::string();
  if (table_ == nullptr) return Config(source_, std::move(values));
  const auto found = table_->settings.find(l);
  if (found != table_->settings.end()) {
    for (const TomlEntry& setting : found->second) values[setting.name] = setting.value;
  }
  return Config(fmt::format("{}: layer {}", table_->file, l), std::move(values));
}

Config Config::parse(const std::string& toml, const std::string& where,
                     const std::vector<std::string>& overrides) {
  Values values = values_of(toml, where, folder_of(where));
  for (const std::string& assignment : overrides) {
    TomlEntry entry = override_entry(assignment);
    values[entry.name] = std::move(entry.value);
  }
  return Config(where, std::move(values));
}

Config Config::load(const std::string& path_or_preset, const std::vector<std::string>& overrides) {
  return parse(text_of(path_or_preset), path_or_preset, overrides);
}

Config Config::load(const std::string& path_or_preset, const std::vector<TomlEntry>& settings,
                    const std::string& where, const std::filesystem::path& folder) {
  Values values = values_of(text_of(path_or_preset), path_or_preset, folder_of(path_or_preset));
  for (const TomlEntry& setting : settings) {
    TomlEntry entry = placed(checked_entry(setting, where), folder);
    values[entry.name] = std::move(entry.value);
  }
  return Config(where, std::move(values));
}

const ConfigValue& Config::value(std::string_view key) const {
  const auto found = values_.find(key);
  if (found == values_.end()) {
    throw std::logic_error("undeclared configuration key " + std::string(key));
  }
  return found->second;
}

namespace {

template <typename T>
const T& typed(const Config& config, std::string_view key) {
  if (const T* value = std::get_if<T>(&config.value(key))) return *value;
  throw std::logic_error("configuration key of another type: " + std::string(key));
}

}  // namespace

std::int64_t Config::integer(std::string_view key) const { return typed<std::int64_t>(*this, key); }
double Config::real(std::string_view key) const { return typed<double>(*this, key); }
bool Config::flag(std::string_view key) const { return typed<bool>(*this, key); }
const std::string& Config::text(std::string_view key) const {
  return typed<std::string>(*this, key);
}
const std::vector<std::string>& Config::texts(std::string_view key) const {
  return typed<std::vector<std::string>>(*this, key);
}
const std::vector<std::int64_t>& Config::integers(std::string_view key) const {
  return typed<std::vector<std::int64_t>>(*this, key);
}
const std::vector<double>& Config::reals(std::string_view key) const {
  return typed<std::vector<double>>(*this, key);
}

Config Config::with(const std::string& name, const std::string& text) const {
  const std::string where(kOverrideSource);
  const KeyDeclaration& key = resolve_key(name, where);
  Values values = values_;
  values[key.name] = checked(key, parse_override(key, text, where), where);
  const bool other_table = key.name == kTableKey || key.name == "network.layers";
  return Config(source_, std::move(values), other_table ? nullptr : table_);
}

std::string Config::lines(unsigned effects) const {
  std::string text;
  for (const KeyDeclaration& key : declared_keys()) {
    if (effects != kAllEffects && (key.effect & effects) == 0) continue;
    text += fmt::format("{} = {}\n", key.name, value_text(values_.at(key.name)));
  }
  if (table_ == nullptr) return text;
  for (const auto& [l, settings] : table_->settings) {
    std::map<std::string, std::string> by_name;
    for (const TomlEntry& setting : settings) {
      if (setting.value != values_.at(setting.name)) {
        by_name[setting.name] = value_text(setting.value);
      }
    }
    for (const auto& [name, value] : by_name) {
      text += fmt::format("layer {}: {} = {}\n", l, name, value);
    }
  }
  return text;
}

std::string Config::canonical_text() const { return lines(kAllEffects); }
std::string Config::numerics_text() const {
  return fmt::format("numerics_version = {}\n", kNumericsVersion) + lines(kNumeric);
}
std::uint64_t Config::numerics_hash() const { return hash64(numerics_text()); }

std::vector<std::string> preset_names() {
  std::vector<std::string> names;
  for (const auto& [file, text] : preset_files()) {
    if (file.find('/') != std::string::npos) continue;
    names.push_back(file.substr(0, file.size() - std::string_view(".toml").size()));
  }
  return names;
}

std::string commented_toml(const Config& config) {
  std::string text;
  std::string open_table;
  for (const KeyDeclaration& key : declared_keys()) {
    const std::size_t dot = key.name.rfind('.');
    const std::string table = key.name.substr(0, dot);
    if (table != open_table) {
      text += fmt::format("{}[{}]\n", text.empty() ? "" : "\n", table);
      open_table = table;
    }
    text += fmt::format("# {} Allowed: {}{}.\n{} = {}\n", key.sentence, allowed_text(key),
                        key.unit.empty() ? "" : " (" + key.unit + ")", key.name.substr(dot + 1),
                        value_text(config.value(key.name)));
  }
  return text;
}

}  // namespace sylvester
