#include "sim/systemc/transform.hpp"

#include <bit>

#include "golden/numerics/transform.hpp"
#include "sim/systemc/faults.hpp"

namespace sylvester {

Transform::Transform(const sc_core::sc_module_name& name, const ClockAndReset& clock,
                     const HardwareParameters& hardware, const PrepareControl& control,
                     const DrawKeySchedule& key, StreamChannel<Lanes>& turned,
                     StreamChannel<Lanes>& coefficients)
    : ClockedBlock(name, clock),
      control_(control),
      key_(key),
      turned_(turned),
      coefficients_(coefficients),
      fifo_(hardware.buffers.turned, Lanes(static_cast<std::size_t>(hardware.lanes), 0)),
      column_(static_cast<std::size_t>(hardware.lanes), 0) {
  const Token empty{Lanes(static_cast<std::size_t>(hardware.lanes), 0), false};
  const int stages = std::bit_width(static_cast<unsigned>(hardware.block_max)) - 1;
  for (int s = 0; s < stages; ++s) {
    stages_.emplace_back(std::size_t{1} << s, hardware.latency.transform_registers, empty);
  }
}

void Transform::reset() {
  fifo_.clear();
  k_ = 0;
  for (auto& stage : stages_) {
    stage.count = stage.pending = 0;
    stage.pipeline.clear();
  }
  turned_.accept(true);
  coefficients_.offer(false);
}

void Transform::rising_edge() {
  if (!key_.data_run()) {
    for (auto& stage : stages_) stage.count = stage.pending = 0;
    k_ = 0;
  }
  const bool arrives = turned_.fires();
  if (coefficients_.step()) {
    // From the last stage on, so that every stage sees what its predecessor held before the edge.
    for (std::size_t s = stages_.size(); s-- > 1;) {
      const Token& token = stages_[s - 1].pipeline.last();
      step_stage(s, token.values, token.valid);
    }
    const bool enters = fifo_.valid();
    step_stage(0, enters ? signed_column() : fifo_.front(), enters);
    if (enters) fifo_.pop();
    const Token& out = stages_.back().pipeline.last();
    if (out.valid) coefficients_.next_payload() = out.values;
    coefficients_.offer(out.valid);
  }
  if (arrives) fifo_.push(turned_.payload());
  turned_.accept(fifo_.ready());
}

const Lanes& Transform::signed_column() {
  const auto& job = control_.job();
  const std::uint32_t k = k_++;
  if (k_ == job.k_len && !has_fault(SystemcFault::kSignsNotRepeated)) k_ = 0;
  if (job.signs == 0 || draw(key_.sign_key(), k, 1) == 0) return fifo_.front();
  for (std::size_t lane = 0; lane < column_.size(); ++lane) column_[lane] = -fifo_.front()[lane];
  return column_;
}

void Transform::step_stage(std::size_t s, const Lanes& values, bool valid) {
  Stage& stage = stages_[s];
  Token& out = stage.pipeline.step();
  if (s >= control_.job().block_log2) {
    out.valid = valid;
    if (valid) out.values = values;
    return;
  }
  const std::size_t distance = stage.distance;
  if (valid && stage.count >= distance) {
    Lanes& stored = stage.memory[stage.count - distance];
    for (std::size_t lane = 0; lane < values.size(); ++lane) {
      const ButterflyPair pair = butterfly(stored[lane], values[lane]);
      out.values[lane] = pair.sum;
      stored[lane] = pair.difference;
    }
    out.valid = true;
    if (++stage.count == 2 * distance) {
      stage.count = 0;
      stage.pending = distance;
    }
    return;
  }
  out.valid = stage.pending > 0;
  if (stage.pending > 0) {
    const bool reversed = has_fault(SystemcFault::kDifferencesReversed);
    out.values = stage.memory[reversed ? stage.pending - 1 : distance - stage.pending];
    --stage.pending;
  }
  if (valid) stage.memory[stage.count++] = values;
}

}  // namespace sylvester
