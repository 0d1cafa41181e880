#include "golden/explore/space.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "golden/config/toml.hpp"
#include "golden/support/atomic_file.hpp"
#include "golden/support/error.hpp"

namespace sylvester {
namespace {

using Table = TomlNode::Table;
using List = TomlNode::List;
using Settings = std::vector<TomlEntry>;

constexpr std::int64_t kLastSeed = 4294967295;

struct AxisValue {
  std::string label;
  Settings settings;
};

struct Axis {
  std::string name;
  std::vector<AxisValue> values;
  bool of_baseline = false;  ///< the baseline varies along it too
};

// Error messages of one place of the file.
class Place {
 public:
  explicit Place(std::string where) : where_(std::move(where)) {}

  [[nodiscard]] const std::string& where() const { return where_; }
  [[nodiscard]] Place below(const std::string& part) const {
    return Place(fmt::format("{}: {}", where_, part));
  }
  [[noreturn]] void refuse(std::string_view key, std::string_view sentence) const {
    throw UserError(fmt::format("{}: {}: {}", where_, key, sentence));
  }

  void require_names(const Table& table, std::span<const std::string_view> allowed) const {
    for (const auto& [name, node] : table) {
      if (std::ranges::find(allowed, name) == allowed.end()) {
        refuse(name, fmt::format("unknown key; allowed: {}", fmt::join(allowed, ", ")));
      }
    }
  }

 private:
  std::string where_;
};

const TomlNode* find(const Table& table, std::string_view name) {
  const auto found = std::ranges::find(table, name, &TomlNode::Entry::name);
  return found == table.end() ? nullptr : &found->node;
}

const Table& table_of(const TomlNode& node, std::string_view name, const Place& place) {
  if (const auto* table = std::get_if<Table>(&node.value)) return *table;
  place.refuse(name, "allowed: a table");
}

const std::string& text_of(const TomlNode& node, std::string_view name, const Place& place) {
  const auto* text = std::get_if<std::string>(&node.value);
  // Tables show these texts in their cells.
  const auto controls = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; };
  if (text != nullptr && !text->empty() && std::ranges::none_of(*text, controls)) return *text;
  place.refuse(name, "allowed: a text that is not empty, of one line");
}

std::int64_t integer_of(const TomlNode& node, std::string_view name, std::int64_t least,
                        std::int64_t most, const Place& place) {
  const auto* integer = std::get_if<std::int64_t>(&node.value);
  if (integer != nullptr && *integer >= least && *integer <= most) return *integer;
  place.refuse(name, fmt::format("{}allowed: integer {}...{}",
                                 integer != nullptr ? fmt::format("value {}; ", *integer) : "",
                                 least, most));
}

// A key of the configuration that a space may set.
TomlEntry settable(TomlEntry entry, const Place& place) {
  if (entry.name == "train.seed") {
    place.refuse(entry.name, "allowed: not here; the seeds stand in [seeds]");
  }
  if (entry.name == "train.threads") {
    place.refuse(entry.name, "allowed: not here; each training has one thread, see --workers");
  }
  return entry;
}

TomlEntry setting_of(const std::string& name, const TomlNode& node, const Place& place) {
  return settable(checked_entry({name, config_value(node, name, place.where())}, place.where()),
                  place);
}

void require_new(std::set<std::string>& names, const std::string& name, const Place& place) {
  if (!names.insert(name).second) place.refuse(name, "given twice");
}

void flatten_settings(const Table& table, const std::string& prefix, const Place& place,
                      Settings& settings) {
  for (const auto& [name, node] : table) {
    if (const auto* inner = std::get_if<Table>(&node.value)) {
      if (inner->empty()) require_table(prefix + name, place.where());
      flatten_settings(*inner, prefix + name + ".", place, settings);
    } else {
      settings.push_back(setting_of(prefix + name, node, place));
    }
  }
}

Settings settings_of(const TomlNode& node, std::string_view name, const Place& place) {
  Settings settings;
  const Place here = place.below(std::string(name));
  flatten_settings(table_of(node, name, place), "", here, settings);
  std::set<std::string> names;
  for (const TomlEntry& setting : settings) require_new(names, setting.name, here);
  return settings;
}

void override_settings(const std::vector<std::string>& overrides, Settings& settings) {
  for (const std::string& assignment : overrides) {
    TomlEntry entry = settable(override_entry(assignment), Place("--set"));
    std::erase_if(settings, [&](const TomlEntry& old) { return old.name == entry.name; });
    settings.push_back(std::move(entry));
  }
}

constexpr double kMostOfRange = 1e12;  // more than any key has, and exact
constexpr std::array<std::string_view, 3> kRangeNames = {"from", "to", "step"};

bool is_range(const Table& table) {
  return std::ranges::any_of(table, [](const TomlNode::Entry& entry) {
    return std::ranges::find(kRangeNames, entry.name) != kRangeNames.end();
  });
}

// { from = 4, to = 16, step = 2 }, both ends among the values if the steps meet them.
List range_values(const Table& range, const std::string& name, const Place& place) {
  const Place here = place.below(name);
  here.require_names(range, kRangeNames);
  bool whole = true;
  const auto number = [&](std::string_view part) {
    const TomlNode* node = find(range, part);
    if (node == nullptr) here.refuse(part, "is missing");
    double value = 0;
    if (const auto* integer = std::get_if<std::int64_t>(&node->value)) {
      value = static_cast<double>(*integer);
    } else if (const auto* real = std::get_if<double>(&node->value)) {
      value = *real;
      whole = false;
    } else {
      here.refuse(part, "allowed: a number");
    }
    if (!(std::abs(value) <= kMostOfRange)) {
      here.refuse(part,
                  fmt::format("value {}; allowed: {}...{}", value, -kMostOfRange, kMostOfRange));
    }
    return value;
  };
  const double from = number("from");
  const double to = number("to");
  const double step = find(range, "step") == nullptr ? 1.0 : number("step");
  if (step <= 0) here.refuse("step", fmt::format("value {}; allowed: above 0", step));
  if (to < from) here.refuse("to", fmt::format("value {}; allowed: {} and more", to, from));
  const double steps = std::floor((to - from) / step * (1 + 1e-12));
  if (steps >= static_cast<double>(kMostPoints)) {
    here.refuse("step", fmt::format("value {}; allowed: at most {} values", step, kMostPoints));
  }
  List values;
  for (std::size_t i = 0; i <= static_cast<std::size_t>(steps); ++i) {
    const double value = from + static_cast<double>(i) * step;
    if (whole) {
      values.push_back({static_cast<std::int64_t>(value)});
    } else {
      values.push_back({std::stod(fmt::format("{:.12g}", value))});  // 0.3, not 0.1 + 0.2
    }
  }
  return values;
}

std::string label_of(const ConfigValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  return value_text(value);
}

using Column = std::vector<TomlEntry>;  // the values of one key along an axis

void collect_columns(const Table& table, const std::string& prefix, const Place& place,
                     std::vector<Column>& columns) {
  for (const auto& [part, node] : table) {
    const std::string name = prefix + part;
    List range;
    const auto* list = std::get_if<List>(&node.value);
    if (const auto* inner = std::get_if<Table>(&node.value)) {
      if (!is_range(*inner)) {
        if (inner->empty()) require_table(name, place.where());
        collect_columns(*inner, name + ".", place, columns);
        continue;
      }
      range = range_values(*inner, name, place);
      list = &range;
    }
    if (list == nullptr || list->empty()) {
      place.refuse(name,
                   "allowed: a list of values, or a range { from = ..., to = ..., step = ... }");
    }
    Column& column = columns.emplace_back();
    for (const TomlNode& value : *list) column.push_back(setting_of(name, value, place));
  }
}

std::vector<std::string> labels_of(const TomlNode& node, const Place& place) {
  const auto* list = std::get_if<List>(&node.value);
  if (list == nullptr) place.refuse("labels", "allowed: a list of texts");
  std::vector<std::string> labels;
  for (const TomlNode& label : *list) labels.push_back(text_of(label, "labels", place));
  return labels;
}

bool flag_of(const TomlNode& node, std::string_view name, const Place& place) {
  if (const auto* flag = std::get_if<bool>(&node.value)) return *flag;
  place.refuse(name, "allowed: true, false");
}

Axis axis_of(const TomlNode& node, const Place& place) {
  Axis axis;
  std::optional<std::vector<std::string>> labels;
  Table keys;
  for (const auto& [name, value] : table_of(node, "axis", place)) {
    if (name == "name") {
      axis.name = text_of(value, name, place);
    } else if (name == "labels") {
      labels = labels_of(value, place);
    } else if (name == "baseline") {
      axis.of_baseline = flag_of(value, name, place);
    } else {
      keys.push_back({name, value});
    }
  }
  std::vector<Column> columns;
  collect_columns(keys, "", place, columns);
  if (columns.empty()) place.refuse("keys", "are missing; allowed: keys of a configuration");

  const std::size_t count = columns.front().size();
  std::vector<std::string> names;
  for (const Column& column : columns) {
    names.push_back(column.front().name);
    if (column.size() != count) {
      place.refuse(column.front().name,
                   fmt::format("{} values; allowed: {}, as many as {} has, for the keys of an axis "
                               "vary together",
                               column.size(), count, columns.front().front().name));
    }
  }
  if (labels && labels->size() != count) {
    place.refuse("labels",
                 fmt::format("{} labels; allowed: {}, one per value", labels->size(), count));
  }
  if (axis.name.empty()) axis.name = fmt::format("{}", fmt::join(names, " + "));
  std::set<std::string> seen;
  std::set<std::vector<std::string>> values;
  for (std::size_t i = 0; i < count; ++i) {
    AxisValue value;
    std::vector<std::string> texts;
    for (const Column& column : columns) {
      value.settings.push_back(column[i]);
      texts.push_back(label_of(column[i].value));
    }
    value.label = labels ? (*labels)[i] : fmt::format("{}", fmt::join(texts, " + "));
    if (!seen.insert(value.label).second || !values.insert(texts).second) {
      place.refuse(axis.name, fmt::format("value {} is given twice", value.label));
    }
    axis.values.push_back(std::move(value));
  }
  return axis;
}

std::vector<Axis> axes_of(const TomlNode& node, const Place& place) {
  const auto* list = std::get_if<List>(&node.value);
  if (list == nullptr) place.refuse("axis", "allowed: tables, [[axis]]");
  std::vector<Axis> axes;
  for (const TomlNode& axis : *list) {
    axes.push_back(axis_of(axis, place.below(fmt::format("axis {}", axes.size() + 1))));
  }
  return axes;
}

std::vector<LayerShape> gemms_of(const TomlNode& node, const Place& place) {
  constexpr std::string_view kAllowed = "allowed: a list of [batch, outputs, inputs]";
  const auto* list = std::get_if<List>(&node.value);
  if (list == nullptr || list->empty()) place.refuse("gemms", kAllowed);
  std::vector<LayerShape> gemms;
  for (const TomlNode& gemm : *list) {
    const auto* sizes = std::get_if<List>(&gemm.value);
    if (sizes == nullptr || sizes->size() != 3) place.refuse("gemms", kAllowed);
    const auto size = [&](std::size_t i) {
      return static_cast<int>(integer_of((*sizes)[i], "gemms", 1, kMostLength, place));
    };
    gemms.push_back({.batch = size(0), .outputs = size(1), .inputs = size(2)});
  }
  return gemms;
}

void read_measure(const Table& file, const Place& place, Space& space) {
  const TomlNode* measure = find(file, "measure");
  constexpr std::string_view kAllowed = "allowed: a list of \"accuracy\" and \"cycles\"";
  if (measure == nullptr) place.refuse("measure", fmt::format("is missing; {}", kAllowed));
  const auto* list = std::get_if<List>(&measure->value);
  if (list == nullptr || list->empty()) place.refuse("measure", kAllowed);
  for (const TomlNode& node : *list) {
    const auto* name = std::get_if<std::string>(&node.value);
    bool* wanted = name == nullptr       ? nullptr
                   : *name == "accuracy" ? &space.accuracy
                   : *name == "cycles"   ? &space.cycles
                                         : nullptr;
    if (wanted == nullptr) place.refuse("measure", kAllowed);
    if (std::exchange(*wanted, true)) place.refuse("measure", *name + " is given twice");
  }
  if (const TomlNode* gemms = find(file, "gemms")) {
    if (!space.cycles) place.refuse("gemms", "allowed: only if cycles are measured");
    space.gemms = gemms_of(*gemms, place);
  }
}

void read_seeds(const Table& file, const Place& place, Space& space) {
  const TomlNode* node = find(file, "seeds");
  if (node == nullptr) return;
  if (!space.accuracy) place.refuse("seeds", "allowed: only if accuracy is measured");
  const Place here = place.below("seeds");
  const Table& seeds = table_of(*node, "seeds", place);
  constexpr std::array<std::string_view, 2> kNames = {"first", "count"};
  here.require_names(seeds, kNames);
  if (const TomlNode* first = find(seeds, "first")) {
    space.first_seed = static_cast<std::uint32_t>(integer_of(*first, "first", 0, kLastSeed, here));
  }
  if (const TomlNode* count = find(seeds, "count")) {
    const std::int64_t most = std::min(kMostSpaceSeeds, kLastSeed - space.first_seed + 1);
    space.seeds = static_cast<int>(integer_of(*count, "count", 1, most, here));
  }
}

// A file beside the space, or what a command takes as a configuration.
std::string configuration_name(const std::string& name, const std::filesystem::path& folder) {
  const std::filesystem::path beside = folder / name;
  return std::filesystem::is_regular_file(beside) ? beside.string() : name;
}

std::string text_of(const std::vector<Axis>& axes, const std::vector<std::string>& labels) {
  std::vector<std::string> texts;
  for (std::size_t a = 0; a < axes.size(); ++a) {
    if (!labels[a].empty()) texts.push_back(fmt::format("{} = {}", axes[a].name, labels[a]));
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

// Baselines and the points that are compared with them.
class Baselines {
 public:
  Baselines(const TomlNode& node, const std::vector<Axis>& axes, const Settings& all,
            const std::string& base, const std::filesystem::path& folder, const Place& place)
      : axes_(axes), settings_(all), base_(base), folder_(folder) {
    if (const auto* preset = std::get_if<std::string>(&node.value)) {
      base_ = configuration_name(*preset, folder);
      return;
    }
    if (!std::holds_alternative<Table>(node.value)) {
      place.refuse("baseline", "allowed: a configuration, or a table of settings");
    }
    own_ = settings_of(node, "baseline", place);
    std::set<std::string> names;
    for (const TomlEntry& setting : own_) names.insert(setting.name);
    for (const Axis& axis : axes) {
      if (!axis.of_baseline) continue;
      for (const TomlEntry& setting : axis.values.front().settings) {
        require_new(names, setting.name, place.below("baseline"));
      }
    }
  }

  // Names a baseline for each point; one that no point is yet becomes a point.
  void add_to(Space& space, const std::vector<std::vector<std::size_t>>& choices) {
    std::map<std::string, std::size_t> by_text;
    for (std::size_t i = 0; i < space.points.size(); ++i) {
      by_text.emplace(space.points[i].config.canonical_text(), i);
    }
    for (std::size_t i = 0; i < choices.size(); ++i) {
      Point point = baseline_of(space, choices[i]);
      const auto [at, is_new] = by_text.emplace(point.config.canonical_text(), space.points.size());
      if (is_new) space.points.push_back(std::move(point));
      space.points[at->second].is_baseline = true;
      if (at->second != i) space.points[i].baseline = at->second;
    }
    // A point that is a baseline is not compared with another one.
    for (Point& point : space.points) {
      if (point.is_baseline) point.baseline.reset();
    }
  }

 private:
  [[nodiscard]] Point baseline_of(const Space& space,
                                  const std::vector<std::size_t>& choice) const {
    Settings settings = settings_;
    std::vector<std::string> labels(axes_.size());
    for (std::size_t a = 0; a < axes_.size(); ++a) {
      if (!axes_[a].of_baseline) continue;
      const AxisValue& value = axes_[a].values[choice[a]];
      labels[a] = value.label;
      settings.insert(settings.end(), value.settings.begin(), value.settings.end());
    }
    settings.insert(settings.end(), own_.begin(), own_.end());
    const std::string text = text_of(axes_, labels);
    const std::string where =
        fmt::format("{}: baseline{}{}", space.source, text.empty() ? "" : " ", text);
    return {.labels = std::move(labels),
            .config = Config::load(base_, settings, where, folder_),
            .baseline = {},
            .is_baseline = true};
  }

  const std::vector<Axis>& axes_;
  const Settings& settings_;
  std::string base_;
  Settings own_;
  std::filesystem::path folder_;
};

void require_distinct(const std::vector<Axis>& axes, const Settings& fixed, const Place& place) {
  std::set<std::string> names;
  std::set<std::string> keys;
  std::set<std::string> fixed_keys;
  for (const TomlEntry& setting : fixed) fixed_keys.insert(setting.name);
  std::size_t points = 1;
  for (std::size_t a = 0; a < axes.size(); ++a) {
    const Place here = place.below(fmt::format("axis {}", a + 1));
    require_new(names, axes[a].name, here);
    for (const TomlEntry& setting : axes[a].values.front().settings) {
      if (fixed_keys.contains(setting.name)) {
        here.refuse(setting.name, "also in [set] or given by --set; allowed: one of both");
      }
      require_new(keys, setting.name, here);
    }
    points *= axes[a].values.size();
    if (points > kMostPoints) {
      throw UserError(
          fmt::format("{}: more than {} points; allowed: fewer", place.where(), kMostPoints));
    }
  }
}

}  // namespace

Space parse_space(const std::string& toml, const std::string& where,
                  const std::filesystem::path& folder, const std::vector<std::string>& overrides) {
  const Place place(where);
  const Table file = parse_toml_tree(toml, where);
  constexpr std::array<std::string_view, 8> kNames = {"base",        "baseline", "measure", "gemms",
                                                      "data_folder", "seeds",    "set",     "axis"};
  place.require_names(file, kNames);

  Space space;
  space.source = where;
  const TomlNode* base_node = find(file, "base");
  if (base_node == nullptr) place.refuse("base", "is missing; allowed: a file or a preset");
  const std::string base = configuration_name(text_of(*base_node, "base", place), folder);
  read_measure(file, place, space);
  read_seeds(file, place, space);
  if (const TomlNode* data = find(file, "data_folder")) {
    space.data_folder = folder / text_of(*data, "data_folder", place);
  }
  Settings fixed;
  if (const TomlNode* set = find(file, "set")) fixed = settings_of(*set, "set", place);
  override_settings(overrides, fixed);
  std::vector<Axis> axes;
  if (const TomlNode* axis = find(file, "axis")) axes = axes_of(*axis, place);
  require_distinct(axes, fixed, place);
  for (const Axis& axis : axes) space.axes.push_back(axis.name);
  fixed.push_back({"train.seed", static_cast<std::int64_t>(space.first_seed)});

  std::vector<std::vector<std::size_t>> choices;  // the value of each axis, by point
  for (std::vector<std::size_t> choice(axes.size());;) {
    Settings settings = fixed;
    std::vector<std::string> labels;
    for (std::size_t a = 0; a < axes.size(); ++a) {
      const AxisValue& value = axes[a].values[choice[a]];
      labels.push_back(value.label);
      settings.insert(settings.end(), value.settings.begin(), value.settings.end());
    }
    const std::string text = text_of(axes, labels);
    const std::string source =
        fmt::format("{}: point {}", where, text.empty() ? std::string("1") : text);
    space.points.push_back({.labels = std::move(labels),
                            .config = Config::load(base, settings, source, folder),
                            .baseline = {},
                            .is_baseline = false});
    choices.push_back(choice);
    std::size_t a = axes.size();
    while (a > 0 && ++choice[a - 1] == axes[a - 1].values.size()) choice[--a] = 0;
    if (a == 0) break;
  }
  if (const TomlNode* baseline = find(file, "baseline")) {
    Baselines(*baseline, axes, fixed, base, folder, place).add_to(space, choices);
  }
  return space;
}

Space load_space(const std::filesystem::path& path, const std::vector<std::string>& overrides) {
  return parse_space(read_file(path, kMostTomlBytes), path.string(), path.parent_path(), overrides);
}

}  // namespace sylvester
