#include "golden/config/precision_table.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "golden/config/config.hpp"
#include "golden/support/error.hpp"

namespace sylvester {
namespace {

constexpr std::string_view kEntries = "layer";
constexpr std::string_view kNumber = "number";
constexpr std::string_view kRange = "range";

constexpr std::array<std::string_view, 2> kLayerTables = {"operands.", "transform."};
constexpr std::array<std::string_view, 8> kLayerKeys = {
    "accumulator.bits",     "accumulator.tile",  "accumulator.backward_tile", "backward.from_codes",
    "backward.reuse_codes", "backward.one_draw", "backward.gradient_samples", "pdqat.bits"};

struct Range {
  int first = 0;
  int last = 0;
};

class Reader {
 public:
  Reader(const std::string& toml, const std::string& file, int layers)
      : file_(file), entries_(parse_toml_tree(toml, file)) {
    table_.file = file;
    table_.layers = layers;
  }

  PrecisionTable operator()() {
    for (const auto& [name, node] : entries_) {
      const auto* list = std::get_if<TomlNode::List>(&node.value);
      if (name != kEntries || list == nullptr) {
        throw UserError(fmt::format("{}: {}: not an entry of a precision table; allowed: [[{}]]",
                                    file_, name, kEntries));
      }
      for (std::size_t i = 0; i < list->size(); ++i) {
        where_ = fmt::format("{}: [[{}]] {}", file_, kEntries, i + 1);
        const auto* entry = std::get_if<TomlNode::Table>(&(*list)[i].value);
        if (entry == nullptr) throw UserError(where_ + ": not a table; allowed: keys and values");
        read(*entry);
      }
    }
    return std::move(table_);
  }

 private:
  void read(const TomlNode::Table& entry) {
    std::optional<Range> range;
    TomlNode::Table rest;
    for (const TomlNode::Entry& part : entry) {
      if (part.name != kNumber && part.name != kRange) {
        rest.push_back(part);
        continue;
      }
      if (range) {
        throw UserError(
            fmt::format("{}: has both {} and {}; allowed: one of them", where_, kNumber, kRange));
      }
      range = range_of(part);
    }
    if (!range) {
      throw UserError(fmt::format("{}: names no layer; allowed: {} = N or {} = [FIRST, LAST]",
                                  where_, kNumber, kRange));
    }
    for (TomlEntry& read : flat_entries(rest, where_)) {
      const TomlEntry setting = checked_entry(std::move(read), where_);
      if (!is_layer_key(setting.name)) {
        throw UserError(
            fmt::format("{}: {}: value {}; allowed in a precision table: {}..., {}..., {}", where_,
                        setting.name, value_text(setting.value), kLayerTables[0], kLayerTables[1],
                        fmt::join(kLayerKeys, ", ")));
      }
      for (int l = range->first; l <= range->last; ++l) add(l, setting);
    }
  }

  void add(int layer, const TomlEntry& setting) {
    std::vector<TomlEntry>& settings = table_.settings[layer];
    for (const TomlEntry& other : settings) {
      if (other.name == setting.name) {
        throw UserError(
            fmt::format("{}: {}: given twice for layer {}", where_, setting.name, layer));
      }
    }
    settings.push_back(setting);
  }

  [[nodiscard]] Range range_of(const TomlNode::Entry& part) const {
    const ConfigValue value = config_value(part.node, part.name, where_);
    std::vector<std::int64_t> ends;
    if (part.name == kNumber) {
      if (const auto* number = std::get_if<std::int64_t>(&value)) ends = {*number, *number};
    } else if (const auto* list = std::get_if<std::vector<std::int64_t>>(&value)) {
      ends = *list;
    }
    for (std::int64_t& end : ends) {
      if (end < 0 && end >= -table_.layers) end += table_.layers;
    }
    const auto is_layer = [&](std::int64_t end) { return end >= 0 && end < table_.layers; };
    if (ends.size() != 2 || !std::ranges::all_of(ends, is_layer) || ends[0] > ends[1]) {
      throw UserError(fmt::format(
          "{}: {}: value {}; allowed: {} 0...{}, or below 0 from the end: the network has {} "
          "layers with the classifier",
          where_, part.name, value_text(value),
          part.name == kNumber ? "an integer" : "the first and the last layer, each",
          table_.layers - 1, table_.layers));
    }
    return {.first = static_cast<int>(ends[0]), .last = static_cast<int>(ends[1])};
  }

  std::string file_;
  TomlNode::Table entries_;
  std::string where_;
  PrecisionTable table_;
};

}  // namespace

bool is_layer_key(std::string_view key) {
  return std::ranges::any_of(kLayerTables, [&](auto table) { return key.starts_with(table); }) ||
         std::ranges::find(kLayerKeys, key) != kLayerKeys.end();
}

PrecisionTable parse_precision_table(const std::string& toml, const std::string& file, int layers) {
  return Reader(toml, file, layers)();
}

}  // namespace sylvester
