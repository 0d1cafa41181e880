// Both passes over a tensor work on chunks that stay in the first-level cache, so that nothing but
// mantissas is read and nothing but codes is written: the transform is done twice, the first time
// only where it may hold the largest coefficient.
#include "golden/numerics/simd_targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "golden/numerics/prepare_kernel.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "golden/numerics/draw-inl.hpp"
#include "golden/numerics/prepare_kernel.hpp"
#include "golden/numerics/round-inl.hpp"
#include "golden/numerics/transform-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sylvester {
namespace HWY_NAMESPACE {
namespace {

constexpr int kChunk = kLongestBlock;  ///< coefficients; whole blocks and whole vectors

struct Buffers {
  alignas(64) std::int16_t words[kChunk];
  alignas(64) std::int16_t bounds[kChunk];
  alignas(64) std::int32_t pairs[kChunk];
  alignas(64) std::uint16_t draws[kChunk];
  alignas(64) Code codes[kChunk];
};

struct Chunk {
  int count = 0;   ///< coefficients
  int padded = 0;  ///< count, whole vectors
  const std::int16_t* words = nullptr;
  const std::int32_t* pairs = nullptr;  ///< or null: the coefficients are in `words`
};

// The mantissas from `start` of a line, filled up with zeros.
HWY_INLINE Chunk mantissas(const PrepareTask& task, int line, int start, int count,
                           Buffers& buffers) {
  Chunk chunk;
  chunk.count = count;
  chunk.padded = (count + kWords - 1) / kWords * kWords;
  chunk.words = task.mantissas + static_cast<std::ptrdiff_t>(line) * task.k + start;
  const int inputs = std::min(count, task.k - start);
  if (inputs < chunk.padded || task.signs != nullptr) {
    const auto size = static_cast<std::size_t>(std::max(0, inputs));
    std::memcpy(buffers.words, chunk.words, size * sizeof(std::int16_t));
    for (std::size_t i = 0; task.signs != nullptr && i < size; ++i) {
      const std::int16_t mask = task.signs[static_cast<std::size_t>(start) + i];
      buffers.words[i] = static_cast<std::int16_t>((buffers.words[i] ^ mask) - mask);
    }
    std::fill(buffers.words + size, buffers.words + chunk.padded, std::int16_t{0});
    chunk.words = buffers.words;
  }
  return chunk;
}

// The transform of mantissas.
HWY_INLINE void transform(int block, bool words, Chunk& chunk, Buffers& buffers) {
  if (block == 1) return;
  if (words) {
    transform_words(chunk.words, chunk.padded, block, 0, buffers.words);
    chunk.words = buffers.words;
  } else {
    transform_pairs(chunk.words, chunk.padded, block, buffers.pairs);
    chunk.pairs = buffers.pairs;
  }
}

template <class D, typename T>
HWY_INLINE std::int32_t largest_of(D d, const T* v, int count) {
  const hn::RebindToUnsigned<D> bits;  // |least| has no sign bit to spare
  const int lanes = static_cast<int>(hn::MaxLanes(d));
  auto largest = hn::Zero(bits);
  for (int i = 0; i < count; i += lanes) {
    largest = hn::Max(largest, hn::BitCast(bits, hn::Abs(hn::LoadU(d, v + i))));
  }
  return static_cast<std::int32_t>(hn::GetLane(hn::MaxOfLanes(bits, largest)));
}

// The largest |coefficient| of mantissas of which the lowest `less` bits are cut off, if the
// coefficients fit in 16 bits.
HWY_INLINE std::int32_t largest_word(const Chunk& chunk, int block, int less, Buffers& buffers) {
  if (block == 32) return largest_word_of_32(chunk.words, chunk.padded, less);
  transform_words(chunk.words, chunk.padded, block, less, buffers.bounds);
  return largest_of(S16(), buffers.bounds, chunk.padded);
}

// An upper bound of the largest |coefficient|, found with 16-bit lanes: from m = B·h + l with 0 <=
// l < B follows c = B·(coefficient of the h) + (that of the l), and the latter is below B². Beyond
// B = 64 it is too much above to be of use.
constexpr int kLongestBounded = 64;
HWY_INLINE std::int32_t bound_of(const Chunk& chunk, int block, Buffers& buffers) {
  const int bits = std::countr_zero(static_cast<unsigned>(block));
  return block * (largest_word(chunk, block, bits, buffers) + block - 1);
}

HWY_INLINE MantissaRange range_of(VS16 least, VS16 most) {
  const S16 d;
  return {.least = hn::GetLane(hn::MinOfLanes(d, least)),
          .most = hn::GetLane(hn::MaxOfLanes(d, most))};
}

CoefficientRange find_range(const PrepareTask& task, const PreparePiece& piece) {
  const S16 d16;
  Buffers buffers;
  VS16 least = hn::Zero(d16);
  VS16 most = hn::Zero(d16);
  std::int32_t largest = 0;
  for (int line = piece.first_line; line < piece.last_line; ++line) {
    for (int start = piece.first; start < piece.last; start += kChunk) {
      const int count = std::min(kChunk, piece.last - start);
      Chunk chunk = mantissas(task, line, start, count, buffers);
      for (int i = 0; i < chunk.padded; i += kWords) {
        const VS16 v = hn::LoadU(d16, chunk.words + i);
        hwy::Prefetch(chunk.words + i + kFetchAhead);
        least = hn::Min(least, v);
        most = hn::Max(most, v);
      }
      if (task.block == 1) continue;
      // Small mantissas up to here, small coefficients up to here.
      if (fits_words(range_of(least, most), task.block)) {
        largest = std::max(largest, largest_word(chunk, task.block, 0, buffers));
      } else if (task.block > kLongestBounded || bound_of(chunk, task.block, buffers) > largest) {
        transform(task.block, false, chunk, buffers);
        largest = std::max(largest, largest_of(S32(), chunk.pairs, chunk.padded));
      }
    }
  }
  CoefficientRange range;
  range.mantissas = range_of(least, most);
  range.largest = task.block == 1 ? range.mantissas.largest_magnitude() : largest;
  return range;
}

// A chunk's sum of squares is below 2^10·2^50.
template <typename T>
HWY_INLINE void add_sums(const T* v, int count, CoefficientSums& sums) {
  std::uint64_t magnitudes = 0;
  std::uint64_t squares = 0;
  for (int i = 0; i < count; ++i) {
    const std::int64_t wide = v[i];
    magnitudes += static_cast<std::uint64_t>(wide < 0 ? -wide : wide);
    squares += static_cast<std::uint64_t>(wide * wide);
  }
  sums.magnitudes += magnitudes;
  sums.squares += squares;
}

CoefficientSums find_sums(const PrepareTask& task, const PreparePiece& piece) {
  Buffers buffers;
  CoefficientSums sums;
  for (int line = piece.first_line; line < piece.last_line; ++line) {
    for (int start = piece.first; start < piece.last; start += kChunk) {
      const int count = std::min(kChunk, piece.last - start);
      Chunk chunk = mantissas(task, line, start, count, buffers);
      transform(task.block, task.words, chunk, buffers);
      if (chunk.pairs == nullptr) {
        add_sums(chunk.words, chunk.padded, sums);
      } else {
        add_sums(chunk.pairs, chunk.padded, sums);
      }
    }
  }
  return sums;
}

// In `count` only: the zeros that fill the last vector do not count.
template <bool Nearest, bool Count>
HWY_INLINE PrepareCounters round_fixed(const PrepareTask& task, const Chunk& chunk,
                                       const std::uint16_t* draws, Code* codes) {
  PrepareCounters counters =
      chunk.pairs == nullptr
          ? round_words<Nearest, Count>(*task.rounder, chunk.words, draws, chunk.padded, codes)
          : round_pairs<Nearest, Count>(*task.rounder, chunk.pairs, draws, chunk.padded, codes);
  counters.zero_codes -= static_cast<std::uint64_t>(chunk.padded - chunk.count);
  return counters;
}

// The cell itself.
PrepareCounters round_cells(const PrepareTask& task, const std::int32_t* v,
                            const std::uint16_t* draws, int count, Code* codes) {
  const Format& format = formats()[static_cast<std::size_t>(task.recipe->format)];
  PrepareCounters counters;
  for (int i = 0; i < count; ++i) {
    const auto magnitude = static_cast<std::uint64_t>(v[i] < 0 ? -v[i] : v[i]);
    const Rounded rounded = divide_round(format, magnitude * task.quantiser->n, task.quantiser->d,
                                         task.recipe->rounding, task.recipe->random_bits, draws[i]);
    codes[i] = static_cast<Code>(v[i] < 0 ? -rounded.code : rounded.code);
    counters.codes_at_limit += rounded.code == format.largest_code() ? 1 : 0;
    counters.rounded_up += rounded.rounded_up ? 1 : 0;
    counters.zero_codes += rounded.code == 0 ? 1 : 0;
  }
  return counters;
}

PrepareCounters round_slowly(const PrepareTask& task, const Chunk& chunk,
                             const std::uint16_t* draws, Code* codes) {
  std::int32_t v[kChunk];  // in order
  if (chunk.pairs == nullptr) {
    std::copy_n(chunk.words, chunk.count, v);
  } else {
    for (int i = 0; i < chunk.padded; i += kWords) {
      for (int j = 0; j < kPairs; ++j) {
        v[i + 2 * j] = chunk.pairs[i + j];
        v[i + 2 * j + 1] = chunk.pairs[i + kPairs + j];
      }
    }
  }
  const Rounder& rounder = *task.rounder;
  if (rounder.path == RoundPath::kCells) return round_cells(task, v, draws, chunk.count, codes);
  if (rounder.uniform) {
    return rounder.nearest ? round_uniform<true>(rounder, v, draws, chunk.count, codes)
                           : round_uniform<false>(rounder, v, draws, chunk.count, codes);
  }
  return rounder.nearest ? round_listed<true>(rounder, v, draws, chunk.count, codes)
                         : round_listed<false>(rounder, v, draws, chunk.count, codes);
}

PrepareCounters round_chunk(const PrepareTask& task, const Chunk& chunk, const std::uint16_t* draws,
                            Code* codes) {
  if (task.rounder->path != RoundPath::kFixedPoint) {
    return round_slowly(task, chunk, draws, codes);
  }
  if (task.rounder->nearest) {
    return task.counted ? round_fixed<true, true>(task, chunk, draws, codes)
                        : round_fixed<true, false>(task, chunk, draws, codes);
  }
  return task.counted ? round_fixed<false, true>(task, chunk, draws, codes)
                      : round_fixed<false, false>(task, chunk, draws, codes);
}

PrepareCounters round_piece(const PrepareTask& task, const PreparePiece& piece) {
  const PrepareRecipe& recipe = *task.recipe;
  Buffers buffers;
  PrepareCounters total;
  for (int line = piece.first_line; line < piece.last_line; ++line) {
    for (int start = piece.first; start < piece.last; start += kChunk) {
      const int count = std::min(kChunk, piece.last - start);
      Chunk chunk = mantissas(task, line, start, count, buffers);
      transform(task.block, task.words, chunk, buffers);
      if (!task.rounder->nearest) {
        const std::uint32_t first = recipe.index0 +
                                    static_cast<std::uint32_t>(line) * recipe.stride_line +
                                    static_cast<std::uint32_t>(start) * recipe.stride_k;
        draw_run(task.key, first, recipe.stride_k, task.rounder->draws, count, buffers.draws);
      }
      // Whole vectors are written.
      Code* out = task.codes + static_cast<std::ptrdiff_t>(line) * task.k_padded + start;
      Code* codes = count == chunk.padded ? out : buffers.codes;
      const PrepareCounters counters = round_chunk(task, chunk, buffers.draws, codes);
      if (codes != out) std::memcpy(out, codes, static_cast<std::size_t>(count) * sizeof(Code));
      total.codes_at_limit += counters.codes_at_limit;
      total.rounded_up += counters.rounded_up;
      total.zero_codes += counters.zero_codes;
    }
  }
  return total;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sylvester
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sylvester {
namespace {
HWY_EXPORT(find_range);
HWY_EXPORT(find_sums);
HWY_EXPORT(round_piece);
}  // namespace

void CoefficientRange::add(const CoefficientRange& other) {
  mantissas.least = std::min(mantissas.least, other.mantissas.least);
  mantissas.most = std::max(mantissas.most, other.mantissas.most);
  largest = std::max(largest, other.largest);
}

CoefficientRange coefficient_range(const PrepareTask& task, const PreparePiece& piece) {
  return HWY_DYNAMIC_DISPATCH(find_range)(task, piece);
}
CoefficientSums coefficient_sums(const PrepareTask& task, const PreparePiece& piece) {
  return HWY_DYNAMIC_DISPATCH(find_sums)(task, piece);
}
PrepareCounters round_coefficients(const PrepareTask& task, const PreparePiece& piece) {
  return HWY_DYNAMIC_DISPATCH(round_piece)(task, piece);
}

}  // namespace sylvester
#endif
