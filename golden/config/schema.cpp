#include "golden/config/schema.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "golden/config/keys.hpp"
#include "golden/support/error.hpp"

namespace sylvester {
namespace {

// Edit distance with insertion, deletion, substitution and swap of neighbours, each of cost 1.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitution = a[i - 1] == b[j - 1] ? 0 : 1;
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + substitution});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

std::string_view last_part(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      result += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      result += c;
    }
  }
  return result + '"';
}

std::string real_text(double value) {
  std::string text = fmt::format("{}", value);  // the shortest text that reads back as the same
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  return text;
}

std::string range_text(const KeyDeclaration& key) {
  if (key.type == KeyType::kReal || key.type == KeyType::kRealList) {
    return fmt::format("number {}...{}", real_text(key.least), real_text(key.most));
  }
  return fmt::format("{}...{}", static_cast<std::int64_t>(key.least),
                     static_cast<std::int64_t>(key.most));
}

bool in_range(const KeyDeclaration& key, double value) {
  return value >= key.least && value <= key.most;
}

bool is_choice(const KeyDeclaration& key, const std::string& value) {
  return std::find(key.choices.begin(), key.choices.end(), value) != key.choices.end();
}

}  // namespace

std::span<const KeyDeclaration> declared_keys() {
  static const std::vector<KeyDeclaration> keys = make_declared_keys();
  return keys;
}

const KeyDeclaration* find_key(std::string_view name) {
  for (const KeyDeclaration& key : declared_keys()) {
    if (key.name == name) return &key;
  }
  return nullptr;
}

const KeyDeclaration& nearest_key(std::string_view name) {
  name = name.substr(0, 100);  // longer than every key: the rest cannot change the order much
  // The last part counts twice: `learning_rat` without its table must find train.learning_rate.
  const auto distance = [&](const KeyDeclaration& key) {
    return std::min(edit_distance(name, key.name),
                    edit_distance(last_part(name), last_part(key.name)) * 2 + 1);
  };
  return *std::ranges::min_element(declared_keys(), {}, distance);
}

const KeyDeclaration& require_key(std::string_view name, std::string_view where) {
  if (const KeyDeclaration* key = find_key(name)) return *key;
  throw UserError(
      fmt::format("{}: {}: unknown key; nearest: {}", where, name, nearest_key(name).name));
}

void require_table(std::string_view name, std::string_view where) {
  const std::string prefix = std::string(name) + ".";
  for (const KeyDeclaration& key : declared_keys()) {
    if (key.name.starts_with(prefix)) return;
  }
  if (find_key(name) != nullptr) {
    throw UserError(fmt::format("{}: {}: is a key; allowed: a value, not a table", where, name));
  }
  throw UserError(
      fmt::format("{}: {}: unknown table; nearest key: {}", where, name, nearest_key(name).name));
}

std::string allowed_text(const KeyDeclaration& key) {
  switch (key.type) {
    case KeyType::kInteger:
      return "integer " + range_text(key);
    case KeyType::kReal:
      return range_text(key);
    case KeyType::kFlag:
      return "true, false";
    case KeyType::kText:
      return key.choices.front();
    case KeyType::kChoice:
      return fmt::format("one of {}", fmt::join(key.choices, ", "));
    case KeyType::kChoiceList:
      return fmt::format("list of {}, each once at most", fmt::join(key.choices, ", "));
    case KeyType::kTextList:
      return "list of " + key.choices.front();
    case KeyType::kIntegerList:
      return "list of integers " + range_text(key);
    case KeyType::kRealList:
      return fmt::format("{}, or a list of them", range_text(key));
  }
  return {};
}

std::string value_text(const ConfigValue& value) {
  struct Visitor {
    std::string operator()(std::int64_t v) const { return fmt::format("{}", v); }
    std::string operator()(double v) const { return real_text(v); }
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(const std::string& v) const { return quoted(v); }
    std::string operator()(const std::vector<std::string>& v) const {
      std::vector<std::string> texts;
      for (const std::string& element : v) texts.push_back(quoted(element));
      return fmt::format("[{}]", fmt::join(texts, ", "));
    }
    std::string operator()(const std::vector<std::int64_t>& v) const {
      return fmt::format("[{}]", fmt::join(v, ", "));
    }
    std::string operator()(const std::vector<double>& v) const {
      std::vector<std::string> texts;
      for (const double element : v) texts.push_back(real_text(element));
      return fmt::format("[{}]", fmt::join(texts, ", "));
    }
  };
  return std::visit(Visitor{}, value);
}

bool is_allowed(const KeyDeclaration& key, const ConfigValue& value) {
  switch (key.type) {
    case KeyType::kInteger: {
      const auto* v = std::get_if<std::int64_t>(&value);
      return v != nullptr && in_range(key, static_cast<double>(*v));
    }
    case KeyType::kReal: {
      const auto* v = std::get_if<double>(&value);
      return v != nullptr && in_range(key, *v);
    }
    case KeyType::kFlag:
      return std::holds_alternative<bool>(value);
    case KeyType::kText:
      return std::holds_alternative<std::string>(value);
    case KeyType::kChoice: {
      const auto* v = std::get_if<std::string>(&value);
      return v != nullptr && is_choice(key, *v);
    }
    case KeyType::kChoiceList: {
      const auto* v = std::get_if<std::vector<std::string>>(&value);
      return v != nullptr &&
             std::ranges::all_of(*v, [&](const std::string& e) { return is_choice(key, e); }) &&
             std::set<std::string>(v->begin(), v->end()).size() == v->size();
    }
    case KeyType::kTextList:
      return std::holds_alternative<std::vector<std::string>>(value);
    case KeyType::kIntegerList: {
      const auto* v = std::get_if<std::vector<std::int64_t>>(&value);
      return v != nullptr && std::ranges::all_of(*v, [&](std::int64_t e) {
               return in_range(key, static_cast<double>(e));
             });
    }
    case KeyType::kRealList: {
      const auto* v = std::get_if<std::vector<double>>(&value);
      return v != nullptr && !v->empty() &&
             std::ranges::all_of(*v, [&](double e) { return in_range(key, e); });
    }
  }
  return false;
}

}  // namespace sylvester
