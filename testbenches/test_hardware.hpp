// Small designs and jobs for tests.
#pragma once

#include "golden/hardware/hardware.hpp"
#include "testbenches/job_file.hpp"

namespace sylvester {

/// 2 x 2, block 4, two lanes: compiles in a few seconds.
inline HardwareParameters tiny_hardware() {
  HardwareParameters hardware;
  hardware.rows = 2;
  hardware.cols = 2;
  hardware.lanes = 2;
  hardware.block_max = 4;
  hardware.tile_max = 128;
  hardware.buffers.code_chunk = 16;
  return hardware;
}

/// 4 x 4 with narrow sums, so that every limit is met.
inline HardwareParameters narrow_hardware() {
  HardwareParameters hardware;
  hardware.rows = 4;
  hardware.cols = 4;
  hardware.bits = 6;
  hardware.outer_bits = 7;
  hardware.modes = {operand_mode("u4xi4"), operand_mode("e3xi4")};
  hardware.tile_max = 128;
  hardware.block_max = 16;
  hardware.signs = true;
  hardware.buffers.code_chunk = 16;
  return hardware;
}

/// 4 x 4 with 8-bit codes and sums that are narrower than those of a pass over nibbles.
inline HardwareParameters nibble_hardware() {
  HardwareParameters hardware = narrow_hardware();
  hardware.bits = 9;
  hardware.outer_bits = 10;
  hardware.policy = AccumulatePolicy::kClamp;
  hardware.modes = {operand_mode("i4xi4"), operand_mode("i8xi8")};
  return hardware;
}

/// One job for each possible cell from `first` on, `jobs` of them.
inline Batch random_batch(const HardwareParameters& hardware, std::size_t jobs, StallPattern stalls,
                          std::size_t first = 0, std::uint64_t seed = 7) {
  auto cells = all_cells();
  std::erase_if(cells, [&](const Cell& cell) { return !impossible(hardware, cell).empty(); });
  HostRandom random(seed);
  Batch batch{"test", hardware, stalls, {}};
  for (std::size_t i = 0; i < jobs; ++i) {
    batch.jobs.push_back(random_job(hardware, cells[(first + i) % cells.size()], random));
  }
  return batch;
}

inline std::vector<Expected> golden_results(const Batch& batch) {
  std::vector<Expected> expected;
  for (const auto& job : batch.jobs) expected.push_back(golden_results(job));
  return expected;
}

}  // namespace sylvester
