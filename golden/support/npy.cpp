#include "golden/support/npy.hpp"

#include <bit>
#include <charconv>
#include <cstring>
#include <limits>
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

// The text after `'key':` in the header's Python dictionary.
std::string_view entry(std::string_view dictionary, std::string_view key, const std::string& name) {
  const std::size_t at = dictionary.find(fmt::format("'{}':", key));
  if (at == std::string_view::npos) refuse(name, fmt::format("header has no '{}'", key));
  std::string_view rest = dictionary.substr(at + key.size() + 3);
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  return rest;
}

void read_type(std::string_view text, Header& header, const std::string& name) {
  const std::string_view type = text.substr(0, std::min(text.find('\'', 1), text.size()));
  const bool good = type.size() == 4 && type[0] == '\'' &&
                    std::string_view("<>|=").find(type[1]) != std::string_view::npos &&
                    std::string_view("iubf").find(type[2]) != std::string_view::npos &&
                    std::string_view("1248").find(type[3]) != std::string_view::npos &&
                    !(type[2] == 'f' && type[3] < '4') && !(type[2] == 'b' && type[3] != '1');
  if (!good) {
    refuse(name, fmt::format("element type {}; allowed: integers and booleans, float32, float64",
                             text.substr(0, std::min<std::size_t>(text.find(','), 24))));
  }
  header.order = type[1];
  header.kind = type[2];
  header.bytes = static_cast<std::size_t>(type[3] - '0');
}

void read_shape(std::string_view text, Header& header, const std::string& name) {
  const std::size_t end = text.find(')');
  if (text.empty() || text.front() != '(' || end == std::string_view::npos) {
    refuse(name, "header has a malformed shape");
  }
  text = text.substr(1, end - 1);
  while (!text.empty()) {
    const std::size_t digit = text.find_first_not_of(" ,");
    if (digit == std::string_view::npos) break;
    text.remove_prefix(digit);
    std::size_t length = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    if (error != std::errc{}) refuse(name, "header has a malformed shape");
    header.shape.push_back(length);
    text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
  }
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

  const std::string_view dictionary = std::string_view(bytes).substr(start, length);
  Header header;
  header.data_at = start + length;
  read_type(entry(dictionary, "descr", name), header, name);
  header.fortran = entry(dictionary, "fortran_order", name).starts_with("True");
  read_shape(entry(dictionary, "shape", name), header, name);
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

}  // namespace

NpyArray parse_npy(const std::string& bytes, const std::string& name) {
  const Header header = read_header(bytes, name);
  const std::size_t available = (bytes.size() - header.data_at) / header.bytes;
  std::size_t count = 1;
  for (const std::size_t length : header.shape) {
    if (length != 0 && count > available / length) {
      refuse(name, fmt::format("is shorter than its shape ({})", fmt::join(header.shape, ", ")));
    }
    count *= length;
  }
  if (count > available) refuse(name, "has no elements");

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

/// Far more than a matrix whose product can be formed, far less than the memory.
constexpr std::size_t kMostBytes = std::size_t{1} << 30;

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
