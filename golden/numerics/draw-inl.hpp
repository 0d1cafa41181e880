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

// Draws of the indices first, first + stride, ... (modulo 2^32), in the given form. `count` is
// rounded up to whole vectors.
HWY_INLINE void draw_run(const DrawKey& key, std::uint32_t first, std::uint32_t stride,
                         const DrawForm& form, int count, std::uint16_t* draws) {
  const U16 d;
  const U32 d32;
  VU32 even = hn::Add(hn::Set(d32, first), hn::Mul(hn::Iota(d32, 0), hn::Set(d32, 2 * stride)));
  VU32 odd = hn::Add(even, hn::Set(d32, stride));
  const VU32 step = hn::Set(d32, static_cast<std::uint32_t>(kWords) * stride);
  const VU16 mask = hn::Set(d, form.mask);
  for (int i = 0; i < count; i += kWords) {
    VU16 x = upper_words(even, odd);
    VU16 y = lower_words(even, odd);
#pragma GCC unroll 10
    for (int round = 0; round < kDrawRounds; ++round) {
      const bool last = round + 1 == kDrawRounds;
      const std::uint16_t round_key = key[static_cast<std::size_t>(round)];
      const VU16 k =
          hn::Set(d, static_cast<std::uint16_t>(last ? round_key ^ form.flip : round_key));
      x = hn::Xor(hn::Add(rotate_left<9>(x), y), k);
      if (!last) y = hn::Xor(rotate_left<2>(y), x);  // y is not drawn
    }
    hn::StoreU(hn::And(hn::ShiftRightSame(x, form.shift), mask), d, draws + i);
    even = hn::Add(even, step);
    odd = hn::Add(odd, step);
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sylvester
HWY_AFTER_NAMESPACE();

#endif  // include guard per target
