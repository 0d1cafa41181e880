#include "golden/data/pamap2.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "golden/data/file_bytes.hpp"
#include "golden/data/number_table.hpp"
#include "golden/data/signal_features.hpp"
#include "golden/support/error.hpp"

namespace sylvester {
namespace {

constexpr int kSubjects = 9;
constexpr int kColumns = 54;
constexpr int kActivityColumn = 1;
constexpr int kWindow = 512;
constexpr int kStep = 100;
constexpr std::array kActivityNumbers = {1, 2, 3, 4, 5, 6, 7, 12, 13, 16, 17, 24};
/// First of the three columns of each sensor. A unit has 17: temperature, accelerometer of 16 g and
/// of 6 g, gyroscope, magnetometer, orientation.
constexpr std::array kSensorColumns = {4, 10, 13, 21, 27, 30, 38, 44, 47};

/// The label of a row; -1 for a transition.
int label_at(const NumberTable& table, std::size_t row, const std::string& file) {
  const double activity = table.at(row, kActivityColumn);
  if (activity == 0) return -1;
  const auto* const found = std::find(kActivityNumbers.begin(), kActivityNumbers.end(), activity);
  if (found == kActivityNumbers.end()) {
    throw UserError(fmt::format("{}: row {}, column {} is {}, allowed is an activity 0, {}", file,
                                row + 1, kActivityColumn + 1, activity,
                                fmt::join(kActivityNumbers, ", ")));
  }
  return static_cast<int>(found - kActivityNumbers.begin());
}

/// Puts every NaN on the line between its neighbours; returns how many there were.
std::size_t fill_gaps(std::vector<double>& values) {
  std::size_t lost = 0;
  std::size_t known = values.size();  // the last value that is none; size: none yet
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) {
      ++lost;
      continue;
    }
    const std::size_t gap = known == values.size() ? 0 : known + 1;
    for (std::size_t j = gap; j < i; ++j) {
      const double share = known == values.size()
                               ? 1.0
                               : static_cast<double>(j - known) / static_cast<double>(i - known);
      const double before = known == values.size() ? values[i] : values[known];
      values[j] = before + share * (values[i] - before);
    }
    known = i;
  }
  if (known < values.size()) {
    std::fill(values.begin() + static_cast<std::ptrdiff_t>(known), values.end(), values[known]);
  }
  return lost;
}

/// The magnitudes of all sensors in rows first ... end-1; empty if too much is lost.
std::vector<std::vector<double>> channels(const NumberTable& table, std::size_t first,
                                          std::size_t end) {
  std::vector<std::vector<double>> result;
  for (const int column : kSensorColumns) {
    std::array<std::vector<double>, 3> axis;
    for (int a = 0; a < 3; ++a) {
      std::vector<double>& values = axis[static_cast<std::size_t>(a)];
      for (std::size_t row = first; row < end; ++row) values.push_back(table.at(row, column + a));
      if (10 * fill_gaps(values) > values.size()) return {};
    }
    result.push_back(magnitude(axis[0], axis[1], axis[2]));
  }
  return result;
}

void append_subject(const std::filesystem::path& path, int subject, Dataset& dataset) {
  const std::string file = path.string();
  const NumberTable table =
      parse_number_table(read_file_bytes(path), file, {.columns = kColumns, .nan = true});
  WindowFeatures windows(kWindow, kStep);
  for (std::size_t first = 0; first < table.rows();) {
    const int label = label_at(table, first, file);
    std::size_t end = first + 1;
    while (end < table.rows() && label_at(table, end, file) == label) ++end;
    if (label >= 0) {
      const auto run = channels(table, first, end);
      const int count = run.empty() ? 0 : windows.append(run, dataset.x);
      dataset.label.insert(dataset.label.end(), static_cast<std::size_t>(count), label);
      dataset.subject.insert(dataset.subject.end(), static_cast<std::size_t>(count), subject);
    }
    first = end;
  }
}

}  // namespace

std::optional<Dataset> read_pamap2(const std::filesystem::path& folder) {
  Dataset dataset;
  dataset.set_shape(1, 1, static_cast<int>(kSensorColumns.size()) * kSignalFeatures);
  dataset.classes = static_cast<int>(kActivityNumbers.size());
  dataset.class_number.assign(kActivityNumbers.begin(), kActivityNumbers.end());
  for (const auto& inner : {folder / "Protocol", folder / "PAMAP2_Dataset" / "Protocol", folder}) {
    bool found = false;
    for (int subject = 1; subject <= kSubjects; ++subject) {
      if (const auto file = look_for_file(inner, fmt::format("subject{}.dat", 100 + subject))) {
        append_subject(*file, subject, dataset);
        found = true;
      }
    }
    if (!found) continue;
    if (dataset.label.empty()) {
      throw UserError(fmt::format(
          "{}: the files of the subjects have no run of {} samples of one activity to cut from",
          inner.string(), kWindow));
    }
    return dataset;
  }
  return std::nullopt;
}

}  // namespace sylvester
