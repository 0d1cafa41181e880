#include "golden/numerics/simd.hpp"

#include "golden/numerics/simd_targets.hpp"
// Highway's configuration comes first.
#include <hwy/highway.h>

#include <algorithm>
#include <array>
#include <atomic>

#include "golden/numerics/names.hpp"

namespace sylvester {
namespace {

constexpr NameTable<SimdLevel, 5> kLevelNames{{{SimdLevel::kBaseline, "baseline"},
                                               {SimdLevel::kSse4, "sse4"},
                                               {SimdLevel::kAvx2, "avx2"},
                                               {SimdLevel::kAvx512, "avx512"},
                                               {SimdLevel::kAvx512Vnni, "avx512-vnni"}}};

// Ascending.
struct LevelTarget {
  SimdLevel level;
  std::int64_t target;
};
constexpr std::array kTargets = {
    LevelTarget{SimdLevel::kBaseline, HWY_STATIC_TARGET},
#if SYLVESTER_HAS_AVX
    LevelTarget{SimdLevel::kSse4, HWY_SSE4},
    LevelTarget{SimdLevel::kAvx2, HWY_AVX2},
    LevelTarget{SimdLevel::kAvx512, HWY_AVX3},
#if HWY_COMPILER_GCC_ACTUAL  // see SYLVESTER_HAS_VNNI in gemm_nest-inl.hpp
    LevelTarget{SimdLevel::kAvx512Vnni, HWY_AVX3_DL},
#endif
#endif
};

std::atomic<SimdLevel>& current_level() {
  static std::atomic<SimdLevel> level = supported_simd_levels().back();
  return level;
}

}  // namespace

std::string_view to_string(SimdLevel level) { return name_of(kLevelNames, level); }

SimdLevel simd_level() { return current_level().load(std::memory_order_relaxed); }

std::vector<SimdLevel> supported_simd_levels() {
  static const std::int64_t machine = hwy::SupportedTargets() | HWY_STATIC_TARGET;
  std::vector<SimdLevel> levels;
  for (const LevelTarget& row : kTargets) {
    if ((machine & HWY_TARGETS & row.target) != 0) levels.push_back(row.level);
  }
  return levels;
}

void force_simd_level(SimdLevel level) {
  const std::vector<SimdLevel> levels = supported_simd_levels();
  if (std::find(levels.begin(), levels.end(), level) == levels.end()) {
    throw UserError("SIMD level " + std::string(to_string(level)) +
                    " is not supported by this machine");
  }
  for (const LevelTarget& row : kTargets) {
    if (row.level != level) continue;
    hwy::SetSupportedTargetsForTest(row.target);
    hwy::GetChosenTarget().Update(row.target);
  }
  current_level().store(level, std::memory_order_relaxed);
}

}  // namespace sylvester
