#include "golden/hardware/operand_modes.hpp"

#include <algorithm>
#include <bit>

#include "golden/support/error.hpp"

namespace sylvester {
namespace {

constexpr int kCodeBits = 5;         ///< of a code in one pass
constexpr int kNibbleValueBits = 5;  ///< -8...15
constexpr int kNibbleLargest = 15;
constexpr int kModeBits = 4;           ///< narrower uniform formats run in the modes of 4 bits
constexpr int kMostValueBits = 8;      ///< magnitudes have up to 7 bits
constexpr int kLeastQuotientBits = 4;  ///< x of i2...u4 is below 16

const Format& row(int index) { return formats()[static_cast<std::size_t>(index)]; }

int bit_length(int value) { return std::bit_width(static_cast<unsigned>(value)); }

/// Bits before the point of |v|/scale: with the rule clip, it reaches 40/39 of the largest value.
int quotient_bits(const Format& format) { return bit_length(40 * format.largest() / 39); }

bool has_power_of_two_gaps(const Format& format) {
  for (std::size_t i = 1; i < format.magnitudes.size(); ++i) {
    const int gap = format.magnitudes[i] - format.magnitudes[i - 1];
    if (gap < 1 || !std::has_single_bit(static_cast<unsigned>(gap))) return false;
  }
  return true;
}

/// Rows of the integer formats with codes of up to this many bits, and of the listed one.
std::vector<int> fitting_formats(int most_code_bits, std::optional<int> listed) {
  std::vector<int> result;
  for (int i = 0; i < static_cast<int>(formats().size()); ++i) {
    if (row(i).uniform ? code_bits(row(i)) <= most_code_bits : i == listed) result.push_back(i);
  }
  return result;
}

/// Formats of one operand of the modes.
std::vector<int> operand_formats(std::span<const OperandMode> modes, int OperandMode::*operand,
                                 int most_code_bits) {
  const auto is_uniform = [&](const OperandMode& mode) { return row(mode.*operand).uniform; };
  const bool any_uniform = std::any_of(modes.begin(), modes.end(), is_uniform);
  const bool all_uniform = std::all_of(modes.begin(), modes.end(), is_uniform);
  return fitting_formats(any_uniform ? most_code_bits : 0,
                         all_uniform ? std::nullopt : listed_format(modes));
}

}  // namespace

std::string to_string(const OperandMode& mode) { return row(mode.a).name + "x" + row(mode.b).name; }

std::string to_string(std::span<const OperandMode> modes) {
  std::vector<OperandMode> sorted(modes.begin(), modes.end());
  std::sort(sorted.begin(), sorted.end());
  std::string text;
  for (const OperandMode& mode : sorted) text += (text.empty() ? "" : ", ") + to_string(mode);
  return text;
}

OperandMode operand_mode(std::string_view name) {
  const std::vector<OperandMode> modes = buildable_modes();
  for (const OperandMode& mode : modes) {
    if (to_string(mode) == name) return mode;
  }
  throw UserError("unknown operand mode '" + std::string(name) + "', allowed are " +
                  to_string(modes));
}

std::vector<OperandMode> operand_modes(std::span<const std::string> names) {
  std::vector<OperandMode> modes;
  for (const std::string& name : names) modes.push_back(operand_mode(name));
  return modes;
}

std::vector<OperandMode> buildable_modes() {
  std::vector<int> rows;
  for (int i = 0; i < static_cast<int>(formats().size()); ++i) {
    if (row(i).bits == kModeBits && is_buildable(row(i))) rows.push_back(i);
  }
  std::vector<OperandMode> modes;
  for (const int a : rows) {
    for (const int b : rows) modes.push_back({a, b});
  }
  const int i8 = format_index("i8");
  modes.push_back({i8, i8});
  std::sort(modes.begin(), modes.end());
  return modes;
}

std::optional<LargestMagnitude> largest_magnitude(const Format& format) {
  const auto largest = static_cast<unsigned>(format.largest());
  const int low = std::countr_zero(largest);
  const int high = std::bit_width(largest);
  if (largest != (1U << high) - (1U << low)) return std::nullopt;
  return LargestMagnitude{high, low};
}

bool shifts(const Format& format) {
  return std::all_of(
      format.magnitudes.begin() + 1, format.magnitudes.end(),
      [](std::int32_t value) { return std::has_single_bit(static_cast<unsigned>(value)); });
}

bool needs_nibbles(const Format& a, const Format& b) {
  return code_bits(a) > kCodeBits || code_bits(b) > kCodeBits;
}

bool is_buildable(const Format& format) {
  const bool clip_fits = quotient_bits(format) == bit_length(format.largest());
  return code_bits(format) <= kCodeBits && value_bits(format) <= kMostValueBits && clip_fits &&
         largest_magnitude(format).has_value() && has_power_of_two_gaps(format);
}

OperandWidths operand_widths(std::span<const OperandMode> modes) {
  OperandWidths widths;
  widths.quotient = kLeastQuotientBits;
  int a_largest = 0;
  int b_largest = 0;
  bool a_uniform = false;
  bool b_uniform = false;
  for (const OperandMode& mode : modes) {
    const Format& a = row(mode.a);
    const Format& b = row(mode.b);
    widths.a_code = std::max(widths.a_code, code_bits(a));
    widths.b_code = std::max(widths.b_code, code_bits(b));
    const bool nibbles = needs_nibbles(a, b);
    widths.nibbles = widths.nibbles || nibbles;
    widths.code = std::max({widths.code, code_bits(a), code_bits(b)});
    widths.a_value = std::max(widths.a_value, nibbles ? kNibbleValueBits : value_bits(a));
    widths.b_value = std::max(widths.b_value, nibbles ? kNibbleValueBits : value_bits(b));
    widths.a_listed = widths.a_listed || !a.uniform;
    widths.b_listed = widths.b_listed || !b.uniform;
    a_uniform = a_uniform || a.uniform;
    b_uniform = b_uniform || b.uniform;
    a_largest = std::max(a_largest, nibbles ? kNibbleLargest : static_cast<int>(a.largest()));
    b_largest = std::max(b_largest, nibbles ? kNibbleLargest : static_cast<int>(b.largest()));
    widths.quotient = std::max({widths.quotient, quotient_bits(a), quotient_bits(b)});
  }
  widths.largest_product = a_largest * b_largest;
  const std::optional<int> listed = listed_format(modes);
  widths.shift = listed && shifts(row(*listed));
  widths.multiply = !widths.shift || (a_uniform && b_uniform);
  return widths;
}

std::optional<int> listed_format(std::span<const OperandMode> modes) {
  for (const OperandMode& mode : modes) {
    for (const int format : {mode.a, mode.b}) {
      if (!row(format).uniform) return format;
    }
  }
  return std::nullopt;
}

std::vector<int> prepared_formats(std::span<const OperandMode> modes) {
  return fitting_formats(operand_widths(modes).code, listed_format(modes));
}
std::vector<int> a_formats(std::span<const OperandMode> modes) {
  return operand_formats(modes, &OperandMode::a, operand_widths(modes).a_code);
}
std::vector<int> b_formats(std::span<const OperandMode> modes) {
  return operand_formats(modes, &OperandMode::b, operand_widths(modes).b_code);
}

void check(std::span<const OperandMode> modes) {
  if (modes.empty()) {
    throw UserError("hardware parameter modes is empty; at least one of i4xi4, u4xi4 is needed");
  }
  const std::optional<int> listed = listed_format(modes);
  for (const OperandMode& mode : modes) {
    if (std::count(modes.begin(), modes.end(), mode) > 1) {
      throw UserError("hardware parameter modes has " + to_string(mode) + " twice");
    }
    for (const int format : {mode.a, mode.b}) {
      if (!row(format).uniform && format != listed) {
        throw UserError("hardware parameter modes has the formats " + row(*listed).name + " and " +
                        row(format).name + "; at most one format may have a list of magnitudes");
      }
    }
  }
}

int code_bits(const Format& format) { return bit_length(format.largest_code()) + 1; }
int value_bits(const Format& format) { return bit_length(format.largest()) + 1; }

}  // namespace sylvester
