#include "sim/systemc/code_buffer.hpp"

#include <algorithm>

#include "golden/numerics/nibbles.hpp"
#include "sim/systemc/faults.hpp"

namespace sylvester {

CodeBuffer::CodeBuffer(const sc_core::sc_module_name& name, const ClockAndReset& clock,
                       Operand operand, const HardwareParameters& hardware,
                       const GemmControl& control, const sc_core::sc_signal<bool>& release,
                       StreamChannel<Payload>& codes, StreamChannel<FeedBeat>& feed)
    : ClockedBlock(name, clock),
      operand_(operand),
      control_(control),
      release_(release),
      codes_(codes),
      feed_(feed),
      depth_(static_cast<std::uint32_t>(hardware.buffers.code_chunk)),
      width_(static_cast<std::size_t>(operand == Operand::kA ? hardware.rows : hardware.cols)),
      bits_(operand == Operand::kA ? operand_widths(hardware.modes).a_code
                                   : operand_widths(hardware.modes).b_code),
      memory_(2 * width_ * depth_, 0),
      incoming_(width_, 0),
      pipeline_(hardware.latency.code_buffer_read,
                Token{{std::vector<std::int8_t>(width_, 0), false}, false}) {
  codes_.gate_ready([this] { return control_.run.read(); });
}

void CodeBuffer::reset() {
  clear();
  pipeline_.clear();
  codes_.accept(true);
  feed_.offer(false);
}

void CodeBuffer::clear() {
  occupied_ = readable_ = {};
  write_bank_ = read_bank_ = oldest_bank_ = 0;
  write_beat_ = write_chunk_ = read_beat_ = read_chunk_ = read_use_ = 0;
  written_ = read_ = releases_ = 0;
  read_in_tile_ = 0;
  read_pass_ = 0;
  write_done_ = read_done_ = false;
}

void CodeBuffer::rising_edge() {
  if (!control_.run.read()) {
    clear();
  } else {
    // All three look at registers of before this edge: a bank that becomes readable now is read
    // from the next edge on, and a released bank is written from the next edge on.
    const bool written = codes_.fires();
    const bool reads = readable_[read_bank_] && !read_done_;
    if (feed_.step()) {
      Token& first = pipeline_.step();
      first.valid = reads;
      if (reads) read(first.beat);
    }
    if (written) write();
    if (release_.read()) release_oldest();
  }
  // Without run the pipeline holds no beats: the job ended with the last of them.
  const Token& out = pipeline_.last();
  if (out.valid && feed_.step()) feed_.next_payload() = out.beat;
  feed_.offer(out.valid);
  codes_.accept(!write_done_ && !occupied_[write_bank_]);
}

void CodeBuffer::write() {
  unpack_elements(codes_.payload(), bits_, incoming_);
  std::copy(incoming_.begin(), incoming_.end(), beat_of(write_bank_, write_beat_));
  if (++write_beat_ < chunk_length(write_chunk_)) return;
  write_beat_ = 0;
  occupied_[write_bank_] = readable_[write_bank_] = true;
  write_bank_ = 1 - write_bank_;
  if (++write_chunk_ == control_.job().k_chunks) write_chunk_ = 0;
  write_done_ = ++written_ == transfers();
}

void CodeBuffer::read(FeedBeat& out) {
  std::copy_n(beat_of(read_bank_, read_beat_), width_, out.codes.begin());
  out.release = false;
  ++read_beat_;
  if (repeats_tile() || read_beat_ < chunk_length(read_chunk_)) return;
  read_beat_ = 0;
  if (++read_use_ < uses()) return;
  read_use_ = 0;
  out.release = true;
  readable_[read_bank_] = false;
  read_bank_ = 1 - read_bank_;
  if (++read_chunk_ == control_.job().k_chunks) read_chunk_ = 0;
  read_done_ = ++read_ == transfers();
}

bool CodeBuffer::repeats_tile() {
  if (control_.job().nibbles == 0) return false;
  if (++read_in_tile_ < control_.job().tile && read_beat_ < chunk_length(read_chunk_)) return false;
  const std::uint32_t length = read_in_tile_;
  read_in_tile_ = 0;
  const int passes = has_fault(SystemcFault::kThreePasses) ? kNibblePasses - 1 : kNibblePasses;
  read_pass_ = (read_pass_ + 1) % passes;
  if (read_pass_ == 0) return false;
  read_beat_ -= length;
  return true;
}

void CodeBuffer::release_oldest() {
  ++releases_;
  if (has_fault(SystemcFault::kReleaseDropped) && operand_ == Operand::kA && releases_ == 2) return;
  occupied_[oldest_bank_] = false;
  oldest_bank_ = 1 - oldest_bank_;
}

std::uint32_t CodeBuffer::chunk_length(std::uint32_t chunk) const {
  return chunk + 1 == control_.job().k_chunks ? control_.job().k_last : control_.job().k_chunk;
}

std::uint64_t CodeBuffer::transfers() const {
  const auto& job = control_.job();
  return std::uint64_t{job.m_blocks} * job.n_blocks * job.k_chunks / uses();
}

std::uint32_t CodeBuffer::uses() const {
  const auto& job = control_.job();
  if (job.k_chunks > 1) return 1;
  if (operand_ == Operand::kA) return job.n_blocks;
  return job.n_blocks == 1 ? job.m_blocks : 1;
}

std::int8_t* CodeBuffer::beat_of(std::size_t bank, std::uint32_t beat) {
  return &memory_[(bank * depth_ + beat) * width_];
}

}  // namespace sylvester
