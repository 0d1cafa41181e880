#include "golden/hardware/streams.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "golden/hardware/descriptors.hpp"

namespace sylvester {

std::span<const StreamInfo> streams() {
  static constexpr std::array<StreamInfo, kStreams> kTable{{
      {Stream::kPrepareJob, "prepare_job", "host", "prepare_control"},
      {Stream::kWide, "wide", "host", "corner_turn"},
      {Stream::kTurned, "turned", "corner_turn", "transform"},
      {Stream::kCoefficients, "coefficients", "transform", "quantise"},
      {Stream::kCodes, "codes", "quantise", "host"},
      {Stream::kPrepareDone, "prepare_done", "prepare_control", "host"},
      {Stream::kGemmJob, "gemm_job", "host", "gemm_control"},
      {Stream::kACodes, "a_codes", "host", "code_buffer_a"},
      {Stream::kBCodes, "b_codes", "host", "code_buffer_b"},
      {Stream::kAFeed, "a_feed", "code_buffer_a", "systolic_array"},
      {Stream::kBFeed, "b_feed", "code_buffer_b", "systolic_array"},
      {Stream::kPartials, "partials", "systolic_array", "edge"},
      {Stream::kResults, "results", "edge", "host"},
      {Stream::kGemmDone, "gemm_done", "gemm_control", "host"},
  }};
  return kTable;
}

int coefficient_bits(const HardwareParameters& hardware) {
  return kMantissaBits + std::bit_width(static_cast<unsigned>(hardware.block_max)) - 1;
}

int given_divisor_bits(const HardwareParameters& hardware) {
  constexpr int kBitsOf39 = 6;   // 39·M; a magnitude has one bit less than a coefficient
  constexpr int kClipBits = 23;  // 16 bits in units of 2^-8, from 2^-1 on
  return std::max(coefficient_bits(hardware) - 1 + kBitsOf39, kClipBits);
}

int pass_bits(const HardwareParameters& hardware) {
  const bool exact = hardware.policy == AccumulatePolicy::kClamp;
  if (!exact || !operand_widths(hardware.modes).nibbles) return 0;
  constexpr int kLargestOfPass = 15 * 15;
  return exact_register_bits(hardware.tile_max, kLargestOfPass);
}

int partial_bits(const HardwareParameters& hardware) {
  return std::max(hardware.bits, pass_bits(hardware));
}

int count_bits(const HardwareParameters& hardware) {
  return hardware.counters == CounterMode::kFull
             ? std::bit_width(static_cast<unsigned>(hardware.tile_max))
             : 1;
}

int payload_bits(const HardwareParameters& hardware, Stream stream) {
  switch (stream) {
    case Stream::kPrepareJob:
      return total_bits(prepare_job_fields());
    case Stream::kWide:
    case Stream::kTurned:
      return hardware.lanes * kMantissaBits;
    case Stream::kCoefficients:
      return hardware.lanes * coefficient_bits(hardware);
    case Stream::kCodes:
      return hardware.lanes * operand_widths(hardware.modes).code;
    case Stream::kPrepareDone:
      return total_bits(prepare_done_fields());
    case Stream::kGemmJob:
      return total_bits(gemm_job_fields());
    case Stream::kACodes:
      return hardware.rows * operand_widths(hardware.modes).a_code;
    case Stream::kBCodes:
      return hardware.cols * operand_widths(hardware.modes).b_code;
    case Stream::kAFeed:
      return hardware.rows * operand_widths(hardware.modes).a_code + 1;
    case Stream::kBFeed:
      return hardware.cols * operand_widths(hardware.modes).b_code + 1;
    case Stream::kPartials:
      return hardware.cols * (partial_bits(hardware) + count_bits(hardware) + 1) + 1;
    case Stream::kResults:
      return hardware.cols * kResultBits;
    case Stream::kGemmDone:
      return total_bits(gemm_done_fields());
  }
  return 0;
}

}  // namespace sylvester
