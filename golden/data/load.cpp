#include "golden/data/load.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <system_error>

#include "golden/data/cifar.hpp"
#include "golden/data/csv.hpp"
#include "golden/data/dsads.hpp"
#include "golden/data/embedded.hpp"
#include "golden/data/file_bytes.hpp"
#include "golden/data/hapt.hpp"
#include "golden/data/idx.hpp"
#include "golden/data/pamap2.hpp"
#include "golden/data/wisdm.hpp"
#include "golden/support/error.hpp"

namespace sylvester {
namespace {

/// Alpaydin, Kaynak, UCI 1998: 8x8 counts of set pixels in 4x4 blocks.
constexpr CsvLayout kOptdigits{.features = 64,
                               .first_label = 0,
                               .classes = 10,
                               .subjects = 0,
                               .smallest = 0,
                               .largest = 16,
                               .scale = 1.0F / 16.0F};

void append_optdigits(const std::filesystem::path& file, Dataset& dataset) {
  append_csv(read_file_bytes(file), file.string(), kOptdigits, dataset);
}

std::optional<Dataset> read_optdigits(const std::filesystem::path& folder) {
  const auto training = look_for_file(folder, "optdigits.tra");
  if (!training) return std::nullopt;
  Dataset dataset;
  append_optdigits(*training, dataset);
  dataset.publisher_training_samples = dataset.samples();
  append_optdigits(find_file(folder, "optdigits.tes"), dataset);
  dataset.set_shape(8, 8, 1);
  return dataset;
}

std::optional<Dataset> read_mnist(const std::filesystem::path& folder) {
  for (const auto& inner : {folder, folder / "raw", folder / "MNIST" / "raw"}) {
    for (const char separator : {'-', '.'}) {
      const auto file = [&](std::string_view part, std::string_view what, int dimensions) {
        return fmt::format("{}-{}{}idx{}-ubyte", part, what, separator, dimensions);
      };
      if (!look_for_file(inner, file("train", "images", 3))) continue;
      Dataset dataset;
      append_idx_images(find_file(inner, file("train", "images", 3)),
                        find_file(inner, file("train", "labels", 1)), dataset);
      dataset.publisher_training_samples = dataset.samples();
      append_idx_images(find_file(inner, file("t10k", "images", 3)),
                        find_file(inner, file("t10k", "labels", 1)), dataset);
      return dataset;
    }
  }
  return std::nullopt;
}

// Its scenes are made from the images (canvas.hpp).
std::optional<Dataset> read_canvas_digits(const std::filesystem::path& folder) {
  if (auto digits = read_mnist(folder / "mnist")) return digits;
  return read_mnist(folder);
}

std::optional<Dataset> read_embedded(const std::filesystem::path&) { return embedded_dataset(); }

struct Source {
  std::string_view name;
  std::optional<Dataset> (*read)(const std::filesystem::path& folder);
  std::string_view files;  ///< that were looked for, in this order
  std::string_view origin;
};

constexpr std::array<Source, 10> kSources = {{
    {"embedded", read_embedded, "", ""},
    {"dsads", read_dsads, "dsads_features_405.csv, a01/p1/s01.txt and so on (also below data/)",
     "UCI Machine Learning Repository, \"Daily and Sports Activities\", doi 10.24432/C5C59F"},
    {"hapt", read_hapt, "Train/X_train.txt, hapt_features_216.csv, RawData/labels.txt",
     "UCI Machine Learning Repository, \"Smartphone-Based Recognition of Human Activities and "
     "Postural Transitions\", doi 10.24432/C54G7M"},
    {"pamap2", read_pamap2, "Protocol/subject101.dat ... subject109.dat",
     "UCI Machine Learning Repository, \"PAMAP2 Physical Activity Monitoring\", "
     "doi 10.24432/C5NW2H"},
    {"wisdm", read_wisdm,
     "WISDM_ar_v1.1_raw.txt (2011), arff_files/phone/accel/data_1600_accel_phone.arff and so on, "
     "raw/phone/accel/data_1600_accel_phone.txt and so on (2019)",
     "2011: WISDM Lab, Fordham University, \"Activity Prediction\" v1.1; 2019: UCI Machine "
     "Learning "
     "Repository, \"WISDM Smartphone and Smartwatch Activity and Biometrics Dataset\", "
     "doi 10.24432/C5HK59"},
    {"mnist", read_mnist, "train-images-idx3-ubyte (also below raw/ and MNIST/raw/)",
     "Y. LeCun, C. Cortes, C. Burges, \"The MNIST database of handwritten digits\""},
    {"mnist-canvas", read_canvas_digits,
     "train-images-idx3-ubyte of MNIST (also below mnist/, raw/ and MNIST/raw/)",
     "scenes made from Y. LeCun, C. Cortes, C. Burges, \"The MNIST database of handwritten "
     "digits\""},
    {"optdigits", read_optdigits, "optdigits.tra",
     "UCI Machine Learning Repository, \"Optical Recognition of Handwritten Digits\", "
     "doi 10.24432/C50P49"},
    {"cifar10", read_cifar10, "data_batch_1.bin (also below cifar-10-batches-bin/)",
     "A. Krizhevsky, University of Toronto, \"The CIFAR-10 dataset\", binary version"},
    {"cifar100", read_cifar100, "train.bin (also below cifar-100-binary/)",
     "A. Krizhevsky, University of Toronto, \"The CIFAR-100 dataset\", binary version"},
}};

constexpr auto kNames = [] {
  std::array<std::string_view, kSources.size()> names;
  std::transform(kSources.begin(), kSources.end(), names.begin(),
                 [](const Source& source) { return source.name; });
  return names;
}();

Dataset read_from(const Source& source, const std::filesystem::path& directory) {
  std::error_code ignored;  // a folder that cannot be looked into counts as missing
  const std::filesystem::path inner = directory / source.name;
  const bool has_inner = std::filesystem::is_directory(inner, ignored);
  if (has_inner) {
    if (auto dataset = source.read(inner)) return std::move(*dataset);
  }
  if (auto dataset = source.read(directory)) return std::move(*dataset);
  throw UserError(fmt::format(
      "{}: {} of data set '{}'; looked for {}, plain or with .xz or .gz added, here and in its "
      "sub-folder {}; the set comes from: {}",
      directory.string(),
      std::filesystem::is_directory(directory, ignored) ? "no file"
                                                        : "no such directory, so no file",
      source.name, source.files, source.name, source.origin));
}

}  // namespace

std::span<const std::string_view> dataset_names() { return kNames; }

Dataset load_dataset(std::string_view name, const std::filesystem::path& directory) {
  const auto* const source = std::find_if(kSources.begin(), kSources.end(),
                                          [&](const Source& row) { return row.name == name; });
  if (source == kSources.end()) {
    throw UserError(
        fmt::format("data set '{}' is not known, allowed are {}", name, fmt::join(kNames, ", ")));
  }
  Dataset dataset = read_from(*source, directory);
  dataset.name = name;
  return dataset;
}

}  // namespace sylvester
