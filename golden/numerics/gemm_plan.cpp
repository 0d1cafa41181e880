#include "golden/numerics/gemm_plan.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <limits>

#include "golden/numerics/gemm_kernels.hpp"

namespace sylvester {
namespace {

using enum KernelFamily;
using enum KernelLevels;

// In the order of KernelId.
constexpr std::array kKernels = {
    GemmKernel{"byte saturate", kByte, false, kAll, byte_saturate},
    GemmKernel{"byte saturate twice", kByte, false, kAll, byte_saturate_twice},
    GemmKernel{"byte saturate, count", kByte, true, kAll, byte_saturate_count},
    GemmKernel{"byte wrap, count", kByte, true, kAll, byte_wrap_count},
    GemmKernel{"word saturate", kWord, false, kAll, word_saturate},
    GemmKernel{"word clip", kWord, false, kAll, word_clip},
    GemmKernel{"word saturate, count", kWord, true, kAll, word_saturate_count},
    GemmKernel{"word clip, count", kWord, true, kAll, word_clip_count},
    GemmKernel{"word wrap, count", kWord, true, kAll, word_wrap_count},
    GemmKernel{"word mask, count", kWord, true, kAll, word_mask_count},
    GemmKernel{"word grow, count", kWord, true, kAll, word_grow_count},
    GemmKernel{"word carry, count", kWord, true, kAll, word_carry_count},
    GemmKernel{"wide saturate", kWide, false, kVnni, wide_saturate},
    GemmKernel{"wide clip", kWide, false, kNotVnni, wide_clip},
    GemmKernel{"wide saturate, count", kWide, true, kVnni, wide_saturate_count},
    GemmKernel{"wide clip, count", kWide, true, kNotVnni, wide_clip_count},
    GemmKernel{"wide wrap, count", kWide, true, kAll, wide_wrap_count},
    GemmKernel{"dot, A unsigned", kDot, false, kAll, dot_unsigned_a},
    GemmKernel{"dot, B unsigned", kDot, false, kAll, dot_unsigned_b},
};
static_assert(kKernels.size() == static_cast<std::size_t>(KernelId::kDotUnsignedB) + 1);

constexpr std::int64_t kByteMax = std::numeric_limits<std::int8_t>::max();
constexpr std::int64_t kWordMax = std::numeric_limits<std::int16_t>::max();
constexpr std::int64_t kWideMax = std::numeric_limits<std::int32_t>::max();

// Tiles of a job in which no tile can be told from another: long enough to hide their ends, short
// enough for the first-level cache.
constexpr int kFreeTile = 256;
// Counts of a lane are emptied before they pass these.
constexpr int kByteCounts = 255;
constexpr int kWordCounts = 1 << 14;
constexpr int kWideCounts = 1 << 16;

struct Ranges {
  const Format& a;
  const Format& b;
  std::int64_t product;  ///< largest |product|
};

// Exact dot products of tiles, modulo 2^32. The hardware's instruction takes unsigned bytes times
// signed bytes.
void choose_dot(const Ranges& ranges, GemmPlan& plan) {
  if (!ranges.a.is_signed && ranges.b.largest() <= kByteMax) {
    plan.kernel = KernelId::kDotUnsignedA;
  } else if (!ranges.b.is_signed && ranges.a.largest() <= kByteMax) {
    plan.kernel = KernelId::kDotUnsignedB;
  } else if (ranges.a.is_signed && ranges.b.is_signed) {
    // sum a·(b + 128) - 128·sum a. As bytes, b + 128 is b xor 0x80.
    plan.kernel = KernelId::kDotUnsignedB;
    plan.b_flip = 0x80;
    plan.row_start = -128;
  } else {
    // u8 times u8: sum a·(b - 128) + 128·sum a, and b - 128 is b xor 0x80 as well.
    plan.kernel = KernelId::kDotUnsignedA;
    plan.b_flip = 0x80;
    plan.row_start = 128;
  }
}

// Narrow registers in wider lanes. A register of P bits lives in the upper bits of a lane of L
// bits: lane = register·2^s + low, s = L - P, 0 <= low < 2^s. Products are multiplied by 2^s. Then
// one saturating addition of the lane is exactly ACC-2, and the register is lane >> s:
//   x = register + p is in range: lane + p·2^s = x·2^s + low lies in -2^(L-1) ... 2^(L-1) - 1, is
//     kept, and low stays.
//   x > 2^(P-1) - 1: lane + p·2^s >= 2^(P-1)·2^s = 2^(L-1), so the lane becomes 2^(L-1) - 1, which
//     is (2^(P-1) - 1)·2^s + 2^s - 1: the upper limit, low = 2^s - 1.
//   x < -2^(P-1): lane + p·2^s <= -2^(L-1) - 2^s + low < -2^(L-1), so the lane becomes -2^(L-1),
//     the lower limit, low = 0.
// A MAC is limited exactly if the lane saturates, that is if the saturating sum differs from the
// sum modulo 2^L. With `wrap`, the lane keeps the sum modulo 2^L: low stays 0 and the register is
// right. All of this needs p·2^s to be a number of the lane.
bool fits(const Ranges& ranges, int bits, int lane_bits) {
  return ranges.product << (lane_bits - bits) <= (std::int64_t{1} << (lane_bits - 1)) - 1;
}

void choose_byte(const Ranges& ranges, KernelId kernel, GemmPlan& plan) {
  plan.kernel = kernel;
  plan.table_scale = 8 - plan.recipe.bits;
  plan.shift_right = plan.table_scale;
  plan.table_limit = static_cast<std::int32_t>(kByteMax);
  plan.segment = kByteCounts;
  (void)ranges;
}

void choose_word_scaled(KernelId kernel, GemmPlan& plan) {
  plan.kernel = kernel;
  plan.b_scale = 16 - plan.recipe.bits;
  plan.shift_right = plan.b_scale;
  plan.segment = kWordCounts;
}

// Products times 2^scale, with both factors in 16 bits. False if that is not possible.
bool scale_wide(const Ranges& ranges, int scale, GemmPlan& plan) {
  int a_scale = 0;
  while (a_scale < scale && std::int64_t{ranges.a.largest()} << (a_scale + 1) <= kWordMax) {
    ++a_scale;
  }
  plan.a_scale = a_scale;
  plan.b_scale = scale - a_scale;
  return std::int64_t{ranges.b.largest()} << plan.b_scale <= kWordMax;
}

// A saturating addition of 32-bit lanes, as above with L = 32. The kernel that counts starts with
// low = 1 and makes low 1 again after each MAC, so that low says whether the lane saturated: a sum
// in range keeps low = 1, the upper limit has low = 2^s - 1, the lower one 0, and with s >= 2 (P is
// at most 24) these differ in their two lowest bits. The register is right in all three cases.
//
// Products that are not negative only meet the upper limit, so their register may be one of more
// than P bits plus the difference of the upper limits: u8 x u8 needs that, as 16 bits hold its
// factors times 2^7 at most.
void choose_wide_saturate(const Ranges& ranges, GemmPlan& plan) {
  int bits = plan.recipe.bits;
  while (!scale_wide(ranges, 32 - bits, plan)) ++bits;
  const int scale = 32 - bits;
  // Signed operands have at most 7 bits besides the sign, which leaves scales up to 15; for P up to
  // 16 their products have gone to smaller lanes.
  assert(bits == plan.recipe.bits || (!ranges.a.is_signed && !ranges.b.is_signed));
  assert(fits(ranges, bits, 32));
  plan.kernel = plan.counted ? KernelId::kWideSaturateCount : KernelId::kWideSaturate;
  plan.start = ((1 << (bits - 1)) - (1 << (plan.recipe.bits - 1))) * (1 << scale);
  if (plan.counted) plan.start += 1;
  plan.shift_right = scale;
  plan.segment = kWideCounts;
}

void choose_saturate(const Ranges& ranges, bool vnni, GemmPlan& plan) {
  const int bits = plan.recipe.bits;
  const bool counted = plan.counted;
  // 16 products of a code of A fit in the table row that a byte shuffle can hold.
  if (bits <= 8 && ranges.b.bits <= 4) {
    if (fits(ranges, bits, 8)) {
      return choose_byte(ranges, counted ? KernelId::kByteSaturateCount : KernelId::kByteSaturate,
                         plan);
    }
    if (!counted) {
      // Larger products. The lane holds register + 2^(P-1), unsigned, times 2^s; a table of the
      // positive and one of the negative products are added and subtracted with unsigned
      // saturation, one of the two is zero. Products are limited to 2^P - 1: a register is at least
      // -2^(P-1), so with any such product it reaches or passes the upper limit 2^(P-1) - 1, and
      // ends there; likewise below.
      choose_byte(ranges, KernelId::kByteSaturateTwice, plan);
      plan.table_limit = (1 << bits) - 1;
      plan.start = -128;  // 0x80 as a byte: register 0
      return;
    }
  }
  if (bits <= 16) {
    if (fits(ranges, bits, 16)) {
      return choose_word_scaled(counted ? KernelId::kWordSaturateCount : KernelId::kWordSaturate,
                                plan);
    }
    // Larger products. The lane holds register + start such that the lower limit is that of the
    // lane, -2^15. A saturating addition keeps to it; passing the upper limit of 16 bits or not,
    // the minimum with the upper limit of P bits then is right as well. A MAC is limited exactly if
    // that differs from the sum modulo 2^16: if the register leaves its range it does so by less
    // than 2^16, so the sum modulo 2^16 cannot be the limit.
    if (ranges.product <= kWordMax) {
      plan.kernel = counted ? KernelId::kWordClipCount : KernelId::kWordClip;
      plan.start = (1 << (bits - 1)) - (1 << 15);
      plan.segment = kWordCounts;
      return;
    }
  }
  // Products up to 2^16 - 1 that are not negative. The lane holds the register, unsigned, and the
  // minimum of 2^(P-1) - 1 and a sum that saturates at 2^16 - 1 is the new one. A MAC is limited
  // exactly if that differs from the sum modulo 2^16: beyond 2^16 - 1 this is less than the
  // register.
  if (bits <= 16 && counted && !ranges.a.is_signed && !ranges.b.is_signed) {
    plan.kernel = KernelId::kWordGrowCount;
    plan.segment = kWordCounts;
    return;
  }
  if (vnni) return choose_wide_saturate(ranges, plan);
  // register + p has 32 bits, and both limits are applied.
  plan.kernel = counted ? KernelId::kWideClipCount : KernelId::kWideClip;
  plan.segment = kWideCounts;
}

void choose_wrap_count(const Ranges& ranges, GemmPlan& plan) {
  const int bits = plan.recipe.bits;
  const std::int64_t range = std::int64_t{1} << bits;
  if (bits <= 8 && ranges.b.bits <= 4 && fits(ranges, bits, 8)) {
    return choose_byte(ranges, KernelId::kByteWrapCount, plan);
  }
  if (bits <= 16 && fits(ranges, bits, 16)) {
    return choose_word_scaled(KernelId::kWordWrapCount, plan);
  }
  // The lane holds u = register + 2^(P-1) in 0 ... 2^P - 1; the new one is (u + p) mod 2^P, and the
  // MAC is limited if that differs from u + p. Modulo 2^L this is seen if u + p cannot come around:
  // -|p| and 2^P - 1 + |p| must not be congruent to anything in 0 ... 2^P - 1.
  if (range + ranges.product <= 2 * (kWordMax + 1)) {
    plan.start = static_cast<std::int32_t>(range / 2);
    plan.kernel = KernelId::kWordMaskCount;
    plan.segment = kWordCounts;
    return;
  }
  // The same for products up to 2^16 - 1 that are not negative: u + p and the sum that saturates at
  // 2^16 - 1 differ only beyond 2^16 - 1, where the new u, u + p - 2^16 modulo 2^P, is at most
  // u + p - 2^16 < u <= 2^16 - 1: the MAC is limited if the saturating sum differs from the new u.
  if (bits <= 16 && !ranges.a.is_signed && !ranges.b.is_signed) {
    plan.start = static_cast<std::int32_t>(range / 2);
    plan.kernel = KernelId::kWordCarryCount;
    plan.segment = kWordCounts;
    return;
  }
  // The lane holds (E + 2^(P-1))·2^(31-P) modulo 2^32, where E is the exact sum of the tile so far.
  // Let q = (E + 2^(P-1)) / 2^P, rounded down: the register is E - q·2^P, and a MAC is limited if
  // it changes q. As |p| < 2^P, by one at most, so it is limited if it changes q's lowest bit,
  // which is the lane's sign; the bits below are register + 2^(P-1).
  const bool scaled = scale_wide(ranges, 31 - bits, plan);
  assert(scaled && ranges.product < range);
  static_cast<void>(scaled);
  plan.start = 1 << 30;
  plan.shift_left = 1;
  plan.shift_right = 32 - bits;
  plan.kernel = KernelId::kWideWrapCount;
  plan.segment = kWideCounts;
}

Ranges ranges_of(const GemmJob& job) {
  const auto format_of = [](const PreparedOperand& operand) -> const Format& {
    return formats()[static_cast<std::size_t>(operand.format)];
  };
  return {format_of(*job.a), format_of(*job.b), largest_product(*job.a, *job.b)};
}

void count_steps(GemmPlan& plan) {
  const auto steps = [&](int k) { return (k + plan.steps_per_k() - 1) / plan.steps_per_k(); };
  plan.tile_steps = steps(plan.tile);
  plan.steps = plan.k / plan.tile * plan.tile_steps + steps(plan.k % plan.tile);
}

}  // namespace

std::span<const GemmKernel> gemm_kernels() { return kKernels; }

GemmPlan plan_free_tiles(const GemmJob& job) {
  GemmPlan plan;
  plan.recipe = job.recipe;
  plan.k = job.a->k_padded;
  plan.tile = tile_length(job);
  choose_dot(ranges_of(job), plan);
  count_steps(plan);
  plan.segment = plan.tile_steps;
  return plan;
}

GemmPlan plan_gemm(const GemmJob& job, SimdLevel level) {
  const Ranges ranges = ranges_of(job);
  const AccumulateRecipe& recipe = job.recipe;
  const std::int64_t half = std::int64_t{1} << (recipe.bits - 1);

  GemmPlan plan;
  plan.recipe = recipe;
  plan.counted = job.counters != CounterMode::kNone;
  plan.k = job.a->k_padded;
  plan.tile = tile_length(job);
  const std::int64_t largest_sum = plan.tile * ranges.product;  // < 2^30 * 2^16
  const std::int64_t tiles = (plan.k - 1) / plan.tile + 1;
  // If no prefix of a tile can leave -half ... half - 1, then no policy changes any sum: not a MAC,
  // not on leaving (largest_sum <= half - 1 is also what `clamp` keeps).
  const bool binds = largest_sum > half - 1;
  plan.outer_binds =
      tiles * std::min(half, largest_sum) > (std::int64_t{1} << (recipe.outer_bits - 1)) - 1;

  const bool vnni = level == SimdLevel::kAvx512Vnni;
  const bool unsigned_products = !ranges.a.is_signed && !ranges.b.is_signed;
  if (!binds) {
    choose_dot(ranges, plan);
    // Then the result is the plain sum over K, and tiles do not show either.
    if (!plan.outer_binds) plan.tile = std::min(plan.k, kFreeTile);
  } else if (recipe.policy == AccumulatePolicy::kClamp) {
    choose_dot(ranges, plan);  // check() has refused tiles beyond 32 bits
    plan.clamps = true;
  } else if (recipe.policy == AccumulatePolicy::kWrap && !plan.counted) {
    // Reducing modulo 2^P after every MAC or once per tile gives the same number (ACC-3: congruent
    // to the exact sum), and a sum modulo 2^32 is one modulo 2^P. Which MACs wrapped is lost.
    choose_dot(ranges, plan);
    plan.shift_left = plan.shift_right = 32 - recipe.bits;
  } else if (recipe.policy == AccumulatePolicy::kWrap) {
    choose_wrap_count(ranges, plan);
  } else if (unsigned_products && !plan.counted && largest_sum <= kWideMax) {
    // Products >= 0: the register only grows, and stays once it has reached 2^(P-1) - 1. So it ends
    // at min(sum, 2^(P-1) - 1): ACC-5's `clamp` of a sum that is not negative.
    choose_dot(ranges, plan);
    plan.clamps = true;
  } else {
    choose_saturate(ranges, vnni, plan);
  }
  plan.family = gemm_kernels()[static_cast<std::size_t>(plan.kernel)].family;

  count_steps(plan);
  if (!gemm_kernels()[static_cast<std::size_t>(plan.kernel)].counts) plan.segment = plan.tile_steps;
  if (plan.family == KernelFamily::kWide) {
    const auto free =
        static_cast<int>(std::min<std::int64_t>((half - 1) / ranges.product, plan.tile));
    plan.free_steps = free / kFreeStepsMultiple * kFreeStepsMultiple;
  }
  plan.outer_narrow =
      plan.family == KernelFamily::kByte && !plan.outer_binds && tiles * half <= kWordMax;
  return plan;
}

}  // namespace sylvester
