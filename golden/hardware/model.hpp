// The cycle-level interface that every realisation of the accelerator offers: SystemC and
// Verilated RTL are driven and observed through it, in lockstep.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "golden/hardware/streams.hpp"

namespace sylvester {

/// Payload of a stream, lowest bits first, ceil(bits/32) words; unused bits are 0.
using Payload = std::vector<std::uint32_t>;

/// What the host and the stall generator drive during one cycle.
struct CycleInputs {
  std::uint32_t stall = 0;  ///< bit per Stream
  /// Streams driven by the host (kPrepareJob, kWide, kGemmJob, kACodes, kBCodes).
  std::array<bool, kStreams> valid{};
  std::array<Payload, kStreams> data;
  /// Streams taken by the host (kCodes, kPrepareDone, kResults, kGemmDone).
  std::array<bool, kStreams> ready{};
};

/// Every boundary just before the rising edge.
struct CycleSample {
  std::array<bool, kStreams> valid{};  ///< as the producer drives it
  std::array<bool, kStreams> ready{};  ///< as the producer sees it, stall included
  std::array<Payload, kStreams> data;  ///< meaningful while valid
  [[nodiscard]] bool fires(Stream s) const {
    return valid[static_cast<std::size_t>(s)] && ready[static_cast<std::size_t>(s)];
  }
};

class AcceleratorModel {
 public:
  virtual ~AcceleratorModel() = default;
  /// Reset for one or more cycles; the next cycle is cycle 0.
  virtual void reset() = 0;
  /// Applies the inputs of this cycle and observes all boundaries just before the edge.
  virtual void sample(const CycleInputs& inputs, CycleSample& out) = 0;
  /// Why the model has ended before the run, as Verilog with $finish does; empty: it has not.
  [[nodiscard]] virtual std::string ended() const { return ""; }
  /// The rising edge of this cycle, with the inputs of the last sample().
  virtual void edge() = 0;
};

}  // namespace sylvester
