// Verilog expressions of the emitter: parsed from text, evaluated, measured and printed again.
// The subset: integers, sized literals, names, ranges, unary ~ ! & | -, binary operators, ?:,
// $clog2 and concatenation.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sylvester::rtl {

struct Expression {
  enum class Kind {
    kNumber,
    kSized,
    kName,
    kRange,
    kUnary,
    kBinary,
    kConditional,
    kClog2,
    kConcat
  };

  /// From text. Throws std::logic_error naming the place if it is outside the subset.
  Expression(const char* text);         // NOLINT: implicit, so that descriptions read as Verilog
  Expression(const std::string& text);  // NOLINT
  Expression(std::int64_t value);       // NOLINT
  Expression(int value) : Expression(static_cast<std::int64_t>(value)) {}  // NOLINT
  explicit Expression(Kind k) : kind(k) {}

  Kind kind;
  std::string text;                  ///< name, operator, or the spelling of a sized literal
  std::int64_t number = 0;           ///< kNumber: value; kSized: bits
  std::vector<Expression> operands;  ///< kRange: most and least significant bit
};

/// Unsized hexadecimal digits of a 64-bit number with its width: 64'h0123456789abcdef.
std::string hex_literal(std::uint64_t value);

using Values = std::map<std::string, std::int64_t>;

/// Value of an expression of parameters. Throws std::logic_error for names without a value.
std::int64_t evaluate(const Expression& expression, const Values& parameters);

/// Bits of an expression of nets; `net_bits` gives the width of a name (and throws for others).
std::int64_t width(const Expression& expression, const Values& parameters,
                   const std::function<std::int64_t(const std::string&)>& net_bits);

/// Calls `visit` for every name, which may change it.
void for_each_name(Expression& expression, const std::function<void(std::string&)>& visit);

/// Source text; `compact` leaves out the blanks around operators (inside ranges).
std::string print(const Expression& expression, bool compact = false);

/// Index of the highest bit of a vector of `width` bits, as written in a range.
Expression highest_bit(const Expression& width);

}  // namespace sylvester::rtl
