// Kernels with 16-bit registers: one multiplication and one saturating addition per MAC.
#include "golden/numerics/simd_targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "golden/numerics/gemm_words.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "golden/numerics/gemm_kernels.hpp"
#include "golden/numerics/gemm_nest-inl.hpp"

HWY_BEFORE_NAMESPACE();
SYLVESTER_ADD_VNNI
namespace sylvester {
namespace HWY_NAMESPACE {
namespace {

enum class WordRule {
  kSaturate,
  kClip,
  kSaturateCount,
  kClipCount,
  kWrapCount,
  kMaskCount,
  // Registers and products that are not negative.
  kGrowCount,
  kCarryCount,
};

template <WordRule Rule>
struct WordStep {
  using Lane = std::int16_t;
  using Vec = Words;
  using Factor = std::uint32_t;  // A's value twice: 32 bits are broadcast without a shuffle
  static constexpr bool kCounts = Rule != WordRule::kSaturate && Rule != WordRule::kClip;
  static constexpr bool kHasHistory = false;
  static constexpr bool kIsDot = false;
  static constexpr bool kStartsWithProduct = false;
  static constexpr int kVectors = kCounts ? kMostVectorsWithCounts : kMostVectors;

  Vec high;
  Vec mask;

  explicit WordStep(const KernelTask& task) {
    const Tag<std::int16_t> d;
    // With P = 16 the upper limit is that of the lane, and the mask has all of its bits.
    const int half = 1 << (task.plan->recipe.bits - 1);
    high = hn::Set(d, static_cast<Lane>(task.plan->start + half - 1));
    mask = hn::Set(d, static_cast<Lane>(2 * half - 1));
  }

  template <int V>
  HWY_INLINE void mac(Vec (&sum)[V], Vec (&count)[V], Factor a, const Vec (&b)[V]) const {
    const Tag<std::int16_t> d;
    const Vec x = hn::BitCast(d, hn::Set(Tag<std::uint32_t>(), a));
#pragma GCC unroll kUnroll
    for (int v = 0; v < V; ++v) {
      const Vec product = hn::Mul(x, b[v]);
      if constexpr (Rule == WordRule::kSaturate) {
        sum[v] = hn::SaturatedAdd(sum[v], product);
      } else if constexpr (Rule == WordRule::kClip) {
        sum[v] = hn::Min(hn::SaturatedAdd(sum[v], product), high);
      } else {
        Vec exact = hn::Add(sum[v], product);  // or modulo 2^16
        Vec kept = exact;
        if constexpr (Rule == WordRule::kClipCount) {
          kept = hn::Min(hn::SaturatedAdd(sum[v], product), high);
        } else if constexpr (Rule == WordRule::kMaskCount) {
          kept = hn::And(exact, mask);
        } else if constexpr (Rule == WordRule::kGrowCount || Rule == WordRule::kCarryCount) {
          const Tag<std::uint16_t> du;
          const auto least = hn::SaturatedAdd(hn::BitCast(du, sum[v]), hn::BitCast(du, product));
          if constexpr (Rule == WordRule::kGrowCount) {
            kept = hn::BitCast(d, hn::Min(least, hn::BitCast(du, high)));
          } else {
            kept = hn::And(exact, mask);
            exact = hn::BitCast(d, least);
          }
        } else {
          kept = hn::SaturatedAdd(sum[v], product);
        }
        count[v] = count_different<Lane>(count[v], kept, exact);
        sum[v] = Rule == WordRule::kWrapCount ? exact : kept;
      }
    }
  }
};

void run_word_saturate(const KernelTask& task) { run_kernel<WordStep<WordRule::kSaturate>>(task); }
void run_word_clip(const KernelTask& task) { run_kernel<WordStep<WordRule::kClip>>(task); }
void run_word_saturate_count(const KernelTask& task) {
  run_kernel<WordStep<WordRule::kSaturateCount>>(task);
}
void run_word_clip_count(const KernelTask& task) {
  run_kernel<WordStep<WordRule::kClipCount>>(task);
}
void run_word_wrap_count(const KernelTask& task) {
  run_kernel<WordStep<WordRule::kWrapCount>>(task);
}
void run_word_mask_count(const KernelTask& task) {
  run_kernel<WordStep<WordRule::kMaskCount>>(task);
}
void run_word_grow_count(const KernelTask& task) {
  run_kernel<WordStep<WordRule::kGrowCount>>(task);
}
void run_word_carry_count(const KernelTask& task) {
  run_kernel<WordStep<WordRule::kCarryCount>>(task);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sylvester
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sylvester {
namespace {
HWY_EXPORT(run_word_saturate);
HWY_EXPORT(run_word_clip);
HWY_EXPORT(run_word_saturate_count);
HWY_EXPORT(run_word_clip_count);
HWY_EXPORT(run_word_wrap_count);
HWY_EXPORT(run_word_mask_count);
HWY_EXPORT(run_word_grow_count);
HWY_EXPORT(run_word_carry_count);
}  // namespace

void word_saturate(const KernelTask& task) { HWY_DYNAMIC_DISPATCH(run_word_saturate)(task); }
void word_clip(const KernelTask& task) { HWY_DYNAMIC_DISPATCH(run_word_clip)(task); }
void word_saturate_count(const KernelTask& task) {
  HWY_DYNAMIC_DISPATCH(run_word_saturate_count)(task);
}
void word_clip_count(const KernelTask& task) { HWY_DYNAMIC_DISPATCH(run_word_clip_count)(task); }
void word_wrap_count(const KernelTask& task) { HWY_DYNAMIC_DISPATCH(run_word_wrap_count)(task); }
void word_mask_count(const KernelTask& task) { HWY_DYNAMIC_DISPATCH(run_word_mask_count)(task); }
void word_grow_count(const KernelTask& task) { HWY_DYNAMIC_DISPATCH(run_word_grow_count)(task); }
void word_carry_count(const KernelTask& task) { HWY_DYNAMIC_DISPATCH(run_word_carry_count)(task); }

}  // namespace sylvester
#endif
