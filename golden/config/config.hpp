// A resolved configuration: every declared key has a value of its type and range, and the values
// do not contradict each other.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "golden/config/schema.hpp"
#include "golden/config/toml.hpp"

namespace sylvester {

/// Version of docs/numerics.md, part of every numerics hash: raised when a rule changes a value.
inline constexpr int kNumericsVersion = 3;

struct PrecisionTable;

class Config {
 public:
  /// A TOML file, or the name of a preset in configs/ if there is no such file. Overrides have the
  /// form key=value and come after the file. A relative network.precision in the file begins at the
  /// file's folder, in an override at the current one. Throws UserError with one line.
  static Config load(const std::string& path_or_preset,
                     const std::vector<std::string>& overrides = {});

  /// `settings` come after the file; `where` names them and the result in error messages. A
  /// relative network.precision among them begins at `folder`.
  static Config load(const std::string& path_or_preset, const std::vector<TomlEntry>& settings,
                     const std::string& where, const std::filesystem::path& folder = {});

  /// `where` names the text in error messages.
  static Config parse(const std::string& toml, const std::string& where,
                      const std::vector<std::string>& overrides = {});

  /// The path or preset that it was loaded from.
  [[nodiscard]] const std::string& source() const { return source_; }

  // A getter called with an undeclared key or another type is a defect: std::logic_error.
  [[nodiscard]] std::int64_t integer(std::string_view key) const;
  [[nodiscard]] double real(std::string_view key) const;
  [[nodiscard]] bool flag(std::string_view key) const;
  [[nodiscard]] const std::string& text(std::string_view key) const;
  [[nodiscard]] const std::vector<std::string>& texts(std::string_view key) const;
  [[nodiscard]] const std::vector<std::int64_t>& integers(std::string_view key) const;
  [[nodiscard]] const std::vector<double>& reals(std::string_view key) const;
  [[nodiscard]] const ConfigValue& value(std::string_view key) const;

  /// GEMM layers of the network, the classifier included; the table has at most that many.
  [[nodiscard]] std::int64_t layers() const;
  /// Null without network.precision.
  [[nodiscard]] const PrecisionTable* precision_table() const { return table_.get(); }
  /// What layer l is computed with: this configuration with the table's values for l, without a
  /// table. Its source names the table's file and the layer.
  [[nodiscard]] Config layer(int l) const;

  /// The same configuration with one key changed; `text` as after --set.
  [[nodiscard]] Config with(const std::string& key, const std::string& text) const;

  /// One `key = value` per line, in the order of declaration, defaults included.
  [[nodiscard]] std::string canonical_text() const;

  /// The version of the numeric contract and the lines of canonical_text() whose keys change values
  /// of tensors.
  [[nodiscard]] std::string numerics_text() const;
  /// hash64 of numerics_text(). The hardware hash stands in convert.hpp.
  [[nodiscard]] std::uint64_t numerics_hash() const;

 private:
  using Values = std::map<std::string, ConfigValue, std::less<>>;

  Config(std::string source, Values values, std::shared_ptr<const PrecisionTable> table = nullptr);
  void read_table();
  [[nodiscard]] std::string lines(unsigned effects) const;

  std::string source_;
  Values values_;
  std::shared_ptr<const PrecisionTable> table_;
};

/// The entry with the full name of its key and a value of the key's type. Throws UserError
/// `where: key: ...` if there is no such key or the value is not allowed.
TomlEntry checked_entry(TomlEntry entry, const std::string& where);

/// The entry of an override `key=value`, checked. Throws UserError `--set: ...`.
TomlEntry override_entry(const std::string& assignment);

/// Names of the presets, without ".toml"; configurations in sub-folders of configs/ are not among
/// them, though load() knows them too, for example "verify/wrap-3x5".
std::vector<std::string> preset_names();

/// A commented TOML text of all keys with the values of `config`.
std::string commented_toml(const Config& config);

}  // namespace sylvester
