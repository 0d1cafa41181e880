// RND-4, RND-5 and RND-6 for a run of elements: the mixer works on 16-bit lanes.

// Include guard per target.
#if defined(SYLVESTER_DRAW_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef SYLVESTER_DRAW_INL
#undef SYLVESTER_DRAW_INL
#else
#define SYLVESTER_DRAW_INL
#endif

#include "golden/numerics/draw.hpp"
#include "golden/numerics/prepare_rounder.hpp"
#include "golden/numerics/vector-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sylvester {
namespace HWY_NAMESPACE {
namespace {

// The keys of the rounds and the form, in vectors.
struct DrawVectors {
  VU16 keys[kDrawRounds];
  Shift16 shift;
  VU16 mask;

  DrawVectors(const DrawKey& key, const DrawForm& form)
      : shift(shift_of_words(form.shift)), mask(hn::Set(U16(), form.mask)) {
    for (int round = 0; round < kDrawRounds; ++round) {
      const bool last = round + 1 == kDrawRounds;
      const std::uint16_t round_key = key[static_cast<std::size_t>(round)];
      keys[round] =
          hn::Set(U16(), static_cast<std::uint16_t>(last ? round_key ^ form.flip : round_key));
    }
  }
};

// x: the index's upper half rotated, as the first round has it; y: its lower half.
HWY_INLINE VU16 draw(const DrawVectors& vectors, VU16 x, VU16 y) {
#pragma GCC unroll 10
  for (int round = 0; round < kDrawRounds; ++round) {
    x = hn::Xor(hn::Add(round == 0 ? x : rotate_left<9>(x), y), vectors.keys[round]);
    if (round + 1 < kDrawRounds) y = hn::Xor(rotate_left<2>(y), x);  // the last y is not drawn
  }
  return hn::And(shift_right(x, vectors.shift), vectors.mask);
}

// Draws of the indices first, first + stride, ... (modulo 2^32), in the given form. `count` is
// rounded up to whole vectors.
HWY_INLINE void draw_run(const DrawKey& key, std::uint32_t first, std::uint32_t stride,
                         const DrawForm& form, int count, std::uint16_t* draws) {
  const U16 d;
  const U32 d32;
  const DrawVectors vectors(key, form);
  const int padded = (count + kWords - 1) / kWords * kWords;
  const std::uint32_t low = first & 0xFFFFU;
  if (stride == 1 && low + static_cast<std::uint32_t>(padded) <= 0x10000U) {  // no carry
    const VU16 x = rotate_left<9>(hn::Set(d, static_cast<std::uint16_t>(first >> 16)));
    const VU16 step = hn::Set(d, static_cast<std::uint16_t>(kWords));
    VU16 y = hn::Add(hn::Set(d, static_cast<std::uint16_t>(low)), hn::Iota(d, 0));
    for (int i = 0; i < padded; i += kWords) {
      hn::StoreU(draw(vectors, x, y), d, draws + i);
      y = hn::Add(y, step);
    }
    return;
  }
  VU32 even = hn::Add(hn::Set(d32, first), hn::Mul(hn::Iota(d32, 0), hn::Set(d32, 2 * stride)));
  VU32 odd = hn::Add(even, hn::Set(d32, stride));
  const VU32 step = hn::Set(d32, static_cast<std::uint32_t>(kWords) * stride);
  for (int i = 0; i < padded; i += kWords) {
    const VU16 x = rotate_left<9>(upper_words(even, odd));
    hn::StoreU(draw(vectors, x, lower_words(even, odd)), d, draws + i);
    even = hn::Add(even, step);
    odd = hn::Add(odd, step);
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sylvester
HWY_AFTER_NAMESPACE();

#endif  // include guard per target
