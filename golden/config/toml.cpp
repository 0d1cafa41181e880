#include "golden/config/toml.hpp"

#include <fmt/core.h>
#include <toml++/toml.h>

#include "golden/support/error.hpp"

namespace sylvester {
namespace {

constexpr int kMostTables = 8;  // more than any key has

TomlNode node_of(const toml::node& node, const std::string& name, int depth,
                 const std::string& where);

TomlNode::Table table_of(const toml::table& table, const std::string& prefix, int depth,
                         const std::string& where) {
  TomlNode::Table result;
  for (const auto& [key, node] : table) {
    const std::string name(key.str());
    result.push_back({name, node_of(node, prefix + name, depth, where)});
  }
  return result;
}

// `depth`: of the table that the node stands in.
TomlNode node_of(const toml::node& node, const std::string& name, int depth,
                 const std::string& where) {
  if (const auto* integer = node.as_integer()) return {integer->get()};
  if (const auto* real = node.as_floating_point()) return {real->get()};
  if (const auto* flag = node.as_boolean()) return {flag->get()};
  if (const auto* text = node.as_string()) return {text->get()};
  if (const auto* array = node.as_array()) {
    TomlNode::List list;
    for (const toml::node& element : *array) list.push_back(node_of(element, name, depth, where));
    return {std::move(list)};
  }
  if (const auto* table = node.as_table()) {
    if (depth == kMostTables) {
      throw UserError(
          fmt::format("{}: {}: more than {} tables in each other", where, name, kMostTables));
    }
    return {table_of(*table, name + ".", depth + 1, where)};
  }
  throw UserError(fmt::format(
      "{}: {}: value is a date or a time; allowed: number, name, true, false, list", where, name));
}

// All strings, all integers, or numbers; an empty one counts as strings.
ConfigValue list_value(const TomlNode::List& list, const std::string& name,
                       const std::string& where) {
  std::vector<std::string> texts;
  std::vector<std::int64_t> integers;
  std::vector<double> reals;  // the integers as well
  for (const TomlNode& element : list) {
    if (const auto* text = std::get_if<std::string>(&element.value)) {
      texts.push_back(*text);
    } else if (const auto* integer = std::get_if<std::int64_t>(&element.value)) {
      integers.push_back(*integer);
      reals.push_back(static_cast<double>(*integer));
    } else if (const auto* real = std::get_if<double>(&element.value)) {
      reals.push_back(*real);
    } else {
      throw UserError(fmt::format(
          "{}: {}: value holds something that is neither a name nor a number", where, name));
    }
  }
  if (!texts.empty() && !reals.empty()) {
    throw UserError(fmt::format("{}: {}: value mixes names and numbers", where, name));
  }
  if (reals.size() > integers.size()) return reals;
  if (!integers.empty()) return integers;
  return texts;
}

void flatten(const TomlNode::Table& table, const std::string& prefix, const std::string& where,
             std::vector<TomlEntry>& entries) {
  for (const auto& [key, node] : table) {
    const std::string name = prefix + key;
    if (const auto* inner = std::get_if<TomlNode::Table>(&node.value)) {
      if (inner->empty()) require_table(name, where);  // no key in it shows that it is unknown
      flatten(*inner, name + ".", where, entries);
    } else {
      entries.push_back({name, config_value(node, name, where)});
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
bool is_list(KeyType type) {
  return is_list_of_texts(type) || type == KeyType::kIntegerList || type == KeyType::kRealList;
}

}  // namespace

TomlNode::Table parse_toml_tree(const std::string& text, const std::string& where) {
  return table_of(parse(text, where), "", 1, where);
}

std::vector<TomlEntry> flat_entries(const TomlNode::Table& table, const std::string& where) {
  std::vector<TomlEntry> entries;
  flatten(table, "", where, entries);
  return entries;
}

std::vector<TomlEntry> parse_toml(const std::string& text, const std::string& where) {
  return flat_entries(parse_toml_tree(text, where), where);
}

ConfigValue config_value(const TomlNode& node, const std::string& name, const std::string& where) {
  if (const auto* integer = std::get_if<std::int64_t>(&node.value)) return *integer;
  if (const auto* real = std::get_if<double>(&node.value)) return *real;
  if (const auto* flag = std::get_if<bool>(&node.value)) return *flag;
  if (const auto* text = std::get_if<std::string>(&node.value)) return *text;
  if (const auto* list = std::get_if<TomlNode::List>(&node.value)) {
    return list_value(*list, name, where);
  }
  throw UserError(fmt::format("{}: {}: value is a table; allowed: number, name, true, false, list",
                              where, name));
}

ConfigValue parse_override(const KeyDeclaration& key, const std::string& text,
                           const std::string& where) {
  const auto read = [&](const std::string& value) {
    const toml::table table = parse("value = " + value, where);
    return config_value(node_of(*table.get("value"), key.name, 1, where), key.name, where);
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
    if ((key.type == KeyType::kChoice || key.type == KeyType::kText) && !quoted) return text;
    return read(text);
  } catch (const UserError&) {
    return refuse();
  }
}

}  // namespace sylvester
