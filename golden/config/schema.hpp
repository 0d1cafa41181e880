// Every configuration key, declared once: name, type, range or choices, default, unit, what it
// changes, and one sentence. Validation, `config init`, `config explain` and the hashes read this.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sylvester {

enum class KeyType {
  kInteger,
  kReal,
  kFlag,
  kText,
  kChoice,
  kChoiceList,
  kTextList,
  kIntegerList,
  kRealList,  ///< a single number stands for a list of one
};

/// kInteger int64, kReal double, kFlag bool, kText and kChoice string, the lists vectors.
using ConfigValue = std::variant<std::int64_t, double, bool, std::string, std::vector<std::string>,
                                 std::vector<std::int64_t>, std::vector<double>>;

/// What a key changes. Keys with neither mark (threads) change only how long a run takes.
enum KeyEffect : unsigned {
  kNoEffect = 0,
  kNumeric = 1,   ///< values of tensors: part of the numerics hash
  kHardware = 2,  ///< cycles or RTL
};

struct KeyDeclaration {
  std::string name;  ///< with its tables, for example "hardware.buffers.feed"
  KeyType type = KeyType::kInteger;
  double least = 0;  ///< of integers, reals and list elements
  double most = 0;
  std::vector<std::string> choices;  ///< kText, kTextList: the one entry says what texts are
  ConfigValue default_value;
  std::string default_from;  ///< if not empty: the key whose value is the default,
  /// or what this makes of it
  ConfigValue (*default_rule)(const ConfigValue& from) = nullptr;
  std::string rule_text = {};  ///< for people, if there is a rule
  std::string unit;            ///< empty if the value is a plain number or a name
  unsigned effect = kNoEffect;
  std::string sentence;
};

/// In the order of `config init`.
std::span<const KeyDeclaration> declared_keys();

/// nullptr if there is no such key.
const KeyDeclaration* find_key(std::string_view name);

/// The declared key with the smallest edit distance.
const KeyDeclaration& nearest_key(std::string_view name);

/// Throws UserError `where: name: unknown key; nearest: ...`.
const KeyDeclaration& require_key(std::string_view name, std::string_view where);

/// Throws UserError if no declared key stands in a table of this name.
void require_table(std::string_view name, std::string_view where);

/// "integer 1...64", "one of saturate, wrap, clamp".
std::string allowed_text(const KeyDeclaration& key);

/// The value as TOML, the same text for the same value.
std::string value_text(const ConfigValue& value);

/// True if the value has the key's type and lies in its range.
bool is_allowed(const KeyDeclaration& key, const ConfigValue& value);

}  // namespace sylvester
