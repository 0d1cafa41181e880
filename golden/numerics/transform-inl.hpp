// WHT-2 on runs of whole blocks, in 16-bit lanes where the coefficients fit, else in 32-bit lanes.
// Butterflies of elements i and i + d, d ascending; within a vector by a shuffle, else by vectors.
// Vectors may hold several blocks: pairs with d < block never leave a block. Runs are padded with
// zeros to whole vectors; a transform of zeros is zero.

// Include guard per target.
#if defined(SYLVESTER_TRANSFORM_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef SYLVESTER_TRANSFORM_INL
#undef SYLVESTER_TRANSFORM_INL
#else
#define SYLVESTER_TRANSFORM_INL
#endif

#include "golden/numerics/vector-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sylvester {
namespace HWY_NAMESPACE {
namespace {

// The lanes `Bytes` away: lane i of the result is lane i xor (Bytes / size of a lane).
template <int Bytes, class D>
HWY_INLINE hn::Vec<D> partner(D d, hn::Vec<D> v) {
  const U32 d32;
  if constexpr (Bytes == 2) {
    return hn::BitCast(d, hn::RotateRight<16>(hn::BitCast(d32, v)));
  } else if constexpr (Bytes == 4) {
    return hn::BitCast(d, hn::Shuffle2301(hn::BitCast(d32, v)));
  } else if constexpr (Bytes == 8) {
    return hn::BitCast(d, hn::Shuffle1032(hn::BitCast(d32, v)));
  } else if constexpr (Bytes == 16) {
    return hn::SwapAdjacentBlocks(v);
  } else {
    return hn::ConcatLowerUpper(d, v, v);
  }
}

// Lanes whose number has the bit of the distance.
template <int Bytes, class D>
HWY_INLINE hn::Mask<D> upper_of_pairs(D d) {
  using T = hn::TFromD<D>;
  const auto bit = hn::Set(d, static_cast<T>(Bytes / static_cast<int>(sizeof(T))));
  return hn::TestBit(hn::Iota(d, 0), bit);
}

// Butterflies at distance Bytes, if that is within a block of `block_bytes`.
template <int Bytes, class D>
HWY_INLINE hn::Vec<D> butterflies(D d, int block_bytes, hn::Vec<D> v) {
  if constexpr (Bytes < static_cast<int>(hn::MaxLanes(d) * sizeof(hn::TFromD<D>))) {
    if (Bytes < block_bytes) {
      const hn::Vec<D> other = partner<Bytes>(d, v);
      return subtract_if(upper_of_pairs<Bytes>(d), other, v, hn::Add(other, v));
    }
  }
  return v;
}

// Butterflies between vectors, from distance `first`.
template <class D, typename T>
HWY_INLINE void vector_butterflies(D d, T* x, int size, int first, int block) {
  const int lanes = static_cast<int>(hn::MaxLanes(d));
  for (int distance = first; distance < block; distance *= 2) {
    for (int start = 0; start + distance < size; start += 2 * distance) {
      for (int i = start; i < start + distance; i += lanes) {
        const hn::Vec<D> low = hn::LoadU(d, x + i);
        const hn::Vec<D> high = hn::LoadU(d, x + i + distance);
        hn::StoreU(hn::Add(low, high), d, x + i);
        hn::StoreU(hn::Sub(low, high), d, x + i + distance);
      }
    }
  }
}

// 16-bit coefficients. `size` is a multiple of kWords.
HWY_INLINE void transform_words(const std::int16_t* in, int size, int block, std::int16_t* out) {
  const S16 d;
  const int bytes = 2 * block;
  for (int i = 0; i < size; i += kWords) {
    VS16 v = hn::LoadU(d, in + i);
    v = butterflies<2>(d, bytes, v);
    v = butterflies<4>(d, bytes, v);
    v = butterflies<8>(d, bytes, v);
    v = butterflies<16>(d, bytes, v);
    v = butterflies<32>(d, bytes, v);
    hn::StoreU(v, d, out + i);
  }
  vector_butterflies(d, out, size, kWords, block);
}

// 32-bit coefficients in pairs of vectors: the elements 2i of a run of kWords, then the elements
// 2i + 1. The distance of two elements 2^n >= kWords apart is the same in this order.
HWY_INLINE void transform_pairs(const std::int16_t* in, int size, int block, std::int32_t* out) {
  const S32 d;
  const int bytes = 2 * block;  // of the block's elements 2i
  for (int i = 0; i < size; i += kWords) {
    const VS32 both = hn::BitCast(d, hn::LoadU(S16(), in + i));
    VS32 even = hn::ShiftRight<16>(hn::ShiftLeft<16>(both));
    VS32 odd = hn::ShiftRight<16>(both);
    if (block > 1) {
      const VS32 sum = hn::Add(even, odd);
      odd = hn::Sub(even, odd);
      even = sum;
    }
    even = butterflies<4>(d, bytes, even);
    odd = butterflies<4>(d, bytes, odd);
    even = butterflies<8>(d, bytes, even);
    odd = butterflies<8>(d, bytes, odd);
    even = butterflies<16>(d, bytes, even);
    odd = butterflies<16>(d, bytes, odd);
    even = butterflies<32>(d, bytes, even);
    odd = butterflies<32>(d, bytes, odd);
    hn::StoreU(even, d, out + i);
    hn::StoreU(odd, d, out + i + kPairs);
  }
  vector_butterflies(d, out, size, kWords, block);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sylvester
HWY_AFTER_NAMESPACE();

#endif  // include guard per target
