#include "sim/cycles/layer_cycles.hpp"

#include "sim/cycles/cycles.hpp"

namespace sylvester {

GemmCycles gemm_cycles(const HardwareParameters& hardware, const GemmJobs& jobs) {
  return {.prepare_a = prepare_cycles(hardware, jobs.a),
          .prepare_b = prepare_cycles(hardware, jobs.b),
          .gemm = gemm_cycles(hardware, jobs.gemm),
          .macs = useful_macs(hardware, jobs.gemm)};
}

}  // namespace sylvester
