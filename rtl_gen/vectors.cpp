#include "rtl_gen/vectors.hpp"

#include <algorithm>
#include <memory>
#include <span>

#include "golden/hardware/bits.hpp"
#include "golden/hardware/descriptors.hpp"
#include "golden/hardware/host.hpp"
#include "golden/numerics/role.hpp"
#include "golden/support/random.hpp"

namespace sylvester {
namespace {

/// Mantissas of mixed size, so that small and large coefficients meet in a matrix.
WideMatrix random_wide(const std::string& name, int lines, int k, bool is_signed,
                       HostRandom& random) {
  WideMatrix wide;
  wide.name = name;
  wide.lines = lines;
  wide.k = k;
  for (int i = 0; i < lines * k; ++i) {
    const int magnitude = static_cast<int>(random.below(kWideLimit + 1) >> random.below(4));
    const bool negative = is_signed && random.below(2) != 0;
    wide.mantissas.push_back(static_cast<std::int16_t>(negative ? -magnitude : magnitude));
  }
  return wide;
}

void append(std::vector<Payload>& beats, const std::vector<Payload>& more) {
  beats.insert(beats.end(), more.begin(), more.end());
}

/// `codes` beats: groups of lanes, k ascending; lanes behind the last line give code 0.
std::vector<Payload> codes_beats(const HardwareParameters& hardware,
                                 const PreparedOperand& operand) {
  const int bits = operand_widths(hardware.modes).code;
  std::vector<Payload> beats;
  for (int first = 0; first < operand.lines; first += hardware.lanes) {
    for (int k = 0; k < operand.k_padded; ++k) {
      Payload beat(words_for(payload_bits(hardware, Stream::kCodes)), 0);
      const int live = std::min(hardware.lanes, operand.lines - first);
      for (int lane = 0; lane < live; ++lane) {
        const auto index = static_cast<std::size_t>(first + lane) * operand.k_padded + k;
        put_bits(beat, static_cast<std::size_t>(lane * bits), bits,
                 static_cast<std::uint32_t>(operand.codes[index]));
      }
      beats.push_back(std::move(beat));
    }
  }
  return beats;
}

/// `results` beats: m-blocks, n-blocks, rows of the block from the last to the first; columns
/// behind the last one give 0.
std::vector<Payload> results_beats(const HardwareParameters& hardware, const GemmResult& result) {
  std::vector<Payload> beats;
  for (int m0 = 0; m0 < result.m; m0 += hardware.rows) {
    for (int n0 = 0; n0 < result.n; n0 += hardware.cols) {
      for (int m = std::min(m0 + hardware.rows, result.m) - 1; m >= m0; --m) {
        Payload beat(words_for(payload_bits(hardware, Stream::kResults)), 0);
        const int live = std::min(hardware.cols, result.n - n0);
        for (int column = 0; column < live; ++column) {
          const auto index = static_cast<std::size_t>(m) * result.n + n0 + column;
          put_bits(beat, static_cast<std::size_t>(column) * kResultBits, kResultBits,
                   static_cast<std::uint32_t>(result.values[index]));
        }
        beats.push_back(std::move(beat));
      }
    }
  }
  return beats;
}

/// The last signed, or unsigned, format of at most 4 bits; the first one if there is none.
int last_of(std::span<const int> rows, bool is_signed) {
  int last = rows.front();
  for (const int row : rows) {
    const Format& format = formats()[static_cast<std::size_t>(row)];
    if (format.is_signed == is_signed && format.bits <= 4) last = row;
  }
  return last;
}

}  // namespace

SampleJobs sample_jobs(const HardwareParameters& hardware) {
  const auto formats_a = a_formats(hardware.modes);
  const auto formats_b = b_formats(hardware.modes);
  HostRandom random(hardware_hash(hardware));
  const auto job = [&](const std::string& name, int lines, int k, int format) {
    PrepareJob result;
    result.recipe.format = format;
    result.recipe.random_bits = hardware.random_bits;
    result.recipe.draw = {.seed = 7, .step = 3, .layer = 1};
    result.recipe.stride_line = static_cast<std::uint32_t>(k);
    result.input =
        random_wide(name, lines, k, formats()[static_cast<std::size_t>(format)].is_signed, random);
    result.counters = hardware.counters;
    return result;
  };
  const int lines_a = hardware.rows + 1;
  const int lines_b = hardware.cols + 2;
  // Two chunks and a bit, as long as that is quick to simulate.
  constexpr int kLongestChunk = 24;
  const int chunk = hardware.buffers.code_chunk;
  const int k_plain = chunk <= kLongestChunk ? 2 * chunk + 1 : 9;
  constexpr int kTransformed = 11;  // padded by the transform

  SampleJobs jobs;
  jobs.prepare = {job("gradient", lines_a, kTransformed, last_of(formats_a, true)),
                  job("weight", lines_b, kTransformed, last_of(formats_b, true)),
                  job("activation", lines_a, k_plain, last_of(formats_a, false)),
                  job("weight2", lines_b, k_plain, last_of(formats_b, true))};
  for (const std::size_t transformed : {0, 1}) {
    jobs.prepare[transformed].recipe.block_rule = BlockRule::kPad;
    jobs.prepare[transformed].recipe.block = std::min(4, hardware.block_max);
  }
  for (const std::size_t transformed : {0, 1}) {
    if (hardware.signs) jobs.prepare[transformed].recipe.sign_role = kSignRole;
  }
  jobs.prepare[0].recipe.rounding = Rounding::kStochastic;
  jobs.prepare[0].recipe.scale = ScaleRule::kLuq;
  jobs.prepare[1].recipe.scale = ScaleRule::kClip;
  jobs.prepare[2].recipe.scale = ScaleRule::kPow2;
  jobs.prepare[2].recipe.rounding = Rounding::kStochastic;
  jobs.prepare[3].recipe.scale = ScaleRule::kHindsight;
  jobs.prepare[3].max_given = kWideLimit / 2;

  // And a product in passes over nibbles, with the longest tile up to 3 that the register holds.
  const int i8 = format_index("i8");
  int nibble_tile =
      operand_widths(hardware.modes).nibbles ? std::min({3, hardware.tile_max, chunk}) : 0;
  const Format& i8_row = formats()[static_cast<std::size_t>(i8)];
  while (nibble_tile > 0 && !nibbles_refusal(hardware, i8_row, i8_row, nibble_tile).empty()) {
    --nibble_tile;
  }
  const bool nibbles = nibble_tile > 0;
  if (nibbles) {
    jobs.prepare.push_back(job("gradient8", lines_a, k_plain, i8));
    jobs.prepare.push_back(job("weight8", lines_b, k_plain, i8));
    jobs.prepare.back().recipe.scale = ScaleRule::kClip;
    jobs.prepare.back().recipe.rounding = Rounding::kStochastic;
  }

  std::vector<std::shared_ptr<const PreparedOperand>> operands;
  for (const auto& prepare_job : jobs.prepare) {
    operands.push_back(std::make_shared<const PreparedOperand>(prepare(prepare_job)));
  }
  const auto gemm_job = [&](std::size_t a, std::size_t b, int tile) {
    return GemmJob{operands[a],
                   operands[b],
                   {hardware.policy, hardware.bits, tile, hardware.outer_bits},
                   hardware.counters};
  };
  jobs.gemm = {gemm_job(0, 1, std::min(5, hardware.tile_max)),
               gemm_job(2, 3, k_plain <= hardware.tile_max ? 0 : hardware.tile_max)};
  if (nibbles) jobs.gemm.push_back(gemm_job(4, 5, nibble_tile));
  return jobs;
}

StreamVectors stream_vectors(const HardwareParameters& hardware, const SampleJobs& jobs) {
  StreamVectors vectors;
  const auto beats = [&](Stream stream) -> std::vector<Payload>& {
    return vectors[static_cast<std::size_t>(stream)];
  };
  for (const auto& job : jobs.prepare) {
    const PreparedOperand operand = prepare(job);
    const auto& counters = operand.counters;
    beats(Stream::kPrepareJob).push_back(pack(describe(hardware, job)));
    append(beats(Stream::kWide), wide_beats(hardware, job));
    append(beats(Stream::kCodes), codes_beats(hardware, operand));
    const std::array<std::uint64_t, 4> done{static_cast<std::uint64_t>(operand.max_magnitude),
                                            counters.codes_at_limit, counters.rounded_up,
                                            counters.zero_codes};
    beats(Stream::kPrepareDone).push_back(pack(prepare_done_fields(), done));
  }
  for (const auto& job : jobs.gemm) {
    const GemmResult result = gemm(job);
    beats(Stream::kGemmJob).push_back(pack(describe(hardware, job)));
    append(beats(Stream::kACodes), a_code_beats(hardware, job));
    append(beats(Stream::kBCodes), b_code_beats(hardware, job));
    append(beats(Stream::kResults), results_beats(hardware, result));
    const std::array<std::uint64_t, 3> done{
        result.counters.mac_limited, result.counters.tile_limited, result.counters.outer_limited};
    beats(Stream::kGemmDone).push_back(pack(gemm_done_fields(), done));
  }
  return vectors;
}

std::string hex_text(const Payload& payload, int bits) {
  std::string digits;
  for (int digit = (bits + 3) / 4 - 1; digit >= 0; --digit) {
    const auto word = static_cast<std::size_t>(digit / 8);
    digits += "0123456789abcdef"[payload[word] >> (4 * (digit % 8)) & 15U];
  }
  return digits;
}

}  // namespace sylvester
