#include "testbenches/payload.hpp"

#include <algorithm>

#include "golden/numerics/nibbles.hpp"

namespace sylvester {
namespace {

void append(std::vector<PayloadField>& fields, const char* name, int count, int bits,
            bool is_signed) {
  int position = fields.empty() ? 0 : fields.back().position + fields.back().bits;
  for (int lane = 0; lane < count; ++lane, position += bits) {
    fields.push_back({name, count == 1 && bits == 1 ? -1 : lane, position, bits, is_signed});
  }
}

std::vector<PayloadField> of_table(std::span<const DescriptorField> table) {
  std::vector<PayloadField> fields;
  int position = 0;
  for (const auto& field : table) {
    fields.push_back({std::string(field.name), -1, position, field.bits, false});
    position += field.bits;
  }
  return fields;
}

int ceil_div(int a, int b) { return (a + b - 1) / b; }

/// The sizes of a GEMM as loop bounds.
struct GemmLoops {
  int k, tile, passes, tiles, m_blocks, n_blocks, m_last, rows;
  explicit GemmLoops(const HardwareParameters& hardware, const GemmDescriptor& job)
      : k(static_cast<int>(job.k_len)),
        tile(static_cast<int>(job.tile)),
        passes(job.nibbles != 0 ? kNibblePasses : 1),
        tiles(ceil_div(k, tile)),
        m_blocks(static_cast<int>(job.m_blocks)),
        n_blocks(static_cast<int>(job.n_blocks)),
        m_last(static_cast<int>(job.m_last)),
        rows(hardware.rows) {}
  [[nodiscard]] int lines() const { return (m_blocks - 1) * rows + m_last; }
  /// Beats of the feeds in a block of results.
  [[nodiscard]] int feeds() const { return passes * k; }
  /// Position of such a beat.
  void feed(int index, BeatPosition& position) const {
    const int of_tile = index / (passes * tile);
    const int within = index % (passes * tile);
    const int length = std::min(tile, k - of_tile * tile);
    position.k = of_tile * tile + within % length;
    if (passes > 1) position.pass = within / length;
  }
};

}  // namespace

std::vector<PayloadField> payload_fields(const HardwareParameters& hardware, Stream stream) {
  std::vector<PayloadField> fields;
  switch (stream) {
    case Stream::kPrepareJob:
      return of_table(prepare_job_fields());
    case Stream::kGemmJob:
      return of_table(gemm_job_fields());
    case Stream::kPrepareDone:
      return of_table(prepare_done_fields());
    case Stream::kGemmDone:
      return of_table(gemm_done_fields());
    case Stream::kWide:
    case Stream::kTurned:
      append(fields, "mantissa", hardware.lanes, kMantissaBits, true);
      break;
    case Stream::kCoefficients:
      append(fields, "coefficient", hardware.lanes, coefficient_bits(hardware), true);
      break;
    case Stream::kCodes:
      append(fields, "code", hardware.lanes, operand_widths(hardware.modes).code, true);
      break;
    case Stream::kACodes:
    case Stream::kAFeed:
      append(fields, "code", hardware.rows, operand_widths(hardware.modes).a_code, true);
      break;
    case Stream::kBCodes:
    case Stream::kBFeed:
      append(fields, "code", hardware.cols, operand_widths(hardware.modes).b_code, true);
      break;
    case Stream::kPartials:
      append(fields, "partial", hardware.cols, partial_bits(hardware), true);
      append(fields, "limited MACs", hardware.cols, count_bits(hardware), false);
      append(fields, "tile limited", hardware.cols, 1, false);
      append(fields, "line_last", 1, 1, false);
      break;
    case Stream::kResults:
      append(fields, "result", hardware.cols, kResultBits, true);
      break;
  }
  if (stream == Stream::kAFeed || stream == Stream::kBFeed) append(fields, "release", 1, 1, false);
  return fields;
}

std::int64_t field_value(const PayloadField& field, const Payload& payload) {
  std::uint64_t value = 0;
  for (int bit = 0; bit < field.bits; ++bit) {
    const auto position = static_cast<std::size_t>(field.position + bit);
    if (position / 32 >= payload.size()) break;
    value |= std::uint64_t{payload[position / 32] >> (position % 32) & 1U} << bit;
  }
  if (field.is_signed && (value >> (field.bits - 1) & 1U) != 0) {
    return static_cast<std::int64_t>(value) - (std::int64_t{1} << field.bits);
  }
  return static_cast<std::int64_t>(value);
}

std::uint64_t beats_of_job(const HardwareParameters& hardware, const PrepareDescriptor& job,
                           Stream stream) {
  const std::uint64_t beats = std::uint64_t{job.groups} * job.k_len;
  switch (stream) {
    case Stream::kWide: {
      const auto lanes = static_cast<std::uint64_t>(hardware.lanes);
      return static_cast<std::uint64_t>(job.passes()) * job.groups * lanes *
             ((job.k_len + lanes - 1) / lanes);
    }
    case Stream::kTurned:
    case Stream::kCoefficients:
      return static_cast<std::uint64_t>(job.passes()) * beats;
    case Stream::kCodes:
      return beats;
    default:
      return 1;
  }
}

std::uint64_t beats_of_job(const HardwareParameters& hardware, const GemmDescriptor& job,
                           Stream stream) {
  const GemmLoops loops(hardware, job);
  const std::uint64_t all = std::uint64_t{job.m_blocks} * job.n_blocks * job.k_len;
  switch (stream) {
    case Stream::kACodes:
      return job.k_chunks == 1 ? std::uint64_t{job.m_blocks} * job.k_len : all;
    case Stream::kBCodes:
      return job.k_chunks == 1 && job.n_blocks == 1 ? job.k_len : all;
    case Stream::kAFeed:
    case Stream::kBFeed:
      return all * static_cast<std::uint64_t>(loops.passes);
    case Stream::kPartials:
      return std::uint64_t{job.m_blocks} * job.n_blocks *
             static_cast<std::uint64_t>(loops.tiles * loops.passes * loops.rows);
    case Stream::kResults:
      return std::uint64_t{job.n_blocks} * static_cast<std::uint64_t>(loops.lines());
    default:
      return 1;
  }
}

BeatPosition beat_position(const HardwareParameters& hardware, const PrepareDescriptor& job,
                           Stream stream, std::uint64_t beat) {
  BeatPosition position;
  const int k_len = static_cast<int>(job.k_len);
  const int groups = static_cast<int>(job.groups);
  int index = static_cast<int>(beat);
  if (stream == Stream::kWide) {
    const int bursts = ceil_div(k_len, hardware.lanes);
    const int line = index % hardware.lanes;
    index /= hardware.lanes;
    position.k = index % bursts * hardware.lanes;
    index /= bursts;
    position.group = index % groups;
    position.line = position.group * hardware.lanes + line;
    position.pass = index / groups;
  } else if (stream == Stream::kTurned || stream == Stream::kCoefficients ||
             stream == Stream::kCodes) {
    position.k = index % k_len;
    index /= k_len;
    position.group = index % groups;
    position.pass = stream == Stream::kCodes ? job.passes() - 1 : index / groups;
  }
  return position;
}

BeatPosition beat_position(const HardwareParameters& hardware, const GemmDescriptor& job,
                           Stream stream, std::uint64_t beat) {
  const GemmLoops loops(hardware, job);
  BeatPosition position;
  int index = static_cast<int>(beat);
  const auto blocks = [&](int within) {
    const int block = index / within;
    position.m_block = block / loops.n_blocks;
    position.n_block = block % loops.n_blocks;
    return index % within;
  };
  switch (stream) {
    case Stream::kACodes:
      if (job.k_chunks == 1) {
        position.m_block = index / loops.k;
        position.k = index % loops.k;
        break;
      }
      position.k = blocks(loops.k);
      break;
    case Stream::kAFeed:
    case Stream::kBFeed:
      loops.feed(blocks(loops.feeds()), position);
      break;
    case Stream::kBCodes:
      if (job.k_chunks == 1 && job.n_blocks == 1) {
        position.k = index;
      } else {
        position.k = blocks(loops.k);
      }
      break;
    case Stream::kPartials: {
      const int within = blocks(loops.tiles * loops.passes * loops.rows);
      position.tile = within / (loops.passes * loops.rows);
      if (loops.passes > 1) position.pass = within / loops.rows % loops.passes;
      position.line = position.m_block * loops.rows + loops.rows - 1 - within % loops.rows;
      break;
    }
    case Stream::kResults: {
      // All m-blocks but the last one have `rows` lines per n-block.
      const int full = loops.rows * loops.n_blocks;
      position.m_block = std::min(index / full, loops.m_blocks - 1);
      index -= position.m_block * full;
      const int live = position.m_block == loops.m_blocks - 1 ? loops.m_last : loops.rows;
      position.n_block = index / live;
      position.line = position.m_block * loops.rows + live - 1 - index % live;
      break;
    }
    default:
      break;
  }
  return position;
}

std::string to_string(const BeatPosition& position, int lane) {
  std::string text;
  const auto add = [&](const char* name, int value) {
    if (value < 0) return;
    if (!text.empty()) text += ", ";
    text += std::string(name) + " " + std::to_string(value);
  };
  add("pass", position.pass);
  add("group", position.group);
  add("m-block", position.m_block);
  add("n-block", position.n_block);
  add("tile", position.tile);
  add("line", position.line);
  add("k", position.k);
  add("lane", lane);
  return text;
}

}  // namespace sylvester
