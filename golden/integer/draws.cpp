#include "golden/integer/draws.hpp"

#include <array>
#include <bit>

namespace sylvester {

// Round by round over the block: 16-bit lanes that the compiler makes vectors of.
void draw_words(const DrawKey& key, std::uint32_t index, std::span<std::uint32_t> words) {
  std::array<std::uint16_t, kDrawBlock> upper;  // NOLINT(*-member-init)
  std::array<std::uint16_t, kDrawBlock> lower;  // NOLINT(*-member-init)
  for (std::size_t i = 0; i < kDrawBlock; ++i) {
    const std::uint32_t n = index + static_cast<std::uint32_t>(i);
    upper[i] = static_cast<std::uint16_t>(n >> 16);
    lower[i] = static_cast<std::uint16_t>(n);
  }
  for (const std::uint16_t round_key : key) {
    for (std::size_t i = 0; i < kDrawBlock; ++i) {
      const auto x = static_cast<std::uint16_t>(
          static_cast<std::uint16_t>(std::rotr(upper[i], 7) + lower[i]) ^ round_key);
      lower[i] = static_cast<std::uint16_t>(std::rotl(lower[i], 2) ^ x);
      upper[i] = x;
    }
  }
  for (std::size_t i = 0; i < words.size(); ++i) {
    words[i] = std::uint32_t{upper[i]} << 16 | lower[i];
  }
}

}  // namespace sylvester
