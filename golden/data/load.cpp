#include "golden/data/load.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <system_error>

#include "golden/data/csv.hpp"
#include "golden/data/embedded.hpp"
#include "golden/data/file_bytes.hpp"
#include "golden/data/idx.hpp"
#include "golden/support/error.hpp"

namespace sylvester {
namespace {

constexpr std::array<std::string_view, 5> kDatasetNames = {"embedded", "dsads", "hapt", "mnist",
                                                           "optdigits"};

// Layouts of the files; sources in the comments.
/// Altun, Barshan, Tuncel, Pattern Recognition 43(10), 2010: 5 units x 3 sensors x 27 features.
constexpr CsvLayout kDsads{.features = 405, .first_label = 1, .classes = 19, .subjects = 8};
/// Reyes-Ortiz et al., Neurocomputing 171, 2016: 8 channels x 27 features.
constexpr CsvLayout kHapt{.features = 216, .first_label = 1, .classes = 12, .subjects = 30};
/// Alpaydin, Kaynak, UCI 1998: 8x8 counts of set pixels in 4x4 blocks.
constexpr CsvLayout kOptdigits{.features = 64,
                               .first_label = 0,
                               .classes = 10,
                               .subjects = 0,
                               .smallest = 0,
                               .largest = 16,
                               .scale = 1.0F / 16.0F};

void append_csv_file(const std::filesystem::path& directory, std::string_view name,
                     const CsvLayout& layout, Dataset& dataset) {
  const std::filesystem::path file = find_file(directory, name);
  append_csv(read_file_bytes(file), file.string(), layout, dataset);
}

/// `directory`, or its sub-folder with the set's name if there is one.
std::filesystem::path folder_of(std::string_view name, const std::filesystem::path& directory) {
  std::error_code ignored;  // a folder that cannot be looked into counts as missing
  std::filesystem::path inner = directory / name;
  if (std::filesystem::is_directory(inner, ignored)) return inner;
  if (!std::filesystem::is_directory(directory, ignored)) {
    throw UserError(
        fmt::format("{}: no such directory; the files of data set '{}' are needed there",
                    directory.string(), name));
  }
  return directory;
}

}  // namespace

std::span<const std::string_view> dataset_names() { return kDatasetNames; }

Dataset load_dataset(std::string_view name, const std::filesystem::path& directory) {
  if (name == "embedded") return embedded_dataset();
  Dataset dataset;
  dataset.name = name;
  if (name == "dsads") {
    append_csv_file(folder_of(name, directory), "dsads_features_405.csv", kDsads, dataset);
  } else if (name == "hapt") {
    append_csv_file(folder_of(name, directory), "hapt_features_216.csv", kHapt, dataset);
  } else if (name == "optdigits") {
    const std::filesystem::path folder = folder_of(name, directory);
    append_csv_file(folder, "optdigits.tra", kOptdigits, dataset);
    dataset.publisher_training_samples = dataset.samples();
    append_csv_file(folder, "optdigits.tes", kOptdigits, dataset);
    dataset.image = {1, 8, 8};
  } else if (name == "mnist") {
    const std::filesystem::path folder = folder_of(name, directory);
    append_idx_images(find_file(folder, "train-images-idx3-ubyte"),
                      find_file(folder, "train-labels-idx1-ubyte"), dataset);
    dataset.publisher_training_samples = dataset.samples();
    append_idx_images(find_file(folder, "t10k-images-idx3-ubyte"),
                      find_file(folder, "t10k-labels-idx1-ubyte"), dataset);
  } else {
    throw UserError(fmt::format("data set '{}' is not known, allowed are {}", name,
                                fmt::join(kDatasetNames, ", ")));
  }
  return dataset;
}

}  // namespace sylvester
