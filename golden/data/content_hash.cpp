#include "golden/data/content_hash.hpp"

#include <bit>
#include <cstdint>
#include <limits>

#include "golden/support/sha256.hpp"

namespace sylvester {
namespace {

static_assert(std::numeric_limits<float>::is_iec559, "the hash is over IEEE 754 binary32 words");

template <typename T>
void add_words(Sha256& hash, const std::vector<T>& values) {
  static_assert(sizeof(T) == 4);
  if constexpr (std::endian::native == std::endian::little) {
    hash.update(values.data(), 4 * values.size());
  } else {
    for (const T value : values) {
      const auto word = std::bit_cast<std::uint32_t>(value);
      const std::uint8_t bytes[4] = {
          static_cast<std::uint8_t>(word), static_cast<std::uint8_t>(word >> 8),
          static_cast<std::uint8_t>(word >> 16), static_cast<std::uint8_t>(word >> 24)};
      hash.update(bytes, sizeof(bytes));
    }
  }
}

}  // namespace

std::string content_hash(const Dataset& dataset) {
  Sha256 hash;
  add_words(hash, dataset.x);
  add_words(hash, dataset.label);
  add_words(hash, dataset.subject);
  return to_hex(hash.digest());
}

}  // namespace sylvester
