// Tables of numbers as the publishers of recordings write them, strictly checked.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sylvester {

/// Limit of a value's magnitude: far above what a sensor gives, and squares of sums over a window
/// stay in float32's range.
inline constexpr double kLargestReading = 1e9;

struct NumberTable {
  int columns = 0;
  std::vector<double> values;  ///< row-major

  [[nodiscard]] std::size_t rows() const {
    return values.size() / static_cast<std::size_t>(columns);
  }
  [[nodiscard]] double at(std::size_t row, int column) const {
    return values[row * static_cast<std::size_t>(columns) + static_cast<std::size_t>(column)];
  }
  [[nodiscard]] std::vector<double> column(int column) const;
};

struct NumberTableLayout {
  int columns = 1;
  char separator = ' ';  ///< ' ': any run of blanks, also at the ends of a row
  bool nan = false;      ///< NaN is a value
};

/// The table in `text`: one row per line. Throws UserError with `file`, row and column, counted
/// from 1: another number of columns, what is no number -1e9 ... 1e9, no rows.
NumberTable parse_number_table(std::string_view text, const std::string& file,
                               const NumberTableLayout& layout);

/// Throws UserError unless value is an integer least ... most; row and column count from 0.
int integer_at(const NumberTable& table, std::size_t row, int column, int least, int most,
               std::string_view what, const std::string& file);

}  // namespace sylvester
