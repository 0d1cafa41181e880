// Names of the generated Verilog: what is a legal identifier, and how a wanted name becomes one.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace sylvester::rtl {

/// Reserved in Verilog-2005 or SystemVerilog-2017: tools read either, so neither may be used.
bool is_keyword(std::string_view name);

/// A plain identifier ([A-Za-z_][A-Za-z0-9_]*) that is no keyword.
bool is_legal_name(std::string_view name);

/// "transform_registers" -> "TransformRegisters".
std::string camel_case(std::string_view snake_case);

/// The names of one scope. Names that differ only in case count as equal, because files and tools
/// exist that do not tell them apart.
class Names {
 public:
  /// Takes `name` as it is; false if it is not legal or already taken.
  bool take(std::string_view name);

  /// Takes and returns a legal free name close to the wanted one: other characters become '_',
  /// a digit in front gets "n", a keyword gets "_" behind it, a taken name gets "_2", "_3", ...
  std::string claim(std::string_view wanted);

 private:
  std::set<std::string> taken_;  ///< lower case
};

}  // namespace sylvester::rtl
