// Kernels with 32-bit registers: P from 17 on, and what does not fit in 16 bits.
#include "golden/numerics/simd_targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "golden/numerics/gemm_wide.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "golden/numerics/gemm_kernels.hpp"
#include "golden/numerics/gemm_nest-inl.hpp"

HWY_BEFORE_NAMESPACE();
SYLVESTER_ADD_VNNI
namespace sylvester {
namespace HWY_NAMESPACE {
namespace {

using Wides = hn::Vec<Tag<std::int32_t>>;

enum class WideRule { kSaturate, kClip, kSaturateCount, kClipCount, kWrapCount };

// sum + a·b modulo 2^32. Factors are signed 16 bits in the lower halves; b's upper halves are zero.
HWY_INLINE Wides add_product(Wides sum, Wides a, Wides b) {
#if SYLVESTER_HAS_VNNI
  return {_mm512_dpwssd_epi32(sum.raw, a.raw, b.raw)};
#else
  const Tag<std::int32_t> d;
  const Tag<std::int16_t> d16;
  Wides other = hn::Zero(d);
  const Wides products =
      hn::ReorderWidenMulAccumulate(d, hn::BitCast(d16, a), hn::BitCast(d16, b), other, other);
  return hn::Add(sum, hn::RearrangeToOddPlusEven(products, other));
#endif
}

template <WideRule Rule>
struct WideStep {
  using Lane = std::int32_t;
  using Vec = Wides;
  using Factor = std::int32_t;
  static constexpr bool kCounts = Rule != WideRule::kSaturate && Rule != WideRule::kClip;
  static constexpr bool kClips = Rule == WideRule::kClip || Rule == WideRule::kClipCount;
  // The two lowest bits of each sum, or its sign, are kept and counted later (gemm_plan.cpp).
  static constexpr bool kHasHistory =
      Rule == WideRule::kSaturateCount || Rule == WideRule::kWrapCount;
  static constexpr bool kIsDot = false;
  static constexpr bool kStartsWithProduct = false;
  static constexpr int kVectors = kCounts ? kMostVectorsWithCounts : kMostVectors;

  Vec low;
  Vec high;
  Vec one;
  Vec register_bits;

  explicit WideStep(const KernelTask& task) {
    const Tag<std::int32_t> d;
    const int half = 1 << (task.plan->recipe.bits - 1);
    low = hn::Set(d, -half);
    high = hn::Set(d, half - 1);
    one = hn::Set(d, 1);
    register_bits = hn::ShiftLeftSame(hn::Set(d, -1), task.plan->shift_right);
  }

  template <int V>
  HWY_INLINE void mac(Vec (&sum)[V], Vec (&count)[V], Factor a, const Vec (&b)[V]) const {
    const Vec x = hn::Set(Tag<std::int32_t>(), a);
#pragma GCC unroll kUnroll
    for (int v = 0; v < V; ++v) {
      if constexpr (kClips) {
        const Vec exact = add_product(sum[v], x, b[v]);
        sum[v] = hn::Max(hn::Min(exact, high), low);
        if constexpr (kCounts) count[v] = count_different<Lane>(count[v], sum[v], exact);
      } else if constexpr (Rule == WideRule::kWrapCount) {
        sum[v] = add_product(sum[v], x, b[v]);
        count[v] = push_sign(count[v], sum[v]);
      } else {
#if SYLVESTER_HAS_VNNI
        // One addition of the exact product, saturating to 32 bits.
        sum[v] = {_mm512_dpwssds_epi32(sum[v].raw, x.raw, b[v].raw)};
        if constexpr (kCounts) {
          count[v] = {_mm512_shrdi_epi32(count[v].raw, sum[v].raw, 2)};
          // (sum & register_bits) | one, with the operand first that is overwritten.
          sum[v] = {_mm512_ternarylogic_epi32(sum[v].raw, register_bits.raw, one.raw, 0xEA)};
        }
#endif
      }
    }
  }

  template <int V>
  HWY_INLINE void mac_free(Vec (&sum)[V], Factor a, const Vec (&b)[V]) const {
    const Vec x = hn::Set(Tag<std::int32_t>(), a);
#pragma GCC unroll kUnroll
    for (int v = 0; v < V; ++v) sum[v] = add_product(sum[v], x, b[v]);
  }

  // No limited MAC so far.
  HWY_INLINE Vec empty_history(Vec sum) const {
    if constexpr (Rule == WideRule::kWrapCount) return hn::BroadcastSignBit(sum);
    return hn::Set(Tag<std::int32_t>(), kNoneSaturated);
  }

  // Limited MACs of up to 16 steps.
  HWY_INLINE Vec counted(Vec history) const {
    const Vec none = Rule == WideRule::kWrapCount ? hn::ShiftRight<1>(history)
                                                  : hn::Set(Tag<std::int32_t>(), kNoneSaturated);
    const auto limited = hn::BitCast(Tag<std::uint32_t>(), hn::Xor(history, none));
    return hn::BitCast(Tag<std::int32_t>(), hn::PopulationCount(limited));
  }

 private:
  // Low bits 01 in each of 16 steps. Saturated sums have 11 or 00: one other bit.
  static constexpr std::int32_t kNoneSaturated = 0x55555555;

  static HWY_INLINE Vec push_sign(Vec history, Vec sum) {
#if HWY_TARGET == HWY_AVX3_DL
    return {_mm512_shldi_epi32(history.raw, sum.raw, 1)};
#else
    return hn::Sub(hn::Add(history, history), hn::BroadcastSignBit(sum));
#endif
  }
};

// The plan takes these two with VNNI only.
#if SYLVESTER_HAS_VNNI
void run_wide_saturate(const KernelTask& task) { run_kernel<WideStep<WideRule::kSaturate>>(task); }
void run_wide_saturate_count(const KernelTask& task) {
  run_kernel<WideStep<WideRule::kSaturateCount>>(task);
}
#else
void run_wide_saturate(const KernelTask& /*task*/) { hwy::Abort(__FILE__, __LINE__, "no VNNI"); }
void run_wide_saturate_count(const KernelTask& /*task*/) {
  hwy::Abort(__FILE__, __LINE__, "no VNNI");
}
#endif
void run_wide_clip(const KernelTask& task) { run_kernel<WideStep<WideRule::kClip>>(task); }
void run_wide_clip_count(const KernelTask& task) {
  run_kernel<WideStep<WideRule::kClipCount>>(task);
}
void run_wide_wrap_count(const KernelTask& task) {
  run_kernel<WideStep<WideRule::kWrapCount>>(task);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sylvester
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sylvester {
namespace {
HWY_EXPORT(run_wide_saturate);
HWY_EXPORT(run_wide_clip);
HWY_EXPORT(run_wide_saturate_count);
HWY_EXPORT(run_wide_clip_count);
HWY_EXPORT(run_wide_wrap_count);
}  // namespace

void wide_saturate(const KernelTask& task) { HWY_DYNAMIC_DISPATCH(run_wide_saturate)(task); }
void wide_clip(const KernelTask& task) { HWY_DYNAMIC_DISPATCH(run_wide_clip)(task); }
void wide_saturate_count(const KernelTask& task) {
  HWY_DYNAMIC_DISPATCH(run_wide_saturate_count)(task);
}
void wide_clip_count(const KernelTask& task) { HWY_DYNAMIC_DISPATCH(run_wide_clip_count)(task); }
void wide_wrap_count(const KernelTask& task) { HWY_DYNAMIC_DISPATCH(run_wide_wrap_count)(task); }

}  // namespace sylvester
#endif
