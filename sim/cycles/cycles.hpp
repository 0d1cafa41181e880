// Cycle counts of jobs without stalls (docs/architecture.md section 6), derived from the
// specification and not from the cycle-level model.
//
// A count runs from the first accepted input beat to the last accepted result beat, inclusive, of
// a unit that was idle, with sources that are always valid and sinks that are always ready.
#pragma once

#include <cstdint>

#include "golden/hardware/descriptors.hpp"

namespace sylvester {

/// Closed form. `fault`: see faults.hpp; 0 = none.
std::uint64_t prepare_cycles(const HardwareParameters& hardware,
                             const PrepareDescriptor& descriptor, int fault = 0);

/// Recurrence over chunks: m_blocks * n_blocks * k_chunks steps, each independent of the chunk's
/// length and number of tiles.
std::uint64_t gemm_cycles(const HardwareParameters& hardware, const GemmDescriptor& descriptor,
                          int fault = 0);

/// The same for a job. Throws UserError if the hardware was not built for it.
std::uint64_t prepare_cycles(const HardwareParameters& hardware, const PrepareJob& job,
                             int fault = 0);
std::uint64_t gemm_cycles(const HardwareParameters& hardware, const GemmJob& job, int fault = 0);

/// M * N * K' of a job: MACs of its logical elements.
std::uint64_t useful_macs(const HardwareParameters& hardware, const GemmDescriptor& descriptor);

/// Share of the array's MACs that were useful, 0...1.
double utilisation(const HardwareParameters& hardware, std::uint64_t macs, std::uint64_t cycles);

}  // namespace sylvester
