// TOML text -> flat list of keys and values. The only place that knows the TOML library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "golden/config/schema.hpp"

namespace sylvester {

struct TomlEntry {
  std::string name;  ///< dotted
  ConfigValue value;

  friend bool operator==(const TomlEntry&, const TomlEntry&) = default;
};

/// TOML as it stands, for files that are no configurations: tables sorted by name, lists of
/// anything.
struct TomlNode {
  struct Entry;
  using List = std::vector<TomlNode>;
  using Table = std::vector<Entry>;
  std::variant<std::int64_t, double, bool, std::string, List, Table> value;
};

struct TomlNode::Entry {
  std::string name;  ///< one part, without dots of tables
  TomlNode node;
};

/// Longest text that parse_toml takes; it bounds how deep tables can nest.
inline constexpr std::size_t kMostTomlBytes = 1 << 16;

/// Throws UserError if the text is too long, `where:line:column: ...` if the text is not TOML, and
/// `where: key: ...` if a value has a type that no key has or an empty table is unknown.
std::vector<TomlEntry> parse_toml(const std::string& text, const std::string& where);

/// Throws UserError as parse_toml does; values are not looked at, but dates are refused.
TomlNode::Table parse_toml_tree(const std::string& text, const std::string& where);

/// The same of a table that is read already.
std::vector<TomlEntry> flat_entries(const TomlNode::Table& table, const std::string& where);

/// A value that a key may have: no table, and lists of names or of numbers only. `name` and
/// `where` are for the UserError.
ConfigValue config_value(const TomlNode& node, const std::string& name, const std::string& where);

/// The right-hand side of `--set key=value` for a key of this type: TOML, or without quotes; lists
/// also without brackets. Throws UserError if it cannot be read.
ConfigValue parse_override(const KeyDeclaration& key, const std::string& text,
                           const std::string& where);

}  // namespace sylvester
