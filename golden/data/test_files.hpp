// For the tests of this folder only: packed files, and the error of a call.
#pragma once

#include <gtest/gtest.h>
#include <lzma.h>
#include <zlib.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>

#include "golden/support/error.hpp"
#include "golden/support/test_folder.hpp"

namespace sylvester {

inline std::string gzipped(std::string_view bytes) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

inline std::string xz_packed(std::string_view bytes) {
  std::string packed(lzma_stream_buffer_bound(bytes.size()), '\0');
  std::size_t size = 0;
  lzma_easy_buffer_encode(0, LZMA_CHECK_CRC64, nullptr,
                          reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(),
                          reinterpret_cast<std::uint8_t*>(packed.data()), &size, packed.size());
  packed.resize(size);
  return packed;
}

/// The message of the UserError that `call` must throw; it must be one line.
template <typename Call>
std::string user_error(Call&& call) {
  try {
    call();
  } catch (const UserError& error) {
    const std::string message = error.what();
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    return message;
  }
  ADD_FAILURE() << "no UserError was thrown";
  return "";
}

/// Calls visit(name, content) for every file of a tar archive in memory.
template <typename Visit>
void for_each_tar_member(std::string_view tar, Visit&& visit) {
  constexpr std::size_t kBlock = 512;
  for (std::size_t at = 0; at + kBlock <= tar.size() && tar[at] != '\0';) {
    const char* const header = tar.data() + at;
    const std::size_t size = std::strtoull(header + 124, nullptr, 8);
    if (header[156] == '0' || header[156] == '\0') {
      visit(std::string(header, strnlen(header, 100)), tar.substr(at + kBlock, size));
    }
    at += kBlock + (size + kBlock - 1) / kBlock * kBlock;
  }
}

/// Where the public data sets lie: $SYLVESTER_DATA, or ../shared/data beside the source folder.
inline std::filesystem::path data_folder() {
  const char* const chosen = std::getenv("SYLVESTER_DATA");
  if (chosen != nullptr && *chosen != '\0') return chosen;
  return std::filesystem::path(SYLVESTER_SOURCE_DIR) / ".." / "shared" / "data";
}

}  // namespace sylvester
