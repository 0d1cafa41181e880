// Runs single jobs on a cycle-level model: the host's side of the streams, cycle by cycle.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "golden/hardware/model.hpp"
#include "golden/numerics/gemm.hpp"
#include "golden/numerics/prepare.hpp"

namespace sylvester {

/// What happens around the jobs. Masks have a bit per stream; cycles count from the reset.
struct DriveOptions {
  /// Stall vector of a cycle; none if empty.
  std::function<std::uint32_t(std::uint64_t cycle)> stall;
  /// Streams for which the host neither begins to offer a beat nor takes one; none if empty.
  std::function<std::uint32_t(std::uint64_t cycle)> pause;
  /// Sees every cycle just before its edge.
  std::function<void(std::uint64_t cycle, const CycleSample& sample)> observe;
  /// Cycles without a moving beat after which the run is given up.
  std::uint64_t patience = 5000;
};

/// Results of the jobs and their lengths: cycles from the first accepted input beat to the last
/// accepted result beat, inclusive.
struct DriveResult {
  std::optional<PreparedOperand> prepared;
  std::uint64_t prepare_cycles = 0;
  std::optional<GemmResult> gemm;
  std::uint64_t gemm_cycles = 0;
  std::uint64_t cycles = 0;  ///< from the reset to the last done beat
};

/// Resets the model and runs one job per unit at the same time; either may be null. Throws
/// std::runtime_error if the model stops moving or sends a beat that the job does not have.
DriveResult drive_jobs(AcceleratorModel& model, const HardwareParameters& hardware,
                       const PrepareJob* prepare_job, const GemmJob* gemm_job,
                       const DriveOptions& options = {});

}  // namespace sylvester
