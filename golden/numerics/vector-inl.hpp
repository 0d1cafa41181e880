// What the kernels of wide tensors add to Highway's operations, once per target.

// Include guard per target.
#if defined(SYLVESTER_VECTOR_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef SYLVESTER_VECTOR_INL
#undef SYLVESTER_VECTOR_INL
#else
#define SYLVESTER_VECTOR_INL
#endif

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace sylvester {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// 16-bit lanes and, over the same bits, half as many 32-bit lanes. The words of a 32-bit lane are
// elements 2i (lower) and 2i + 1 (upper).
using S16 = hn::ScalableTag<std::int16_t>;
using U16 = hn::ScalableTag<std::uint16_t>;
using S32 = hn::ScalableTag<std::int32_t>;
using U32 = hn::ScalableTag<std::uint32_t>;
using VS16 = hn::Vec<S16>;
using VU16 = hn::Vec<U16>;
using VS32 = hn::Vec<S32>;
using VU32 = hn::Vec<U32>;

constexpr int kWords = static_cast<int>(hn::MaxLanes(S16()));  ///< 16-bit lanes of a vector
constexpr int kPairs = kWords / 2;                             ///< 32-bit lanes

// Mantissas and codes are fetched so many elements before they are read or written: while a chunk
// is worked on, the next one comes.
constexpr int kFetchAhead = 2048;

// v + 1 where the mask is set.
HWY_INLINE VU16 add_one_if(hn::Mask<U16> mask, VU16 v) {
#if HWY_TARGET <= HWY_AVX3
  return VU16{_mm512_mask_add_epi16(v.raw, mask.raw, v.raw, _mm512_set1_epi16(1))};
#else
  return hn::Sub(v, hn::VecFromMask(U16(), mask));
#endif
}

// a - b where the mask is set, else `other`.
HWY_INLINE VS16 subtract_if(hn::Mask<S16> mask, VS16 a, VS16 b, VS16 other) {
#if HWY_TARGET <= HWY_AVX3
  return VS16{_mm512_mask_sub_epi16(other.raw, mask.raw, a.raw, b.raw)};
#else
  return hn::IfThenElse(mask, hn::Sub(a, b), other);
#endif
}
HWY_INLINE VS32 subtract_if(hn::Mask<S32> mask, VS32 a, VS32 b, VS32 other) {
#if HWY_TARGET <= HWY_AVX3
  return VS32{_mm512_mask_sub_epi32(other.raw, mask.raw, a.raw, b.raw)};
#else
  return hn::IfThenElse(mask, hn::Sub(a, b), other);
#endif
}

// The upper halves of the words of a, and of b, at the places of 2i and 2i + 1.
HWY_INLINE VU16 upper_words(VU32 even, VU32 odd) {
  const U16 d;
  return hn::OddEven(hn::BitCast(d, odd), hn::BitCast(d, hn::ShiftRight<16>(even)));
}
HWY_INLINE VU16 lower_words(VU32 even, VU32 odd) {
  const U16 d;
  return hn::OddEven(hn::BitCast(d, hn::ShiftLeft<16>(odd)), hn::BitCast(d, even));
}

// Upper 32 bits of a·b.
HWY_INLINE VU32 multiply_high(VU32 a, VU32 b) {
  const U32 d;
  const VU32 even = hn::BitCast(d, hn::MulEven(a, b));
  const VU32 odd = hn::BitCast(d, hn::MulEven(hn::DupOdd(a), b));
  return hn::OddEven(odd, hn::DupOdd(even));
}

// Shifts of all lanes by one number that is known when the kernel runs. AVX-512 has an instruction
// with a number for each lane, which needs no shuffle.
#if HWY_TARGET <= HWY_AVX3
using Shift16 = VU16;
using Shift32 = VU32;
HWY_INLINE Shift16 shift_of_words(int bits) {
  return hn::Set(U16(), static_cast<std::uint16_t>(bits));
}
HWY_INLINE Shift32 shift_of_pairs(int bits) {
  return hn::Set(U32(), static_cast<std::uint32_t>(bits));
}
HWY_INLINE VU16 shift_left(VU16 v, Shift16 bits) { return hn::Shl(v, bits); }
HWY_INLINE VU32 shift_left(VU32 v, Shift32 bits) { return hn::Shl(v, bits); }
HWY_INLINE VU16 shift_right(VU16 v, Shift16 bits) { return hn::Shr(v, bits); }
HWY_INLINE VS16 shift_right(VS16 v, Shift16 bits) { return hn::Shr(v, hn::BitCast(S16(), bits)); }
#else
using Shift16 = int;
using Shift32 = int;
HWY_INLINE Shift16 shift_of_words(int bits) { return bits; }
HWY_INLINE Shift32 shift_of_pairs(int bits) { return bits; }
HWY_INLINE VU16 shift_left(VU16 v, Shift16 bits) { return hn::ShiftLeftSame(v, bits); }
HWY_INLINE VU32 shift_left(VU32 v, Shift32 bits) { return hn::ShiftLeftSame(v, bits); }
HWY_INLINE VU16 shift_right(VU16 v, Shift16 bits) { return hn::ShiftRightSame(v, bits); }
HWY_INLINE VS16 shift_right(VS16 v, Shift16 bits) { return hn::ShiftRightSame(v, bits); }
#endif

// Sums and differences of the two words of each 32-bit lane.
HWY_INLINE void add_pairs(VS16 v, VS32& sum, VS32& difference) {
#if HWY_TARGET <= HWY_AVX3
  sum = VS32{_mm512_madd_epi16(v.raw, _mm512_set1_epi16(1))};
  difference = VS32{_mm512_madd_epi16(v.raw, _mm512_set1_epi32(static_cast<int>(0xFFFF0001U)))};
#else
  const VS32 both = hn::BitCast(S32(), v);
  const VS32 even = hn::ShiftRight<16>(hn::ShiftLeft<16>(both));
  const VS32 odd = hn::ShiftRight<16>(both);
  sum = hn::Add(even, odd);
  difference = hn::Sub(even, odd);
#endif
}

template <int Bits>
HWY_INLINE VU16 rotate_left(VU16 v) {
#if HWY_TARGET == HWY_AVX3_DL
  return VU16{_mm512_shldi_epi16(v.raw, v.raw, Bits)};
#else
  return hn::Or(hn::ShiftLeft<Bits>(v), hn::ShiftRight<16 - Bits>(v));
#endif
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sylvester
HWY_AFTER_NAMESPACE();

#endif  // include guard per target
