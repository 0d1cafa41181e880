#include "sim/cycles/layer_cycles.hpp"

#include "sim/cycles/cycles.hpp"

namespace sylvester {

GemmCycles gemm_cycles(const HardwareParameters& hardware, const GemmJobs& jobs) {
  const auto a = static_cast<std::uint64_t>(jobs.counts.prepare_a);
  const auto b = static_cast<std::uint64_t>(jobs.counts.prepare_b);
  const auto products = static_cast<std::uint64_t>(jobs.counts.gemm);
  return {.prepare_a = a * prepare_cycles(hardware, jobs.a),
          .prepare_b = b * prepare_cycles(hardware, jobs.b),
          .gemm = products * gemm_cycles(hardware, jobs.gemm),
          .macs = products * useful_macs(hardware, jobs.gemm),
          .passes = a * static_cast<std::uint64_t>(jobs.a.passes()) +
                    b * static_cast<std::uint64_t>(jobs.b.passes())};
}

}  // namespace sylvester
