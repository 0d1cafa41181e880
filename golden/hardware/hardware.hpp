// Parameters of one accelerator: what sim and rtl_gen both read (docs/architecture.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "golden/hardware/operand_modes.hpp"
#include "golden/numerics/accumulate.hpp"
#include "golden/numerics/counters.hpp"

namespace sylvester {

/// Latency table: the only place where a latency is a number. Units are steps of the block that
/// the entry belongs to. Every entry changes SystemC, RTL and closed form alike.
struct Latencies {
  int transform_registers = 1;  ///< register stages after each butterfly, 1...4
  int scale_setup = 2;          ///< cycles from M to the divider's operands, 1...8
  int divide_bits = 2;          ///< quotient bits per divider register stage, 1...16
  int mix_rounds = 2;           ///< mixer rounds per register stage, 1...10
  int code_buffer_read = 1;     ///< register stages from code memory to array, 1...4
  int array_feed = 1;           ///< register stages before the array's skew, 1...4
  int array_drain = 1;          ///< register stages after the array's deskew, 1...4
  int edge_output = 1;          ///< register stages after the outer adder, 1...4
};

/// Entries of the table by name, for configuration, tests and reports.
struct LatencyEntry {
  std::string_view name;
  int Latencies::*value;
  int least;
  int most;
};
const std::vector<LatencyEntry>& latency_entries();

/// Depths of buffers, in beats.
struct BufferDepths {
  int turned = 2;        ///< FIFO in front of the transform, 2...64
  int coefficients = 2;  ///< FIFO in front of the quantiser, 2...64
  int code_chunk = 64;   ///< k-beats per bank of a code buffer, 1...65535 (two banks each)
  int feed = 2;          ///< FIFOs in front of the array, 2...64
  int partials = 2;      ///< FIFO in front of the edge accumulators, 2...64
};
struct BufferEntry {
  std::string_view name;
  int BufferDepths::*value;
  int least;
  int most;
};
const std::vector<BufferEntry>& buffer_entries();

/// Least P of hardware with products of 8-bit codes (I8-1), unless the edge limits them (`clamp`).
inline constexpr int kNibbleProductBits = 15;

struct HardwareParameters {
  int rows = 16;  ///< R, 1...64
  int cols = 16;  ///< C, 1...64
  int bits = 8;   ///< P, 4...24
  AccumulatePolicy policy = AccumulatePolicy::kSaturate;
  int outer_bits = 24;  ///< o, P...32
  int tile_max = 512;   ///< longest tile of a job, 1...65535
  int lanes = 4;        ///< L of the prepare unit, 1...32
  int block_max = 128;  ///< longest transform block built, a power of two, 2...1024
  int random_bits = 8;  ///< r, 1...16, fixed at elaboration
  bool signs = false;   ///< random signs before the transform (WHT-5)
  std::vector<OperandMode> modes = {operand_mode("i4xi4"), operand_mode("u4xi4")};
  CounterMode counters = CounterMode::kFull;
  BufferDepths buffers;
  Latencies latency;
};

/// Throws UserError naming the parameter, its value and the allowed range.
void check(const HardwareParameters& hardware);

/// Canonical text of all parameters, one "name = value" per line: input of the hardware hash.
std::string canonical_text(const HardwareParameters& hardware);

/// 64 bits over canonical_text: in every output and a parameter of the RTL.
std::uint64_t hardware_hash(const HardwareParameters& hardware);

}  // namespace sylvester
