#include "sim/energy/energy.hpp"

#include <bit>

#include "golden/numerics/draw.hpp"

namespace sylvester {
namespace {

constexpr std::uint64_t kWideBits = 16;
constexpr std::uint64_t kResultBits = 32;
constexpr std::uint64_t kDrawWordBits = 16;  // of the mixer's adders, RND-2
constexpr std::uint64_t kShiftLevels = 3;    // of the shift that an e3 code asks for, LOG-1
constexpr std::uint64_t kNibblePasses = 4;   // I8-1

std::uint64_t ceil_div(std::uint64_t a, std::uint64_t b) { return (a + b - 1) / b; }

std::uint64_t bits(int value) { return static_cast<std::uint64_t>(value); }

}  // namespace

EnergyEvents& EnergyEvents::operator+=(const EnergyEvents& other) {
  multiplied += other.multiplied;
  added += other.added;
  buffered += other.buffered;
  moved += other.moved;
  return *this;
}

EnergyEvents prepare_events(const HardwareParameters& hardware,
                            const PrepareDescriptor& descriptor) {
  const std::uint64_t passes = bits(descriptor.passes());
  const OperandWidths widths = operand_widths(hardware.modes);
  const std::uint64_t lanes = bits(hardware.lanes);
  const std::uint64_t lines = descriptor.groups * lanes;
  const std::uint64_t coefficients = lines * descriptor.k_len;
  const std::uint64_t coefficient_bits =
      kWideBits + bits(std::bit_width(static_cast<unsigned>(hardware.block_max)) - 1);
  const std::uint64_t quotient_bits = bits(widths.quotient + hardware.random_bits);
  const std::uint64_t numerator_bits = coefficient_bits + bits(widths.quotient) + 5;

  EnergyEvents events;
  events.moved = passes * lines * ceil_div(descriptor.k_len, lanes) * lanes * kWideBits +
                 coefficients * bits(widths.code);
  // Signs, butterflies and the largest magnitude in every pass; then N, its division bit by bit,
  // the draw and the rounding.
  const std::uint64_t per_coefficient =
      passes * (descriptor.signs + descriptor.block_log2 + 1) * coefficient_bits +
      (1 + quotient_bits) * numerator_bits +
      (descriptor.stochastic != 0 ? std::uint64_t{kDrawRounds} * kDrawWordBits : 0) +
      bits(widths.code);
  events.added = coefficients * per_coefficient;
  return events;
}

EnergyEvents gemm_events(const HardwareParameters& hardware, const GemmDescriptor& descriptor) {
  const OperandWidths widths = operand_widths(hardware.modes);
  const std::uint64_t rows = bits(hardware.rows);
  const std::uint64_t cols = bits(hardware.cols);
  const std::uint64_t k = descriptor.k_len;
  const std::uint64_t m = std::uint64_t{descriptor.m_blocks - 1} * rows + descriptor.m_last;
  const std::uint64_t n = std::uint64_t{descriptor.n_blocks - 1} * cols + descriptor.n_last;
  const std::uint64_t passes = descriptor.nibbles != 0 ? kNibblePasses : 1;
  const std::uint64_t products = m * n * k * passes;

  // A level of a shift is a multiplexer per bit, a row of a multiplication a gate and an adder per
  // bit: by the LUTs of section 8 of architecture.md they are about equal.
  const bool a_shifts = descriptor.a_listed != 0 && widths.shift;
  const bool b_shifts = descriptor.b_listed != 0 && widths.shift;
  const std::uint64_t product_bits = a_shifts   ? kShiftLevels * bits(widths.b_value)
                                     : b_shifts ? kShiftLevels * bits(widths.a_value)
                                                : bits(widths.a_value) * bits(widths.b_value);

  // Architecture.md section 5, sources: what is kept in the buffers comes once.
  const std::uint64_t blocks = std::uint64_t{descriptor.m_blocks} * descriptor.n_blocks;
  const std::uint64_t a_blocks = descriptor.k_chunks == 1 ? descriptor.m_blocks : blocks;
  const std::uint64_t b_blocks = descriptor.k_chunks == 1 && descriptor.n_blocks == 1 ? 1 : blocks;
  const std::uint64_t a_beat = rows * bits(widths.a_code);
  const std::uint64_t b_beat = cols * bits(widths.b_code);

  EnergyEvents events;
  events.multiplied = products * product_bits;
  events.added = products * bits(hardware.bits) +
                 m * n * ceil_div(k, descriptor.tile) * passes * bits(hardware.outer_bits);
  events.buffered =
      k * (a_blocks * a_beat + b_blocks * b_beat + passes * blocks * (a_beat + b_beat));
  events.moved = k * (a_blocks * a_beat + b_blocks * b_beat) + m * n * kResultBits;
  return events;
}

EnergyEvents energy_events(const HardwareParameters& hardware, const GemmJobs& jobs) {
  EnergyEvents events;
  const auto add = [&](int times, const EnergyEvents& of_job) {
    for (int i = 0; i < times; ++i) events += of_job;
  };
  add(jobs.counts.prepare_a, prepare_events(hardware, jobs.a));
  add(jobs.counts.prepare_b, prepare_events(hardware, jobs.b));
  add(jobs.counts.gemm, gemm_events(hardware, jobs.gemm));
  return events;
}

Energy energy_of(const EnergyEvents& events, const EnergyPerBit& per_bit) {
  const auto joules = [](std::uint64_t count, double each) {
    return static_cast<double>(count) * each;
  };
  return {.arithmetic =
              joules(events.multiplied, per_bit.multiplied) + joules(events.added, per_bit.added),
          .buffers = joules(events.buffered, per_bit.buffered),
          .memory = joules(events.moved, per_bit.moved)};
}

}  // namespace sylvester
