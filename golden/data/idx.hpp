// The idx format of the MNIST files: big-endian header, then unsigned bytes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "golden/data/dataset.hpp"

namespace sylvester {

/// An array of unsigned bytes, row-major, as an idx file holds it.
struct IdxArray {
  std::vector<int> shape;
  std::string bytes;  ///< product of the shape

  [[nodiscard]] std::uint8_t at(std::size_t i) const { return static_cast<std::uint8_t>(bytes[i]); }
};

/// Reads `file` (.gz and .xz are unpacked), which must hold unsigned bytes in `dimensions`
/// dimensions. Throws UserError: bad magic number, empty dimension, truncated, bytes left over.
IdxArray read_idx(const std::filesystem::path& file, int dimensions);

/// Appends images (count x rows x columns, pixels scaled by 1/255) and their labels 0 ... 9.
/// Throws UserError if counts, image sizes or a label do not fit.
void append_idx_images(const std::filesystem::path& images, const std::filesystem::path& labels,
                       Dataset& dataset);

}  // namespace sylvester
