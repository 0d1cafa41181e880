#include "golden/data/dsads.hpp"

#include <fmt/format.h>

#include <numeric>
#include <system_error>

#include "golden/data/csv.hpp"
#include "golden/data/file_bytes.hpp"
#include "golden/data/number_table.hpp"
#include "golden/data/signal_features.hpp"
#include "golden/support/error.hpp"

namespace sylvester {
namespace {

constexpr int kActivityCount = 19;
constexpr int kSubjects = 8;
constexpr int kSegments = 60;
constexpr int kSegmentSamples = 125;
constexpr int kSensors = 15;  ///< 5 units x 3
constexpr CsvLayout kFeatureFile{.features = kSensors * kSignalFeatures,
                                 .first_label = 1,
                                 .classes = kActivityCount,
                                 .subjects = kSubjects};

void append_segment(const std::filesystem::path& path, WindowFeatures& windows,
                    std::vector<float>& x) {
  const std::string file = path.string();
  const NumberTable table =
      parse_number_table(read_file_bytes(path), file, {.columns = 3 * kSensors, .separator = ','});
  if (table.rows() != kSegmentSamples) {
    throw UserError(
        fmt::format("{}: {} rows, a segment has {}", file, table.rows(), kSegmentSamples));
  }
  std::vector<std::vector<double>> sensors;
  sensors.reserve(kSensors);
  for (int sensor = 0; sensor < kSensors; ++sensor) {
    sensors.push_back(magnitude(table.column(3 * sensor), table.column(3 * sensor + 1),
                                table.column(3 * sensor + 2)));
  }
  windows.append(sensors, x);
}

Dataset read_segments(const std::filesystem::path& folder) {
  Dataset dataset;
  dataset.set_shape(1, 1, kFeatureFile.features);
  dataset.classes = kActivityCount;
  dataset.class_number.resize(kActivityCount);
  std::iota(dataset.class_number.begin(), dataset.class_number.end(), 1);
  WindowFeatures windows(kSegmentSamples, kSegmentSamples);
  for (int activity = 1; activity <= kActivityCount; ++activity) {
    for (int subject = 1; subject <= kSubjects; ++subject) {
      std::error_code ignored;  // a folder that cannot be looked into counts as missing
      if (!std::filesystem::is_directory(folder / fmt::format("a01/p{}", subject), ignored)) {
        continue;
      }
      for (int segment = 1; segment <= kSegments; ++segment) {
        const std::string name = fmt::format("a{:02}/p{}/s{:02}.txt", activity, subject, segment);
        append_segment(find_file(folder, name), windows, dataset.x);
        dataset.label.push_back(activity - 1);
        dataset.subject.push_back(subject);
      }
    }
  }
  if (dataset.label.empty()) {
    throw UserError(
        fmt::format("{}: the folder has no segments, at least those of one subject "
                    "p1 ... p{} are needed",
                    (folder / "a01").string(), kSubjects));
  }
  return dataset;
}

}  // namespace

std::optional<Dataset> read_dsads(const std::filesystem::path& folder) {
  if (const auto file = look_for_file(folder, "dsads_features_405.csv")) {
    Dataset dataset;
    append_csv(read_file_bytes(*file), file->string(), kFeatureFile, dataset);
    return dataset;
  }
  for (const std::filesystem::path& inner : {folder, folder / "data"}) {
    std::error_code ignored;
    if (std::filesystem::is_directory(inner / "a01", ignored)) return read_segments(inner);
  }
  return std::nullopt;
}

}  // namespace sylvester
