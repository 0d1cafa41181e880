// Kernels with 8-bit registers: P up to 8, B of up to 16 codes. A table of products replaces the
// multiplication: the code of A selects a row of 16 products (loaded once per row of C and k), a
// byte shuffle takes the product of each column's code from it.
#include "golden/numerics/simd_targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "golden/numerics/gemm_bytes.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "golden/numerics/gemm_kernels.hpp"
#include "golden/numerics/gemm_nest-inl.hpp"

HWY_BEFORE_NAMESPACE();
SYLVESTER_ADD_VNNI
namespace sylvester {
namespace HWY_NAMESPACE {
namespace {

using Bytes = hn::Vec<Tag<std::int8_t>>;

enum class ByteRule { kSaturate, kSaturateTwice, kSaturateCount, kWrapCount };

template <ByteRule Rule>
struct ByteStep {
  using Lane = std::int8_t;
  using Vec = Bytes;
  using Factor = std::uint16_t;  // offset of a row of the table
  static constexpr bool kCounts = Rule == ByteRule::kSaturateCount || Rule == ByteRule::kWrapCount;
  static constexpr bool kHasHistory = false;
  static constexpr bool kIsDot = false;
  static constexpr bool kStartsWithProduct = Rule == ByteRule::kSaturate;
  static constexpr int kVectors = kCounts ? kMostVectorsWithCounts : kMostVectors;

  const std::int8_t* table;

  explicit ByteStep(const KernelTask& task) : table(task.table) {}

  template <int V>
  HWY_INLINE void mac_first(Vec (&sum)[V], Factor a, const Vec (&b)[V]) const {
    const Vec row = hn::LoadDup128(Tag<std::int8_t>(), table + a);
#pragma GCC unroll kUnroll
    for (int v = 0; v < V; ++v) sum[v] = hn::TableLookupBytes(row, b[v]);
  }

  template <int V>
  HWY_INLINE void mac(Vec (&sum)[V], Vec (&count)[V], Factor a, const Vec (&b)[V]) const {
    const Tag<std::int8_t> d;
    const Vec row = hn::LoadDup128(d, table + a);
    if constexpr (Rule == ByteRule::kSaturateTwice) {
      const Tag<std::uint8_t> du;
      const Vec negative = hn::LoadDup128(d, table + a + 16);
#pragma GCC unroll kUnroll
      for (int v = 0; v < V; ++v) {
        const auto up = hn::BitCast(du, hn::TableLookupBytes(row, b[v]));
        const auto down = hn::BitCast(du, hn::TableLookupBytes(negative, b[v]));
        sum[v] =
            hn::BitCast(d, hn::SaturatedSub(hn::SaturatedAdd(hn::BitCast(du, sum[v]), up), down));
      }
    } else {
#pragma GCC unroll kUnroll
      for (int v = 0; v < V; ++v) {
        const Vec product = hn::TableLookupBytes(row, b[v]);
        const Vec saturated = hn::SaturatedAdd(sum[v], product);
        if constexpr (kCounts) {
          const Vec wrapped = hn::Add(sum[v], product);
          count[v] = count_different<Lane>(count[v], saturated, wrapped);
          sum[v] = Rule == ByteRule::kWrapCount ? wrapped : saturated;
        } else {
          sum[v] = saturated;
        }
      }
    }
  }
};

void run_byte_saturate(const KernelTask& task) { run_kernel<ByteStep<ByteRule::kSaturate>>(task); }
void run_byte_saturate_twice(const KernelTask& task) {
  run_kernel<ByteStep<ByteRule::kSaturateTwice>>(task);
}
void run_byte_saturate_count(const KernelTask& task) {
  run_kernel<ByteStep<ByteRule::kSaturateCount>>(task);
}
void run_byte_wrap_count(const KernelTask& task) {
  run_kernel<ByteStep<ByteRule::kWrapCount>>(task);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sylvester
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sylvester {
namespace {
HWY_EXPORT(run_byte_saturate);
HWY_EXPORT(run_byte_saturate_twice);
HWY_EXPORT(run_byte_saturate_count);
HWY_EXPORT(run_byte_wrap_count);
}  // namespace

void byte_saturate(const KernelTask& task) { HWY_DYNAMIC_DISPATCH(run_byte_saturate)(task); }
void byte_saturate_twice(const KernelTask& task) {
  HWY_DYNAMIC_DISPATCH(run_byte_saturate_twice)(task);
}
void byte_saturate_count(const KernelTask& task) {
  HWY_DYNAMIC_DISPATCH(run_byte_saturate_count)(task);
}
void byte_wrap_count(const KernelTask& task) { HWY_DYNAMIC_DISPATCH(run_byte_wrap_count)(task); }

}  // namespace sylvester
#endif
