#include "golden/numerics/prepare_kernel.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <memory>

#include "golden/numerics/simd.hpp"

namespace sylvester {
namespace {

constexpr int kChunk = 512;  ///< coefficients that are rounded together; a multiple of all lanes

// Why double is exact here. Both rounding rules need Z = floor(X) of a rational X = A·s/E with
// integers A, s, E > 0 (uniform: A = |v|, s = n·2^r, E = D). We compute floor(fl(fl(A·c) + h)) with
// c = fl(s/E), h = fl(1/(2E)). With u = 2^-53 the computed argument is X + h + error,
// |error| < 5u·(X + h). X is a multiple of 1/E, hence the floor is Z whenever |error| < 1/(2E),
// which follows from 10u·(A·s + 1) < 1. kExact = 2^49 keeps a factor of 1.6 in hand; A·s, A and E
// stay below 2^53, so that they are exact in double. Jobs beyond it (r = 16 with long transforms)
// take the cell divide_round.
constexpr double kExact = 0x1p49;

struct Rounder {
  bool fast = false;
  bool nearest = false;
  std::int32_t largest_code = 0;
  double n = 0;  ///< N = |v| * n
  double d = 0;
  int bits = 0;  ///< fraction bits of Z: random_bits, or 1 for `nearest`
  double factor = 0;
  double half = 0;
  // Formats that are not uniform: interval i holds bound[i] <= N < bound[i+1], bound = D·magnitude.
  int intervals = 0;
  std::array<double, 256> bound{};
  std::array<double, 256> gap{};         ///< D·(h - g); infinite for the last: never up
  std::array<double, 256> gap_factor{};  ///< 2^bits / gap
  std::array<double, 256> gap_half{};    ///< 1 / (2·gap)
};

Rounder make_rounder(const Format& format, const PrepareRecipe& recipe, const Quantiser& quantiser,
                     std::int32_t max_magnitude) {
  Rounder rounder;
  rounder.nearest = recipe.rounding == Rounding::kNearest;
  rounder.largest_code = format.largest_code();
  rounder.n = static_cast<double>(quantiser.n);
  rounder.d = static_cast<double>(quantiser.d);
  rounder.bits = rounder.nearest ? 1 : recipe.random_bits;
  const double steps = static_cast<double>(1 << rounder.bits);
  rounder.factor = rounder.n * steps / rounder.d;
  rounder.half = 0.5 / rounder.d;
  const double largest_term = static_cast<double>(max_magnitude) * rounder.n * steps;
  rounder.fast = largest_term < kExact && rounder.d * format.largest() * steps < kExact;
  if (!format.uniform && rounder.fast) {
    rounder.intervals = format.largest_code();
    for (int i = 0; i <= rounder.intervals; ++i) {
      const auto at = static_cast<std::size_t>(i);
      rounder.bound[at] = rounder.d * format.magnitudes[at];
      const double gap = i == rounder.intervals
                             ? std::numeric_limits<double>::infinity()
                             : rounder.d * (format.magnitudes[at + 1] - format.magnitudes[at]);
      rounder.gap[at] = gap;
      rounder.gap_factor[at] = steps / gap;
      rounder.gap_half[at] = 0.5 / gap;
    }
  }
  return rounder;
}

// Counts of one chunk at a time: 32 bits cannot overflow.
struct Counts {
  std::int32_t at_limit = 0;
  std::int32_t up = 0;
  std::int32_t zero = 0;
};

// RND-4, RND-5 for the indices first, first + stride, ... (modulo 2^32). `count` is rounded up to
// whole vectors.
template <int Bytes>
SYLVESTER_KERNEL_BODY void draw_chunk(const DrawKey& key, std::uint32_t first, std::uint32_t stride,
                                      int count, int random_bits, std::uint16_t* draws) {
  using Words = typename Vector<std::uint16_t, Bytes>::type;
  constexpr int lanes = Bytes / 2;
  alignas(64) std::uint16_t upper[kChunk];
  alignas(64) std::uint16_t lower[kChunk];
  const int padded = (count + lanes - 1) / lanes * lanes;
  for (int i = 0; i < padded; ++i) {
    const std::uint32_t index = first + static_cast<std::uint32_t>(i) * stride;
    upper[i] = static_cast<std::uint16_t>(index >> 16);
    lower[i] = static_cast<std::uint16_t>(index);
  }
  const int shift = 16 - random_bits;
  for (int i = 0; i < padded; i += lanes) {
    Words x;
    Words y;
    std::memcpy(&x, upper + i, sizeof x);
    std::memcpy(&y, lower + i, sizeof y);
    for (int round = 0; round < kDrawRounds; ++round) {
      x = (((x >> 7) | (x << 9)) + y) ^ key[static_cast<std::size_t>(round)];
      y = ((y << 2) | (y >> 14)) ^ x;
    }
    x >>= shift;
    std::memcpy(draws + i, &x, sizeof x);
  }
}

// PRE-4. The low `bits` bits of Z = floor(2^bits·N/D) are floor(2^bits·rem/D), the others are q.
template <bool Nearest>
SYLVESTER_KERNEL_BODY Counts round_uniform(const Rounder& rounder, const std::int32_t* v,
                                           const std::uint16_t* draws, int count, Code* codes) {
  const double factor = rounder.factor;
  const double half = rounder.half;
  const double twice_n = 2 * rounder.n;
  const double d = rounder.d;
  const int bits = rounder.bits;
  const std::int32_t mask = (1 << bits) - 1;
  const std::int32_t largest = rounder.largest_code;
  std::int32_t at_limit = 0;
  std::int32_t ups = 0;
  std::int32_t zero = 0;
  for (int i = 0; i < count; ++i) {
    const std::int32_t magnitude = v[i] < 0 ? -v[i] : v[i];
    const auto a = static_cast<double>(magnitude);
    const auto z = static_cast<std::int32_t>(a * factor + half);
    const std::int32_t q = z >> bits;
    std::int32_t up = 0;
    if constexpr (Nearest) {
      // 2N = Z·D, both exact: a tie if Z is odd; then up iff q is odd.
      const std::int32_t tie = a * twice_n == static_cast<double>(z) * d ? 1 : 0;
      up = z & 1 & ((tie ^ 1) | q);
    } else {
      up = draws[i] < (z & mask) ? 1 : 0;
    }
    std::int32_t code = q + up;
    code = code > largest ? largest : code;
    codes[i] = static_cast<Code>(v[i] < 0 ? -code : code);
    at_limit += code == largest ? 1 : 0;
    ups += up;
    zero += code == 0 ? 1 : 0;
  }
  return {.at_limit = at_limit, .up = Nearest ? 0 : ups, .zero = zero};
}

// PRE-5. The interval of N is found by comparing with every bound; then as above with x - g.
template <bool Nearest>
SYLVESTER_KERNEL_BODY Counts round_listed(const Rounder& rounder, const std::int32_t* v,
                                          const std::uint16_t* draws, int count, Code* codes) {
  alignas(64) double numerator[kChunk];
  alignas(64) double low[kChunk];
  alignas(64) double gap[kChunk];  // 2^bits / gap for `stochastic`
  alignas(64) double half[kChunk];
  alignas(64) std::int32_t below[kChunk];
  const double* gaps = Nearest ? rounder.gap.data() : rounder.gap_factor.data();
  for (int i = 0; i < count; ++i) {
    numerator[i] = static_cast<double>(v[i] < 0 ? -v[i] : v[i]) * rounder.n;
    low[i] = 0;
    gap[i] = gaps[0];
    half[i] = rounder.gap_half[0];
    below[i] = 0;
  }
  for (int j = 1; j <= rounder.intervals; ++j) {
    const double bound = rounder.bound[static_cast<std::size_t>(j)];
    const double bound_gap = gaps[j];
    const double bound_half = rounder.gap_half[static_cast<std::size_t>(j)];
    for (int i = 0; i < count; ++i) {
      const bool above = numerator[i] >= bound;
      low[i] = above ? bound : low[i];
      gap[i] = above ? bound_gap : gap[i];
      half[i] = above ? bound_half : half[i];
      below[i] = above ? j : below[i];
    }
  }
  const std::int32_t largest = rounder.largest_code;
  std::int32_t at_limit = 0;
  std::int32_t ups = 0;
  std::int32_t zero = 0;
  for (int i = 0; i < count; ++i) {
    const double part = numerator[i] - low[i];  // exact
    std::int32_t up = 0;
    if constexpr (Nearest) {
      const std::int32_t tie = 2 * part == gap[i] ? 1 : 0;
      up = (2 * part > gap[i] ? 1 : 0) | (tie & below[i]);
      up &= 1;
    } else {
      const auto z = static_cast<std::int32_t>(part * gap[i] + half[i]);
      up = draws[i] < z ? 1 : 0;
    }
    const std::int32_t code = below[i] + up;
    codes[i] = static_cast<Code>(v[i] < 0 ? -code : code);
    at_limit += code == largest ? 1 : 0;
    ups += up;
    zero += code == 0 ? 1 : 0;
  }
  return {.at_limit = at_limit, .up = Nearest ? 0 : ups, .zero = zero};
}

// The cell itself, for numbers beyond kExact.
Counts round_cells(const Format& format, const Quantiser& quantiser, const PrepareRecipe& recipe,
                   const std::int32_t* v, const std::uint16_t* draws, int count, Code* codes) {
  Counts counts;
  for (int i = 0; i < count; ++i) {
    const std::uint64_t magnitude = static_cast<std::uint64_t>(v[i] < 0 ? -v[i] : v[i]);
    const Rounded rounded = divide_round(format, magnitude * quantiser.n, quantiser.d,
                                         recipe.rounding, recipe.random_bits, draws[i]);
    codes[i] = static_cast<Code>(v[i] < 0 ? -rounded.code : rounded.code);
    counts.at_limit += rounded.code == format.largest_code() ? 1 : 0;
    counts.up += rounded.rounded_up ? 1 : 0;
    counts.zero += rounded.code == 0 ? 1 : 0;
  }
  return counts;
}

constexpr int kLineMultiple = 16;  ///< lines of coefficients are stored in whole vectors

// WHT-2 on all blocks of a line at once, d ascending. Pairs (i, i xor d) with d < block never leave
// a block, so vectors may hold several blocks. `size` is a multiple of kLineMultiple; what lies
// behind the last block is zero and stays zero.
template <int Bytes>
SYLVESTER_KERNEL_BODY void transform_line(std::int32_t* x, int size, int block) {
  using Words = typename Vector<std::uint32_t, Bytes>::type;
  constexpr int lanes = Bytes / 4;
  alignas(64) constexpr std::array<std::uint32_t, 16> numbers = {0, 1, 2,  3,  4,  5,  6,  7,
                                                                 8, 9, 10, 11, 12, 13, 14, 15};
  Words lane;
  std::memcpy(&lane, numbers.data(), sizeof lane);
  for (int i = 0; i < size; i += lanes) {
    Words a;
    std::memcpy(&a, x + i, sizeof a);
#pragma GCC unroll 4
    for (int d = 1; d < lanes; d *= 2) {
      if (d >= block) break;
      // Lane i takes a[i ^ d] + a[i], or a[i ^ d] - a[i] if i has bit d: minus is not + 1.
      const Words partner = lane ^ static_cast<std::uint32_t>(d);
      const Words other = __builtin_shuffle(a, partner);
      const Words minus = (Words)((lane & static_cast<std::uint32_t>(d)) != 0);
      a = other + ((a ^ minus) - minus);
    }
    std::memcpy(x + i, &a, sizeof a);
  }
  for (int d = lanes; d < block; d *= 2) {
    for (int start = 0; start + d < size; start += 2 * d) {
      for (int i = start; i < start + d; i += lanes) {
        Words low;
        Words high;
        std::memcpy(&low, x + i, sizeof low);
        std::memcpy(&high, x + i + d, sizeof high);
        const Words sum = low + high;
        const Words difference = low - high;
        std::memcpy(x + i, &sum, sizeof sum);
        std::memcpy(x + i + d, &difference, sizeof difference);
      }
    }
  }
}

template <typename T>
SYLVESTER_KERNEL_BODY std::int32_t largest_magnitude(const T* x, std::size_t count) {
  std::int32_t largest = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::int32_t value = x[i];
    const std::int32_t magnitude = value < 0 ? -value : value;
    largest = magnitude > largest ? magnitude : largest;
  }
  return largest;
}

template <int Bytes>
SYLVESTER_KERNEL_BODY void prepare_body(const PrepareJob& job, PreparedOperand& operand) {
  const PrepareRecipe& recipe = job.recipe;
  const Format& row = formats()[static_cast<std::size_t>(recipe.format)];
  const auto k = static_cast<std::size_t>(operand.k);
  const auto k_padded = static_cast<std::size_t>(operand.k_padded);
  const std::int16_t* mantissas = job.input.mantissas.data();

  // Without a transform the mantissas are enough.
  std::unique_ptr<std::int32_t[]> coefficients;
  const std::size_t stride = (k_padded + kLineMultiple - 1) / kLineMultiple * kLineMultiple;
  if (operand.block > 1) {
    const std::size_t size = static_cast<std::size_t>(operand.lines) * stride;
    coefficients = std::make_unique_for_overwrite<std::int32_t[]>(size);
    for (int line = 0; line < operand.lines; ++line) {
      std::int32_t* out = coefficients.get() + static_cast<std::size_t>(line) * stride;
      const std::int16_t* in = mantissas + static_cast<std::size_t>(line) * k;
      for (std::size_t i = 0; i < k; ++i) out[i] = in[i];
      for (std::size_t i = k; i < stride; ++i) out[i] = 0;
      transform_line<Bytes>(out, static_cast<int>(stride), operand.block);
    }
    operand.max_magnitude = largest_magnitude(coefficients.get(), size);
  } else {
    operand.max_magnitude = largest_magnitude(mantissas, job.input.mantissas.size());
  }

  const Quantiser quantiser =
      make_quantiser(row, recipe.scale, operand.max_magnitude, job.input.scale);
  operand.scale = quantiser.scale;
  operand.codes.resize(static_cast<std::size_t>(operand.lines) * k_padded);
  if (operand.max_magnitude == 0) {
    operand.counters.zero_codes = operand.codes.size();
    return;
  }
  const Rounder rounder = make_rounder(row, recipe, quantiser, operand.max_magnitude);
  const DrawKey key = draw_key(recipe.draw);
  alignas(64) std::int32_t values[kChunk];
  alignas(64) std::uint16_t draws[kChunk] = {};
  for (int line = 0; line < operand.lines; ++line) {
    const std::size_t line_start = static_cast<std::size_t>(line) * k_padded;
    for (int start = 0; start < operand.k_padded; start += kChunk) {
      const int rest = operand.k_padded - start;
      const int count = rest < kChunk ? rest : kChunk;
      const std::size_t at = line_start + static_cast<std::size_t>(start);
      const std::int32_t* v = values;
      if (operand.block > 1) {
        v = coefficients.get() + static_cast<std::size_t>(line) * stride + start;
      } else {
        const std::int16_t* in = mantissas + at;  // K' = K
        for (int i = 0; i < count; ++i) values[i] = in[i];
      }
      if (!rounder.nearest) {
        const std::uint32_t first = recipe.index0 +
                                    static_cast<std::uint32_t>(line) * recipe.stride_line +
                                    static_cast<std::uint32_t>(start) * recipe.stride_k;
        draw_chunk<Bytes>(key, first, recipe.stride_k, count, recipe.random_bits, draws);
      }
      Code* codes = operand.codes.data() + at;
      Counts counts;
      if (!rounder.fast) {
        counts = round_cells(row, quantiser, recipe, v, draws, count, codes);
      } else if (row.uniform) {
        counts = rounder.nearest ? round_uniform<true>(rounder, v, draws, count, codes)
                                 : round_uniform<false>(rounder, v, draws, count, codes);
      } else {
        counts = rounder.nearest ? round_listed<true>(rounder, v, draws, count, codes)
                                 : round_listed<false>(rounder, v, draws, count, codes);
      }
      operand.counters.codes_at_limit += static_cast<std::uint64_t>(counts.at_limit);
      operand.counters.rounded_up += static_cast<std::uint64_t>(counts.up);
      operand.counters.zero_codes += static_cast<std::uint64_t>(counts.zero);
    }
  }
}

void prepare_baseline(const PrepareJob& job, PreparedOperand& operand) {
  prepare_body<vector_bytes(SimdLevel::kBaseline)>(job, operand);
}
#if SYLVESTER_HAS_AVX
SYLVESTER_TARGET_AVX2 void prepare_avx2(const PrepareJob& job, PreparedOperand& operand) {
  prepare_body<vector_bytes(SimdLevel::kAvx2)>(job, operand);
}
SYLVESTER_TARGET_AVX512 void prepare_avx512(const PrepareJob& job, PreparedOperand& operand) {
  prepare_body<vector_bytes(SimdLevel::kAvx512)>(job, operand);
}
#endif

}  // namespace

void prepare_vectorised(const PrepareJob& job, PreparedOperand& operand) {
  switch (simd_level()) {
#if SYLVESTER_HAS_AVX
    case SimdLevel::kAvx512:
    case SimdLevel::kAvx512Vnni:
      return prepare_avx512(job, operand);
    case SimdLevel::kAvx2:
      return prepare_avx2(job, operand);
#endif
    default:
      return prepare_baseline(job, operand);
  }
}

}  // namespace sylvester
