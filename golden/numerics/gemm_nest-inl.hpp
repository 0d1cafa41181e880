// The loops around a kernel's MAC, compiled once per target: strips, tiles, blocks of rows; what
// happens to a tile's register on leaving (ACC-5), the outer accumulator (ACC-6) and the counts.
//
// A kernel is a class `Step`:
//   Lane, Vec       the register's type, a vector of registers
//   kVectors        most strips that it multiplies at once; registers are scarce
//   kCounts         whether it counts limited MACs
//   Factor          what one element of packed A is in memory
//   explicit Step(const KernelTask&)
//   void mac(Vec (&sum)[V], Vec (&count)[V], Factor a, const Vec (&b)[V])
//                   one MAC in each lane of V vectors of one row
//   kHasHistory     `count` is not yet a count, but what tells the limited MACs of the last steps,
//                   kHistorySteps of them at most. Then there are
//   void mac_free(Vec (&sum)[V], Factor a, const Vec (&b)[V])   a MAC that is not limited
//   Vec empty_history(Vec sum)   what it is before a step if the registers are `sum`
//   Vec counted(Vec history)     how many MACs were limited
//   kIsDot          has no register that could limit: does free tiles (gemm_free.hpp)
//   kStartsWithProduct   registers start a tile at 0 and cannot be limited by one product. Then
//   there is void mac_first(Vec (&sum)[V], Factor a, const Vec (&b)[V])   the first MAC of a tile
// Blocks have kBlockRows rows; filling rows and columns hold zeros: a zero product changes no
// register and is never limited, so it changes no counter.

// Include guard per target.
#if defined(SYLVESTER_GEMM_NEST_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef SYLVESTER_GEMM_NEST_INL
#undef SYLVESTER_GEMM_NEST_INL
#else
#define SYLVESTER_GEMM_NEST_INL
#endif

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "golden/numerics/gemm_plan.hpp"

// Highway 1.0.3 compiles AVX3_DL without VNNI, although it takes this target only on machines that
// have it. Every file with kernels adds it behind HWY_BEFORE_NAMESPACE, where Highway has pushed
// the compiler's options.
#undef SYLVESTER_ADD_VNNI
#undef SYLVESTER_HAS_VNNI
#if HWY_TARGET == HWY_AVX3_DL && HWY_COMPILER_GCC_ACTUAL
#define SYLVESTER_HAS_VNNI 1
#define SYLVESTER_ADD_VNNI _Pragma("GCC target(\"avx512vnni\")")
#else
#define SYLVESTER_HAS_VNNI 0
#define SYLVESTER_ADD_VNNI
#endif

HWY_BEFORE_NAMESPACE();
SYLVESTER_ADD_VNNI
namespace sylvester {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// Vectors of registers that fit besides B, A and what a MAC needs: 32 registers or 16.
#if HWY_TARGET == HWY_EMU128
constexpr int kMostVectors = 1;
#elif HWY_TARGET <= HWY_AVX3 || HWY_ARCH_ARM
constexpr int kMostVectors = 4;
#else
constexpr int kMostVectors = 2;
#endif
constexpr int kMostVectorsWithCounts = (kMostVectors + 1) / 2;

// Loops over the registers of a block must be unrolled, or they would lie in memory. Emulated
// vectors do anyway; with the sanitizers' checks GCC needs a minute for their unrolled loops.
constexpr int kUnroll = HWY_TARGET == HWY_EMU128 ? 1 : 4;
// Steps without a branch: the end of a loop over 32 is mispredicted more often than not.
constexpr int kStepsInARow = kUnroll;
static_assert(kFreeStepsMultiple % kStepsInARow == 0);
constexpr int kHistorySteps = 16;
static_assert(kHistorySteps % kStepsInARow == 0);

template <typename T>
using Tag = hn::ScalableTag<T>;
template <typename T>
constexpr int kLanes = static_cast<int>(hn::MaxLanes(Tag<T>()));

// count + 1 in the lanes where a and b differ.
template <typename T>
HWY_INLINE hn::Vec<Tag<T>> count_different(hn::Vec<Tag<T>> count, hn::Vec<Tag<T>> a,
                                           hn::Vec<Tag<T>> b) {
  const Tag<T> d;
#if HWY_TARGET <= HWY_AVX3
  // In assembler, as GCC copies `count` for the intrinsics.
  const auto one = hn::Set(d, T{1}).raw;
  const auto different = hn::Ne(a, b).raw;
  if constexpr (sizeof(T) == 1) {
    asm("vpaddb %1, %0, %0 %{%2%}" : "+v"(count.raw) : "v"(one), "Yk"(different));
  } else if constexpr (sizeof(T) == 2) {
    asm("vpaddw %1, %0, %0 %{%2%}" : "+v"(count.raw) : "v"(one), "Yk"(different));
  } else {
    asm("vpaddd %1, %0, %0 %{%2%}" : "+v"(count.raw) : "v"(one), "Yk"(different));
  }
  return count;
#else
  return hn::Sub(count, hn::VecFromMask(d, hn::Ne(a, b)));
#endif
}

// The columns of a strip of bytes lie in the order 0, n/2, 1, n/2 + 1, ...: the bytes of the even
// and of the odd lanes then are columns in a row once they have 16 bits.
using Words = hn::Vec<Tag<std::int16_t>>;
HWY_INLINE void widen_bytes(hn::Vec<Tag<std::int8_t>> bytes, Words& even, Words& odd) {
#if HWY_TARGET <= HWY_AVX3
  // A multiplication by (1, 0) and one by (0, 1): one instruction each, on any vector port.
  even = Words{_mm512_maddubs_epi16(_mm512_set1_epi16(0x0001), bytes.raw)};
  odd = Words{_mm512_maddubs_epi16(_mm512_set1_epi16(0x0100), bytes.raw)};
#else
  const Words pairs = hn::BitCast(Tag<std::int16_t>(), bytes);
  even = hn::ShiftRight<8>(hn::ShiftLeft<8>(pairs));
  odd = hn::ShiftRight<8>(pairs);
#endif
}

// A vector of byte registers at the end of a tile, added to an outer accumulator of 16 bits that
// cannot limit.
template <bool Plain>
HWY_INLINE void leave_narrow(const GemmPlan& plan, hn::Vec<Tag<std::int8_t>> sum,
                             std::int16_t* outer) {
  const Tag<std::int16_t> d;
  if constexpr (!Plain) {
    sum = hn::Sub(sum, hn::Set(Tag<std::int8_t>(), static_cast<std::int8_t>(plan.start)));
  }
  Words even;
  Words odd;
  widen_bytes(sum, even, odd);
  if constexpr (!Plain) {
    even = hn::ShiftRightSame(even, plan.shift_right);
    odd = hn::ShiftRightSame(odd, plan.shift_right);
  }
  std::int16_t* next = outer + kLanes<std::int16_t>;
  hn::Store(hn::Add(hn::Load(d, outer), even), d, outer);
  hn::Store(hn::Add(hn::Load(d, next), odd), d, next);
}

template <bool Plain, int V, class Vec>
HWY_INLINE void leave_narrow_block(const GemmPlan& plan, const Vec (&sum)[kBlockRows][V],
                                   std::int16_t* outer) {
#pragma GCC unroll kUnroll
  for (int r = 0; r < kBlockRows; ++r) {
#pragma GCC unroll kUnroll
    for (int v = 0; v < V; ++v) {
      leave_narrow<Plain>(plan, sum[r][v], outer + (r * V + v) * kLanes<std::int8_t>);
    }
  }
}

template <int V, class Vec, typename Lane>
HWY_INLINE void store_block(const Vec (&vectors)[kBlockRows][V], Lane* out) {
#pragma GCC unroll kUnroll
  for (int r = 0; r < kBlockRows; ++r) {
#pragma GCC unroll kUnroll
    for (int v = 0; v < V; ++v) {
      hn::Store(vectors[r][v], Tag<Lane>(), out + (r * V + v) * kLanes<Lane>);
    }
  }
}

// One step: a MAC in each register of a block.
enum class Macs { kAll, kFree, kFirst };
template <class Step, int V, Macs Which = Macs::kAll>
HWY_INLINE void multiply_step(const Step& step, const typename Step::Factor* a,
                              const typename Step::Lane* b, std::size_t strip,
                              typename Step::Vec (&sum)[kBlockRows][V],
                              typename Step::Vec (&count)[kBlockRows][V]) {
  const Tag<typename Step::Lane> d;
  typename Step::Vec columns[V];
#pragma GCC unroll kUnroll
  for (int v = 0; v < V; ++v) columns[v] = hn::Load(d, b + static_cast<std::size_t>(v) * strip);
#pragma GCC unroll kUnroll
  for (int r = 0; r < kBlockRows; ++r) {
    if constexpr (Which == Macs::kFree) {
      step.mac_free(sum[r], a[r], columns);
    } else if constexpr (Which == Macs::kFirst) {
      step.mac_first(sum[r], a[r], columns);
    } else {
      step.mac(sum[r], count[r], a[r], columns);
    }
  }
}

// `steps` MACs of a block: registers and counts of kBlockRows rows and V strips, [row][column].
// Counts start at zero. `starts` are the registers' first values by row; null: go on from `sums`.
// With `narrow_outer` the tile ends here, and its registers leave without a detour through `sums`.
// The first `free` steps limit nothing. There are InARow steps between branches, and both numbers
// are multiples of that.
template <class Step, int V, int InARow>
HWY_NOINLINE void multiply_block(const GemmPlan& plan, const Step& step,
                                 const typename Step::Factor* a, const typename Step::Lane* b,
                                 std::size_t strip, int steps, int free,
                                 const typename Step::Lane* starts, typename Step::Lane* sums,
                                 typename Step::Lane* counts, std::int16_t* narrow_outer) {
  using Lane = typename Step::Lane;
  using Vec = typename Step::Vec;
  const Tag<Lane> d;
  constexpr int lanes = kLanes<Lane>;
  Vec sum[kBlockRows][V];
  Vec track[kBlockRows][V];  // counts or histories
#pragma GCC unroll kUnroll
  for (int r = 0; r < kBlockRows; ++r) {
#pragma GCC unroll kUnroll
    for (int v = 0; v < V; ++v) {
      sum[r][v] =
          starts != nullptr ? hn::Set(d, starts[r]) : hn::Load(d, sums + (r * V + v) * lanes);
      track[r][v] = hn::Zero(d);
    }
  }
  if constexpr (Step::kHasHistory) {
    steps -= free;
    for (; free > 0; free -= InARow) {
#pragma GCC unroll kUnroll
      for (int j = 0; j < InARow; ++j) {
        multiply_step<Step, V, Macs::kFree>(step, a + j * kBlockRows, b + j * lanes, strip, sum,
                                            track);
      }
      a += InARow * kBlockRows;
      b += InARow * lanes;
    }
#pragma GCC unroll kUnroll
    for (int r = 0; r < kBlockRows; ++r) {
#pragma GCC unroll kUnroll
      for (int v = 0; v < V; ++v) {
        track[r][v] = step.empty_history(sum[r][v]);
        hn::Store(hn::Zero(d), d, counts + (r * V + v) * lanes);
      }
    }
  }
  if constexpr (Step::kStartsWithProduct) {
    if (starts != nullptr) {
#pragma GCC unroll kUnroll
      for (int j = 0; j < InARow; ++j) {
        if (j == 0) {
          multiply_step<Step, V, Macs::kFirst>(step, a, b, strip, sum, track);
        } else {
          multiply_step<Step, V>(step, a + j * kBlockRows, b + j * lanes, strip, sum, track);
        }
      }
      a += InARow * kBlockRows;
      b += InARow * lanes;
      steps -= InARow;
    }
  }
  while (steps > 0) {
    int left = Step::kHasHistory ? std::min(steps, kHistorySteps) : steps;
    steps -= left;
    for (; left > 0; left -= InARow) {
#pragma GCC unroll kUnroll
      for (int j = 0; j < InARow; ++j) {
        multiply_step<Step, V>(step, a + j * kBlockRows, b + j * lanes, strip, sum, track);
      }
      a += InARow * kBlockRows;
      b += InARow * lanes;
    }
    if constexpr (Step::kHasHistory) {
#pragma GCC unroll kUnroll
      for (int r = 0; r < kBlockRows; ++r) {
#pragma GCC unroll kUnroll
        for (int v = 0; v < V; ++v) {
          Lane* count = counts + (r * V + v) * lanes;
          hn::Store(hn::Add(hn::Load(d, count), step.counted(track[r][v])), d, count);
          track[r][v] = step.empty_history(sum[r][v]);
        }
      }
    }
  }
  // P = 8 with register 0 as lane 0 needs neither a shift nor a subtraction.
  const bool plain = plan.start == 0 && plan.shift_right == 0;
  if constexpr (Step::kCounts && !Step::kHasHistory) store_block<V>(track, counts);
  if constexpr (sizeof(Lane) == 1) {
    if (narrow_outer != nullptr && plain)
      return leave_narrow_block<true, V>(plan, sum, narrow_outer);
    if (narrow_outer != nullptr) return leave_narrow_block<false, V>(plan, sum, narrow_outer);
  }
  store_block<V>(sum, sums);
}

// Sums over many blocks, in 64-bit lanes until the end.
struct Tally {
  hn::Vec<Tag<std::uint64_t>> sum;

  // `size` counts, which are not negative.
  template <typename Lane>
  HWY_INLINE void add(const Lane* counts, int size) {
    add_each(counts, size, [](auto count) { return count; });
  }
  // How many of them are not zero.
  template <typename Lane>
  HWY_INLINE void add_nonzero(const Lane* counts, int size) {
    const Tag<std::make_unsigned_t<Lane>> d;
    add_each(counts, size, [d](auto count) { return hn::Min(count, hn::Set(d, 1)); });
  }
  HWY_INLINE std::uint64_t total() const {
    const Tag<std::uint64_t> d;
    return hn::GetLane(hn::SumOfLanes(d, sum));
  }

 private:
  template <typename Lane, class Function>
  HWY_INLINE void add_each(const Lane* counts, int size, Function function) {
    const Tag<std::uint64_t> d;
    using Unsigned = std::make_unsigned_t<Lane>;
    const Tag<Unsigned> du;
    const auto* from = reinterpret_cast<const Unsigned*>(counts);
    if constexpr (sizeof(Lane) == 1) {
      for (int i = 0; i < size; i += kLanes<Lane>) {
        sum = hn::Add(sum, hn::SumsOf8(function(hn::Load(du, from + i))));
      }
    } else {
      // A block's sum fits in 32-bit lanes: at most 16 vectors of counts up to 2^16.
      const Tag<std::uint32_t> d32;
      auto block = hn::Zero(d32);
      for (int i = 0; i < size; i += kLanes<Lane>) {
        const auto vector = hn::BitCast(d32, function(hn::Load(du, from + i)));
        if constexpr (sizeof(Lane) == 2) {
          block = hn::Add(block, hn::And(vector, hn::Set(d32, 0xFFFFU)));
          block = hn::Add(block, hn::ShiftRight<16>(vector));
        } else {
          block = hn::Add(block, vector);
        }
      }
      const auto pairs = hn::BitCast(d, block);
      sum = hn::Add(sum, hn::And(pairs, hn::Set(d, 0xFFFFFFFFU)));
      sum = hn::Add(sum, hn::ShiftRight<32>(pairs));
    }
  }
};

// A tile leaves (ACC-5) and is added to the outer accumulator (ACC-6).
struct Leaving {
  const GemmPlan& plan;
  std::uint64_t tiles = 0;
  std::uint64_t sums = 0;

  explicit Leaving(const GemmPlan& p) : plan(p) {}

  // Limits: clamping or the outer limit can change something.
  template <bool Limits>
  HWY_INLINE void add(hn::Vec<Tag<std::int32_t>> partial, std::int32_t* outer) {
    const Tag<std::int32_t> d;
    auto sum = hn::Load(d, outer);
    if constexpr (Limits) {
      partial = clamped(partial);
      sum = plan.outer_binds ? limited(sum, partial) : hn::Add(sum, partial);
    } else {
      sum = hn::Add(sum, partial);
    }
    hn::Store(sum, d, outer);
  }

 private:
  HWY_INLINE hn::Vec<Tag<std::int32_t>> clamped(hn::Vec<Tag<std::int32_t>> partial) {
    const Tag<std::int32_t> d;
    if (!plan.clamps) return partial;
    const std::int32_t most = (1 << (plan.recipe.bits - 1)) - 1;
    const auto kept = hn::Min(hn::Max(partial, hn::Set(d, -most)), hn::Set(d, most));
    if (plan.counted) tiles += hn::CountTrue(d, hn::Ne(kept, partial));
    return kept;
  }

  HWY_INLINE hn::Vec<Tag<std::int32_t>> limited(hn::Vec<Tag<std::int32_t>> outer,
                                                hn::Vec<Tag<std::int32_t>> partial) {
    const Tag<std::int32_t> d;
    const auto exact = hn::Add(outer, partial);
    auto kept = exact;
    if (plan.recipe.outer_bits < 32) {
      // |outer| <= 2^30 and |partial| <= 2^23: the sum has 32 bits.
      const std::int32_t half = 1 << (plan.recipe.outer_bits - 1);
      kept = hn::Min(hn::Max(exact, hn::Set(d, -half)), hn::Set(d, half - 1));
    } else {
      // The sum modulo 2^32 left the range if its sign is not that of the two equal signs.
      const auto over =
          hn::BroadcastSignBit(hn::AndNot(hn::Xor(outer, partial), hn::Xor(outer, exact)));
      const auto rail = hn::Xor(hn::BroadcastSignBit(outer), hn::Set(d, 0x7FFFFFFF));
      kept = hn::Or(hn::And(over, rail), hn::AndNot(over, exact));
    }
    if (plan.counted) sums += hn::CountTrue(d, hn::Ne(kept, exact));
    return kept;
  }
};

// A block's registers, `size` lanes, leave a tile. `outer` lies in the order of the columns.
template <bool Limits, typename Lane>
HWY_NOINLINE void leave_block(Leaving& leaving, const Lane* sums, int size, std::int32_t* outer) {
  const GemmPlan& plan = leaving.plan;
  const Tag<Lane> d;
  const Tag<std::int32_t> d32;
  constexpr int lanes = kLanes<Lane>;
  const auto start = hn::Set(d, static_cast<Lane>(plan.start));
  const int right = plan.shift_right;
  for (int i = 0; i < size; i += lanes) {
    const auto sum = hn::Sub(hn::Load(d, sums + i), start);
    if constexpr (sizeof(Lane) == 4) {
      auto partial = sum;
      if (plan.shift_left != 0) partial = hn::ShiftLeftSame(partial, plan.shift_left);
      if (right != 0) partial = hn::ShiftRightSame(partial, right);
      leaving.add<Limits>(partial, outer + i);
    } else {
      Words words[2];
      if constexpr (sizeof(Lane) == 1) {
        widen_bytes(sum, words[0], words[1]);
      } else {
        words[0] = sum;
      }
      constexpr int halves = sizeof(Lane) == 1 ? 2 : 1;
#pragma GCC unroll 2
      for (int h = 0; h < halves; ++h) {
        Words partial = words[h];
        if (right != 0) partial = hn::ShiftRightSame(partial, right);
        const int at = i + h * kLanes<std::int16_t>;
        const hn::Half<Tag<std::int16_t>> half;
        leaving.add<Limits>(hn::PromoteTo(d32, hn::LowerHalf(half, partial)), outer + at);
        leaving.add<Limits>(hn::PromoteTo(d32, hn::UpperHalf(half, partial)),
                            outer + at + kLanes<std::int32_t>);
      }
    }
  }
}

// A row of C: outer accumulators of 16 or 32 bits, added to what is there or not.
template <typename Outer>
HWY_INLINE void write_row(const Outer* in, int size, bool adds, std::int32_t* out) {
  const Tag<std::int32_t> d;
  constexpr int lanes = kLanes<std::int32_t>;
  const auto load = [&](const Outer* from) {
    const hn::Rebind<Outer, Tag<std::int32_t>> d_in;
    if constexpr (sizeof(Outer) == sizeof *out) {
      return hn::Load(d_in, from);
    } else {
      return hn::PromoteTo(d, hn::Load(d_in, from));
    }
  };
  int i = 0;
  for (; i + lanes <= size; i += lanes) {
    auto sum = load(in + i);
    if (adds) sum = hn::Add(sum, hn::LoadU(d, out + i));
    hn::StoreU(sum, d, out + i);
  }
  if (i == size) return;
  if (adds) {
    for (; i < size; ++i) out[i] += in[i];
  } else {
    // One store: GCC makes a call of memcpy of a loop.
    hn::BlendedStore(load(in + i), hn::FirstN(d, static_cast<std::size_t>(size - i)), d, out + i);
  }
}

// The free tiles of V strips of a dot product: all of a block's stay in the registers.
template <class Step, int V>
HWY_NOINLINE void multiply_free_tiles(const KernelTask& task, int first) {
  using Lane = typename Step::Lane;
  constexpr int lanes = kLanes<Lane>;
  constexpr int width = V * lanes;
  alignas(64) Lane sums[kBlockRows * width];
  const GemmPlan& plan = *task.plan;
  const Step step(task);
  const std::size_t strip = task.b_strip_bytes / sizeof(Lane);
  const Lane* b = reinterpret_cast<const Lane*>(task.b) + static_cast<std::size_t>(first) * strip;
  const int column = first * lanes;
  const int live = std::min(width, task.columns - column);
  const int tiles = (plan.steps - 1) / plan.tile_steps + 1;
  for (int row = 0; row < task.rows; row += kBlockRows) {
    const int block = row / kBlockRows;
    const std::uint8_t* free = task.free_tiles + static_cast<std::ptrdiff_t>(block) * tiles;
    const auto* a = reinterpret_cast<const typename Step::Factor*>(
        task.a + static_cast<std::size_t>(block) * task.a_block_bytes);
    std::uint32_t start_sums[kBlockRows] = {};
    for (int tile = 0; tile < tiles && task.row_starts != nullptr; ++tile) {
      if (free[tile] == 0) continue;
      const std::int32_t* of_tile =
          task.row_starts + static_cast<std::size_t>(tile) * task.row_starts_stride + row;
      for (int r = 0; r < kBlockRows; ++r) start_sums[r] += static_cast<std::uint32_t>(of_tile[r]);
    }
    Lane starts[kBlockRows];
    for (int r = 0; r < kBlockRows; ++r) starts[r] = static_cast<Lane>(start_sums[r]);
    const Lane* begin = starts;  // null once the registers have begun
    const auto multiply = [&](int from, int steps, auto block_function) {
      block_function(plan, step, a + static_cast<std::ptrdiff_t>(from) * kBlockRows,
                     b + static_cast<std::ptrdiff_t>(from) * lanes, strip, steps, 0, begin, sums,
                     nullptr, nullptr);
      begin = nullptr;
    };
    for (int tile = 0; tile < tiles;) {
      int end = tile;
      while (end < tiles && free[end] != 0) ++end;
      const int from = tile * plan.tile_steps;
      const int steps = std::min(end * plan.tile_steps, plan.steps) - from;
      const int rest = end == tile ? 0 : steps % kStepsInARow;
      if (steps > rest) multiply(from, steps - rest, multiply_block<Step, V, kStepsInARow>);
      if (rest > 0) multiply(from + steps - rest, rest, multiply_block<Step, V, 1>);
      tile = end + 1;
    }
    if (begin != nullptr) std::memset(sums, 0, sizeof sums);
    for (int r = 0; r < std::min(kBlockRows, task.rows - row); ++r) {
      write_row(sums + r * width, live, false,
                task.values + static_cast<std::size_t>(row + r) * task.row_length + column);
    }
  }
}

// All of K for V strips, from number `first` on, and all rows of the task; without free tiles, if
// the task has some: then it has one block of rows.
template <class Step, int V>
HWY_NOINLINE void multiply_tiles(const KernelTask& task, int first) {
  using Lane = typename Step::Lane;
  constexpr int lanes = kLanes<Lane>;
  constexpr int width = V * lanes;
  constexpr int size = kBlockRows * width;
  constexpr bool may_be_narrow = sizeof(Lane) == 1;
  alignas(64) std::int32_t outer[kUnitRows * width];
  alignas(64) std::int16_t narrow_outer[may_be_narrow ? kUnitRows * width : kUnitRows];
  alignas(64) Lane sums[size];
  alignas(64) Lane counts[Step::kCounts ? size : 1];
  alignas(64) Lane flags[Step::kCounts ? size : 1];
  const GemmPlan& plan = *task.plan;
  const Step step(task);
  const int blocks = (task.rows + kBlockRows - 1) / kBlockRows;
  const std::size_t strip = task.b_strip_bytes / sizeof(Lane);
  const Lane* b = reinterpret_cast<const Lane*>(task.b) + static_cast<std::size_t>(first) * strip;
  if (plan.outer_narrow) {
    std::memset(narrow_outer, 0, static_cast<std::size_t>(blocks * size) * sizeof(std::int16_t));
  } else {
    std::memset(outer, 0, static_cast<std::size_t>(blocks * size) * sizeof(std::int32_t));
  }
  Leaving leaving(plan);
  const auto leave =
      plan.clamps || plan.outer_binds ? leave_block<true, Lane> : leave_block<false, Lane>;
  Tally limited_macs{hn::Zero(Tag<std::uint64_t>())};
  Tally limited_tiles{hn::Zero(Tag<std::uint64_t>())};

  // The lines of C that will be written come into the cache meanwhile, a few with every block.
  const int column = first * lanes;
  const int live = std::min(width, task.columns - column);
  const std::int32_t* next_out = task.values + column;
  int next_row = 0;
  int next_column = 0;
  const int tiles = (plan.steps - 1) / plan.tile_steps + 1;
  const int lines_per_block = (task.rows * ((live - 1) / 16 + 1) - 1) / (tiles * blocks) + 1;

  const std::int32_t* row_starts = task.row_starts;
  for (int tile = 0; tile < plan.steps; tile += plan.tile_steps) {
    const int length = std::min(plan.tile_steps, plan.steps - tile);
    for (int block = 0; block < blocks; ++block) {
      if (task.free_tiles != nullptr && task.free_tiles[tile / plan.tile_steps] != 0) continue;
      const auto* a = reinterpret_cast<const typename Step::Factor*>(
                          task.a + static_cast<std::size_t>(block) * task.a_block_bytes) +
                      static_cast<std::ptrdiff_t>(tile) * kBlockRows;
      Lane starts[kBlockRows];
      for (int r = 0; r < kBlockRows; ++r) {
        starts[r] = static_cast<Lane>(row_starts != nullptr ? row_starts[block * kBlockRows + r]
                                                            : plan.start);
      }
      const int rest = length % kStepsInARow;
      const bool one_segment = length <= plan.segment && (rest == 0 || rest == length);
      if (Step::kCounts && !one_segment) std::memset(flags, 0, sizeof flags);
      int done = 0;
      while (done < length) {
        int steps = std::min(plan.segment, length - done);
        const bool few = steps < kStepsInARow;
        if (!few) steps -= steps % kStepsInARow;
        const bool leaves = plan.outer_narrow && done + steps == length;
        const auto multiply =
            few ? multiply_block<Step, V, 1> : multiply_block<Step, V, kStepsInARow>;
        multiply(plan, step, a + static_cast<std::ptrdiff_t>(done) * kBlockRows,
                 b + static_cast<std::ptrdiff_t>(tile + done) * lanes, strip, steps,
                 done == 0 ? std::min(plan.free_steps, steps) : 0, done == 0 ? starts : nullptr,
                 sums, counts, leaves ? narrow_outer + block * size : nullptr);
        done += steps;
        if constexpr (Step::kCounts) {
          limited_macs.add(counts, size);
          if (one_segment) break;
          const Tag<Lane> d;
          for (int i = 0; i < size; i += lanes) {
            hn::Store(hn::Or(hn::Load(d, flags + i), hn::Load(d, counts + i)), d, flags + i);
          }
        }
      }
      if constexpr (Step::kCounts) {
        limited_tiles.add_nonzero(one_segment ? counts : flags, size);
      }
      if (!plan.outer_narrow) leave(leaving, sums, size, outer + block * size);
      for (int i = 0; i < lines_per_block && next_row < task.rows; ++i) {
        hwy::Prefetch(next_out + next_column);
        next_column += 16;
        if (next_column >= live) {
          next_column = 0;
          ++next_row;
          next_out += task.row_length;
        }
      }
    }
    if (row_starts != nullptr) row_starts += task.row_starts_stride;
  }
  if constexpr (Step::kCounts) {
    task.counters->mac_limited += limited_macs.total();
    task.counters->tile_limited += limited_tiles.total();
  }
  task.counters->tile_limited += leaving.tiles;
  task.counters->outer_limited += leaving.sums;

  for (int r = 0; r < task.rows; ++r) {
    std::int32_t* out = task.values + static_cast<std::size_t>(r) * task.row_length + column;
    const bool adds = task.free_tiles != nullptr;
    if constexpr (may_be_narrow) {
      if (plan.outer_narrow) {
        write_row(narrow_outer + r * width, live, adds, out);
        continue;
      }
    }
    write_row(outer + r * width, live, adds, out);
  }
}

// The tiles of V strips that are not free, if there are any, block by block: they are few.
template <class Step, int V>
HWY_NOINLINE void multiply_other_tiles(const KernelTask& task, int first) {
  const GemmPlan& plan = *task.plan;
  const int tiles = (plan.steps - 1) / plan.tile_steps + 1;
  for (int row = 0; row < task.rows; row += kBlockRows) {
    const int block = row / kBlockRows;
    KernelTask one = task;
    one.free_tiles += static_cast<std::ptrdiff_t>(block) * tiles;
    if (std::find(one.free_tiles, one.free_tiles + tiles, 0) == one.free_tiles + tiles) continue;
    one.a += static_cast<std::size_t>(block) * task.a_block_bytes;
    if (task.row_starts != nullptr) one.row_starts += row;
    one.rows = std::min(kBlockRows, task.rows - row);
    one.values += static_cast<std::size_t>(row) * task.row_length;
    multiply_tiles<Step, V>(one, first);
  }
}

template <class Step, int V>
HWY_INLINE void multiply_strips(const KernelTask& task, int first) {
  if (task.free_tiles == nullptr) return multiply_tiles<Step, V>(task, first);
  if constexpr (Step::kIsDot) {
    multiply_free_tiles<Step, V>(task, first);
  } else {
    multiply_other_tiles<Step, V>(task, first);
  }
}

template <class Step>
HWY_INLINE void run_kernel(const KernelTask& task) {
  int first = 0;
  while (first < task.strips) {
    const int left = task.strips - first;
    if constexpr (Step::kVectors >= 4) {
      if (left >= 4) {
        multiply_strips<Step, 4>(task, first);
        first += 4;
        continue;
      }
    }
    if constexpr (Step::kVectors >= 2) {
      if (left >= 2) {
        multiply_strips<Step, 2>(task, first);
        first += 2;
        continue;
      }
    }
    multiply_strips<Step, 1>(task, first);
    first += 1;
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sylvester
HWY_AFTER_NAMESPACE();

#endif  // include guard per target
