#include "rtl_gen/interface.hpp"

#include <algorithm>
#include <cctype>
#include <sstream>
#include <stdexcept>

namespace sylvester::rtl {
namespace {

/// Position behind the bracket that closes the one at `open`.
std::size_t behind_bracket(const std::string& text, std::size_t open) {
  int depth = 0;
  for (std::size_t i = open; i < text.size(); ++i) {
    if (text[i] == '(') ++depth;
    if (text[i] == ')' && --depth == 0) return i + 1;
  }
  throw std::logic_error("a module header does not end");
}

/// Pieces between the commas that stand in no bracket.
std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> pieces(1);
  int depth = 0;
  for (const char c : text) {
    if (c == '(' || c == '[' || c == '{') ++depth;
    if (c == ')' || c == ']' || c == '}') --depth;
    if (c == ',' && depth == 0) {
      pieces.emplace_back();
    } else {
      pieces.back() += c;
    }
  }
  return pieces;
}

/// Takes a range in square brackets out of a declaration; its width, or 1.
Expression take_width(std::string& declaration) {
  const std::size_t open = declaration.find('[');
  if (open == std::string::npos) return 1;
  const std::size_t close = declaration.find(']', open);
  const std::size_t colon = declaration.rfind(':', close);
  if (close == std::string::npos || colon == std::string::npos || colon < open ||
      Expression(declaration.substr(colon + 1, close - colon - 1)).number != 0) {
    throw std::logic_error("'" + declaration + "': a vector must be written [highest:0]");
  }
  const std::string high = declaration.substr(open + 1, colon - open - 1);
  declaration.erase(open, close - open + 1);
  return Expression("(" + high + ") + 1");
}

std::vector<std::string> words(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> result;
  for (std::string word; stream >> word;) result.push_back(word);
  return result;
}

Parameter read_parameter(std::string declaration) {
  const std::size_t equals = declaration.find('=');
  if (equals == std::string::npos) {
    throw std::logic_error("parameter '" + declaration + "' has no value");
  }
  Parameter result;
  result.value = Expression(declaration.substr(equals + 1));
  declaration.erase(equals);
  if (declaration.find('[') != std::string::npos) {
    result.bits = static_cast<int>(evaluate(take_width(declaration), {}));
  }
  result.name = words(declaration).back();
  return result;
}

Port read_port(std::string declaration, const std::vector<Port>& before) {
  const Expression width = take_width(declaration);
  const auto parts = words(declaration);
  if (parts.size() == 1 && !before.empty()) {  // "input wire a, b": as the one before
    return {before.back().direction, parts[0], before.back().width};
  }
  if (parts.size() < 2 || (parts[0] != "input" && parts[0] != "output")) {
    throw std::logic_error("port '" + declaration + "' must begin with input or output");
  }
  return {parts[0] == "input" ? Direction::kInput : Direction::kOutput, parts.back(), width};
}

}  // namespace

std::string without_comments(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    if (text.substr(i, 2) == "//") {
      i = std::min(text.find('\n', i), text.size());
    } else if (text.substr(i, 2) == "/*") {
      i = std::min(text.find("*/", i + 2), text.size() - 2) + 2;
      result += ' ';
    } else {
      result += text[i++];
    }
  }
  return result;
}

Module read_interface(std::string_view source) {
  const std::string text = without_comments(source);
  const std::size_t begin = text.find("module ");
  if (begin == std::string::npos) throw std::logic_error("a library file holds no module");
  Module result;
  std::size_t position = text.find_first_of("#(;", begin);
  result.name = words(text.substr(begin, position - begin)).at(1);
  if (text[position] == '#') {
    const std::size_t open = text.find('(', position);
    const std::size_t behind = behind_bracket(text, open);
    for (const auto& piece : split(text.substr(open + 1, behind - open - 2))) {
      result.parameters.push_back(read_parameter(piece));
    }
    position = text.find_first_of("(;", behind);
  }
  if (text[position] == '(') {
    const std::size_t behind = behind_bracket(text, position);
    for (const auto& piece : split(text.substr(position + 1, behind - position - 2))) {
      result.ports.push_back(read_port(piece, result.ports));
    }
  }
  return result;
}

}  // namespace sylvester::rtl
