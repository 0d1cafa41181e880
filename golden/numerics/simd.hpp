// Instruction sets of the vectorised kernels; results never depend on the level. Kernels are
// written in Highway, which has one target per level.
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

}  // namespace sylvester

#if defined(__x86_64__)
#define SYLVESTER_HAS_AVX 1
#else
#define SYLVESTER_HAS_AVX 0
#endif
