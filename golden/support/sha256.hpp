// SHA-256 (FIPS 180-4) of byte strings: names of weights, configurations and cached designs.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sylvester {

class Sha256 {
 public:
  using Digest = std::array<std::uint8_t, 32>;

  void update(const void* data, std::size_t bytes);
  /// Ends the message; the object must not be used afterwards.
  Digest digest();

 private:
  void process(const std::uint8_t* block);

  std::array<std::uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::uint8_t, 64> buffer_{};
  std::size_t buffered_ = 0;
  std::uint64_t bytes_ = 0;
};

/// Adds 32-bit words, little-endian on every machine.
template <typename Word>
void update_words(Sha256& hash, std::span<const Word> words) {
  static_assert(sizeof(Word) == 4);
  if constexpr (std::endian::native == std::endian::little) {
    hash.update(words.data(), words.size_bytes());
  } else {
    for (const Word word : words) {
      const auto bits = std::bit_cast<std::uint32_t>(word);
      const std::uint8_t bytes[4] = {
          static_cast<std::uint8_t>(bits), static_cast<std::uint8_t>(bits >> 8),
          static_cast<std::uint8_t>(bits >> 16), static_cast<std::uint8_t>(bits >> 24)};
      hash.update(bytes, sizeof bytes);
    }
  }
}

/// 64 lower-case hexadecimal digits.
std::string to_hex(const Sha256::Digest& digest);
std::string sha256_hex(std::string_view message);

/// The first 8 bytes of SHA-256, big-endian: the short name of a canonical text.
std::uint64_t hash64(std::string_view canonical_text);
/// 16 lower-case hexadecimal digits.
std::string to_hex(std::uint64_t hash);

}  // namespace sylvester
