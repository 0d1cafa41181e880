#include "sim/systemc/systolic_array.hpp"

#include <algorithm>
#include <bit>

#include "golden/numerics/accumulate.hpp"
#include "sim/systemc/faults.hpp"

namespace sylvester {
namespace {

FeedBeat empty_beat(int width) {
  return {std::vector<std::int8_t>(static_cast<std::size_t>(width), 0), false};
}

/// Steps from issue to the last use of a slot, in either ring.
std::size_t ring_size(const HardwareParameters& hardware) {
  const int tokens = hardware.latency.array_feed + hardware.rows + hardware.cols;
  const int rows = hardware.cols + hardware.latency.array_drain;
  return std::bit_ceil(static_cast<std::size_t>(std::max(tokens, rows) + 1));
}

}  // namespace

SystolicArray::SystolicArray(const sc_core::sc_module_name& name, const ClockAndReset& clock,
                             const HardwareParameters& hardware, const GemmControl& control,
                             StreamChannel<FeedBeat>& a_feed, StreamChannel<FeedBeat>& b_feed,
                             StreamChannel<PartialRow>& partials)
    : ClockedBlock(name, clock),
      hardware_(hardware),
      control_(control),
      a_feed_(a_feed),
      b_feed_(b_feed),
      partials_(partials),
      rows_(hardware.rows),
      cols_(hardware.cols),
      a_fifo_(hardware.buffers.feed, empty_beat(rows_)),
      b_fifo_(hardware.buffers.feed, empty_beat(cols_)),
      ring_mask_(ring_size(hardware) - 1) {
  if (const auto listed = listed_format(hardware.modes)) {
    listed_format_ = &formats()[static_cast<std::size_t>(*listed)];
  }
  const auto rows = static_cast<std::size_t>(rows_);
  const auto cols = static_cast<std::size_t>(cols_);
  Token token;
  token.a.assign(rows, 0);
  token.b.assign(cols, 0);
  tokens_.assign(ring_size(hardware), token);
  AlignedRow row;
  row.row.partial.assign(cols, 0);
  row.row.limited_macs.assign(cols, 0);
  row.row.limited.assign(cols, 0);
  aligned_.assign(ring_size(hardware), row);
  acc_.assign(rows * cols, 0);
  limited_macs_.assign(rows * cols, 0);
  Column column;
  column.out.assign(rows, Out{});
  columns_.assign(cols, column);
}

void SystolicArray::reset() {
  a_fifo_.clear();
  b_fifo_.clear();
  for (auto& token : tokens_) token.valid = false;
  for (auto& row : aligned_) row.valid = false;
  for (auto& column : columns_) {
    column.count = 0;
    column.line_last = column.late = false;
  }
  k_ = in_tile_ = 0;
  pass_ = NibblePass::kHighHigh;
  gap_ = rows_;
  a_release.write(false);
  b_release.write(false);
  a_feed_.accept(true);
  b_feed_.accept(true);
  partials_.offer(false);
}

void SystolicArray::rising_edge() {
  const bool a_arrives = a_feed_.fires();
  const bool b_arrives = b_feed_.fires();
  bool a_released = false;
  bool b_released = false;
  if (!control_.run.read()) {
    k_ = in_tile_ = 0;
    pass_ = NibblePass::kHighHigh;
  }
  if (partials_.step()) {
    Token& token = tokens_[at(0)];
    token.valid = can_issue();
    if (gap_ < rows_) ++gap_;
    if (token.valid) {
      a_released = a_fifo_.front().release;
      b_released = b_fifo_.front().release;
      issue(token);
    }
    step();
  }
  if (a_arrives) a_fifo_.push(a_feed_.payload());
  if (b_arrives) b_fifo_.push(b_feed_.payload());
  a_release.write(a_released);
  b_release.write(b_released);
  a_feed_.accept(a_fifo_.ready());
  b_feed_.accept(b_fifo_.ready());
}

bool SystolicArray::tile_ends() const {
  return in_tile_ + 1 == control_.job().tile || k_ + 1 == control_.job().k_len;
}

bool SystolicArray::comes_again() const {
  return control_.job().nibbles != 0 && pass_ != NibblePass::kLowLow;
}

bool SystolicArray::can_issue() const {
  return a_fifo_.valid() && b_fifo_.valid() && control_.run.read() &&
         (!tile_ends() || gap_ >= rows_);
}

void SystolicArray::issue(Token& token) {
  if (control_.job().nibbles != 0) {
    split(a_fifo_.front().codes, nibble_of_a, token.a);
    split(b_fifo_.front().codes, nibble_of_b, token.b);
  } else {
    decode(a_fifo_.front().codes, control_.job().a_listed != 0, token.a);
    decode(b_fifo_.front().codes, control_.job().b_listed != 0, token.b);
  }
  a_fifo_.pop();
  b_fifo_.pop();
  token.first = in_tile_ == 0;
  token.last = tile_ends();
  token.line_last = k_ + 1 == control_.job().k_len && !comes_again();
  ++in_tile_;
  ++k_;
  if (token.last) {
    gap_ = 1;
    if (comes_again()) {
      k_ -= in_tile_;
      pass_ = static_cast<NibblePass>(static_cast<int>(pass_) + 1);
    } else {
      pass_ = NibblePass::kHighHigh;
    }
    in_tile_ = 0;
  }
  if (token.line_last) k_ = 0;
}

void SystolicArray::decode(const std::vector<std::int8_t>& codes, bool listed,
                           std::vector<std::int8_t>& values) const {
  if (!listed) {
    std::copy(codes.begin(), codes.end(), values.begin());
    return;
  }
  for (std::size_t i = 0; i < codes.size(); ++i) {
    values[i] = static_cast<std::int8_t>(listed_format_->value(codes[i]));
  }
}

void SystolicArray::split(const std::vector<std::int8_t>& codes, int (*nibble_of)(NibblePass, int),
                          std::vector<std::int8_t>& nibbles) const {
  for (std::size_t i = 0; i < codes.size(); ++i) {
    nibbles[i] = static_cast<std::int8_t>(nibble_of(pass_, codes[i]));
  }
}

void SystolicArray::step() {
  shift_columns();
  switch (hardware_.policy) {
    case AccumulatePolicy::kSaturate:
      multiply<AccumulatePolicy::kSaturate>();
      break;
    case AccumulatePolicy::kWrap:
      multiply<AccumulatePolicy::kWrap>();
      break;
    case AccumulatePolicy::kClamp:
      multiply<AccumulatePolicy::kClamp>();
      break;
  }
  const AlignedRow& out = aligned_[at(1 - hardware_.latency.array_drain)];
  if (out.valid) partials_.next_payload() = out.row;
  partials_.offer(out.valid);
  ++step_;
}

void SystolicArray::shift_columns() {
  const auto south = static_cast<std::size_t>(rows_ - 1);
  for (int c = 0; c < cols_; ++c) {
    Column& column = columns_[static_cast<std::size_t>(c)];
    AlignedRow& aligned = aligned_[at(cols_ - 1 - c)];
    // Column 0 is the first to write a row; all columns of a row agree on whether there is one.
    if (c == 0) aligned.valid = column.count > 0;
    if (column.late) {
      column.late = false;
      column.count = rows_;
      continue;
    }
    if (column.count == 0) continue;
    const Out& leaves = column.out[south];
    const auto lane = static_cast<std::size_t>(c);
    aligned.row.partial[lane] = leaves.partial;
    aligned.row.limited_macs[lane] = leaves.limited_macs;
    aligned.row.limited[lane] = leaves.limited;
    aligned.row.line_last = column.line_last;
    // Row r takes the r values above it and then holds: its next tile may already be there.
    const auto held = static_cast<std::size_t>(rows_ - column.count);
    for (std::size_t r = south; r > held; --r) column.out[r] = column.out[r - 1];
    --column.count;
  }
}

template <AccumulatePolicy policy>
void SystolicArray::multiply() {
  const int diagonals = rows_ + cols_ - 1;
  for (int d = 0; d < diagonals; ++d) {
    const Token& token = tokens_[at(-hardware_.latency.array_feed - d)];
    if (!token.valid) continue;
    if (token.first) {
      multiply_diagonal<policy, true>(token, d);
    } else {
      multiply_diagonal<policy, false>(token, d);
    }
    if (!token.last) continue;
    for (int r = std::max(0, d - cols_ + 1); r <= std::min(d, rows_ - 1); ++r) {
      capture(token, r, d - r);
    }
  }
}

template <AccumulatePolicy policy, bool first>
void SystolicArray::multiply_diagonal(const Token& token, int diagonal) {
  const int bits = hardware_.bits;
  const bool off_by_one = has_fault(SystemcFault::kSaturationOffByOne);
  const int begin = std::max(0, diagonal - cols_ + 1);
  const int end = std::min(diagonal, rows_ - 1);
  for (int r = begin; r <= end; ++r) {
    const int c = diagonal - r;
    const auto pe = static_cast<std::size_t>(r * cols_ + c);
    const std::int32_t product =
        std::int32_t{token.a[static_cast<std::size_t>(r)]} * token.b[static_cast<std::size_t>(c)];
    const Limited mac = accumulate(policy, bits, first ? 0 : acc_[pe], product);
    acc_[pe] = mac.value;
    if (mac.limited && off_by_one) acc_[pe] += mac.value > 0 ? -1 : 1;
    limited_macs_[pe] = (first ? 0 : limited_macs_[pe]) + (mac.limited ? 1 : 0);
  }
}

void SystolicArray::capture(const Token& token, int row, int column) {
  const auto pe = static_cast<std::size_t>(row * cols_ + column);
  // The edge limits a tile of several passes.
  const Limited leaving = control_.job().nibbles != 0
                              ? Limited{acc_[pe], false}
                              : leave_tile(hardware_.policy, hardware_.bits, acc_[pe]);
  const std::int32_t limited_macs = limited_macs_[pe];
  Column& to = columns_[static_cast<std::size_t>(column)];
  Out& out = to.out[static_cast<std::size_t>(row)];
  out.partial = leaving.value;
  switch (hardware_.counters) {
    case CounterMode::kFull:
      out.limited_macs = limited_macs;
      break;
    case CounterMode::kSticky:
      out.limited_macs = limited_macs > 0 ? 1 : 0;
      break;
    case CounterMode::kNone:
      out.limited_macs = 0;
      break;
  }
  out.limited = hardware_.counters != CounterMode::kNone && (limited_macs > 0 || leaving.limited);
  if (row + 1 < rows_) return;
  to.line_last = token.line_last;
  if (has_fault(SystemcFault::kLateTileFlush)) {
    to.late = true;
  } else {
    to.count = rows_;
  }
}

}  // namespace sylvester
