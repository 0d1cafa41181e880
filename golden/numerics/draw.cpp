#include "golden/numerics/draw.hpp"

#include <bit>

namespace sylvester {

KeyState key_round(KeyState state, std::uint32_t round_key) {
  const std::uint32_t x = (std::rotr(state.x, 8) + state.y) ^ round_key;
  return {.x = x, .y = std::rotl(state.y, 3) ^ x};
}

KeyState key_step(KeyState state, int index, const DrawContext& context) {
  const std::array<std::uint32_t, kKeyWords> words = {
      context.seed, context.step,
      std::uint32_t{context.layer} << 16 | std::uint32_t{context.role} << 8 | context.repetition};
  if (index % kKeyRoundsPerWord == 0 && index < kKeyWords * kKeyRoundsPerWord) {
    state.x ^= words[static_cast<std::size_t>(index / kKeyRoundsPerWord)];
  }
  return key_round(state, static_cast<std::uint32_t>(index));
}

DrawKey draw_key(const DrawContext& context) {
  constexpr int absorbing = kKeyWords * kKeyRoundsPerWord;
  KeyState state;
  DrawKey key{};
  for (int index = 0; index < kKeyRounds; ++index) {
    state = key_step(state, index, context);
    if (index >= absorbing) {
      key[static_cast<std::size_t>(index - absorbing)] = static_cast<std::uint16_t>(state.x >> 16);
    }
  }
  return key;
}

std::uint32_t draw_round(std::uint32_t state, std::uint16_t round_key) {
  auto x = static_cast<std::uint16_t>(state >> 16);
  auto y = static_cast<std::uint16_t>(state);
  x = static_cast<std::uint16_t>((std::rotr(x, 7) + y) ^ round_key);
  y = static_cast<std::uint16_t>(std::rotl(y, 2) ^ x);
  return std::uint32_t{x} << 16 | y;
}

std::uint32_t draw_word(const DrawKey& key, std::uint32_t index) {
  std::uint32_t state = index;
  for (const std::uint16_t round_key : key) state = draw_round(state, round_key);
  return state;
}

}  // namespace sylvester
