#include "golden/config/toml.hpp"

#include <fmt/core.h>
#include <toml++/toml.h>

#include "golden/support/error.hpp"

namespace sylvester {
namespace {

// A list of TOML: all strings or all integers; an empty one counts as strings.
ConfigValue list_value(const toml::array& array, const std::string& name,
                       const std::string& where) {
  std::vector<std::string> texts;
  std::vector<std::int64_t> integers;
  for (const toml::node& node : array) {
    if (const auto* text = node.as_string()) {
      texts.push_back(text->get());
    } else if (const auto* integer = node.as_integer()) {
      integers.push_back(integer->get());
    } else {
      throw UserError(fmt::format(
          "{}: {}: value holds something that is neither a name nor an integer", where, name));
    }
  }
  if (!texts.empty() && !integers.empty()) {
    throw UserError(fmt::format("{}: {}: value mixes names and integers", where, name));
  }
  if (!integers.empty()) return integers;
  return texts;
}

ConfigValue node_value(const toml::node& node, const std::string& name, const std::string& where) {
  if (const auto* integer = node.as_integer()) return integer->get();
  if (const auto* real = node.as_floating_point()) return real->get();
  if (const auto* flag = node.as_boolean()) return flag->get();
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* array = node.as_array()) return list_value(*array, name, where);
  throw UserError(fmt::format(
      "{}: {}: value is a date or a time; allowed: number, name, true, false, list", where, name));
}

constexpr int kMostTables = 8;  // more than any key has

void flatten(const toml::table& table, const std::string& prefix, int depth,
             const std::string& where, std::vector<TomlEntry>& entries) {
  for (const auto& [key, node] : table) {
    const std::string name = prefix + std::string(key.str());
    if (const auto* inner = node.as_table()) {
      if (depth == kMostTables) {
        throw UserError(
            fmt::format("{}: {}: more than {} tables in each other", where, name, kMostTables));
      }
      if (inner->empty()) require_table(name, where);  // no key in it shows that it is unknown
      flatten(*inner, name + ".", depth + 1, where, entries);
    } else {
      entries.push_back({name, node_value(node, name, where)});
    }
  }
}

toml::table parse(const std::string& text, const std::string& where) {
  if (text.size() > kMostTomlBytes) {
    throw UserError(
        fmt::format("{}: {} bytes; allowed: at most {}", where, text.size(), kMostTomlBytes));
  }
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    const auto begin = error.source().begin;
    throw UserError(fmt::format("{}:{}:{}: not TOML: {}", where, begin.line, begin.column,
                                error.description()));
  }
}

bool is_list_of_texts(KeyType type) {
  return type == KeyType::kChoiceList || type == KeyType::kTextList;
}
bool is_list(KeyType type) { return is_list_of_texts(type) || type == KeyType::kIntegerList; }

}  // namespace

std::vector<TomlEntry> parse_toml(const std::string& text, const std::string& where) {
  std::vector<TomlEntry> entries;
  flatten(parse(text, where), "", 1, where, entries);
  return entries;
}

ConfigValue parse_override(const KeyDeclaration& key, const std::string& text,
                           const std::string& where) {
  const auto read = [&](const std::string& value) {
    const toml::table table = parse("value = " + value, where);
    return node_value(*table.get("value"), key.name, where);
  };
  const auto refuse = [&]() -> ConfigValue {
    throw UserError(
        fmt::format("{}: {}: value {}; allowed: {}", where, key.name, text, allowed_text(key)));
  };
  if (text.empty() || text.find('\n') != std::string::npos) return refuse();
  const bool quoted = text.front() == '"' || text.front() == '\'';
  try {
    if (is_list(key.type) && text.front() != '[') {
      // a,b -> ["a","b"] or [1,2]
      std::string list;
      for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        const std::string element = text.substr(begin, end - begin);
        const bool quote = is_list_of_texts(key.type) && element.find('"') == element.npos;
        list += (list.empty() ? "" : ", ") + (quote ? "\"" + element + "\"" : element);
        begin = end + 1;
      }
      return read("[" + list + "]");
    }
    if (key.type == KeyType::kChoice && !quoted) return text;
    return read(text);
  } catch (const UserError&) {
    return refuse();
  }
}

}  // namespace sylvester
