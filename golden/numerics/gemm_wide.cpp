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

enum class WideRule { kSaturate, kClip, kSaturateCount, kClipCount, kMaskCount };

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
  static constexpr int kVectors = kCounts ? kMostVectorsWithCounts : kMostVectors;

  [[maybe_unused]] Vec low;
  Vec high;
  Vec mask;

  explicit WideStep(const KernelTask& task) {
    const Tag<std::int32_t> d;
    const int half = 1 << (task.plan->recipe.bits - 1);
    low = hn::Set(d, -half);
    high = hn::Set(d, task.plan->start + (half - 1));
    mask = hn::Set(d, 2 * half - 1);
  }

  template <int V>
  HWY_INLINE void mac(Vec (&sum)[V], Vec (&count)[V], Factor a, const Vec (&b)[V]) const {
    const Vec x = hn::Set(Tag<std::int32_t>(), a);
#pragma GCC unroll kUnroll
    for (int v = 0; v < V; ++v) {
      [[maybe_unused]] Vec exact;
      if constexpr (kCounts) exact = add_product(sum[v], x, b[v]);  // or modulo 2^32
      Vec kept;
      if constexpr (Rule == WideRule::kMaskCount) {
        kept = hn::And(exact, mask);
      } else {
#if SYLVESTER_HAS_VNNI
        // One addition of the exact product, saturating to 32 bits.
        kept = {_mm512_dpwssds_epi32(sum[v].raw, x.raw, b[v].raw)};
        if constexpr (kClips) kept = hn::Min(kept, high);
#else
        kept = hn::Max(hn::Min(add_product(sum[v], x, b[v]), high), low);
#endif
      }
      if constexpr (kCounts) count[v] = count_different<Lane>(count[v], kept, exact);
      sum[v] = kept;
    }
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
void run_wide_mask_count(const KernelTask& task) {
  run_kernel<WideStep<WideRule::kMaskCount>>(task);
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
HWY_EXPORT(run_wide_mask_count);
}  // namespace

void wide_saturate(const KernelTask& task) { HWY_DYNAMIC_DISPATCH(run_wide_saturate)(task); }
void wide_clip(const KernelTask& task) { HWY_DYNAMIC_DISPATCH(run_wide_clip)(task); }
void wide_saturate_count(const KernelTask& task) {
  HWY_DYNAMIC_DISPATCH(run_wide_saturate_count)(task);
}
void wide_clip_count(const KernelTask& task) { HWY_DYNAMIC_DISPATCH(run_wide_clip_count)(task); }
void wide_mask_count(const KernelTask& task) { HWY_DYNAMIC_DISPATCH(run_wide_mask_count)(task); }

}  // namespace sylvester
#endif
