// Numeric tables as comma-separated text, strictly checked.
#pragma once

#include <string>
#include <string_view>

#include "golden/data/dataset.hpp"

namespace sylvester {

/// What a file must look like: `features` numbers, then the label, then the subject if any.
struct CsvLayout {
  int features = 0;
  int first_label = 0;  ///< the label of class 0
  int classes = 0;      ///< labels first_label ... first_label + classes - 1
  int subjects = 0;     ///< subjects 1 ... subjects; 0 = the file has no subject column
  double smallest = 0;  ///< range of the features; smallest = largest: any finite float32
  double largest = 0;
  float scale = 1.0F;  ///< every feature is multiplied by this
};

/// Appends the rows of `text` to `dataset`, whose width and classes are set from `layout`.
/// No header; rows end in LF or CR LF; spaces and tabs around a value are allowed. A magnitude too
/// small for float32 becomes the nearest float32. Throws UserError with `file`, row and column,
/// both counted from 1.
void append_csv(std::string_view text, const std::string& file, const CsvLayout& layout,
                Dataset& dataset);

}  // namespace sylvester
