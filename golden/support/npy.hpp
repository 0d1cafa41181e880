// NumPy's .npy files (format versions 1.0 to 3.0): matrices from and to other programs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
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

/// What the start of a file says of it, a text or an array; `start` holds its header.
struct NpyHead {
  std::vector<std::size_t> shape;
  std::size_t bytes = 0;  ///< of the whole file
};
NpyHead parse_npy_head(const std::string& start, const std::string& name, bool text);

/// Reads a single text, as NumPy stores a str (type U) or bytes (type S): UTF-8.
std::string parse_npy_text(const std::string& bytes, const std::string& name);

/// Element types that are written.
enum class NpyType { kInt8, kUint8, kInt16, kInt32, kInt64, kFloat32, kFloat64 };

/// Version 1.0, C order; integers are taken modulo the width of `type`, which must be of the
/// array's kind.
std::string npy_bytes(const NpyArray& array, NpyType type);
/// As int64 or float64.
std::string npy_bytes(const NpyArray& array);
/// A text of ASCII characters, type U.
std::string npy_text_bytes(std::string_view text);

}  // namespace sylvester
