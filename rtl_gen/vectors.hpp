// What the delivered testbench plays and expects: every beat between host and accelerator for a
// few jobs, computed by golden.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "golden/hardware/hardware.hpp"
#include "golden/hardware/model.hpp"
#include "golden/numerics/gemm.hpp"

namespace sylvester {

struct SampleJobs {
  std::vector<PrepareJob> prepare;
  std::vector<GemmJob> gemm;
};

/// Four prepare jobs and two GEMMs of their operands, small and ragged: every scale rule, both
/// roundings, blocks of 1 and more, more than one chunk where that stays small.
SampleJobs sample_jobs(const HardwareParameters& hardware);

/// Beats per stream, for the streams that the host drives or takes; the others stay empty.
using StreamVectors = std::array<std::vector<Payload>, kStreams>;
StreamVectors stream_vectors(const HardwareParameters& hardware, const SampleJobs& jobs);

/// One beat of `bits` bits as hexadecimal digits, highest first.
std::string hex_text(const Payload& payload, int bits);

}  // namespace sylvester
