#include "golden/data/idx.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "golden/data/file_bytes.hpp"
#include "golden/support/error.hpp"

namespace sylvester {
namespace {

constexpr std::uint32_t kIdxUnsignedByte = 0x0800;  // low byte of the magic: dimensions
constexpr int kDigits = 10;

std::uint32_t big_endian(const std::string& bytes, std::size_t offset) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    value = value << 8 | static_cast<std::uint8_t>(bytes[offset + i]);
  }
  return value;
}

}  // namespace

IdxArray read_idx(const std::filesystem::path& file, int dimensions) {
  IdxArray array{{}, read_file_bytes(file)};
  const std::size_t header = 4 + 4 * static_cast<std::size_t>(dimensions);
  if (array.bytes.size() < header) {
    throw UserError(fmt::format("{}: {} bytes, an idx header with {} dimensions has {}",
                                file.string(), array.bytes.size(), dimensions, header));
  }
  const std::uint32_t magic = big_endian(array.bytes, 0);
  const std::uint32_t expected = kIdxUnsignedByte + static_cast<std::uint32_t>(dimensions);
  if (magic != expected) {
    throw UserError(
        fmt::format("{}: magic number {:#010x}, allowed is {:#010x} (unsigned bytes, {} "
                    "dimensions)",
                    file.string(), magic, expected, dimensions));
  }
  std::uint64_t size = 1;
  for (int d = 0; d < dimensions; ++d) {
    const std::uint32_t length = big_endian(array.bytes, 4 + 4 * static_cast<std::size_t>(d));
    size *= length;
    // The product cannot overflow: it stays below 2^31 before a factor below 2^32 comes.
    if (length == 0 || size > kLargestUnpackedFile) {
      throw UserError(
          fmt::format("{}: dimension {} has length {}, allowed is 1 ... {} bytes in all",
                      file.string(), d + 1, length, kLargestUnpackedFile));
    }
    array.shape.push_back(static_cast<int>(length));
  }
  if (array.bytes.size() - header != size) {
    throw UserError(fmt::format("{}: {} bytes follow the header, the shape {} needs {}",
                                file.string(), array.bytes.size() - header,
                                fmt::join(array.shape, "x"), size));
  }
  array.bytes.erase(0, header);
  return array;
}

void append_idx_images(const std::filesystem::path& images, const std::filesystem::path& labels,
                       Dataset& dataset) {
  const IdxArray pixels = read_idx(images, 3);
  const IdxArray digits = read_idx(labels, 1);
  if (digits.shape[0] != pixels.shape[0]) {
    throw UserError(fmt::format("{}: {} labels, but {} has {} images", labels.string(),
                                digits.shape[0], images.string(), pixels.shape[0]));
  }
  const int height = pixels.shape[1], width = pixels.shape[2];
  if (dataset.samples() != 0 && (dataset.height != height || dataset.width != width)) {
    throw UserError(fmt::format("{}: images of {}x{} pixels, the training images have {}x{}",
                                images.string(), height, width, dataset.height, dataset.width));
  }
  for (std::size_t i = 0; i < digits.bytes.size(); ++i) {
    if (digits.at(i) >= kDigits) {
      throw UserError(fmt::format("{}: label {} is {}, allowed is 0 ... {}", labels.string(), i + 1,
                                  digits.at(i), kDigits - 1));
    }
    dataset.label.push_back(digits.at(i));
  }
  dataset.set_shape(height, width, 1);
  dataset.classes = kDigits;
  dataset.x.reserve(dataset.x.size() + pixels.bytes.size());
  for (std::size_t i = 0; i < pixels.bytes.size(); ++i) {
    dataset.x.push_back(static_cast<float>(pixels.at(i)) / 255.0F);
  }
}

}  // namespace sylvester
