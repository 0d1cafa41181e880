#include "golden/support/npy.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <limits>
#include <set>
#include <stdexcept>
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
  char kind = 0;  ///< 'i', 'u', 'b' or 'f'; of a text 'U' or 'S'
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

constexpr std::size_t kMostCharacters = std::size_t{1} << 24;

void read_text_type(Scanner& scanner, Header& header, const std::string& name) {
  const std::string_view ahead = scanner.ahead();
  const std::string_view type = ahead.starts_with('\'') ? scanner.quoted() : std::string_view();
  std::size_t length = 0;
  const bool named = type.size() > 2 &&
                     std::string_view("<>|=").find(type[0]) != std::string_view::npos &&
                     (type[1] == 'U' || type[1] == 'S');
  const auto [rest, error] =
      std::from_chars(type.data() + (named ? 2 : type.size()), type.data() + type.size(), length);
  if (!named || error != std::errc{} || rest != type.data() + type.size() ||
      length > kMostCharacters) {
    refuse(name, fmt::format("element type {}; allowed: a text of up to {} characters", ahead,
                             kMostCharacters));
  }
  header.order = type[0];
  header.kind = type[1];
  header.bytes = length * (header.kind == 'U' ? 4 : 1);
}

/// Three entries in any order, each once.
void read_dictionary(Scanner scanner, Header& header, const std::string& name, bool text) {
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
    if (key == "descr" && text) read_text_type(scanner, header, name);
    if (key == "descr" && !text) read_type(scanner, header, name);
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

Header read_header(const std::string& bytes, const std::string& name, bool text) {
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
  read_dictionary(Scanner(std::string_view(bytes).substr(start, length), name), header, name, text);
  return header;
}

/// Unsigned integer of `bytes` bytes.
std::uint64_t read_element(const char* at, std::size_t bytes, char order) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) {
    const std::size_t from = order == '>' ? bytes - 1 - i : i;
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

/// Magic, version, length and dictionary of a file in C order.
std::string file_start(const std::string& type, const std::vector<std::size_t>& shape) {
  std::string lengths;
  for (const std::size_t length : shape) lengths += fmt::format("{}, ", length);
  std::string dictionary =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", type, lengths);
  // The header is padded so that the data begins at a multiple of 64 bytes.
  dictionary.resize((kMagic.size() + 4 + dictionary.size()) / 64 * 64 + 64 - kMagic.size() - 5,
                    ' ');
  dictionary += '\n';
  std::string bytes(kMagic);
  bytes += {'\1', '\0', static_cast<char>(dictionary.size() & 255),
            static_cast<char>(dictionary.size() >> 8)};
  return bytes + dictionary;
}

struct TypeInfo {
  std::string_view name;
  std::size_t bytes;
};

TypeInfo type_info(NpyType type) {
  switch (type) {
    case NpyType::kInt8:
      return {"i1", 1};
    case NpyType::kUint8:
      return {"u1", 1};
    case NpyType::kInt16:
      return {"i2", 2};
    case NpyType::kInt32:
      return {"i4", 4};
    case NpyType::kInt64:
      return {"i8", 8};
    case NpyType::kFloat32:
      return {"f4", 4};
    case NpyType::kFloat64:
      break;
  }
  return {"f8", 8};
}

void append_utf8(std::uint32_t character, std::string& text, const std::string& name) {
  if (character > 0x10FFFF) refuse(name, fmt::format("character {:#x} is not Unicode", character));
  const auto add = [&](std::uint32_t bits) { text += static_cast<char>(bits); };
  const auto tail = [&](int shift) { add(0x80 | (character >> shift & 0x3F)); };
  if (character < 0x80) {
    add(character);
  } else if (character < 0x800) {
    add(0xC0 | character >> 6);
    tail(0);
  } else if (character < 0x10000) {
    add(0xE0 | character >> 12);
    tail(6);
    tail(0);
  } else {
    add(0xF0 | character >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

}  // namespace

NpyHead parse_npy_head(const std::string& start, const std::string& name, bool text) {
  const Header header = read_header(start, name, text);
  return {.shape = header.shape,
          .bytes = header.data_at + element_count(header, name) * header.bytes};
}

NpyArray parse_npy(const std::string& bytes, const std::string& name) {
  const Header header = read_header(bytes, name, false);
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
    const std::uint64_t bits = read_element(bytes.data() + header.data_at + position * header.bytes,
                                            header.bytes, header.order);
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

std::string parse_npy_text(const std::string& bytes, const std::string& name) {
  const Header header = read_header(bytes, name, true);
  const std::size_t given = bytes.size() - header.data_at;
  if (element_count(header, name) != 1) {
    refuse(name, fmt::format("shape ({}); allowed: a single text", fmt::join(header.shape, ", ")));
  }
  if (given != header.bytes) {
    refuse(name, fmt::format("{} bytes follow the header; its text needs {}", given, header.bytes));
  }
  std::string text;
  if (header.kind == 'S') {
    text = bytes.substr(header.data_at);
  } else {
    for (std::size_t at = header.data_at; at < bytes.size(); at += 4) {
      append_utf8(static_cast<std::uint32_t>(read_element(bytes.data() + at, 4, header.order)),
                  text, name);
    }
  }
  text.resize(text.find_last_not_of('\0') + 1);  // NumPy fills up with zeros
  return text;
}

std::string npy_bytes(const NpyArray& array, NpyType type) {
  const TypeInfo info = type_info(type);
  if (array.is_float != (info.name.front() == 'f')) {
    throw std::logic_error("an .npy file of another kind than its array");
  }
  std::string bytes =
      file_start(fmt::format("{}{}", info.bytes == 1 ? '|' : '<', info.name), array.shape);
  bytes.reserve(bytes.size() + array.size() * info.bytes);
  const auto append = [&](std::uint64_t bits) {
    for (std::size_t i = 0; i < info.bytes; ++i) bytes += static_cast<char>(bits >> (8 * i) & 255);
  };
  for (const std::int64_t value : array.integers) append(static_cast<std::uint64_t>(value));
  for (const double value : array.floats) {
    append(info.bytes == 8 ? std::bit_cast<std::uint64_t>(value)
                           : std::bit_cast<std::uint32_t>(static_cast<float>(value)));
  }
  return bytes;
}

std::string npy_bytes(const NpyArray& array) {
  return npy_bytes(array, array.is_float ? NpyType::kFloat64 : NpyType::kInt64);
}

std::string npy_text_bytes(std::string_view text) {
  std::string bytes = file_start(fmt::format("<U{}", text.size()), {});
  for (const char character : text) bytes += {character, '\0', '\0', '\0'};
  return bytes;
}

}  // namespace sylvester
