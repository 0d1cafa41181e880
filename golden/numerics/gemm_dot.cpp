// Kernels without a register: exact dot products of tiles, four k per step and lane. For jobs in
// which no MAC is limited, or in which only the end of a tile decides
// (golden/numerics/gemm_plan.cpp).
#include "golden/numerics/simd_targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "golden/numerics/gemm_dot.cpp"
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

// Which operand's bytes are unsigned; the other's are signed.
enum class UnsignedSide { kA, kB };

template <UnsignedSide Side>
struct DotStep {
  using Lane = std::int32_t;
  using Vec = Wides;
  using Factor = std::uint32_t;  // four bytes of A
  static constexpr bool kCounts = false;
  static constexpr bool kHasHistory = false;
  static constexpr bool kIsDot = true;
  static constexpr bool kStartsWithProduct = false;
  static constexpr int kVectors = kMostVectors;

  explicit DotStep(const KernelTask& /*task*/) {}

  template <int V>
  HWY_INLINE void mac(Vec (&sum)[V], Vec (&/*count*/)[V], Factor a, const Vec (&b)[V]) const {
    const Tag<std::int32_t> d;
#if SYLVESTER_HAS_VNNI
    const Vec x = hn::BitCast(d, hn::Set(Tag<std::uint32_t>(), a));
#pragma GCC unroll kUnroll
    for (int v = 0; v < V; ++v) {
      sum[v] = Side == UnsignedSide::kA ? Vec{_mm512_dpbusd_epi32(sum[v].raw, x.raw, b[v].raw)}
                                        : Vec{_mm512_dpbusd_epi32(sum[v].raw, b[v].raw, x.raw)};
    }
#else
    // Bytes 0, 2 and bytes 1, 3 as pairs of 16 bits. Products of u8 and i8 have 16 bits, sums of
    // two of them 17: the pairs are added in 32 bits.
    const Tag<std::int16_t> d16;
    const Tag<std::uint16_t> du16;
    const Tag<std::uint32_t> du32;
    const auto quads = hn::BitCast(du16, hn::Set(du32, a));
    const auto a_pairs = pairs(quads, Side == UnsignedSide::kA);
#pragma GCC unroll kUnroll
    for (int v = 0; v < V; ++v) {
      const auto b_pairs = pairs(hn::BitCast(du16, b[v]), Side == UnsignedSide::kB);
      Wides other = hn::Zero(d);
      Wides products = hn::Zero(d);
      products = hn::ReorderWidenMulAccumulate(d, a_pairs.even, b_pairs.even, products, other);
      products = hn::ReorderWidenMulAccumulate(d, a_pairs.odd, b_pairs.odd, products, other);
      sum[v] = hn::Add(sum[v], hn::RearrangeToOddPlusEven(products, other));
    }
    (void)d16;
#endif
  }

#if !SYLVESTER_HAS_VNNI
 private:
  struct Pairs {
    Words even;
    Words odd;
  };
  static HWY_INLINE Pairs pairs(hn::Vec<Tag<std::uint16_t>> bytes, bool is_unsigned) {
    const Tag<std::int16_t> d16;
    if (is_unsigned) {
      return {hn::BitCast(d16, hn::And(bytes, hn::Set(Tag<std::uint16_t>(), 0xFF))),
              hn::BitCast(d16, hn::ShiftRight<8>(bytes))};
    }
    return {hn::ShiftRight<8>(hn::BitCast(d16, hn::ShiftLeft<8>(bytes))),
            hn::ShiftRight<8>(hn::BitCast(d16, bytes))};
  }
#endif
};

void run_dot_unsigned_a(const KernelTask& task) { run_kernel<DotStep<UnsignedSide::kA>>(task); }
void run_dot_unsigned_b(const KernelTask& task) { run_kernel<DotStep<UnsignedSide::kB>>(task); }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sylvester
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sylvester {
namespace {
HWY_EXPORT(run_dot_unsigned_a);
HWY_EXPORT(run_dot_unsigned_b);
}  // namespace

void dot_unsigned_a(const KernelTask& task) { HWY_DYNAMIC_DISPATCH(run_dot_unsigned_a)(task); }
void dot_unsigned_b(const KernelTask& task) { HWY_DYNAMIC_DISPATCH(run_dot_unsigned_b)(task); }

}  // namespace sylvester
#endif
