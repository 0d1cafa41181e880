// gemm(): the vectorised kernel. Columns of C lie in vector lanes, k ascends in time, a block of
// rows shares the loads of B. Values and counters equal gemm_reference bit for bit.
#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <vector>

#include "golden/numerics/gemm.hpp"
#include "golden/numerics/parallel.hpp"

namespace sylvester {
namespace {

// What happens to a lane in one MAC.
enum class Step {
  kAdd,       ///< exact, or modulo 2^lane: `clamp`, `wrap` without counting, P that cannot bind
  kSaturate,  ///< ACC-2
  kSaturateCount,  ///< ACC-2 and a count of limited MACs
  kWrapCount,      ///< ACC-3 and a count; the lane holds register + 2^(P-1), so that it is a mask
};

constexpr bool counts(Step step) {
  return step == Step::kSaturateCount || step == Step::kWrapCount;
}

// Rows and vectors of a block, chosen so that accumulators, counts and B fit in the registers
// (32 with AVX-512, 16 below).
constexpr int block_vectors() { return 2; }
constexpr int block_rows(int bytes, bool with_counts) {
  return bytes == 64 ? (with_counts ? 4 : 8) : (with_counts ? 2 : 4);
}

/// One job, packed. Lines that fill up blocks hold zeros: a zero product changes no register and
/// is never limited, so they change no counter either.
struct Packed {
  int m = 0;
  int n = 0;
  int k = 0;      ///< K'
  int rows = 0;   ///< rows of a block
  int lanes = 0;  ///< columns of a vector
  int row_blocks = 0;
  int panels = 0;
  std::unique_ptr<std::uint32_t[]> a;  ///< [row block][k][row], 16-bit values twice per word
  std::unique_ptr<std::byte[]> b;      ///< [panel][k][column], panels of 2 vectors
};

struct Plan {
  AccumulateRecipe recipe;
  int tile = 0;         ///< longest tile
  int segment = 0;      ///< MACs after which lanes or counts must be emptied
  bool clamps = false;  ///< leaving the tile can change the value
  bool wraps = false;   ///< the lane is reduced modulo 2^P on leaving
  bool outer_binds = false;
};

// `length` MACs of a block: acc[row][lane] and, if the step counts, count[row][lane]. Lanes are
// unsigned so that they may wrap; comparisons are signed.
template <typename Lane, int Bytes, Step S, int Rows, int Vectors>
SYLVESTER_KERNEL_BODY void multiply_block(const std::uint32_t* a, const Lane* b, int b_stride,
                                          int length, int bits, Lane* acc, Lane* count) {
  using Signed = std::make_signed_t<Lane>;
  using U = typename Vector<Lane, Bytes>::type;
  using I = typename Vector<Signed, Bytes>::type;
  using Word = typename Vector<std::uint32_t, Bytes>::type;
  constexpr int lanes = Bytes / static_cast<int>(sizeof(Lane));
  const auto half = static_cast<Signed>(1 << (bits - 1));
  const I low = I{} - half;
  const I high = I{} + static_cast<Signed>(half - 1);
  const U mask = U{} + static_cast<Lane>(2 * half - 1);
  U sum[Rows][Vectors];
  U limited[Rows][Vectors];
#pragma GCC unroll 8
  for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) {
      std::memcpy(&sum[r][v], acc + (r * Vectors + v) * lanes, Bytes);
      limited[r][v] = U{};
    }
  }
  for (int k = 0; k < length; ++k) {
    U w[Vectors];
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) std::memcpy(&w[v], b + v * lanes, Bytes);
    b += b_stride;
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r) {
      const U x = (U)(Word{} + a[r]);
#pragma GCC unroll 2
      for (int v = 0; v < Vectors; ++v) {
        const U exact = sum[r][v] + x * w[v];
        if constexpr (S == Step::kAdd) {
          sum[r][v] = exact;
        } else if constexpr (S == Step::kWrapCount) {
          sum[r][v] = exact & mask;
          limited[r][v] -= (U)(sum[r][v] != exact);
        } else {
          I kept = (I)exact;
          kept = kept < high ? kept : high;
          kept = kept > low ? kept : low;
          sum[r][v] = (U)kept;
          if constexpr (S == Step::kSaturateCount) limited[r][v] -= (U)(kept != (I)exact);
        }
      }
    }
    a += Rows;
  }
#pragma GCC unroll 8
  for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) {
      std::memcpy(acc + (r * Vectors + v) * lanes, &sum[r][v], Bytes);
      if constexpr (counts(S)) {
        std::memcpy(count + (r * Vectors + v) * lanes, &limited[r][v], Bytes);
      }
    }
  }
}

// One block of rows times one panel: all tiles, in order (ACC-1 ... ACC-6).
template <typename Lane, int Bytes, Step S, int Rows, int Vectors>
SYLVESTER_KERNEL_BODY void tiles_of_block(const Plan& plan, const std::uint32_t* a, const Lane* b,
                                          int b_stride, int k_padded, std::int32_t* outer,
                                          GemmCounters& counters) {
  using Signed = std::make_signed_t<Lane>;
  constexpr int size = Rows * Vectors * (Bytes / static_cast<int>(sizeof(Lane)));
  alignas(64) Lane acc[size];
  alignas(64) Lane count[size] = {};
  alignas(64) std::int32_t partial[size] = {};
  alignas(64) std::int32_t flags[size] = {};  // limited MACs of the tile's segments, by OR
  const int bits = plan.recipe.bits;
  const std::int32_t half = 1 << (bits - 1);
  const std::int64_t outer_half = std::int64_t{1} << (plan.recipe.outer_bits - 1);
  constexpr bool biased = S == Step::kWrapCount;
  for (int i = 0; i < size; ++i) outer[i] = 0;
  std::int64_t mac_limited = 0;
  std::int64_t tile_limited = 0;
  std::int64_t outer_limited = 0;
  for (int start = 0; start < k_padded; start += plan.tile) {
    const int left = k_padded - start;
    const int length = left < plan.tile ? left : plan.tile;
    for (int i = 0; i < size; ++i) acc[i] = biased ? static_cast<Lane>(half) : Lane{0};
    const bool one_segment = length <= plan.segment;
    if (!one_segment) {
      for (int i = 0; i < size; ++i) {
        partial[i] = 0;
        flags[i] = 0;
      }
    }
    for (int done = 0; done < length; done += plan.segment) {
      const int rest = length - done;
      const int macs = rest < plan.segment ? rest : plan.segment;
      multiply_block<Lane, Bytes, S, Rows, Vectors>(
          a + static_cast<std::ptrdiff_t>(start + done) * Rows,
          b + static_cast<std::ptrdiff_t>(start + done) * b_stride, b_stride, macs, bits, acc,
          count);
      if (one_segment) break;
      if constexpr (S == Step::kAdd) {
        for (int i = 0; i < size; ++i) {
          // Unsigned: `wrap` without counting only needs the sum modulo 2^32.
          partial[i] = static_cast<std::int32_t>(
              static_cast<std::uint32_t>(partial[i]) +
              static_cast<std::uint32_t>(std::int32_t{static_cast<Signed>(acc[i])}));
          acc[i] = 0;
        }
      } else if constexpr (counts(S)) {
        std::int32_t segment_limited = 0;
        for (int i = 0; i < size; ++i) {
          segment_limited += static_cast<std::int32_t>(count[i]);
          flags[i] |= static_cast<std::int32_t>(count[i]);
        }
        mac_limited += segment_limited;
      }
    }
    if (one_segment || S != Step::kAdd) {
      for (int i = 0; i < size; ++i) {
        partial[i] = std::int32_t{static_cast<Signed>(acc[i])} - (biased ? half : 0);
      }
    }
    if constexpr (counts(S)) {
      std::int32_t macs_of_tile = 0;
      std::int32_t tiles = 0;
      if (one_segment) {
        for (int i = 0; i < size; ++i) {
          macs_of_tile += static_cast<std::int32_t>(count[i]);
          tiles += count[i] != 0 ? 1 : 0;
        }
      } else {
        for (int i = 0; i < size; ++i) tiles += flags[i] != 0 ? 1 : 0;
      }
      mac_limited += macs_of_tile;
      tile_limited += tiles;
    }
    if constexpr (S == Step::kAdd) {
      if (plan.clamps) {  // ACC-5
        std::int32_t tiles = 0;
        for (int i = 0; i < size; ++i) {
          std::int32_t kept = partial[i] < half - 1 ? partial[i] : half - 1;
          kept = kept > 1 - half ? kept : 1 - half;
          tiles += kept != partial[i] ? 1 : 0;
          partial[i] = kept;
        }
        tile_limited += tiles;
      } else if (plan.wraps) {  // ACC-3 once for the whole tile
        const int shift = 32 - bits;
        for (int i = 0; i < size; ++i) {
          partial[i] =
              static_cast<std::int32_t>(static_cast<std::uint32_t>(partial[i]) << shift) >> shift;
        }
      }
    }
    if (plan.outer_binds) {  // ACC-6
      std::int32_t sums = 0;
      for (int i = 0; i < size; ++i) {
        const std::int64_t exact = std::int64_t{outer[i]} + partial[i];
        std::int64_t kept = exact < outer_half - 1 ? exact : outer_half - 1;
        kept = kept > -outer_half ? kept : -outer_half;
        sums += kept != exact ? 1 : 0;
        outer[i] = static_cast<std::int32_t>(kept);
      }
      outer_limited += sums;
    } else {
      for (int i = 0; i < size; ++i) outer[i] += partial[i];
    }
  }
  counters.mac_limited += static_cast<std::uint64_t>(mac_limited);
  counters.tile_limited += static_cast<std::uint64_t>(tile_limited);
  counters.outer_limited += static_cast<std::uint64_t>(outer_limited);
}

// Row blocks [first, last) of the result.
template <typename Lane, int Bytes, Step S>
SYLVESTER_KERNEL_BODY void rows_body(const Plan& plan, const Packed& packed, int first, int last,
                                     std::int32_t* values, GemmCounters& counters) {
  constexpr int rows = block_rows(Bytes, counts(S));
  constexpr int lanes = Bytes / static_cast<int>(sizeof(Lane));
  constexpr int vectors = block_vectors();
  constexpr int width = vectors * lanes;
  alignas(64) std::int32_t outer[rows * width];
  for (int panel = 0; panel < packed.panels; ++panel) {
    const Lane* b = reinterpret_cast<const Lane*>(packed.b.get()) +
                    static_cast<std::ptrdiff_t>(panel) * packed.k * width;
    const int column = panel * width;
    const int live = packed.n - column < width ? packed.n - column : width;
    for (int block = first; block < last; ++block) {
      const std::uint32_t* a =
          packed.a.get() + static_cast<std::ptrdiff_t>(block) * packed.k * rows;
      // A last panel that needs one vector only gets one.
      const int used = live <= lanes ? lanes : width;
      if (live <= lanes) {
        tiles_of_block<Lane, Bytes, S, rows, 1>(plan, a, b, width, packed.k, outer, counters);
      } else {
        tiles_of_block<Lane, Bytes, S, rows, vectors>(plan, a, b, width, packed.k, outer, counters);
      }
      const int top = block * rows;
      const int live_rows = packed.m - top < rows ? packed.m - top : rows;
      for (int r = 0; r < live_rows; ++r) {
        std::memcpy(values + static_cast<std::ptrdiff_t>(top + r) * packed.n + column,
                    outer + r * used, static_cast<std::size_t>(live) * sizeof(std::int32_t));
      }
    }
  }
}

using RowsFunction = void (*)(const Plan&, const Packed&, int, int, std::int32_t*, GemmCounters&);

template <typename Lane, Step S>
void rows_baseline(const Plan& plan, const Packed& packed, int first, int last,
                   std::int32_t* values, GemmCounters& counters) {
  rows_body<Lane, vector_bytes(SimdLevel::kBaseline), S>(plan, packed, first, last, values,
                                                         counters);
}
#if SYLVESTER_HAS_AVX
template <typename Lane, Step S>
SYLVESTER_TARGET_AVX2 void rows_avx2(const Plan& plan, const Packed& packed, int first, int last,
                                     std::int32_t* values, GemmCounters& counters) {
  rows_body<Lane, vector_bytes(SimdLevel::kAvx2), S>(plan, packed, first, last, values, counters);
}
template <typename Lane, Step S>
SYLVESTER_TARGET_AVX512 void rows_avx512(const Plan& plan, const Packed& packed, int first,
                                         int last, std::int32_t* values, GemmCounters& counters) {
  rows_body<Lane, vector_bytes(SimdLevel::kAvx512), S>(plan, packed, first, last, values, counters);
}
#endif

template <typename Lane, Step S>
RowsFunction rows_function(SimdLevel level) {
  switch (level) {
#if SYLVESTER_HAS_AVX
    case SimdLevel::kAvx512:
      return rows_avx512<Lane, S>;
    case SimdLevel::kAvx2:
      return rows_avx2<Lane, S>;
#endif
    default:
      return rows_baseline<Lane, S>;
  }
}

template <typename Lane>
RowsFunction rows_function(SimdLevel level, Step step) {
  switch (step) {
    case Step::kAdd:
      return rows_function<Lane, Step::kAdd>(level);
    case Step::kSaturate:
      return rows_function<Lane, Step::kSaturate>(level);
    case Step::kSaturateCount:
      return rows_function<Lane, Step::kSaturateCount>(level);
    case Step::kWrapCount:
      return rows_function<Lane, Step::kWrapCount>(level);
  }
  return nullptr;
}

struct Choice {
  Plan plan;
  Step step = Step::kAdd;
  bool narrow = true;  ///< 16-bit lanes
};

// 16-bit lanes wherever they are exact, the cheapest step wherever it gives the same.
Choice choose(const GemmJob& job) {
  constexpr std::int64_t lane_limit = std::numeric_limits<std::int16_t>::max();
  const AccumulateRecipe& recipe = job.recipe;
  const std::int64_t product = largest_product(*job.a, *job.b);
  const std::int64_t half = std::int64_t{1} << (recipe.bits - 1);
  Choice choice;
  Plan& plan = choice.plan;
  plan.recipe = recipe;
  plan.tile = tile_length(job);
  const std::int64_t largest_sum = plan.tile * product;  // < 2^30 * 2^16
  const bool binds = largest_sum > half - 1;  // else P bits hold every sum: no policy changes any
  const bool counted = job.counters != CounterMode::kNone;

  if (binds && recipe.policy == AccumulatePolicy::kSaturate) {
    choice.step = counted ? Step::kSaturateCount : Step::kSaturate;
  } else if (binds && recipe.policy == AccumulatePolicy::kWrap && counted) {
    choice.step = Step::kWrapCount;
  }
  plan.clamps = binds && recipe.policy == AccumulatePolicy::kClamp;
  plan.wraps = binds && recipe.policy == AccumulatePolicy::kWrap && !counted;

  // Counts are emptied before they pass these; a block's sum then stays in 32 bits.
  constexpr int narrow_count = 1 << 14;
  constexpr int wide_count = 1 << 20;
  plan.segment = plan.tile;
  switch (choice.step) {
    case Step::kAdd:
      if (plan.wraps) {
        choice.narrow = recipe.bits <= 16;  // modulo 2^16 is finer than modulo 2^P
        break;
      }
      // A segment's exact sum fits in the lane, then it is added to 32 bits. Short segments cost
      // more than wide lanes do.
      plan.segment = static_cast<int>(std::min<std::int64_t>(plan.tile, lane_limit / product));
      choice.narrow = plan.segment == plan.tile || plan.segment >= 16;
      if (!choice.narrow) plan.segment = plan.tile;
      break;
    case Step::kSaturate:
      choice.narrow = half + product <= lane_limit;
      break;
    case Step::kSaturateCount:
      choice.narrow = half + product <= lane_limit;
      plan.segment = std::min(plan.tile, choice.narrow ? narrow_count : wide_count);
      break;
    case Step::kWrapCount:
      // register + half and the product together stay within 2^16: no aliasing of the masked bits.
      choice.narrow = 2 * half + product <= lane_limit;
      plan.segment = std::min(plan.tile, choice.narrow ? narrow_count : wide_count);
      break;
  }

  const std::int64_t largest_partial = std::min(half, largest_sum);
  const std::int64_t tiles = (job.a->k_padded + plan.tile - 1) / plan.tile;
  plan.outer_binds = tiles * largest_partial > (std::int64_t{1} << (recipe.outer_bits - 1)) - 1;
  return choice;
}

// Values by code, for codes -largest ... largest.
std::vector<std::int32_t> value_table(const Format& format) {
  std::vector<std::int32_t> table;
  for (int code = -format.largest_code(); code <= format.largest_code(); ++code) {
    table.push_back(format.value(code));
  }
  return table;
}

template <typename Lane>
void pack_b(const PreparedOperand& b, int width, Packed& packed) {
  const Format& row = formats()[static_cast<std::size_t>(b.format)];
  const std::vector<std::int32_t> table = value_table(row);
  const std::int32_t* value = table.data() + row.largest_code();
  const auto k_padded = static_cast<std::size_t>(packed.k);
  const std::size_t size =
      static_cast<std::size_t>(packed.panels) * k_padded * static_cast<std::size_t>(width);
  packed.b = std::make_unique_for_overwrite<std::byte[]>(size * sizeof(Lane));
  auto* out = reinterpret_cast<Lane*>(packed.b.get());
  for (int panel = 0; panel < packed.panels; ++panel) {
    const int live = std::min(width, packed.n - panel * width);
    const Code* lines = b.codes.data() + static_cast<std::size_t>(panel * width) * k_padded;
    // A piece of 32 codes (one cache line) of each line in turn: the piece of the panel stays in
    // the first-level cache.
    for (std::size_t start = 0; start < k_padded; start += 32) {
      const std::size_t end = std::min(start + 32, k_padded);
      for (int j = 0; j < width; ++j) {
        const Code* line = lines + static_cast<std::size_t>(j) * k_padded;
        for (std::size_t k = start; k < end; ++k) {
          out[k * static_cast<std::size_t>(width) + static_cast<std::size_t>(j)] =
              j < live ? static_cast<Lane>(value[line[k]]) : Lane{0};
        }
      }
    }
    out += k_padded * static_cast<std::size_t>(width);
  }
}

void pack_a(const PreparedOperand& a, bool narrow, Packed& packed) {
  const Format& row = formats()[static_cast<std::size_t>(a.format)];
  const std::vector<std::int32_t> table = value_table(row);
  const std::int32_t* value = table.data() + row.largest_code();
  const auto k_padded = static_cast<std::size_t>(packed.k);
  const auto rows = static_cast<std::size_t>(packed.rows);
  packed.a = std::make_unique_for_overwrite<std::uint32_t[]>(
      static_cast<std::size_t>(packed.row_blocks) * rows * k_padded);
  for (std::size_t r = 0; r < static_cast<std::size_t>(packed.row_blocks) * rows; ++r) {
    std::uint32_t* out = packed.a.get() + (r / rows) * rows * k_padded + r % rows;
    if (r >= static_cast<std::size_t>(packed.m)) {
      for (std::size_t k = 0; k < k_padded; ++k) out[k * rows] = 0;
      continue;
    }
    const Code* line = a.codes.data() + r * k_padded;
    for (std::size_t k = 0; k < k_padded; ++k) {
      const auto bits = static_cast<std::uint32_t>(value[line[k]]);
      out[k * rows] = narrow ? (bits & 0xFFFFU) * 0x10001U : bits;
    }
  }
}

// Below this many MACs per thread a thread costs more than it saves.
constexpr std::int64_t kMacsPerThread = 1 << 20;

}  // namespace

GemmResult gemm(const GemmJob& job, int threads) {
  check(job);
  GemmResult result;
  result.m = job.a->lines;
  result.n = job.b->lines;
  result.scale = result_scale(*job.a, *job.b);
  result.values.resize(static_cast<std::size_t>(result.m) * static_cast<std::size_t>(result.n));

  const SimdLevel level = simd_level();
  const Choice choice = choose(job);
  const int bytes = vector_bytes(level);
  Packed packed;
  packed.m = result.m;
  packed.n = result.n;
  packed.k = job.a->k_padded;
  packed.rows = block_rows(bytes, counts(choice.step));
  packed.lanes = bytes / (choice.narrow ? 2 : 4);
  const int width = block_vectors() * packed.lanes;
  packed.row_blocks = (packed.m - 1) / packed.rows + 1;
  packed.panels = (packed.n - 1) / width + 1;
  pack_a(*job.a, choice.narrow, packed);
  if (choice.narrow) {
    pack_b<std::uint16_t>(*job.b, width, packed);
  } else {
    pack_b<std::uint32_t>(*job.b, width, packed);
  }
  const RowsFunction rows = choice.narrow ? rows_function<std::uint16_t>(level, choice.step)
                                          : rows_function<std::uint32_t>(level, choice.step);

  const std::int64_t macs = std::int64_t{packed.m} * packed.n * packed.k;
  const std::int64_t pieces =
      std::clamp<std::int64_t>(std::min<std::int64_t>(macs / kMacsPerThread, packed.row_blocks), 1,
                               resolve_threads(threads));
  std::vector<GemmCounters> counted(static_cast<std::size_t>(pieces));
  parallel_for(counted.size(), static_cast<int>(pieces), [&](std::size_t piece) {
    const auto at = static_cast<std::int64_t>(piece);
    const auto first = static_cast<int>(packed.row_blocks * at / pieces);
    const auto last = static_cast<int>(packed.row_blocks * (at + 1) / pieces);
    GemmCounters local;  // not in `counted` itself: neighbours would share a cache line
    rows(choice.plan, packed, first, last, result.values.data(), local);
    counted[piece] = local;
  });
  GemmCounters total;
  for (const GemmCounters& part : counted) {
    total.mac_limited += part.mac_limited;
    total.tile_limited += part.tile_limited;
    total.outer_limited += part.outer_limited;
  }
  result.counters = reported(total, job.counters);
  return result;
}

}  // namespace sylvester
