// The one table of operand formats (docs/numerics.md, rules FMT-*).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sylvester {

/// One operand format. A code is a signed integer: sign times an index into `magnitudes`.
/// For uniform formats the index is the magnitude itself.
struct Format {
  std::string name;                      ///< e.g. "i4", "u4"
  int bits = 0;                          ///< bits of a stored code, sign included
  bool is_signed = true;                 ///< unsigned formats hold non-negative tensors only
  std::vector<std::int32_t> magnitudes;  ///< ascending, magnitudes[0] == 0
  int exponent = 0;                      ///< real magnitude = magnitudes[i] * 2^exponent
  bool uniform = true;                   ///< magnitudes[i] == i

  /// Q: the largest magnitude (7 for i4, 15 for u4).
  [[nodiscard]] std::int32_t largest() const { return magnitudes.back(); }
  /// Largest code index; codes lie in [-largest_code, largest_code], or [0, ...] if unsigned.
  [[nodiscard]] int largest_code() const { return static_cast<int>(magnitudes.size()) - 1; }
  /// Integer that enters the multiplier for this code.
  [[nodiscard]] std::int32_t value(int code) const {
    return code < 0 ? -magnitudes[static_cast<std::size_t>(-code)]
                    : magnitudes[static_cast<std::size_t>(code)];
  }
};

/// All rows of the table, in table order; the row index is the format's number in descriptors.
std::span<const Format> formats();

/// The row with this name. Throws UserError naming the allowed ones.
const Format& format(std::string_view name);

/// Index of the row in formats(). Throws UserError if there is none.
int format_index(std::string_view name);

}  // namespace sylvester
