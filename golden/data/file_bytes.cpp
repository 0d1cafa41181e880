#include "golden/data/file_bytes.hpp"

#include <fmt/format.h>
#include <lzma.h>
#include <zlib.h>

#include <algorithm>
#include <memory>
#include <system_error>

#include "golden/support/atomic_file.hpp"
#include "golden/support/error.hpp"

namespace sylvester {
namespace {

constexpr std::size_t kUnpackChunk = std::size_t{1} << 20;

[[noreturn]] void fail_at(const std::filesystem::path& file, std::string_view what) {
  throw UserError(fmt::format("{}: {}", file.string(), what));
}

[[noreturn]] void fail_truncated(const std::filesystem::path& file, std::string_view format,
                                 std::size_t packed) {
  fail_at(file, fmt::format("the {} stream ends early, after {} bytes; a complete file is needed",
                            format, packed));
}

[[noreturn]] void fail_corrupt(const std::filesystem::path& file, std::string_view format) {
  fail_at(file, fmt::format("not a valid {} stream; an intact {} file is needed", format, format));
}

/// Grows `unpacked` by one chunk, within the limit, and returns its old size.
std::size_t grow(std::string& unpacked, const std::filesystem::path& file) {
  const std::size_t filled = unpacked.size();
  if (filled >= kLargestUnpackedFile) {
    fail_at(file, fmt::format("unpacks to more than {} bytes, the most that is allowed",
                              kLargestUnpackedFile));
  }
  unpacked.resize(std::min(filled + std::max(kUnpackChunk, filled / 2), kLargestUnpackedFile));
  return filled;
}

std::string unpack_xz(const std::string& packed, const std::filesystem::path& file) {
  lzma_stream stream = LZMA_STREAM_INIT;
  const std::unique_ptr<lzma_stream, void (*)(lzma_stream*)> guard(&stream, lzma_end);
  if (lzma_stream_decoder(&stream, UINT64_MAX, LZMA_CONCATENATED) != LZMA_OK) {
    throw EnvironmentError(fmt::format("{}: liblzma has no memory to unpack it", file.string()));
  }
  std::string unpacked;
  stream.next_in = reinterpret_cast<const std::uint8_t*>(packed.data());
  stream.avail_in = packed.size();
  while (true) {
    const std::size_t filled = grow(unpacked, file);
    stream.next_out = reinterpret_cast<std::uint8_t*>(unpacked.data()) + filled;
    stream.avail_out = unpacked.size() - filled;
    const lzma_ret result = lzma_code(&stream, LZMA_FINISH);
    unpacked.resize(unpacked.size() - stream.avail_out);
    if (result == LZMA_STREAM_END) return unpacked;
    // With LZMA_FINISH, lack of input shows as "no progress possible" with output space left.
    if (result == LZMA_BUF_ERROR || (result == LZMA_OK && stream.avail_out != 0)) {
      fail_truncated(file, "xz", packed.size());
    }
    if (result == LZMA_MEM_ERROR) {
      throw EnvironmentError(fmt::format("{}: liblzma has no memory to unpack it", file.string()));
    }
    if (result != LZMA_OK) fail_corrupt(file, "xz");
  }
}

std::string unpack_gz(const std::string& packed, const std::filesystem::path& file) {
  z_stream stream{};
  constexpr int kGzipOnly = 15 + 16;  // largest window; +16: expect a gzip header
  if (inflateInit2(&stream, kGzipOnly) != Z_OK) {
    throw EnvironmentError(fmt::format("{}: zlib has no memory to unpack it", file.string()));
  }
  const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, inflateEnd);
  std::string unpacked;
  std::size_t consumed = 0;
  while (true) {
    const std::size_t filled = grow(unpacked, file);
    // zlib counts in 32 bits: give it at most 1 GiB at a time.
    const auto portion =
        static_cast<uInt>(std::min(packed.size() - consumed, std::size_t{1} << 30));
    const auto room = static_cast<uInt>(std::min(unpacked.size() - filled, std::size_t{1} << 30));
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data() + consumed));
    stream.avail_in = portion;
    stream.next_out = reinterpret_cast<Bytef*>(unpacked.data() + filled);
    stream.avail_out = room;
    const int result = inflate(&stream, Z_NO_FLUSH);
    consumed += portion - stream.avail_in;
    unpacked.resize(filled + (room - stream.avail_out));
    if (result == Z_STREAM_END) {
      if (consumed == packed.size()) return unpacked;
      inflateReset(&stream);  // another member follows
      continue;
    }
    if (result == Z_BUF_ERROR ||
        (result == Z_OK && consumed == packed.size() && stream.avail_out != 0)) {
      fail_truncated(file, "gzip", packed.size());
    }
    if (result == Z_MEM_ERROR) {
      throw EnvironmentError(fmt::format("{}: zlib has no memory to unpack it", file.string()));
    }
    if (result != Z_OK) fail_corrupt(file, "gzip");
  }
}

}  // namespace

std::string read_file_bytes(const std::filesystem::path& file) {
  std::string bytes = read_file(file, kLargestUnpackedFile);
  if (bytes.empty()) fail_at(file, "the file is empty");
  if (file.extension() == ".xz") bytes = unpack_xz(bytes, file);
  if (file.extension() == ".gz") bytes = unpack_gz(bytes, file);
  if (bytes.empty()) fail_at(file, "unpacks to nothing");
  return bytes;
}

std::optional<std::filesystem::path> look_for_file(const std::filesystem::path& directory,
                                                   std::string_view name) {
  for (const std::string_view ending : {"", ".xz", ".gz"}) {
    std::filesystem::path file = directory / fmt::format("{}{}", name, ending);
    std::error_code ignored;  // an unreadable folder is reported as a missing file
    if (std::filesystem::exists(file, ignored)) return file;
  }
  return std::nullopt;
}

std::filesystem::path find_file(const std::filesystem::path& directory, std::string_view name) {
  if (const auto file = look_for_file(directory, name)) return *file;
  throw UserError(fmt::format("{}: the file {} is missing; also accepted are {}.xz and {}.gz",
                              directory.string(), name, name, name));
}

}  // namespace sylvester
