#include "golden/numerics/format.hpp"

#include <numeric>

#include "golden/support/error.hpp"

namespace sylvester {
namespace {

Format uniform_format(char letter, int bits) {
  const bool is_signed = letter == 'i';
  std::string name(1, letter);
  name += std::to_string(bits);
  std::vector<std::int32_t> magnitudes(std::size_t{1} << (is_signed ? bits - 1 : bits));
  std::iota(magnitudes.begin(), magnitudes.end(), 0);
  return {.name = std::move(name),
          .bits = bits,
          .is_signed = is_signed,
          .magnitudes = std::move(magnitudes),
          .exponent = 0,
          .uniform = true};
}

// FMT-2: a new format is a new row at the end.
std::vector<Format> make_table() {
  std::vector<Format> table;
  for (int bits = 2; bits <= 8; ++bits) table.push_back(uniform_format('i', bits));
  for (int bits = 2; bits <= 8; ++bits) table.push_back(uniform_format('u', bits));
  table.push_back({.name = "e3",
                   .bits = 4,
                   .is_signed = true,
                   .magnitudes = {0, 1, 2, 4, 8, 16, 32, 64},
                   .exponent = 0,
                   .uniform = false});
  return table;
}

}  // namespace

std::span<const Format> formats() {
  static const std::vector<Format> table = make_table();
  return table;
}

const Format& format(std::string_view name) {
  return formats()[static_cast<std::size_t>(format_index(name))];
}

int format_index(std::string_view name) {
  std::string allowed;
  int index = 0;
  for (const Format& row : formats()) {
    if (row.name == name) return index;
    allowed += (allowed.empty() ? "" : ", ") + row.name;
    ++index;
  }
  throw UserError("unknown operand format '" + std::string(name) + "', allowed are " + allowed);
}

}  // namespace sylvester
