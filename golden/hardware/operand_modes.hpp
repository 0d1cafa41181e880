// Operand modes: pairs of formats that the processing elements multiply, and the widths of the
// hardware that follow from them (docs/architecture.md section 2).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "golden/numerics/format.hpp"

namespace sylvester {

/// Rows of formats(): A codes times B codes.
struct OperandMode {
  int a = 0;
  int b = 0;
  auto operator<=>(const OperandMode&) const = default;
};

/// "u4xi4".
std::string to_string(const OperandMode& mode);
/// "i4xi4, u4xi4": in table order, for the order in which modes are given changes nothing.
std::string to_string(std::span<const OperandMode> modes);

/// Throws UserError unless the name is one of buildable_modes().
OperandMode operand_mode(std::string_view name);

std::vector<OperandMode> operand_modes(std::span<const std::string> names);

/// All pairs of 4-bit formats that the hardware can prepare and multiply, and i8xi8, in table
/// order.
std::vector<OperandMode> buildable_modes();

/// Q = 2^high - 2^low: how the quantiser multiplies by the largest magnitude with one subtraction.
/// Every integer format and every binary floating-point format has such a Q.
struct LargestMagnitude {
  int high = 0;
  int low = 0;
};
std::optional<LargestMagnitude> largest_magnitude(const Format& format);

/// True if codes fit 5 signed bits, Q has the form above and at most 7 bits, and, in a listed
/// format, neighbouring magnitudes differ by powers of two.
bool is_buildable(const Format& format);

/// True if the magnitudes are 0 and powers of two: a product with such a value is a shift (LOG-1).
bool shifts(const Format& format);

/// True if a product takes four passes over nibbles (I8-1): a code has more than 5 signed bits.
bool needs_nibbles(const Format& a, const Format& b);

/// What a set of modes needs.
struct OperandWidths {
  int a_code = 0;    ///< signed bits of an A code
  int b_code = 0;    ///< signed bits of a B code
  int code = 5;      ///< signed bits of a code that the prepare unit makes, 5 or 8
  int a_value = 0;   ///< signed bits of an A value or nibble
  int b_value = 0;   ///< signed bits of a B value or nibble
  int quotient = 4;  ///< bits of |v|/scale before the point, at least 4 for the formats up to u4
  int largest_product = 0;  ///< of two values or nibbles
  bool a_listed = false;    ///< A codes may be of the listed format
  bool b_listed = false;
  bool shift = false;     ///< the listed format shifts
  bool multiply = false;  ///< there are products without an operand that shifts
  bool nibbles = false;   ///< 8-bit codes, in four passes
};
OperandWidths operand_widths(std::span<const OperandMode> modes);

/// The format of the modes that is not uniform, or nothing. Hardware holds at most one.
std::optional<int> listed_format(std::span<const OperandMode> modes);

/// Formats that the prepare unit rounds to, and those that A and B of a GEMM may have, in table
/// order: the uniform ones that fit, where a mode has one, and the listed one.
std::vector<int> prepared_formats(std::span<const OperandMode> modes);
std::vector<int> a_formats(std::span<const OperandMode> modes);
std::vector<int> b_formats(std::span<const OperandMode> modes);

/// Throws UserError if there is no mode, one twice, or more than one listed format.
void check(std::span<const OperandMode> modes);

/// Signed bits of a code and of a value of a format.
int code_bits(const Format& format);
int value_bits(const Format& format);

}  // namespace sylvester
