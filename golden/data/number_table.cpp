#include "golden/data/number_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "golden/data/text_fields.hpp"
#include "golden/support/error.hpp"

namespace sylvester {
namespace {

/// Cuts the first field off a row without blanks at its ends.
std::string_view take_field(std::string_view& line, char separator) {
  const std::size_t end = separator == ' ' ? line.find_first_of(" \t") : line.find(separator);
  const std::string_view field = trimmed(line.substr(0, end));
  line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
  if (separator == ' ') line = trimmed(line);
  return field;
}

}  // namespace

std::vector<double> NumberTable::column(int column) const {
  std::vector<double> result(rows());
  for (std::size_t row = 0; row < result.size(); ++row) result[row] = at(row, column);
  return result;
}

NumberTable parse_number_table(std::string_view text, const std::string& file,
                               const NumberTableLayout& layout) {
  NumberTable table{.columns = layout.columns, .values = {}};
  const std::size_t lines =
      static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  // A value and its separator have two characters at least: a bound against empty lines.
  table.values.reserve(
      std::min(lines * static_cast<std::size_t>(layout.columns), text.size() / 2 + 1));
  for (std::size_t row = 1; !text.empty(); ++row) {
    std::string_view line = take_line(text);
    if (layout.separator == ' ') line = trimmed(line);
    int columns = 0;
    for (bool more = !line.empty(); more; ++columns) {
      // Behind a comma stands a field, even an empty one.
      more = layout.separator != ' ' && line.find(layout.separator) != std::string_view::npos;
      const std::string_view field = take_field(line, layout.separator);
      more = more || !line.empty();
      if (columns >= layout.columns) continue;
      const std::optional<double> value = parse_number(field, layout.nan);
      if (!value || std::abs(*value) > kLargestReading) {
        throw UserError(
            fmt::format("{}: row {}, column {} is {}, allowed is a number -1e9 ... 1e9{}", file,
                        row, columns + 1, quoted(field), layout.nan ? " or NaN" : ""));
      }
      table.values.push_back(*value);
    }
    if (columns != layout.columns) {
      throw UserError(fmt::format("{}: row {} has {} columns, every row must have {}", file, row,
                                  columns, layout.columns));
    }
  }
  if (table.values.empty()) {
    throw UserError(fmt::format("{}: no rows, at least one is needed", file));
  }
  return table;
}

int integer_at(const NumberTable& table, std::size_t row, int column, int least, int most,
               std::string_view what, const std::string& file) {
  const double value = table.at(row, column);
  if (!(value >= least && value <= most) || value != std::floor(value)) {
    throw UserError(fmt::format("{}: row {}, column {} is {}, allowed is {} {} ... {}", file,
                                row + 1, column + 1, value, what, least, most));
  }
  return static_cast<int>(value);
}

}  // namespace sylvester
