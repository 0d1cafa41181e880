// Instruction sets of the vectorised kernels; results never depend on the level. The GEMM kernels
// are written in Highway, which has one target per level; other kernels are one body, always
// inlined, compiled once per width of vector inside a function with the level's target attribute.
#pragma once

#include <string_view>
#include <vector>

namespace sylvester {

enum class SimdLevel {
  kBaseline,  ///< x86: no intrinsics; other machines: what every one of them has (ARM: NEON)
  kSse4,
  kAvx2,
  kAvx512,      ///< F, BW, DQ, VL
  kAvx512Vnni,  ///< with VNNI, VBMI and what else came with Ice Lake and Zen 4
};

std::string_view to_string(SimdLevel level);
/// Best level of this machine, or the one set by force_simd_level.
SimdLevel simd_level();
/// Ascending; the first is kBaseline.
std::vector<SimdLevel> supported_simd_levels();
/// Tests and measurements only: use this level from now on, in every thread. Throws UserError if
/// this machine does not support it.
void force_simd_level(SimdLevel level);

/// Bytes of a vector register at a level; the baseline of other machines has 16 as well.
constexpr int vector_bytes(SimdLevel level) {
  return level >= SimdLevel::kAvx512 ? 64 : level == SimdLevel::kAvx2 ? 32 : 16;
}

/// GCC vector of `Bytes` bytes. Wider than the registers of the level it becomes several of them.
template <typename Lane, int Bytes>
struct Vector {
  typedef Lane type __attribute__((vector_size(Bytes)));
};

}  // namespace sylvester

// A body that is compiled into each of its callers, with the caller's instruction set. Bodies call
// nothing but other bodies and use no lambdas: those would keep the baseline instruction set.
#define SYLVESTER_KERNEL_BODY [[gnu::always_inline]] inline

#if defined(__x86_64__)
#define SYLVESTER_HAS_AVX 1
#define SYLVESTER_TARGET_AVX2 [[gnu::target("avx2")]]
#define SYLVESTER_TARGET_AVX512 \
  [[gnu::target("avx512f,avx512bw,avx512dq,avx512vl,prefer-vector-width=512")]]
#else
#define SYLVESTER_HAS_AVX 0
#endif
