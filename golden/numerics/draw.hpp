// Random-access random numbers for stochastic rounding (docs/numerics.md, rules RND-*).
#pragma once

#include <array>
#include <cstdint>

namespace sylvester {

/// What one draw is named by, besides the element index.
struct DrawContext {
  std::uint32_t seed = 0;
  std::uint32_t step = 0;  ///< global training step, modulo 2^32
  std::uint16_t layer = 0;
  std::uint8_t role = 0;  ///< Role of the tensor, see role.hpp
  std::uint8_t repetition = 0;

  friend bool operator==(const DrawContext&, const DrawContext&) = default;
};

inline constexpr int kDrawRounds = 10;       ///< mixer rounds per element (RND-4)
inline constexpr int kKeyRoundsPerWord = 8;  ///< absorb rounds per 32-bit word (RND-3)
inline constexpr int kKeyWords = 3;
/// Rounds of the key schedule; the hardware does one per cycle.
inline constexpr int kKeyRounds = kKeyWords * kKeyRoundsPerWord + kDrawRounds;
inline constexpr std::uint32_t kKeyInitX = 0x53594C56;
inline constexpr std::uint32_t kKeyInitY = 0x45535445;

using DrawKey = std::array<std::uint16_t, kDrawRounds>;

/// Two words of the key schedule.
struct KeyState {
  std::uint32_t x = kKeyInitX;
  std::uint32_t y = kKeyInitY;
};

/// One round of the key schedule on 32-bit words (RND-2, w = 32). One cycle of the hardware.
KeyState key_round(KeyState state, std::uint32_t round_key);

/// Key schedule round `index` (0 ... kKeyRounds-1) including absorption of the context's words.
KeyState key_step(KeyState state, int index, const DrawContext& context);

/// Round keys of a context (RND-3).
DrawKey draw_key(const DrawContext& context);

/// One mixer round on two 16-bit halves packed as x << 16 | y (RND-2, w = 16).
std::uint32_t draw_round(std::uint32_t state, std::uint16_t round_key);

/// f: the 32-bit word of an element index (RND-4).
std::uint32_t draw_word(const DrawKey& key, std::uint32_t index);

/// R: the top `random_bits` (1...16) bits of f.
inline std::uint32_t draw(const DrawKey& key, std::uint32_t index, int random_bits) {
  return draw_word(key, index) >> (32 - random_bits);
}

}  // namespace sylvester
