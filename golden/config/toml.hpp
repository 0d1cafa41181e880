// TOML text -> flat list of keys and values. The only place that knows the TOML library.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "golden/config/schema.hpp"

namespace sylvester {

struct TomlEntry {
  std::string name;  ///< dotted
  ConfigValue value;
};

/// Longest text that parse_toml takes; it bounds how deep tables can nest.
inline constexpr std::size_t kMostTomlBytes = 1 << 16;

/// Throws UserError if the text is too long, `where:line:column: ...` if the text is not TOML, and
/// `where: key: ...` if a value has a type that no key has or an empty table is unknown.
std::vector<TomlEntry> parse_toml(const std::string& text, const std::string& where);

/// The right-hand side of `--set key=value` for a key of this type: TOML, or without quotes; lists
/// also without brackets. Throws UserError if it cannot be read.
ConfigValue parse_override(const KeyDeclaration& key, const std::string& text,
                           const std::string& where);

}  // namespace sylvester
