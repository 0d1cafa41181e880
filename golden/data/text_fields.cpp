#include "golden/data/text_fields.hpp"

#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

namespace sylvester {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

}  // namespace

std::string quoted(std::string_view field) {
  constexpr std::size_t kLongest = 40;
  std::string text;
  for (const char c : field.substr(0, kLongest)) text += (c >= ' ' && c <= '~') ? c : '?';
  if (field.size() > kLongest) text += "...";
  return "'" + text + "'";
}

std::string_view trimmed(std::string_view field) {
  while (!field.empty() && is_blank(field.front())) field.remove_prefix(1);
  while (!field.empty() && is_blank(field.back())) field.remove_suffix(1);
  return field;
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

std::optional<double> parse_number(std::string_view field, bool nan) {
  const char* const end = field.data() + field.size();
  double value = 0;
  const auto [rest, error] = std::from_chars(field.data(), end, value);
  if (error != std::errc{} || rest != end) return std::nullopt;
  if (std::isnan(value)) return nan ? std::optional(value) : std::nullopt;
  if (!std::isfinite(static_cast<float>(value))) return std::nullopt;
  return value;
}

std::optional<int> parse_integer(std::string_view field, int least, int most) {
  int value = 0;
  const char* const end = field.data() + field.size();
  const auto [rest, error] = std::from_chars(field.data(), end, value);
  if (error != std::errc{} || rest != end || value < least || value > most) return std::nullopt;
  return value;
}

}  // namespace sylvester
