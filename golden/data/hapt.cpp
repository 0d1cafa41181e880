#include "golden/data/hapt.hpp"

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

constexpr int kClasses = 12;
constexpr int kUsers = 30;
constexpr int kExperiments = 99;  ///< two digits in a file's name
constexpr int kPublishedFeatures = 561;
constexpr int kChannels = 8;
constexpr int kWindow = 128;
constexpr int kStep = 64;
constexpr CsvLayout kFeatureFile{.features = kChannels * kSignalFeatures,
                                 .first_label = 1,
                                 .classes = kClasses,
                                 .subjects = kUsers};

Dataset empty_set(int features) {
  Dataset dataset;
  dataset.set_shape(1, 1, features);
  dataset.classes = kClasses;
  dataset.class_number.resize(kClasses);
  std::iota(dataset.class_number.begin(), dataset.class_number.end(), 1);
  return dataset;
}

NumberTable read_table(const std::filesystem::path& file, int columns) {
  return parse_number_table(read_file_bytes(file), file.string(), {.columns = columns});
}

/// One part of the publisher's features, from `folder`/Train or Test.
void append_part(const std::filesystem::path& folder, std::string_view part, Dataset& dataset) {
  const auto features = find_file(folder, fmt::format("X_{}.txt", part));
  const auto labels = find_file(folder, fmt::format("y_{}.txt", part));
  const auto users = find_file(folder, fmt::format("subject_id_{}.txt", part));
  const NumberTable x = read_table(features, kPublishedFeatures);
  const NumberTable y = read_table(labels, 1);
  const NumberTable user = read_table(users, 1);
  for (const auto& [file, rows] : {std::pair{labels, y.rows()}, std::pair{users, user.rows()}}) {
    if (rows != x.rows()) {
      throw UserError(fmt::format("{}: {} rows, but {} has {}", file.string(), rows,
                                  features.string(), x.rows()));
    }
  }
  for (const double value : x.values) dataset.x.push_back(static_cast<float>(value));
  for (std::size_t row = 0; row < y.rows(); ++row) {
    dataset.label.push_back(integer_at(y, row, 0, 1, kClasses, "a label", labels.string()) - 1);
    dataset.subject.push_back(integer_at(user, row, 0, 1, kUsers, "a user", users.string()));
  }
}

/// The eight channels of one experiment.
class Recording {
 public:
  Recording(const std::filesystem::path& folder, int experiment, int user) {
    for (const std::string_view sensor : {"acc", "gyro"}) {
      const auto file =
          find_file(folder, fmt::format("{}_exp{:02}_user{:02}.txt", sensor, experiment, user));
      const NumberTable table = read_table(file, 3);
      if (!channels_.empty() && table.rows() != samples()) {
        throw UserError(fmt::format("{}: {} rows, but the file of the accelerometer has {}",
                                    file.string(), table.rows(), samples()));
      }
      for (int axis = 0; axis < 3; ++axis) channels_.push_back(table.column(axis));
    }
    channels_.push_back(magnitude(channels_[0], channels_[1], channels_[2]));
    channels_.push_back(magnitude(channels_[3], channels_[4], channels_[5]));
  }

  [[nodiscard]] std::size_t samples() const { return channels_.front().size(); }

  /// Samples first ... last, counted from 0.
  [[nodiscard]] std::vector<std::vector<double>> run(std::size_t first, std::size_t last) const {
    std::vector<std::vector<double>> result;
    for (const std::vector<double>& channel : channels_) {
      result.emplace_back(channel.begin() + static_cast<std::ptrdiff_t>(first),
                          channel.begin() + static_cast<std::ptrdiff_t>(last) + 1);
    }
    return result;
  }

 private:
  std::vector<std::vector<double>> channels_;
};

Dataset read_recordings(const std::filesystem::path& folder, const std::filesystem::path& file) {
  Dataset dataset = empty_set(kFeatureFile.features);
  const std::string name = file.string();
  const NumberTable runs = read_table(file, 5);
  WindowFeatures windows(kWindow, kStep);
  std::optional<Recording> recording;
  int read_experiment = 0, read_user = 0;
  for (std::size_t row = 0; row < runs.rows(); ++row) {
    const int experiment = integer_at(runs, row, 0, 1, kExperiments, "an experiment", name);
    const int user = integer_at(runs, row, 1, 1, kUsers, "a user", name);
    const int label = integer_at(runs, row, 2, 1, kClasses, "a label", name);
    if (experiment != read_experiment || user != read_user) {
      recording.emplace(folder, experiment, user);
      read_experiment = experiment;
      read_user = user;
    }
    const auto samples = static_cast<int>(recording->samples());
    const int first = integer_at(runs, row, 3, 1, samples, "a first sample", name);
    const int last = integer_at(runs, row, 4, first, samples, "a last sample", name);
    const int count = windows.append(
        recording->run(static_cast<std::size_t>(first - 1), static_cast<std::size_t>(last - 1)),
        dataset.x);
    dataset.label.insert(dataset.label.end(), static_cast<std::size_t>(count), label - 1);
    dataset.subject.insert(dataset.subject.end(), static_cast<std::size_t>(count), user);
  }
  if (dataset.label.empty()) {
    throw UserError(fmt::format("{}: no run has the {} samples of a window", name, kWindow));
  }
  return dataset;
}

}  // namespace

std::optional<Dataset> read_hapt(const std::filesystem::path& folder) {
  if (look_for_file(folder / "Train", "X_train.txt")) {
    Dataset dataset = empty_set(kPublishedFeatures);
    append_part(folder / "Train", "train", dataset);
    append_part(folder / "Test", "test", dataset);
    return dataset;
  }
  if (const auto file = look_for_file(folder, "hapt_features_216.csv")) {
    Dataset dataset;
    append_csv(read_file_bytes(*file), file->string(), kFeatureFile, dataset);
    return dataset;
  }
  for (const std::filesystem::path& inner : {folder / "RawData", folder}) {
    if (const auto file = look_for_file(inner, "labels.txt")) return read_recordings(inner, *file);
  }
  return std::nullopt;
}

}  // namespace sylvester
