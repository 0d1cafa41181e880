#include "sim/systemc/edge.hpp"

#include "sim/systemc/faults.hpp"

namespace sylvester {
namespace {

PartialRow empty_row(int cols) {
  const auto n = static_cast<std::size_t>(cols);
  PartialRow row;
  row.partial.assign(n, 0);
  row.limited_macs.assign(n, 0);
  row.limited.assign(n, 0);
  return row;
}

}  // namespace

Edge::Edge(const sc_core::sc_module_name& name, const ClockAndReset& clock,
           const HardwareParameters& hardware, const GemmControl& control,
           StreamChannel<PartialRow>& partials, StreamChannel<Lanes>& results, JobResult& result)
    : ClockedBlock(name, clock),
      hardware_(hardware),
      control_(control),
      partials_(partials),
      results_(results),
      result_(result),
      fifo_(hardware.buffers.partials, empty_row(hardware.cols)),
      pipeline_(hardware.latency.edge_output,
                Token{Lanes(static_cast<std::size_t>(hardware.cols), 0), false, false}),
      outer_(static_cast<std::size_t>(hardware.rows),
             Lanes(static_cast<std::size_t>(hardware.cols), 0)),
      pass_sums_(static_cast<std::size_t>(hardware.rows),
                 std::vector<std::int64_t>(static_cast<std::size_t>(hardware.cols), 0)),
      row_(static_cast<std::uint32_t>(hardware.rows - 1)) {}

void Edge::reset() {
  clear();
  fifo_.clear();
  pipeline_.clear();
  partials_.accept(true);
  results_.offer(false);
  result_.finished.write(false);
}

void Edge::clear() {
  row_ = static_cast<std::uint32_t>(hardware_.rows - 1);
  first_tile_ = true;
  pass_ = NibblePass::kHighHigh;
  n_block_ = m_block_ = 0;
  done_ = false;
  counters_ = {};
}

void Edge::rising_edge() {
  const bool arrives = partials_.fires();
  if (!control_.run.read()) clear();
  const bool last_leaves = results_.fires() && pipeline_.last().job_last;
  if (results_.step()) {
    Token& first = pipeline_.step();
    first.valid = false;
    if (fifo_.valid()) {
      add_row(fifo_.front(), first);
      next_row(fifo_.front().line_last);
      fifo_.pop();
    }
    const Token& out = pipeline_.last();
    if (out.valid) results_.next_payload() = out.values;
    results_.offer(out.valid);
  }
  if (arrives) fifo_.push(partials_.payload());
  partials_.accept(fifo_.ready());
  if (last_leaves) {
    done_ = true;
    const std::uint64_t extra = has_fault(SystemcFault::kOuterCountOffByOne) ? 1 : 0;
    counters_.outer_limited += extra;
    const GemmCounters seen = reported(counters_, hardware_.counters);
    result_.fields = {seen.mac_limited, seen.tile_limited, seen.outer_limited};
  }
  result_.finished.write(done_);
}

void Edge::add_row(const PartialRow& row, Token& token) {
  const auto& job = control_.job();
  Lanes& outer = outer_[row_];
  const bool from_zero = first_tile_ && !has_fault(SystemcFault::kOuterNotCleared);
  for (std::size_t c = 0; c < outer.size(); ++c) {
    const bool passes = job.nibbles != 0;
    const Limited tile = passes ? add_passes(c, row.partial[c]) : Limited{row.partial[c], false};
    if (!tile_complete()) continue;
    const Limited sum = add_outer(hardware_.outer_bits, from_zero ? 0 : outer[c], tile.value);
    outer[c] = sum.value;
    counters_.mac_limited += static_cast<std::uint64_t>(row.limited_macs[c]);
    counters_.tile_limited += passes ? (tile.limited ? 1 : 0) : row.limited[c];
    counters_.outer_limited += sum.limited ? 1 : 0;
  }
  const std::uint32_t live =
      m_block_ + 1 == job.m_blocks ? job.m_last : static_cast<std::uint32_t>(hardware_.rows);
  token.valid = row.line_last && row_ < live;
  if (!token.valid) return;
  token.values = outer;
  token.job_last = row_ == 0 && n_block_ + 1 == job.n_blocks && m_block_ + 1 == job.m_blocks;
}

Limited Edge::add_passes(std::size_t column, std::int32_t partial) {
  std::int64_t& sum = pass_sums_[row_][column];
  const bool dropped = pass_ == NibblePass::kLowHigh && has_fault(SystemcFault::kCrossPassDropped);
  sum = add_pass(pass_, sum, dropped ? 0 : partial);
  if (!tile_complete()) return {0, false};
  return leave_tile(hardware_.policy, hardware_.bits, static_cast<std::int32_t>(sum));
}

bool Edge::tile_complete() const {
  return control_.job().nibbles == 0 || pass_ == NibblePass::kLowLow;
}

void Edge::next_row(bool line_last) {
  if (row_ > 0) {
    --row_;
    return;
  }
  row_ = static_cast<std::uint32_t>(hardware_.rows - 1);
  if (!tile_complete()) {
    pass_ = static_cast<NibblePass>(static_cast<int>(pass_) + 1);
    return;
  }
  pass_ = NibblePass::kHighHigh;
  first_tile_ = line_last;
  if (!line_last) return;
  if (++n_block_ < control_.job().n_blocks) return;
  n_block_ = 0;
  ++m_block_;
}

}  // namespace sylvester
