#include "golden/data/wisdm.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <regex>
#include <set>
#include <span>
#include <system_error>

#include "golden/data/file_bytes.hpp"
#include "golden/data/number_table.hpp"
#include "golden/data/signal_features.hpp"
#include "golden/data/text_fields.hpp"
#include "golden/support/error.hpp"
#include "golden/support/sha256.hpp"

namespace sylvester {
namespace {

constexpr int kWindow = 200;
constexpr int kPublishedFeatures = 91;
constexpr int kRawFeatures = 4 * kSignalFeatures;
constexpr std::size_t kTolerated = 1000;  ///< one damaged record in so many

/// What one of the two sets allows.
struct Edition {
  std::span<const std::string_view> activities;
  std::span<const int> class_numbers;
  int first_subject = 0;
  int last_subject = 0;
};

constexpr std::array<std::string_view, 6> kNames2011 = {"Walking",    "Jogging", "Upstairs",
                                                        "Downstairs", "Sitting", "Standing"};
constexpr std::array kNumbers2011 = {1, 2, 3, 4, 5, 6};
constexpr std::array<std::string_view, 18> kNames2019 = {
    "A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L", "M", "O", "P", "Q", "R", "S"};
constexpr std::array kNumbers2019 = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16, 17, 18, 19};
constexpr Edition k2011{kNames2011, kNumbers2011, 1, 36};
constexpr Edition k2019{kNames2019, kNumbers2019, 1600, 1650};

Dataset empty_set(const Edition& edition, int features) {
  Dataset dataset;
  dataset.set_shape(1, 1, features);
  dataset.classes = static_cast<int>(edition.activities.size());
  dataset.class_number.assign(edition.class_numbers.begin(), edition.class_numbers.end());
  return dataset;
}

/// -1 if there is no such activity.
int label_of(const Edition& edition, std::string_view activity) {
  const auto found = std::find(edition.activities.begin(), edition.activities.end(), activity);
  return found == edition.activities.end() ? -1
                                           : static_cast<int>(found - edition.activities.begin());
}

struct Record {
  int subject = 0;
  int label = -1;
  std::array<double, 3> value{};
};

/// subject,activity,time,x,y,z, perhaps with a comma behind it.
std::optional<Record> parse_record(std::string_view text, const Edition& edition) {
  std::array<std::string_view, 6> fields;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::size_t comma = text.find(',');
    if (comma == std::string_view::npos && i + 1 < fields.size()) return std::nullopt;
    fields[i] = trimmed(text.substr(0, comma));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  const auto subject = parse_integer(fields[0], edition.first_subject, edition.last_subject);
  Record record{subject.value_or(0), label_of(edition, fields[1]), {}};
  if (!subject || record.label < 0 || !trimmed(text).empty()) return std::nullopt;
  for (std::size_t i = 0; i < 3; ++i) {
    const auto value = parse_number(fields[3 + i]);
    if (!value || std::abs(*value) > kLargestReading) return std::nullopt;
    record.value[i] = *value;
  }
  return record;
}

/// Collects the records of a run and cuts it when another begins.
class Runs {
 public:
  explicit Runs(Dataset& dataset) : dataset_(dataset), windows_(kWindow, kWindow) {}

  void add(const Record& record) {
    if (record.subject != subject_ || record.label != label_) {
      finish();
      subject_ = record.subject;
      label_ = record.label;
    }
    for (std::size_t i = 0; i < 3; ++i) channels_[i].push_back(record.value[i]);
  }

  void finish() {
    channels_[3] = magnitude(channels_[0], channels_[1], channels_[2]);
    const auto count = static_cast<std::size_t>(windows_.append(channels_, dataset_.x));
    dataset_.label.insert(dataset_.label.end(), count, label_);
    dataset_.subject.insert(dataset_.subject.end(), count, subject_);
    for (std::vector<double>& channel : channels_) channel.clear();
  }

 private:
  Dataset& dataset_;
  WindowFeatures windows_;
  int subject_ = 0;
  int label_ = -1;
  std::array<std::vector<double>, 4> channels_;
};

void append_recording(const std::filesystem::path& path, const Edition& edition, Dataset& dataset) {
  const std::string bytes = read_file_bytes(path);
  Runs runs(dataset);
  std::size_t records = 0, damaged = 0;
  std::string first_damaged;
  std::string_view text = bytes;
  for (int line_number = 1; !text.empty(); ++line_number) {
    std::string_view line = take_line(text);
    while (!line.empty()) {
      const std::size_t end = line.find(';');
      const std::string_view field = trimmed(line.substr(0, end));
      line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
      if (field.empty()) continue;
      ++records;
      if (const auto record = parse_record(field, edition)) {
        runs.add(*record);
      } else if (damaged++ == 0) {
        first_damaged = fmt::format("line {} has {}", line_number, quoted(field));
      }
    }
  }
  runs.finish();
  if (damaged * kTolerated > records) {
    throw UserError(fmt::format(
        "{}: {} of {} records are damaged, allowed is 1 in {}: {}, needed is subject {} ... {}, "
        "activity (one of {}), time, x, y, z with a semicolon behind it",
        path.string(), damaged, records, kTolerated, first_damaged, edition.first_subject,
        edition.last_subject, fmt::join(edition.activities, ", ")));
  }
}

/// A name or number of an arff file without its quotes.
std::string_view unquoted(std::string_view field) {
  field = trimmed(field);
  if (field.size() >= 2 && (field.front() == '"' || field.front() == '\'') &&
      field.back() == field.front()) {
    field = field.substr(1, field.size() - 2);
  }
  return trimmed(field);
}

bool begins_with_word(std::string_view line, std::string_view word) {
  return line.size() >= word.size() &&
         std::equal(word.begin(), word.end(), line.begin(), [](char expected, char c) {
           return expected == (c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
         });
}

/// One window: activity, 91 features, subject.
void append_arff_row(std::string_view line, const std::string& file, int row, Dataset& dataset) {
  constexpr int kColumns = kPublishedFeatures + 2;
  const auto columns = static_cast<int>(std::count(line.begin(), line.end(), ',')) + 1;
  if (columns != kColumns) {
    throw UserError(fmt::format("{}: line {} has {} columns, every window must have {}", file, row,
                                columns, kColumns));
  }
  for (int column = 0; column < kColumns; ++column) {
    const std::size_t comma = line.find(',');
    const std::string_view field = unquoted(line.substr(0, comma));
    line.remove_prefix(comma == std::string_view::npos ? line.size() : comma + 1);
    const auto fail = [&](std::string_view allowed) {
      throw UserError(fmt::format("{}: line {}, column {} is {}, allowed is {}", file, row,
                                  column + 1, quoted(field), allowed));
    };
    if (column == 0) {
      const int label = label_of(k2019, field);
      if (label < 0) fail("an activity A ... S without N");
      dataset.label.push_back(label);
    } else if (column <= kPublishedFeatures) {
      const auto value = parse_number(field);
      if (!value) fail("a finite float32 number");
      dataset.x.push_back(static_cast<float>(*value));
    } else {
      const auto subject = parse_integer(field, k2019.first_subject, k2019.last_subject);
      if (!subject) {
        fail(fmt::format("a subject {} ... {}", k2019.first_subject, k2019.last_subject));
      }
      dataset.subject.push_back(*subject);
    }
  }
}

/// `seen`: digests of the rows of the files read before.
void append_arff(const std::filesystem::path& path, std::set<std::string>& seen, Dataset& dataset) {
  const std::string bytes = read_file_bytes(path);
  const std::string file = path.string();
  std::string_view text = bytes;
  int row = 0, attributes = 0;
  bool data = false;
  while (!data && !text.empty()) {
    ++row;
    const std::string_view line = trimmed(take_line(text));
    if (begins_with_word(line, "@attribute")) ++attributes;
    data = begins_with_word(line, "@data");
  }
  if (!data || attributes != kPublishedFeatures + 2) {
    throw UserError(fmt::format("{}: {} attributes{}, an arff file of {} and @data is needed", file,
                                attributes, data ? "" : " and no @data", kPublishedFeatures + 2));
  }
  Sha256 hash;
  hash.update(text.data(), text.size());
  if (!seen.insert(to_hex(hash.digest())).second) return;
  while (!text.empty()) {
    ++row;
    const std::string_view line = trimmed(take_line(text));
    if (!line.empty() && line.front() != '%') append_arff_row(line, file, row, dataset);
  }
}

/// The files data_16NN_SENSOR_DEVICE with this ending in `folder`, by name.
std::vector<std::filesystem::path> files_of_subjects(const std::filesystem::path& folder,
                                                     const std::string& ending) {
  const std::regex pattern("data_16[0-9]{2}_(accel|gyro)_(phone|watch)\\." + ending +
                           "(\\.xz|\\.gz)?");
  std::vector<std::filesystem::path> files;
  std::error_code ignored;  // a folder that cannot be looked into has no files
  for (std::filesystem::directory_iterator entry(folder, ignored), end; entry != end;
       entry.increment(ignored)) {
    if (std::regex_match(entry->path().filename().string(), pattern)) files.push_back(*entry);
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// The files of the subjects below `root`, whichever of the layouts it has.
std::vector<std::filesystem::path> files_below(const std::filesystem::path& root, const char* kind,
                                               const std::string& ending) {
  for (const auto& folder : {root / kind / "phone" / "accel", root / "phone" / "accel", root}) {
    if (auto files = files_of_subjects(folder, ending); !files.empty()) return files;
  }
  return {};
}

Dataset with_windows(Dataset dataset, const std::filesystem::path& place) {
  if (dataset.label.empty()) {
    throw UserError(fmt::format("{}: no window; a run of {} records of one activity is needed",
                                place.string(), kWindow));
  }
  return dataset;
}

}  // namespace

std::optional<Dataset> read_wisdm(const std::filesystem::path& folder) {
  for (const auto& root : {folder, folder / "WISDM_ar_v1.1", folder / "wisdm-dataset"}) {
    if (const auto file = look_for_file(root, "WISDM_ar_v1.1_raw.txt")) {
      Dataset dataset = empty_set(k2011, kRawFeatures);
      append_recording(*file, k2011, dataset);
      return with_windows(std::move(dataset), *file);
    }
    if (const auto files = files_below(root, "arff_files", "arff"); !files.empty()) {
      Dataset dataset = empty_set(k2019, kPublishedFeatures);
      std::set<std::string> seen;
      for (const auto& file : files) append_arff(file, seen, dataset);
      return with_windows(std::move(dataset), files.front().parent_path());
    }
    if (const auto files = files_below(root, "raw", "txt"); !files.empty()) {
      Dataset dataset = empty_set(k2019, kRawFeatures);
      for (const auto& file : files) append_recording(file, k2019, dataset);
      return with_windows(std::move(dataset), files.front().parent_path());
    }
  }
  return std::nullopt;
}

}  // namespace sylvester
