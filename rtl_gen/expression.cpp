#include "rtl_gen/expression.hpp"

#include <bit>
#include <cctype>
#include <stdexcept>

namespace sylvester::rtl {
namespace {

using Kind = Expression::Kind;

struct Operator {
  std::string_view text;
  int precedence;  ///< larger binds tighter
};
// Longer spellings first, so that the first match is the right one.
constexpr Operator kBinary[] = {{"||", 2}, {"&&", 3}, {"==", 7}, {"!=", 7}, {"<=", 8}, {">=", 8},
                                {"<<", 9}, {">>", 9}, {"|", 4},  {"^", 5},  {"&", 6},  {"<", 8},
                                {">", 8},  {"+", 10}, {"-", 10}, {"*", 11}, {"/", 11}, {"%", 11}};
constexpr int kConditionalPrecedence = 1;
constexpr int kUnaryPrecedence = 12;
constexpr int kPrimaryPrecedence = 13;

int precedence(const Expression& e) {
  switch (e.kind) {
    case Kind::kConditional:
      return kConditionalPrecedence;
    case Kind::kUnary:
      return kUnaryPrecedence;
    case Kind::kBinary:
      for (const auto& op : kBinary) {
        if (op.text == e.text) return op.precedence;
      }
      throw std::logic_error("unknown operator '" + e.text + "'");
    default:
      return kPrimaryPrecedence;
  }
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Expression parse() {
    Expression result = conditional();
    skip_blanks();
    if (position_ != text_.size()) fail("unexpected text");
    return result;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw std::logic_error("expression '" + std::string(text_) + "', column " +
                           std::to_string(position_ + 1) + ": " + what);
  }
  void skip_blanks() {
    while (position_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[position_]))) {
      ++position_;
    }
  }
  bool accept(std::string_view token) {
    skip_blanks();
    if (text_.substr(position_, token.size()) != token) return false;
    position_ += token.size();
    return true;
  }
  void expect(std::string_view token) {
    if (!accept(token)) fail("expected '" + std::string(token) + "'");
  }
  template <typename Predicate>
  std::string take_while(Predicate predicate) {
    const std::size_t begin = position_;
    while (position_ < text_.size() && predicate(text_[position_])) ++position_;
    return std::string(text_.substr(begin, position_ - begin));
  }

  Expression conditional() {
    Expression condition = binary(kConditionalPrecedence + 1);
    if (!accept("?")) return condition;
    Expression result(Kind::kConditional);
    result.operands.push_back(std::move(condition));
    result.operands.push_back(conditional());
    expect(":");
    result.operands.push_back(conditional());
    return result;
  }

  Expression binary(int least) {
    Expression left = unary();
    for (;;) {
      skip_blanks();
      const Operator* found = nullptr;
      for (const auto& op : kBinary) {
        if (text_.substr(position_, op.text.size()) == op.text) {
          found = &op;
          break;
        }
      }
      if (found == nullptr || found->precedence < least) return left;
      position_ += found->text.size();
      Expression result(Kind::kBinary);
      result.text = found->text;
      result.operands.push_back(std::move(left));
      result.operands.push_back(binary(found->precedence + 1));
      left = std::move(result);
    }
  }

  Expression unary() {
    for (const std::string_view op : {"~", "!", "&", "|", "-"}) {
      if (!accept(op)) continue;
      Expression result(Kind::kUnary);
      result.text = op;
      result.operands.push_back(unary());
      return result;
    }
    return primary();
  }

  Expression primary() {
    if (accept("(")) {
      Expression inner = conditional();
      expect(")");
      return inner;
    }
    if (accept("{")) {
      Expression result(Kind::kConcat);
      do {
        result.operands.push_back(conditional());
      } while (accept(","));
      expect("}");
      return result;
    }
    if (accept("$clog2")) {
      expect("(");
      Expression result(Kind::kClog2);
      result.operands.push_back(conditional());
      expect(")");
      return result;
    }
    skip_blanks();
    const auto digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
    const auto word = [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
    };
    const std::string digits = take_while(digit);
    if (!digits.empty()) {
      if (position_ < text_.size() && text_[position_] == '\'') {
        Expression result(Kind::kSized);
        ++position_;
        result.text = digits + "'" + take_while(word);
        result.number = std::stoll(digits);
        return result;
      }
      return Expression(static_cast<std::int64_t>(std::stoll(digits)));
    }
    const std::string name = take_while(word);
    if (name.empty()) fail("expected a value");
    if (!accept("[")) {
      Expression result(Kind::kName);
      result.text = name;
      return result;
    }
    Expression result(Kind::kRange);
    result.text = name;
    result.operands.push_back(conditional());
    result.operands.push_back(accept(":") ? conditional() : result.operands.front());
    expect("]");
    return result;
  }

  std::string_view text_;
  std::size_t position_ = 0;
};

std::int64_t evaluate_binary(const std::string& op, std::int64_t a, std::int64_t b) {
  if (op == "||") return a != 0 || b != 0;
  if (op == "&&") return a != 0 && b != 0;
  if (op == "==") return a == b;
  if (op == "!=") return a != b;
  if (op == "<=") return a <= b;
  if (op == ">=") return a >= b;
  if (op == "<") return a < b;
  if (op == ">") return a > b;
  if (op == "<<") return a << b;
  if (op == ">>") return a >> b;
  if (op == "|") return a | b;
  if (op == "^") return a ^ b;
  if (op == "&") return a & b;
  if (op == "+") return a + b;
  if (op == "-") return a - b;
  if (op == "*") return a * b;
  if (b == 0) throw std::logic_error("division by zero in a width or parameter");
  return op == "/" ? a / b : a % b;
}

/// Operators whose result is one bit whatever their operands are.
bool gives_one_bit(const Expression& e) {
  if (e.kind == Kind::kUnary) return e.text == "!" || e.text == "&" || e.text == "|";
  const int level = precedence(e);
  return level == 2 || level == 3 || level == 7 || level == 8;
}

}  // namespace

Expression::Expression(const char* source) : Expression(Parser(source).parse()) {}
Expression::Expression(const std::string& source) : Expression(Parser(source).parse()) {}
Expression::Expression(std::int64_t value) : kind(Kind::kNumber), number(value) {}

std::string hex_literal(std::uint64_t value) {
  std::string digits;
  for (int shift = 60; shift >= 0; shift -= 4) digits += "0123456789abcdef"[value >> shift & 15U];
  return "64'h" + digits;
}

std::int64_t evaluate(const Expression& e, const Values& parameters) {
  const auto operand = [&](std::size_t i) { return evaluate(e.operands[i], parameters); };
  switch (e.kind) {
    case Kind::kNumber:
      return e.number;
    case Kind::kName: {
      const auto found = parameters.find(e.text);
      if (found == parameters.end()) {
        throw std::logic_error("'" + e.text + "' is not a parameter with a value");
      }
      return found->second;
    }
    case Kind::kUnary: {
      const std::int64_t value = operand(0);
      if (e.text == "-") return -value;
      if (e.text == "!") return value == 0;
      if (e.text == "~") return ~value;
      break;
    }
    case Kind::kBinary:
      return evaluate_binary(e.text, operand(0), operand(1));
    case Kind::kConditional:
      return operand(0) != 0 ? operand(1) : operand(2);
    case Kind::kClog2: {
      const std::int64_t value = operand(0);
      return value <= 1 ? 0 : std::bit_width(static_cast<std::uint64_t>(value - 1));
    }
    default:
      break;
  }
  throw std::logic_error("'" + print(e) + "' is not an expression of parameters");
}

std::int64_t width(const Expression& e, const Values& parameters,
                   const std::function<std::int64_t(const std::string&)>& net_bits) {
  const auto operand = [&](std::size_t i) { return width(e.operands[i], parameters, net_bits); };
  const auto equal = [&](std::size_t i, std::size_t j) {
    if (operand(i) != operand(j)) {
      throw std::logic_error("'" + print(e) + "' joins " + std::to_string(operand(i)) + " and " +
                             std::to_string(operand(j)) + " bits");
    }
    return operand(i);
  };
  switch (e.kind) {
    case Kind::kSized:
      return e.number;
    case Kind::kName:
      return net_bits(e.text);
    case Kind::kRange: {
      const std::int64_t high = evaluate(e.operands[0], parameters);
      const std::int64_t low = evaluate(e.operands[1], parameters);
      if (low < 0 || high < low || high >= net_bits(e.text)) {
        throw std::logic_error("'" + print(e) + "' is outside the " +
                               std::to_string(net_bits(e.text)) + " bits of '" + e.text + "'");
      }
      return high - low + 1;
    }
    case Kind::kUnary: {
      const std::int64_t bits = operand(0);
      return gives_one_bit(e) ? 1 : bits;
    }
    case Kind::kBinary: {
      const std::int64_t bits = equal(0, 1);
      return gives_one_bit(e) ? 1 : bits;
    }
    case Kind::kConditional:
      return equal(1, 2);
    case Kind::kConcat: {
      std::int64_t sum = 0;
      for (std::size_t i = 0; i < e.operands.size(); ++i) sum += operand(i);
      return sum;
    }
    default:
      break;
  }
  throw std::logic_error("'" + print(e) + "' has no width");
}

void for_each_name(Expression& e, const std::function<void(std::string&)>& visit) {
  if (e.kind == Kind::kName || e.kind == Kind::kRange) visit(e.text);
  for (auto& operand : e.operands) for_each_name(operand, visit);
}

std::string print(const Expression& e, bool compact) {
  const std::string blank = compact ? "" : " ";
  // Equal precedence needs no parentheses on the left, because the operators associate to there.
  const auto operand = [&](std::size_t i, int least) {
    const std::string inner = print(e.operands[i], compact);
    return precedence(e.operands[i]) < least ? "(" + inner + ")" : inner;
  };
  switch (e.kind) {
    case Kind::kNumber:
      return std::to_string(e.number);
    case Kind::kSized:
    case Kind::kName:
      return e.text;
    case Kind::kRange: {
      const std::string high = print(e.operands[0], true);
      const std::string low = print(e.operands[1], true);
      return e.text + "[" + high + (high == low ? "" : ":" + low) + "]";
    }
    case Kind::kUnary:
      return e.text + operand(0, kPrimaryPrecedence);
    case Kind::kBinary:
      return operand(0, precedence(e)) + blank + e.text + blank + operand(1, precedence(e) + 1);
    case Kind::kConditional:
      return operand(0, kPrimaryPrecedence) + blank + "?" + blank +
             operand(1, kConditionalPrecedence + 1) + blank + ":" + blank +
             operand(2, kConditionalPrecedence);
    case Kind::kClog2:
      return "$clog2(" + print(e.operands[0], compact) + ")";
    case Kind::kConcat: {
      std::string result = "{";
      for (std::size_t i = 0; i < e.operands.size(); ++i) {
        result += (i == 0 ? "" : ", ") + print(e.operands[i], compact);
      }
      return result + "}";
    }
  }
  return "";
}

Expression highest_bit(const Expression& bits) {
  if (bits.kind == Kind::kNumber) return Expression(bits.number - 1);
  if (bits.kind == Kind::kBinary && bits.text == "+" && bits.operands[1].kind == Kind::kNumber &&
      bits.operands[1].number == 1) {
    return bits.operands[0];
  }
  Expression result(Kind::kBinary);
  result.text = "-";
  result.operands = {bits, Expression(1)};
  return result;
}

}  // namespace sylvester::rtl
