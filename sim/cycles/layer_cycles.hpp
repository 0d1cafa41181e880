// Cycles of the jobs of a layer's GEMM, one job after the other, and what they read of the memory's
// wide tensors.
#pragma once

#include <cstdint>

#include "golden/config/layer_jobs.hpp"
#include "golden/hardware/hardware.hpp"

namespace sylvester {

struct GemmCycles {
  std::uint64_t prepare_a = 0;  ///< of all its preparations; 0 if another GEMM's codes serve
  std::uint64_t prepare_b = 0;
  std::uint64_t gemm = 0;
  std::uint64_t macs = 0;    ///< useful ones
  std::uint64_t passes = 0;  ///< over wide matrices, two for each job that measures M first
  [[nodiscard]] std::uint64_t total() const { return prepare_a + prepare_b + gemm; }
};

GemmCycles gemm_cycles(const HardwareParameters& hardware, const GemmJobs& jobs);

}  // namespace sylvester
