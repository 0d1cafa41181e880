// First-order energy of jobs on the accelerator (docs/architecture.md section 9): operations and
// moved bits, counted from the descriptors, times an energy per bit. Registers, wires, clock and
// leakage are left out.
#pragma once

#include <cstdint>

#include "golden/config/layer_jobs.hpp"
#include "golden/hardware/descriptors.hpp"
#include "golden/hardware/hardware.hpp"

namespace sylvester {

/// What a job does, counted in bits.
struct EnergyEvents {
  std::uint64_t multiplied = 0;  ///< bits of A times bits of B, summed over products
  std::uint64_t added = 0;       ///< bits of adders and comparators, summed over additions
  std::uint64_t buffered = 0;    ///< bits written to and read from the code buffers
  std::uint64_t moved = 0;       ///< bits from and to memory, as the streams carry them

  EnergyEvents& operator+=(const EnergyEvents& other);
  friend bool operator==(const EnergyEvents&, const EnergyEvents&) = default;
};

/// Joules per bit (of `multiplied`: per bit times bit) in a 45 nm process at 0.9 V: Horowitz,
/// "Computing's energy problem", ISSCC 2014: additions of 8 bits 0.03 pJ, multiplications of 8 by 8
/// bits 0.2 pJ, 64 bits of an 8 KB memory 10 pJ, of DRAM 1.3 nJ.
struct EnergyPerBit {
  double multiplied = 0.2e-12 / 64;
  double added = 0.03e-12 / 8;
  double buffered = 10e-12 / 64;
  double moved = 1300e-12 / 64;
};

/// Joules.
struct Energy {
  double arithmetic = 0;
  double buffers = 0;
  double memory = 0;
  [[nodiscard]] double total() const { return arithmetic + buffers + memory; }
};

EnergyEvents prepare_events(const HardwareParameters& hardware,
                            const PrepareDescriptor& descriptor);
EnergyEvents gemm_events(const HardwareParameters& hardware, const GemmDescriptor& descriptor);
/// Of all jobs of one GEMM of a layer.
EnergyEvents energy_events(const HardwareParameters& hardware, const GemmJobs& jobs);

Energy energy_of(const EnergyEvents& events, const EnergyPerBit& per_bit = {});

}  // namespace sylvester
