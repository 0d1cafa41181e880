#include "golden/numerics/simd.hpp"

#include <algorithm>
#include <atomic>

#include "golden/numerics/names.hpp"

namespace sylvester {
namespace {

constexpr NameTable<SimdLevel, 3> kLevelNames{{{SimdLevel::kBaseline, "baseline"},
                                               {SimdLevel::kAvx2, "avx2"},
                                               {SimdLevel::kAvx512, "avx512"}}};

std::atomic<SimdLevel>& current_level() {
  static std::atomic<SimdLevel> level = supported_simd_levels().back();
  return level;
}

}  // namespace

std::string_view to_string(SimdLevel level) { return name_of(kLevelNames, level); }

SimdLevel simd_level() { return current_level().load(std::memory_order_relaxed); }

std::vector<SimdLevel> supported_simd_levels() {
  std::vector<SimdLevel> levels = {SimdLevel::kBaseline};
#if SYLVESTER_HAS_AVX
  if (__builtin_cpu_supports("avx2")) {
    levels.push_back(SimdLevel::kAvx2);
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
      levels.push_back(SimdLevel::kAvx512);
    }
  }
#endif
  return levels;
}

void force_simd_level(SimdLevel level) {
  const std::vector<SimdLevel> levels = supported_simd_levels();
  if (std::find(levels.begin(), levels.end(), level) == levels.end()) {
    throw UserError("SIMD level " + std::string(to_string(level)) +
                    " is not supported by this machine");
  }
  current_level().store(level, std::memory_order_relaxed);
}

}  // namespace sylvester
