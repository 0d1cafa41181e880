#include "golden/data/csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <optional>
#include <system_error>

#include "golden/data/text_fields.hpp"
#include "golden/support/error.hpp"

namespace sylvester {
namespace {

/// The nearest float32, not that of the nearest double.
std::optional<float> parse_float(std::string_view field) {
  const char* const end = field.data() + field.size();
  float value = 0;
  const auto [rest, error] = std::from_chars(field.data(), end, value);
  if (error == std::errc::result_out_of_range) {
    // Reported for overflow and for underflow alike; only the second has a float32 value.
    const std::optional<double> wide = parse_number(field);
    if (wide && std::abs(*wide) < 1.0) return static_cast<float>(*wide);
    return std::nullopt;
  }
  if (rest != end || error != std::errc{} || !std::isfinite(value)) return std::nullopt;
  return value;
}

class RowReader {
 public:
  RowReader(const std::string& file, const CsvLayout& layout, Dataset& dataset)
      : file_(file), layout_(layout), dataset_(dataset) {}

  void read(std::string_view line, int row) {
    row_ = row;
    const int expected = layout_.features + 1 + (layout_.subjects > 0 ? 1 : 0);
    const auto columns = static_cast<int>(std::count(line.begin(), line.end(), ',')) + 1;
    if (columns != expected) {
      throw UserError(fmt::format("{}: row {} has {} columns, every row must have {}", file_, row_,
                                  columns, expected));
    }
    for (int column = 0; column < expected; ++column) {
      const std::size_t comma = line.find(',');
      const std::string_view field = trimmed(line.substr(0, comma));
      if (comma != std::string_view::npos) line.remove_prefix(comma + 1);
      if (column < layout_.features) {
        dataset_.x.push_back(feature(field, column));
      } else if (column == layout_.features) {
        const int last = layout_.first_label + layout_.classes - 1;
        const int label = integer(field, column, "label", layout_.first_label, last);
        dataset_.label.push_back(label - layout_.first_label);
      } else {
        dataset_.subject.push_back(integer(field, column, "subject", 1, layout_.subjects));
      }
    }
  }

 private:
  [[noreturn]] void fail(std::string_view field, int column, std::string_view allowed) const {
    throw UserError(fmt::format("{}: row {}, column {} is {}, allowed is {}", file_, row_,
                                column + 1, quoted(field), allowed));
  }

  float feature(std::string_view field, int column) const {
    const std::optional<float> value = parse_float(field);
    if (!value) fail(field, column, "a finite float32 number");
    if (layout_.smallest < layout_.largest &&
        (*value < layout_.smallest || *value > layout_.largest)) {
      fail(field, column, fmt::format("a number {} ... {}", layout_.smallest, layout_.largest));
    }
    return *value * layout_.scale;
  }

  int integer(std::string_view field, int column, std::string_view what, int smallest,
              int largest) const {
    const std::optional<int> value = parse_integer(field, smallest, largest);
    if (!value) fail(field, column, fmt::format("a {} {} ... {}", what, smallest, largest));
    return *value;
  }

  const std::string& file_;
  const CsvLayout& layout_;
  Dataset& dataset_;
  int row_ = 0;
};

}  // namespace

void append_csv(std::string_view text, const std::string& file, const CsvLayout& layout,
                Dataset& dataset) {
  dataset.set_shape(1, 1, layout.features);
  dataset.classes = layout.classes;
  dataset.class_number.resize(static_cast<std::size_t>(layout.classes));
  std::iota(dataset.class_number.begin(), dataset.class_number.end(), layout.first_label);
  const auto rows = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  // No row is shorter than one character per feature: a bound against a file of empty lines.
  const std::size_t fitting =
      std::min(rows, text.size() / static_cast<std::size_t>(layout.features + 1) + 1);
  dataset.x.reserve(dataset.x.size() + fitting * static_cast<std::size_t>(layout.features));

  RowReader reader(file, layout, dataset);
  int row = 0;
  const bool is_cut = !text.empty() && text.back() != '\n';
  while (!text.empty()) reader.read(take_line(text), ++row);
  if (is_cut) {
    throw UserError(fmt::format(
        "{}: row {} has no line end: the file may be cut off; allowed: every row with one", file,
        row));
  }
  if (row == 0) throw UserError(fmt::format("{}: no rows, at least one is needed", file));
}

}  // namespace sylvester
