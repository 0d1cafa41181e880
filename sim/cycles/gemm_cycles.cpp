// The GEMM unit without stalls, derived beat by beat and then summed up over a chunk.
//
// Let beat i (0, 1, ... over the whole job) be issued by the array in cycle p(i), and enter the
// feed FIFO of operand X in cycle q(i). With a feed depth F of at least 2:
//
//   p(i) = max(qA(i) + 1, qB(i) + 1, p(i-1) + 1, and p(previous tile end) + R at a tile's last
//   beat) q(i) = max(v(i), p(i-F) + 1)          v(i): cycle in which the beat is in the output
//   register v(i) = q(i-1) + 1                     within a chunk, whose reads follow each other
//
// From these, q(i) <= p(i-1) for every beat of a chunk but its first: the array waits for operands
// only at the first beat of a chunk, afterwards only for the tile ends before it to be shifted out.
// So a chunk's issue times are one number (its first) and a sum over tiles, and
// q(i) = max(v(first) + i - first, p(i-F) + 1).
//
// In a job of passes over nibbles a chunk holds whole tiles, but for the line's last one, and a
// tile of t beats is read and issued as four of t beats: the chunk's beats are then two runs of
// equal tiles, 4 * floor(length/tile) of the full length and, if there is a rest, 4 of the rest.
//
// The first beat of a chunk is read when the chunk is readable, into a pipeline that freezes while
// its last register waits for the FIFO: what is in the pipeline at that time decides how many
// bubbles lie between it and the beat before. OperandReader keeps the last steps for that.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>

#include "golden/numerics/nibbles.hpp"
#include "sim/cycles/cycles.hpp"
#include "sim/cycles/faults.hpp"

namespace sylvester {
namespace {

using Cycle = std::int64_t;
constexpr Cycle kNever = std::numeric_limits<Cycle>::min() / 4;  ///< before every cycle

/// Issue times of the beats of one chunk, a closed form.
struct ChunkIssue {
  std::int64_t first = 0;   ///< number of the chunk's first beat
  std::int64_t length = 0;  ///< beats
  Cycle start = 0;          ///< cycle of the first beat, if that is not a waiting tile end
  std::int64_t to_end = 0;  ///< beats before the chunk's first tile end; length if it has none
  Cycle first_end = 0;      ///< cycle of that tile end
  std::int64_t tile = 1;    ///< beats of the tiles after it
  Cycle period = 1;         ///< cycles of one of them: max(tile, R)
  std::int64_t whole = 0;   ///< how many of them end in the chunk with full length
  bool short_end = false;   ///< the chunk's last beat ends a shorter tile
  Cycle short_end_cycle = 0;

  /// Issue cycle of beat i of the chunk, 0 ... length-1.
  [[nodiscard]] Cycle at(std::int64_t i) const {
    if (i < to_end) return start + i;
    if (short_end && i == length - 1) return short_end_cycle;
    const std::int64_t past = i - to_end;
    const std::int64_t ends = past / tile;
    return first_end + ends * period + past % tile;
  }
  [[nodiscard]] Cycle last() const { return at(length - 1); }
  /// Issue cycle of the chunk's last tile end; `before` if there is none.
  [[nodiscard]] Cycle last_end(Cycle before) const {
    if (short_end) return short_end_cycle;
    return to_end == length ? before : first_end + whole * period;
  }
};

/// Issue times of the last chunks: as many as a lookup F beats back needs.
class IssueHistory {
 public:
  explicit IssueHistory(std::int64_t reach) : reach_(reach) {}

  void append(const ChunkIssue& chunk) {
    chunks_.push_back(chunk);
    beats_ += chunk.length;
    while (beats_ - chunks_.front().length >= reach_) {
      beats_ -= chunks_.front().length;
      chunks_.pop_front();
    }
  }
  /// p(beat); kNever for beats before the job.
  [[nodiscard]] Cycle at(std::int64_t beat) const {
    for (auto chunk = chunks_.rbegin(); chunk != chunks_.rend(); ++chunk) {
      if (beat >= chunk->first) return chunk->at(beat - chunk->first);
    }
    return kNever;
  }

 private:
  std::int64_t reach_;
  std::int64_t beats_ = 0;
  std::deque<ChunkIssue> chunks_;
};

/// Source, two banks and read pipeline of one operand.
class OperandReader {
 public:
  OperandReader(const HardwareParameters& hardware, bool early_release)
      : registers_(hardware.latency.code_buffer_read),
        feed_(hardware.buffers.feed),
        release_delay_(early_release ? 1 : 2) {}

  /// The source sends the next chunk, one beat per cycle as soon as its bank is free.
  void transfer(std::int64_t length) {
    readable_ = std::max(written_ + 1, bank_free_[bank_]) + length;
    written_ = readable_ - 1;
  }

  /// Cycle in which the chunk's first beat enters the feed FIFO.
  Cycle begin(std::int64_t first_beat, const IssueHistory& issued) {
    const Cycle before = exits_.back();
    // Steps of the pipeline since the chunk became readable: the first beat was read at the first
    // of them that is free, that is `registers` steps before it can leave.
    const auto steps = std::count_if(exits_.end() - registers_, exits_.end(),
                                     [this](Cycle exit) { return exit >= readable_; });
    arrival_ = steps == 0 ? readable_ + registers_ : before + 1 + (registers_ - steps);
    // Bubbles leave in consecutive cycles: they never wait for the FIFO.
    for (Cycle t = std::max(before + 1, arrival_ - registers_); t < arrival_; ++t) step(t);
    first_ = first_beat;
    return enters(first_beat, issued);
  }

  /// The chunk's issue times are in `issued`: notes when its last beats left the pipeline.
  void end(std::int64_t length, const IssueHistory& issued) {
    for (std::int64_t i = std::max<std::int64_t>(0, length - registers_); i < length; ++i) {
      step(enters(first_ + i, issued));
    }
  }

  /// The last use of the oldest bank ended with a beat issued in this cycle. The pulse is in the
  /// next cycle, the bank is free in the one after it.
  void release(Cycle issue) {
    bank_free_[bank_] = issue + release_delay_;
    bank_ = 1 - bank_;
  }

 private:
  [[nodiscard]] Cycle enters(std::int64_t beat, const IssueHistory& issued) const {
    return std::max(arrival_ + beat - first_, issued.at(beat - feed_) + 1);
  }
  void step(Cycle exit) {
    std::move(exits_.begin() + 1, exits_.end(), exits_.begin());
    exits_.back() = exit;
  }

  static constexpr std::size_t kMostRegisters = 4;

  std::int64_t registers_;
  std::int64_t feed_;
  Cycle release_delay_;
  std::array<Cycle, 2> bank_free_{0, 0};  ///< cycle from which a bank can be written
  std::size_t bank_ = 0;                  ///< of the present transfer
  Cycle written_ = -1;                    ///< last beat of the last transfer
  Cycle readable_ = kNever;               ///< of the last transfer
  Cycle arrival_ = 0;                     ///< v(first beat of the chunk)
  std::int64_t first_ = 0;
  /// Cycles in which the last slots, beats or bubbles, left the pipeline.
  std::array<Cycle, kMostRegisters> exits_{kNever, kNever, kNever, kNever};
};

/// The tile rhythm of the array, carried from chunk to chunk.
class TileRhythm {
 public:
  TileRhythm(const HardwareParameters& hardware, const GemmDescriptor& descriptor, int fault)
      : k_len_(descriptor.k_len),
        tile_(descriptor.tile),
        passes_(descriptor.nibbles == 0       ? 1
                : fault == kPassesNotRepeated ? 3
                                              : kNibblePasses),
        rows_(fault == kShortTileNotStretched ? 1 : hardware.rows) {}

  /// Beats that the array issues for a chunk of this length.
  [[nodiscard]] std::int64_t beats(std::int64_t length) const { return passes_ * length; }

  /// Appends the issue times of a chunk at k...k+length-1 of a line whose first beat has its
  /// operands in `operands`.
  void issue(std::int64_t first_beat, std::int64_t k, std::int64_t length, Cycle operands,
             IssueHistory& issued) {
    if (passes_ == 1) {
      issued.append(run(first_beat, k, length, tile_, k_len_, operands));
      return;
    }
    const std::int64_t rest = length % tile_;
    const std::int64_t whole = beats(length - rest);
    if (whole > 0) issued.append(run(first_beat, 0, whole, tile_, whole, operands));
    if (rest > 0) {
      issued.append(run(first_beat + whole, 0, beats(rest), rest, beats(rest), operands));
    }
  }

 private:
  /// Beats k...k+length-1 of a line of k_len beats in tiles of `tile`.
  ChunkIssue run(std::int64_t first_beat, std::int64_t k, std::int64_t length, std::int64_t tile,
                 std::int64_t k_len, Cycle operands) {
    ChunkIssue chunk;
    chunk.first = first_beat;
    chunk.length = length;
    chunk.tile = tile;
    chunk.period = std::max<Cycle>(tile, rows_);
    chunk.start = std::max(operands, last_issue_ + 1);
    const std::int64_t end = k + length;
    const std::int64_t first_end = std::min((k / tile + 1) * tile, k_len);  // exclusive
    if (first_end > end) {
      chunk.to_end = length;
    } else {
      chunk.to_end = first_end - 1 - k;
      chunk.first_end = std::max(chunk.start + chunk.to_end, last_end_ + rows_);
      chunk.whole = (end - first_end) / tile;
      const std::int64_t rest = (end - first_end) % tile;
      if (rest != 0 && end == k_len) {
        const Cycle before = chunk.first_end + chunk.whole * chunk.period;
        chunk.short_end = true;
        chunk.short_end_cycle = before + std::max<Cycle>(rest, rows_);
      }
    }
    last_end_ = chunk.last_end(last_end_);
    last_issue_ = chunk.last();
    return chunk;
  }

  std::int64_t k_len_;
  std::int64_t tile_;
  std::int64_t passes_;
  Cycle rows_;
  Cycle last_issue_ = kNever;
  Cycle last_end_ = kNever;
};

}  // namespace

std::uint64_t gemm_cycles(const HardwareParameters& hardware, const GemmDescriptor& descriptor,
                          int fault) {
  const bool early = fault == kReleaseOneEarly;
  OperandReader a(hardware, early);
  OperandReader b(hardware, early);
  TileRhythm rhythm(hardware, descriptor, fault);
  IssueHistory issued(hardware.buffers.feed + hardware.latency.code_buffer_read);
  // One transfer per use, except for chunks that a buffer keeps.
  const bool a_kept = descriptor.k_chunks == 1;
  const bool b_kept = a_kept && descriptor.n_blocks == 1;

  std::int64_t beat = 0;
  Cycle last = 0;
  for (std::uint32_t m = 0; m < descriptor.m_blocks; ++m) {
    for (std::uint32_t n = 0; n < descriptor.n_blocks; ++n) {
      std::int64_t k = 0;
      for (std::uint32_t chunk = 0; chunk < descriptor.k_chunks; ++chunk) {
        const std::int64_t length =
            chunk + 1 == descriptor.k_chunks ? descriptor.k_last : descriptor.k_chunk;
        if (!a_kept || n == 0) a.transfer(length);
        if (!b_kept || m == 0) b.transfer(length);
        const Cycle entered = std::max(a.begin(beat, issued), b.begin(beat, issued));
        rhythm.issue(beat, k, length, entered + 1, issued);
        a.end(rhythm.beats(length), issued);
        b.end(rhythm.beats(length), issued);
        beat += rhythm.beats(length);
        k += length;
        last = issued.at(beat - 1);
        if (!a_kept || n + 1 == descriptor.n_blocks) a.release(last);
        if (!b_kept || m + 1 == descriptor.m_blocks) b.release(last);
      }
    }
  }
  // The last beat passes the feed registers and the diagonal of the array, is captured at
  // PE(R-1, C-1), and R rows leave behind it through drain registers, FIFO and edge registers.
  const Latencies& latency = hardware.latency;
  const std::int64_t diagonal =
      fault == kNoDeskew ? hardware.rows : hardware.rows + hardware.cols - 1;
  const Cycle out = last + latency.array_feed + diagonal + hardware.rows + latency.array_drain +
                    latency.edge_output;
  return static_cast<std::uint64_t>(out) + 1;
}

std::uint64_t gemm_cycles(const HardwareParameters& hardware, const GemmJob& job, int fault) {
  return gemm_cycles(hardware, describe(hardware, job), fault);
}

std::uint64_t useful_macs(const HardwareParameters& hardware, const GemmDescriptor& descriptor) {
  const auto lines = [](std::uint32_t blocks, std::uint32_t last, int size) {
    return std::uint64_t{blocks - 1} * static_cast<std::uint64_t>(size) + last;
  };
  return lines(descriptor.m_blocks, descriptor.m_last, hardware.rows) *
         lines(descriptor.n_blocks, descriptor.n_last, hardware.cols) * descriptor.k_len;
}

double utilisation(const HardwareParameters& hardware, std::uint64_t macs, std::uint64_t cycles) {
  const double offered = static_cast<double>(hardware.rows) * static_cast<double>(hardware.cols) *
                         static_cast<double>(cycles);
  return static_cast<double>(macs) / offered;
}

}  // namespace sylvester
