// Fields and lines of the publishers' text files.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sylvester {

/// A value as it stands in a file, for an error message: short, printable, in quotes.
std::string quoted(std::string_view field);

/// Without spaces and tabs at both ends.
std::string_view trimmed(std::string_view field);

/// Cuts the first line off `text`, which must not be empty; LF or CR LF is left out.
std::string_view take_line(std::string_view& text);

/// The whole field as a decimal number; none if it is no number, infinite or too large for float32.
/// NaN passes only if `nan` says so.
std::optional<double> parse_number(std::string_view field, bool nan = false);

/// The whole field as an integer least ... most.
std::optional<int> parse_integer(std::string_view field, int least, int most);

}  // namespace sylvester
