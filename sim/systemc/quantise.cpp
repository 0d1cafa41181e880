#include "sim/systemc/quantise.hpp"

#include <algorithm>
#include <cstdlib>

#include "sim/systemc/faults.hpp"

namespace sylvester {
namespace {

int ceil_div(int a, int b) { return (a + b - 1) / b; }

/// Registers from the FIFO to the codes, the first and the output register included.
int registers(const HardwareParameters& hardware) {
  const int divide = ceil_div(operand_widths(hardware.modes).quotient + hardware.random_bits,
                              hardware.latency.divide_bits);
  const int mix = ceil_div(kDrawRounds, hardware.latency.mix_rounds);
  return 1 + std::max(divide, mix) + 1;
}

ScaleRule measured_rule(const PrepareDescriptor& job) {
  if (job.has_rule(DivisorRule::kClip)) return ScaleRule::kClip;
  if (job.has_rule(DivisorRule::kPow2)) return ScaleRule::kPow2;
  return job.has_rule(DivisorRule::kLuq) ? ScaleRule::kLuq : ScaleRule::kMax;
}

/// The listed format, or the first uniform one with this largest code: the sign of a code is not
/// the divider's concern.
const Format& format_of(const HardwareParameters& hardware, const PrepareDescriptor& job) {
  if (job.listed != 0) return formats()[static_cast<std::size_t>(*listed_format(hardware.modes))];
  return *std::find_if(formats().begin(), formats().end(), [&](const Format& format) {
    return format.uniform && format.largest() == static_cast<std::int32_t>(job.largest_code);
  });
}

}  // namespace

Quantise::Quantise(const sc_core::sc_module_name& name, const ClockAndReset& clock,
                   const HardwareParameters& hardware, const PrepareControl& control,
                   const DrawKeySchedule& key, StreamChannel<Lanes>& coefficients,
                   StreamChannel<Lanes>& codes, JobResult& result)
    : ClockedBlock(name, clock),
      hardware_(hardware),
      control_(control),
      key_(key),
      coefficients_(coefficients),
      codes_(codes),
      result_(result),
      fifo_(hardware.buffers.coefficients, Lanes(static_cast<std::size_t>(hardware.lanes), 0)),
      pipeline_(registers(hardware),
                Token{Lanes(static_cast<std::size_t>(hardware.lanes), 0), {}, false, false}) {}

void Quantise::reset() {
  fifo_.clear();
  pipeline_.clear();
  coefficients_.accept(true);
  codes_.offer(false);
  state_ = State::kMeasure;
  k_ = group_ = 0;
  complete_ = false;
  setup_cycles_ = 0;
  max_magnitude_ = 0;
  counters_ = {};
  drive();
}

void Quantise::rising_edge() {
  if (!key_.data_run()) {
    reset();
    return;
  }
  const bool arrives = coefficients_.fires();
  switch (state_) {
    case State::kMeasure:
      if (control_.job().passes() == 2 || has_fault(SystemcFault::kGivenIsMeasured)) {
        measure();
      } else if (arrives) {
        open_pass();
      }
      break;
    case State::kSetup:
      set_up();
      break;
    case State::kQuantise:
      step();
      break;
    case State::kFinished:
      break;
  }
  if (arrives) fifo_.push(coefficients_.payload());
  coefficients_.accept(fifo_.ready());
  drive();
}

void Quantise::measure() {
  if (!fifo_.valid()) return;
  measure_beat();
  fifo_.pop();
  if (count_beat()) state_ = State::kSetup;
}

void Quantise::measure_beat() {
  for (const std::int32_t v : fifo_.front()) {
    max_magnitude_ = std::max(max_magnitude_, std::abs(v));
  }
}

void Quantise::set_up() {
  const int cycles =
      hardware_.latency.scale_setup - (has_fault(SystemcFault::kScaleSetupShort) ? 1 : 0);
  if (++setup_cycles_ < cycles) return;
  open_pass();
}

void Quantise::open_pass() {
  const auto& job = control_.job();
  const Format& format = format_of(hardware_, job);
  if (job.passes() == 2) {
    quantiser_ = make_quantiser(format, measured_rule(job), max_magnitude_, Scale{});
    quantiser_.d = std::max<std::uint64_t>(quantiser_.d, 1);  // M = 0 divides zeros by 1
  } else {
    quantiser_.n = static_cast<std::uint64_t>(format.largest())
                   << (job.given_fine != 0 ? kFineBits : 0);
    quantiser_.d = job.given_divisor;
  }
  state_ = State::kQuantise;
}

void Quantise::step() {
  const bool last_leaves = codes_.fires() && pipeline_.last().matrix_last;
  if (codes_.step()) {
    Token& first = pipeline_.step();
    first.valid = fifo_.valid() && !complete_;
    if (first.valid) {
      if (!has_fault(SystemcFault::kGivenNotMeasured)) measure_beat();
      round_lanes(fifo_.front(), first);
      fifo_.pop();
      first.matrix_last = complete_ = count_beat();
    }
    const Token& out = pipeline_.last();
    if (out.valid) {
      add_counts(out.counts);
      codes_.next_payload() = out.codes;
    }
    codes_.offer(out.valid);
  }
  if (!last_leaves) return;
  state_ = State::kFinished;
  const PrepareCounters seen = reported(counters_, hardware_.counters);
  result_.fields = {static_cast<std::uint64_t>(max_magnitude_), seen.codes_at_limit,
                    seen.rounded_up, seen.zero_codes};
}

bool Quantise::count_beat() {
  if (++k_ < control_.job().k_len) return false;
  k_ = 0;
  if (++group_ < control_.job().groups) return false;
  group_ = 0;
  return true;
}

void Quantise::round_lanes(const Lanes& coefficients, Token& token) const {
  const auto& job = control_.job();
  const Format& format = format_of(hardware_, job);
  const auto lanes = static_cast<std::uint32_t>(coefficients.size());
  const bool dead_counted = has_fault(SystemcFault::kDeadLanesCounted);
  const std::uint32_t live = group_ + 1 == job.groups && !dead_counted ? job.last_lanes : lanes;
  const std::uint32_t k = has_fault(SystemcFault::kDrawIndexOfLine) ? 0 : k_;
  token.counts = {};
  for (std::uint32_t lane = 0; lane < lanes; ++lane) {
    const std::int32_t v = coefficients[lane];
    std::uint32_t r = 0;
    if (job.stochastic != 0) {
      // RND-6, modulo 2^32.
      const std::uint32_t index =
          job.index0 + (group_ * lanes + lane) * job.stride_line + k * job.stride_k;
      r = draw(key_.key(), index, hardware_.random_bits);
    }
    Rounded rounded{};  // D = 0: zero codes (PRE-2)
    if (quantiser_.d != 0) {
      rounded =
          divide_round(format, static_cast<std::uint64_t>(std::abs(v)) * quantiser_.n, quantiser_.d,
                       job.stochastic != 0 ? Rounding::kStochastic : Rounding::kNearest,
                       hardware_.random_bits, r);
    }
    token.codes[lane] = v < 0 ? -rounded.code : rounded.code;
    if (lane >= live) continue;
    token.counts.codes_at_limit += rounded.code == format.largest_code() ? 1 : 0;
    token.counts.rounded_up += rounded.rounded_up ? 1 : 0;
    token.counts.zero_codes += rounded.code == 0 ? 1 : 0;
  }
}

void Quantise::add_counts(const PrepareCounters& counts) {
  counters_.codes_at_limit += counts.codes_at_limit;
  counters_.rounded_up += counts.rounded_up;
  counters_.zero_codes += counts.zero_codes;
}

void Quantise::drive() {
  open.write(state_ == State::kQuantise);
  result_.finished.write(state_ == State::kFinished);
}

}  // namespace sylvester
