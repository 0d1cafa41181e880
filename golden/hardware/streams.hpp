// The streams of the accelerator (docs/architecture.md section 2): names, order and widths.
#pragma once

#include <span>
#include <string_view>

#include "golden/hardware/hardware.hpp"

namespace sylvester {

/// Stream numbers: bit positions in the stall vector, order of probes.
enum class Stream {
  kPrepareJob,
  kWide,
  kTurned,
  kCoefficients,
  kCodes,
  kPrepareDone,
  kGemmJob,
  kACodes,
  kBCodes,
  kAFeed,
  kBFeed,
  kPartials,
  kResults,
  kGemmDone,
};
inline constexpr int kStreams = 14;

/// Who drives and who takes a stream; `producer` is the block that a mismatch names.
struct StreamInfo {
  Stream stream;
  std::string_view name;
  std::string_view producer;  ///< "host" for inputs of the accelerator
  std::string_view consumer;  ///< "host" for outputs
};
std::span<const StreamInfo> streams();

inline constexpr int kResultBits = 32;  ///< a result on the `results` stream
inline constexpr int kMantissaBits = 16;
/// W: bits of a transformed coefficient.
int coefficient_bits(const HardwareParameters& hardware);
/// Bits of the quantiser's divisor, from a job too.
int given_divisor_bits(const HardwareParameters& hardware);
/// Bits of the exact sum of a pass over nibbles, which policy clamp limits at the edge; else 0.
int pass_bits(const HardwareParameters& hardware);
/// PARTIAL_W: bits of a partial sum on `partials`.
int partial_bits(const HardwareParameters& hardware);
/// COUNT_W: bits of the limited-MAC count of one tile.
int count_bits(const HardwareParameters& hardware);
/// Payload width of a stream in bits.
int payload_bits(const HardwareParameters& hardware, Stream stream);

}  // namespace sylvester
