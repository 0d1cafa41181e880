// NumPy's .npy files (format versions 1.0 to 3.0): matrices from and to other programs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace sylvester {

struct NpyArray {
  std::string name;       ///< file, for error messages
  bool is_float = false;  ///< which of the two vectors holds the elements
  std::vector<std::size_t> shape;
  std::vector<std::int64_t> integers;  ///< in C order, whatever the file's order
  std::vector<double> floats;

  [[nodiscard]] std::size_t size() const { return is_float ? floats.size() : integers.size(); }
};

/// Reads integers and booleans of up to 64 bits and floats of 32 and 64 bits, either byte order.
/// Throws UserError naming the file and what is wrong with it.
NpyArray read_npy(const std::filesystem::path& path);
NpyArray parse_npy(const std::string& bytes, const std::string& name);

/// As int64 or float64, version 1.0, C order.
std::string npy_bytes(const NpyArray& array);

}  // namespace sylvester
