#include "golden/data/cifar.hpp"

#include <fmt/format.h>

#include <array>

#include "golden/data/file_bytes.hpp"
#include "golden/support/error.hpp"

namespace sylvester {
namespace {

constexpr int kChannels = 3;
constexpr int kSide = 32;
constexpr std::size_t kPlane = std::size_t{kSide} * kSide;
constexpr std::size_t kPixels = kChannels * kPlane;
constexpr std::size_t kMostRecords = 50000;  ///< of a file; keeps a set within int

void append_records(const std::filesystem::path& file, int labels, Dataset& dataset) {
  const std::string bytes = read_file_bytes(file);
  const std::size_t record = static_cast<std::size_t>(labels) + kPixels;
  if (bytes.size() % record != 0 || bytes.size() / record > kMostRecords) {
    throw UserError(
        fmt::format("{}: {} bytes, allowed is a multiple of {}, the size of a record, up to {} "
                    "records",
                    file.string(), bytes.size(), record, kMostRecords));
  }
  dataset.x.reserve(dataset.x.size() + bytes.size() / record * kPixels);
  for (std::size_t at = 0; at < bytes.size(); at += record) {
    // The last label of a record is the fine one.
    const int label = static_cast<std::uint8_t>(bytes[at + record - kPixels - 1]);
    if (label >= dataset.classes) {
      throw UserError(fmt::format("{}: label of record {} is {}, allowed is 0 ... {}",
                                  file.string(), at / record + 1, label, dataset.classes - 1));
    }
    dataset.label.push_back(label);
    // A plane of each colour in the file, the three colours of a pixel side by side here.
    const std::size_t planes = at + record - kPixels;
    for (std::size_t i = 0; i < kPixels; ++i) {
      const char byte = bytes[planes + i % kChannels * kPlane + i / kChannels];
      dataset.x.push_back(static_cast<float>(static_cast<std::uint8_t>(byte)) / 255.0F);
    }
  }
}

Dataset empty_set(int classes) {
  Dataset dataset;
  dataset.set_shape(kSide, kSide, kChannels);
  dataset.classes = classes;
  return dataset;
}

}  // namespace

std::optional<Dataset> read_cifar10(const std::filesystem::path& folder) {
  for (const auto& inner : {folder, folder / "cifar-10-batches-bin"}) {
    if (!look_for_file(inner, "data_batch_1.bin")) continue;
    Dataset dataset = empty_set(10);
    for (int batch = 1; batch <= 5; ++batch) {
      append_records(find_file(inner, fmt::format("data_batch_{}.bin", batch)), 1, dataset);
    }
    dataset.publisher_training_samples = dataset.samples();
    append_records(find_file(inner, "test_batch.bin"), 1, dataset);
    return dataset;
  }
  return std::nullopt;
}

std::optional<Dataset> read_cifar100(const std::filesystem::path& folder) {
  for (const auto& inner : {folder, folder / "cifar-100-binary"}) {
    if (!look_for_file(inner, "train.bin")) continue;
    Dataset dataset = empty_set(100);
    dataset.channel_mean = {0.5071, 0.4867, 0.4408};
    dataset.channel_deviation = {0.2675, 0.2565, 0.2761};
    append_records(find_file(inner, "train.bin"), 2, dataset);
    dataset.publisher_training_samples = dataset.samples();
    append_records(find_file(inner, "test.bin"), 2, dataset);
    return dataset;
  }
  return std::nullopt;
}

}  // namespace sylvester
