#include "golden/support/npy.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <limits>
#include <set>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "golden/support/atomic_file.hpp"
#include "golden/support/error.hpp"

namespace sylvester {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";

[[noreturn]] void refuse(const std::string& name, const std::string& what) {
  throw UserError(fmt::format("{}: {}", name, what));
}

struct Header {
  char order = '|';
  char kind = 0;  ///< 'i', 'u', 'b' or 'f'
  std::size_t bytes = 0;
  bool fortran = false;
  std::vector<std::size_t> shape;
  std::size_t data_at = 0;
};

/// Reads the header's Python dictionary from front to back.
class Scanner {
 public:
  Scanner(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  /// Takes this text, if it comes next.
  bool take(std::string_view expected) {
    skip_space();
    if (!text_.starts_with(expected)) return false;
    text_.remove_prefix(expected.size());
    return true;
  }
  void require(std::string_view expected) {
    if (!take(expected)) fail();
  }
  /// What stands between two quotation marks.
  std::string_view quoted() {
    require("'");
    const std::size_t end = text_.find('\'');
    if (end == std::string_view::npos) fail();
    const std::string_view result = text_.substr(0, end);
    text_.remove_prefix(end + 1);
    return result;
  }
  std::size_t number() {
    skip_space();
    std::size_t value = 0;
    const auto [rest, error] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
    if (error != std::errc{}) fail();
    text_.remove_prefix(static_cast<std::size_t>(rest - text_.data()));
    return value;
  }
  /// The next few characters, for a message.
  std::string_view ahead() {
    skip_space();
    return text_.substr(0, std::min<std::size_t>(text_.find_first_of(",\n"), 24));
  }
  bool at_end() {
    skip_space();
    return text_.empty();
  }
  [[noreturn]] void fail() {
    refuse(name_, fmt::format("header has '{}' where a dictionary of 'descr', 'fortran_order' and "
                              "'shape' would go on",
                              ahead()));
  }

 private:
  void skip_space() { text_.remove_prefix(std::min(text_.find_first_not_of(" \n"), text_.size())); }

  std::string_view text_;
  const std::string& name_;
};

void read_type(Scanner& scanner, Header& header, const std::string& name) {
  const std::string_view ahead = scanner.ahead();
  const std::string_view type = ahead.starts_with('\'') ? scanner.quoted() : std::string_view();
  const bool good = type.size() == 3 &&
                    std::string_view("<>|=").find(type[0]) != std::string_view::npos &&
                    std::string_view("iubf").find(type[1]) != std::string_view::npos &&
                    std::string_view("1248").find(type[2]) != std::string_view::npos &&
                    !(type[1] == 'f' && type[2] < '4') && !(type[1] == 'b' && type[2] != '1');
  if (!good) {
    refuse(name,
           fmt::format("element type {}; allowed: integers and booleans, float32, float64", ahead));
  }
  header.order = type[0];
  header.kind = type[1];
  header.bytes = static_cast<std::size_t>(type[2] - '0');
}

void read_shape(Scanner& scanner, Header& header) {
  scanner.require("(");
  while (!scanner.take(")")) {
    header.shape.push_back(scanner.number());
    if (scanner.take(",")) continue;
    scanner.require(")");
    break;
  }
}

/// Three entries in any order, each once.
void read_dictionary(Scanner scanner, Header& header, const std::string& name) {
  std::set<std::string_view> missing = {"descr", "fortran_order", "shape"};
  scanner.require("{");
  while (!scanner.take("}")) {
    const std::string_view key = scanner.quoted();
    scanner.require(":");
    if (missing.erase(key) == 0) {
      refuse(name, fmt::format("header has '{}' unexpectedly or twice; allowed: 'descr', "
                               "'fortran_order' and 'shape'",
                               key));
    }
    if (key == "descr") read_type(scanner, header, name);
    if (key == "shape") read_shape(scanner, header);
    if (key == "fortran_order") {
      header.fortran = scanner.take("True");
      if (!header.fortran) scanner.require("False");
    }
    if (scanner.take(",")) continue;
    scanner.require("}");
    break;
  }
  if (!scanner.at_end()) scanner.fail();
  if (!missing.empty()) refuse(name, fmt::format("header has no '{}'", *missing.begin()));
}

Header read_header(const std::string& bytes, const std::string& name) {
  if (!bytes.starts_with(kMagic) || bytes.size() < 10) refuse(name, "is not an .npy file");
  const auto byte = [&](std::size_t i) {
    return static_cast<std::size_t>(static_cast<unsigned char>(bytes[i]));
  };
  const std::size_t version = byte(6);
  if (version < 1 || version > 3) {
    refuse(name, fmt::format(".npy version {}; allowed: 1, 2, 3", version));
  }
  const std::size_t start = version == 1 ? 10 : 12;
  if (bytes.size() < start) refuse(name, "ends inside its header");
  std::size_t length = byte(8) | byte(9) << 8;
  if (version > 1) length |= byte(10) << 16 | byte(11) << 24;
  if (length > bytes.size() - start) refuse(name, "ends inside its header");

  Header header;
  header.data_at = start + length;
  read_dictionary(Scanner(std::string_view(bytes).substr(start, length), name), header, name);
  return header;
}

std::uint64_t read_element(const char* at, const Header& header) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < header.bytes; ++i) {
    const std::size_t from = header.order == '>' ? header.bytes - 1 - i : i;
    value |= static_cast<std::uint64_t>(static_cast<unsigned char>(at[from])) << (8 * i);
  }
  return value;
}

std::int64_t as_integer(std::uint64_t bits, const Header& header, const std::string& name) {
  if (header.kind == 'i') {
    const int unused = 64 - 8 * static_cast<int>(header.bytes);
    return static_cast<std::int64_t>(bits << unused) >> unused;
  }
  if (bits > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    refuse(name, fmt::format("element {}; allowed: below 2^63", bits));
  }
  return static_cast<std::int64_t>(bits);
}

double as_float(std::uint64_t bits, const Header& header) {
  if (header.bytes == 8) return std::bit_cast<double>(bits);
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
}

// Position in a Fortran-ordered file of element `index` in C order.
std::size_t fortran_position(std::size_t index, const std::vector<std::size_t>& shape) {
  std::size_t position = 0;
  std::size_t elements = 1;
  for (const std::size_t length : shape) elements *= length;
  std::size_t stride = 1;
  for (const std::size_t length : shape) {
    elements /= length;  // of the axes behind this one
    position += index / elements % length * stride;
    stride *= length;
  }
  return position;
}

/// Far more than a matrix whose product can be formed, far less than the memory.
constexpr std::size_t kMostElements = std::size_t{1} << 27;
constexpr std::size_t kMostBytes = kMostElements * 8 + (std::size_t{1} << 16);

std::size_t element_count(const Header& header, const std::string& name) {
  std::size_t count = 1;
  for (const std::size_t length : header.shape) {
    if (length == 0) return 0;
    if (count <= kMostElements / length) {
      count *= length;
      continue;
    }
    refuse(name, fmt::format("shape ({}); allowed: at most {} elements",
                             fmt::join(header.shape, ", "), kMostElements));
  }
  return count;
}

}  // namespace

NpyArray parse_npy(const std::string& bytes, const std::string& name) {
  const Header header = read_header(bytes, name);
  const std::size_t given = bytes.size() - header.data_at;
  const std::size_t count = element_count(header, name);
  if (given != count * header.bytes) {
    refuse(name, fmt::format("{} bytes follow the header; its shape ({}) needs {}", given,
                             fmt::join(header.shape, ", "), count * header.bytes));
  }

  NpyArray array;
  array.name = name;
  array.shape = header.shape;
  array.is_float = header.kind == 'f';
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t position = header.fortran ? fortran_position(i, header.shape) : i;
    const std::uint64_t bits =
        read_element(bytes.data() + header.data_at + position * header.bytes, header);
    if (array.is_float) {
      array.floats.push_back(as_float(bits, header));
    } else {
      array.integers.push_back(as_integer(bits, header, name));
    }
  }
  return array;
}

NpyArray read_npy(const std::filesystem::path& path) {
  return parse_npy(read_file(path, kMostBytes), path.string());
}

std::string npy_bytes(const NpyArray& array) {
  std::string shape;
  for (const std::size_t length : array.shape) shape += fmt::format("{}, ", length);
  std::string dictionary =
      fmt::format("{{'descr': '<{}8', 'fortran_order': False, 'shape': ({}), }}",
                  array.is_float ? 'f' : 'i', shape);
  // The header is padded so that the data begins at a multiple of 64 bytes.
  dictionary.resize((kMagic.size() + 4 + dictionary.size()) / 64 * 64 + 64 - kMagic.size() - 5,
                    ' ');
  dictionary += '\n';

  std::string bytes(kMagic);
  bytes += {'\1', '\0', static_cast<char>(dictionary.size() & 255),
            static_cast<char>(dictionary.size() >> 8)};
  bytes += dictionary;
  const auto append = [&](std::uint64_t bits) {
    for (int i = 0; i < 8; ++i) bytes += static_cast<char>(bits >> (8 * i) & 255);
  };
  for (const std::int64_t value : array.integers) append(static_cast<std::uint64_t>(value));
  for (const double value : array.floats) append(std::bit_cast<std::uint64_t>(value));
  return bytes;
}

}  // namespace sylvester
