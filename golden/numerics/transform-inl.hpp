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

template <class D>
constexpr int kVectorBytes = static_cast<int>(hn::MaxLanes(D()) * sizeof(hn::TFromD<D>));

// Butterflies within vectors at distances of Bytes and more, below `block_bytes`; All: that is the
// vector or more.
template <int Bytes, bool All, class D>
HWY_INLINE hn::Vec<D> butterflies(D d, int block_bytes, hn::Vec<D> v) {
  if constexpr (Bytes < kVectorBytes<D>) {
    if (!All && Bytes >= block_bytes) return v;
    const hn::Vec<D> other = partner<Bytes>(d, v);
    v = subtract_if(upper_of_pairs<Bytes>(d), other, v, hn::Add(other, v));
    return butterflies<2 * Bytes, All>(d, block_bytes, v);
  } else {
    return v;
  }
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

template <bool All>
HWY_INLINE void transform_within_words(const std::int16_t* in, int size, int block, Shift16 less,
                                       std::int16_t* out) {
  const S16 d;
  for (int i = 0; i < size; i += kWords) {
    hwy::Prefetch(in + i + kFetchAhead);
    const VS16 v = shift_right(hn::LoadU(d, in + i), less);
    hn::StoreU(butterflies<2, All>(d, 2 * block, v), d, out + i);
  }
}

// 16-bit coefficients, block > 1, of mantissas of which the lowest `less` bits are cut off (floor).
// `size` is a multiple of kWords; `out` may be `in`.
HWY_INLINE void transform_words(const std::int16_t* in, int size, int block, int less,
                                std::int16_t* out) {
  const Shift16 shift = shift_of_words(less);
  if (block >= kWords) {
    transform_within_words<true>(in, size, block, shift, out);
    vector_butterflies(S16(), out, size, kWords, block);
  } else {
    transform_within_words<false>(in, size, block, shift, out);
  }
}

template <bool All>
HWY_INLINE void transform_within_pairs(const std::int16_t* in, int size, int block,
                                       std::int32_t* out) {
  const S32 d;
  for (int i = 0; i < size; i += kWords) {
    hwy::Prefetch(in + i + kFetchAhead);
    VS32 even;
    VS32 odd;
    add_pairs(hn::LoadU(S16(), in + i), even, odd);
    const int bytes = 2 * block;  // of the block's elements 2i
    hn::StoreU(butterflies<4, All>(d, bytes, even), d, out + i);
    hn::StoreU(butterflies<4, All>(d, bytes, odd), d, out + i + kPairs);
  }
}

// 32-bit coefficients, block > 1, in pairs of vectors: the elements 2i of a run of kWords, then the
// elements 2i + 1. The distance of two elements 2^n >= kWords apart is the same in this order.
HWY_INLINE void transform_pairs(const std::int16_t* in, int size, int block, std::int32_t* out) {
  if (block >= kWords) {
    transform_within_pairs<true>(in, size, block, out);
    vector_butterflies(S32(), out, size, kWords, block);
  } else {
    transform_within_pairs<false>(in, size, block, out);
  }
}

// ---- The largest coefficient alone: the order of the lanes does not matter, so that butterflies
// of two vectors at a time take one shuffle for each sum or difference and no blending.

// Two vectors: a lane's number has one bit more, that of the vector.
struct WordPair {
  VS16 a;
  VS16 b;

  // An implicit one would not have the target's instructions.
  HWY_INLINE WordPair() {}
  HWY_INLINE WordPair(VS16 first, VS16 second) : a(first), b(second) {}

  HWY_INLINE void add_and_subtract(VS16 low, VS16 high) {
    a = hn::Add(low, high);
    b = hn::Sub(low, high);
  }
  // Butterflies of the upper and lower half of each 16 bytes. Afterwards the bit of the halves is
  // that of the vector; the bit of the 32-bit lanes is that of the halves; the bit of the vector
  // that of the 32-bit lanes: three times reach all three and restore the order.
  HWY_INLINE void within_blocks() {
    const S16 d;
    const S32 d32;
    const VS32 x = hn::BitCast(d32, a);
    const VS32 y = hn::BitCast(d32, b);
    add_and_subtract(hn::BitCast(d, hn::InterleaveLower(d32, x, y)),
                     hn::BitCast(d, hn::InterleaveUpper(d32, x, y)));
  }
  // Of all bits of the 16-byte blocks' number.
  HWY_INLINE void between_blocks() {
    [[maybe_unused]] const S16 d;
    if constexpr (kWords > 8)
      add_and_subtract(hn::ConcatLowerLower(d, b, a), hn::ConcatUpperUpper(d, b, a));
#if HWY_TARGET <= HWY_AVX3
    add_and_subtract(VS16{_mm512_shuffle_i64x2(a.raw, b.raw, 0x88)},
                     VS16{_mm512_shuffle_i64x2(a.raw, b.raw, 0xDD)});
#endif
  }
};

// Largest |coefficient| of transform_words with a block of 32. `size` is a multiple of 32.
HWY_INLINE std::int32_t largest_word_of_32(const std::int16_t* in, int size, int less) {
  const S16 d;
  const U16 bits;
  const Shift16 shift = shift_of_words(less);
  constexpr int kPairsOfBlock = 32 > 2 * kWords ? 32 / (2 * kWords) : 1;
  constexpr int kStep = kPairsOfBlock * 2 * kWords;
  VU16 largest = hn::Zero(bits);
  for (int i = 0; i < size; i += kStep) {
    WordPair pairs[kPairsOfBlock];
    for (int j = 0; j < kPairsOfBlock; ++j) {
      const std::int16_t* at = in + i + 2 * j * kWords;
      pairs[j].a = shift_right(hn::LoadU(d, at), shift);
      const bool whole = kWords <= 16 || i + kWords < size;
      pairs[j].b = whole ? shift_right(hn::LoadU(d, at + kWords), shift) : hn::Zero(d);
      pairs[j].within_blocks();
      pairs[j].within_blocks();
      if constexpr (kWords <= 16) pairs[j].within_blocks();  // else the vectors are two blocks
      pairs[j].between_blocks();
    }
    if constexpr (kPairsOfBlock == 2) {
      const WordPair low = pairs[0];
      const WordPair high = pairs[1];
      pairs[0] = {hn::Add(low.a, high.a), hn::Add(low.b, high.b)};
      pairs[1] = {hn::Sub(low.a, high.a), hn::Sub(low.b, high.b)};
    }
    // The larger of |x + y| and |x - y| is |x| + |y|.
    for (const WordPair& pair : pairs) {
      for (const VS16 v : {pair.a, pair.b}) {
        const VU16 x = hn::BitCast(bits, hn::Abs(v));
        largest = hn::Max(largest, hn::Add(x, partner<2>(bits, x)));
      }
    }
  }
  return hn::GetLane(hn::MaxOfLanes(bits, largest));
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sylvester
HWY_AFTER_NAMESPACE();

#endif  // include guard per target
