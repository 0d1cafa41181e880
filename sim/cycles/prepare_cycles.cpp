#include <algorithm>
#include <bit>

#include "golden/numerics/draw.hpp"
#include "sim/cycles/cycles.hpp"
#include "sim/cycles/faults.hpp"

namespace sylvester {
namespace {

std::uint64_t ceil_div(std::uint64_t a, std::uint64_t b) { return (a + b - 1) / b; }

}  // namespace

// Every block takes one beat per cycle, so a pass is its beats plus the way of the last one:
//
//   wide      W beats, one per cycle; W = groups * L * ceil(K'/L)
//   turned    the last bank is readable from cycle W on and has `columns` columns
//   transform one cycle in its FIFO, S stages of registers; the last difference of a block leaves
//             stage s 2^s steps after the block's last sum, together B - 1
//   quantise  one cycle in its FIFO
//
// so the last coefficient of a pass is popped W + columns + S * registers + B cycles after its
// first wide beat. The first pass ends there; after the set-up of the divisor the second begins,
// and its last code passes the quantiser's registers. With a divisor from the job there is one
// pass: the quantiser is ready when its first beat is in the FIFO. The depths of the FIFOs do not
// appear: no beat ever waits in one.
std::uint64_t prepare_cycles(const HardwareParameters& hardware,
                             const PrepareDescriptor& descriptor, int fault) {
  const Latencies& latency = hardware.latency;
  const auto lanes = static_cast<std::uint64_t>(hardware.lanes);
  const std::uint64_t bursts = ceil_div(descriptor.k_len, lanes);
  const std::uint64_t wide = descriptor.groups * lanes * bursts;
  const std::uint64_t columns = descriptor.k_len - (bursts - 1) * lanes;
  const auto stages =
      static_cast<std::uint64_t>(std::bit_width(static_cast<unsigned>(hardware.block_max)) - 1);
  const std::uint64_t block = std::uint64_t{1} << descriptor.block_log2;
  const std::uint64_t drain = fault == kTransformKeepsDifferences ? 1 : block;
  const std::uint64_t pass =
      wide + columns + stages * static_cast<std::uint64_t>(latency.transform_registers) + drain;

  const std::uint64_t divide = ceil_div(
      static_cast<std::uint64_t>(operand_widths(hardware.modes).quotient + hardware.random_bits),
      static_cast<std::uint64_t>(latency.divide_bits));
  const std::uint64_t mix = ceil_div(kDrawRounds, static_cast<std::uint64_t>(latency.mix_rounds));
  const std::uint64_t round = fault == kDivideThenMix ? divide + mix : std::max(divide, mix);

  const bool measured = descriptor.passes() == 2 || fault == kGivenReadTwice;
  const std::uint64_t last_pass_begins =
      measured ? pass + static_cast<std::uint64_t>(latency.scale_setup) + 1 : 0;
  const std::uint64_t last_popped = last_pass_begins + pass;
  // The first register, the dividers or mixers, the output register; counts are inclusive.
  return last_popped + 1 + round + 1 + 1;
}

std::uint64_t prepare_cycles(const HardwareParameters& hardware, const PrepareJob& job, int fault) {
  return prepare_cycles(hardware, describe(hardware, job), fault);
}

}  // namespace sylvester
