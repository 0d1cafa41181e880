#include "golden/hardware/hardware.hpp"

#include <bit>
#include <span>

#include "golden/hardware/descriptors.hpp"
#include "golden/support/error.hpp"
#include "golden/support/sha256.hpp"

namespace sylvester {
namespace {

void check_range(std::string_view name, int value, int least, int most) {
  if (value < least || value > most) {
    throw UserError("hardware parameter " + std::string(name) + " = " + std::to_string(value) +
                    " is not in " + std::to_string(least) + "..." + std::to_string(most));
  }
}

}  // namespace

const std::vector<LatencyEntry>& latency_entries() {
  static const std::vector<LatencyEntry> entries = {
      {"transform_registers", &Latencies::transform_registers, 1, 4},
      {"scale_setup", &Latencies::scale_setup, 1, 8},
      {"divide_bits", &Latencies::divide_bits, 1, 16},
      {"mix_rounds", &Latencies::mix_rounds, 1, 10},
      {"code_buffer_read", &Latencies::code_buffer_read, 1, 4},
      {"array_feed", &Latencies::array_feed, 1, 4},
      {"array_drain", &Latencies::array_drain, 1, 4},
      {"edge_output", &Latencies::edge_output, 1, 4},
  };
  return entries;
}

const std::vector<BufferEntry>& buffer_entries() {
  static const std::vector<BufferEntry> entries = {
      {"turned", &BufferDepths::turned, 2, 64},
      {"coefficients", &BufferDepths::coefficients, 2, 64},
      {"code_chunk", &BufferDepths::code_chunk, 1, 65535},
      {"feed", &BufferDepths::feed, 2, 64},
      {"partials", &BufferDepths::partials, 2, 64},
  };
  return entries;
}

void check(const HardwareParameters& hardware) {
  check_range("rows", hardware.rows, 1, 64);
  check_range("cols", hardware.cols, 1, 64);
  check_range("bits", hardware.bits, 4, 24);
  check_range("outer_bits", hardware.outer_bits, hardware.bits, 32);
  check_range("tile_max", hardware.tile_max, 1, 65535);
  check_range("lanes", hardware.lanes, 1, 32);
  check_range("block_max", hardware.block_max, 2, 1024);
  if (!std::has_single_bit(static_cast<unsigned>(hardware.block_max))) {
    throw UserError("hardware parameter block_max = " + std::to_string(hardware.block_max) +
                    " is not a power of two in 2...1024");
  }
  check_range("random_bits", hardware.random_bits, 1, 16);
  check(hardware.modes);
  if (operand_widths(hardware.modes).nibbles && hardware.policy != AccumulatePolicy::kClamp &&
      hardware.bits < kNibbleProductBits) {
    throw UserError("hardware parameter modes = " + to_string(hardware.modes) +
                    " has products of 8-bit codes, which policy " +
                    std::string(to_string(hardware.policy)) +
                    " with bits = " + std::to_string(hardware.bits) +
                    " cannot hold; allowed: policy clamp, or bits " +
                    std::to_string(kNibbleProductBits) + " or more");
  }
  for (const BufferEntry& entry : buffer_entries()) {
    check_range("buffers." + std::string(entry.name), hardware.buffers.*entry.value, entry.least,
                entry.most);
  }
  for (const LatencyEntry& entry : latency_entries()) {
    check_range("latency." + std::string(entry.name), hardware.latency.*entry.value, entry.least,
                entry.most);
  }
}

std::string canonical_text(const HardwareParameters& hardware) {
  std::string text;
  const auto line = [&text](const std::string& name, const std::string& value) {
    text += name + " = " + value + "\n";
  };
  line("rows", std::to_string(hardware.rows));
  line("cols", std::to_string(hardware.cols));
  line("bits", std::to_string(hardware.bits));
  line("policy", std::string(to_string(hardware.policy)));
  line("outer_bits", std::to_string(hardware.outer_bits));
  line("tile_max", std::to_string(hardware.tile_max));
  line("lanes", std::to_string(hardware.lanes));
  line("block_max", std::to_string(hardware.block_max));
  line("random_bits", std::to_string(hardware.random_bits));
  line("signs", hardware.signs ? "1" : "0");
  line("modes", to_string(hardware.modes));
  line("counters", std::string(to_string(hardware.counters)));
  for (const BufferEntry& entry : buffer_entries()) {
    line("buffers." + std::string(entry.name), std::to_string(hardware.buffers.*entry.value));
  }
  for (const LatencyEntry& entry : latency_entries()) {
    line("latency." + std::string(entry.name), std::to_string(hardware.latency.*entry.value));
  }
  // What the host writes and reads: a host that knows other fields must not take this hardware.
  const auto fields = [&](const std::string& name, std::span<const DescriptorField> table) {
    std::string list;
    for (const DescriptorField& field : table) {
      list += std::string(field.name) + ":" + std::to_string(field.bits) + " ";
    }
    line(name, list);
  };
  fields("prepare_job", prepare_job_fields());
  fields("gemm_job", gemm_job_fields());
  fields("prepare_done", prepare_done_fields());
  fields("gemm_done", gemm_done_fields());
  return text;
}

std::uint64_t hardware_hash(const HardwareParameters& hardware) {
  return hash64(canonical_text(hardware));
}

}  // namespace sylvester
