// Fields of packed payloads: `bits` bits at a position, lowest first, in 32-bit words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace sylvester {

/// Sets a field of at most 32 bits that is zero so far; higher bits of `value` are ignored.
inline void put_bits(std::span<std::uint32_t> words, std::size_t position, int bits,
                     std::uint32_t value) {
  const std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
  const std::uint64_t field = (value & mask) << (position % 32);
  words[position / 32] |= static_cast<std::uint32_t>(field);
  if (field >> 32 != 0) words[position / 32 + 1] |= static_cast<std::uint32_t>(field >> 32);
}

/// A field of at most 32 bits as an unsigned number.
inline std::uint32_t get_bits(std::span<const std::uint32_t> words, std::size_t position,
                              int bits) {
  std::uint64_t field = words[position / 32];
  if (position % 32 + static_cast<std::size_t>(bits) > 32) {
    field |= std::uint64_t{words[position / 32 + 1]} << 32;
  }
  return static_cast<std::uint32_t>(field >> (position % 32) & ((std::uint64_t{1} << bits) - 1));
}

/// A field of at most 32 bits in two's complement.
inline std::int32_t get_signed_bits(std::span<const std::uint32_t> words, std::size_t position,
                                    int bits) {
  const std::uint32_t field = get_bits(words, position, bits) << (32 - bits);
  return static_cast<std::int32_t>(field) >> (32 - bits);
}

inline constexpr std::size_t words_for(int bits) {
  return static_cast<std::size_t>((bits + 31) / 32);
}

}  // namespace sylvester
