#include "golden/hardware/host.hpp"

#include <algorithm>
#include <string>

#include "golden/hardware/bits.hpp"
#include "golden/support/error.hpp"

namespace sylvester {
namespace {

/// One k of `width` consecutive lines of an operand; lines beyond its end are zero codes.
Payload code_beat(const PreparedOperand& operand, int first_line, int width, int k, int bits) {
  Payload beat(words_for(width * bits), 0);
  const int lines = std::min(width, operand.lines - first_line);
  for (int lane = 0; lane < lines; ++lane) {
    const auto element =
        static_cast<std::size_t>(first_line + lane) * static_cast<std::size_t>(operand.k_padded) +
        static_cast<std::size_t>(k);
    put_bits(beat, static_cast<std::size_t>(lane * bits), bits,
             static_cast<std::uint32_t>(std::int32_t{operand.codes[element]}));
  }
  return beat;
}

/// All K' beats of one block of lines. Chunks follow each other, so they do not show here.
void append_block(std::vector<Payload>& beats, const PreparedOperand& operand, int block, int width,
                  int bits) {
  for (int k = 0; k < operand.k_padded; ++k) {
    beats.push_back(code_beat(operand, block * width, width, k, bits));
  }
}

void require_beats(const char* stream, std::size_t found, std::size_t expected) {
  if (found == expected) return;
  throw UserError("stream '" + std::string(stream) + "' carried " + std::to_string(found) +
                  " beats; the job has " + std::to_string(expected));
}

int live_rows(const HardwareParameters& hardware, const GemmDescriptor& descriptor, int m_block) {
  return m_block + 1 == static_cast<int>(descriptor.m_blocks) ? static_cast<int>(descriptor.m_last)
                                                              : hardware.rows;
}

}  // namespace

std::vector<Payload> wide_beats(const HardwareParameters& hardware, const PrepareJob& job) {
  const PrepareDescriptor descriptor = describe(hardware, job);
  const WideMatrix& input = job.input;
  const int lanes = hardware.lanes;
  std::vector<Payload> beats;
  for (int group = 0; group < static_cast<int>(descriptor.groups); ++group) {
    for (int k0 = 0; k0 < static_cast<int>(descriptor.k_len); k0 += lanes) {
      for (int lane = 0; lane < lanes; ++lane) {
        Payload beat(words_for(lanes * kMantissaBits), 0);
        const int line = group * lanes + lane;
        for (int k = k0; line < input.lines && k < std::min(k0 + lanes, input.k); ++k) {
          const auto element = static_cast<std::size_t>(line) * static_cast<std::size_t>(input.k) +
                               static_cast<std::size_t>(k);
          put_bits(beat, static_cast<std::size_t>((k - k0) * kMantissaBits), kMantissaBits,
                   static_cast<std::uint32_t>(std::int32_t{input.mantissas[element]}));
        }
        beats.push_back(std::move(beat));
      }
    }
  }
  if (descriptor.passes() == 1) return beats;
  // The second pass, which rounds, reads the same matrix as the first, which measures.
  const std::size_t once = beats.size();
  beats.reserve(2 * once);
  for (std::size_t i = 0; i < once; ++i) beats.push_back(beats[i]);
  return beats;
}

std::vector<Payload> a_code_beats(const HardwareParameters& hardware, const GemmJob& job) {
  const GemmDescriptor descriptor = describe(hardware, job);
  const int repeats = descriptor.k_chunks == 1 ? 1 : static_cast<int>(descriptor.n_blocks);
  std::vector<Payload> beats;
  for (int block = 0; block < static_cast<int>(descriptor.m_blocks); ++block) {
    for (int n = 0; n < repeats; ++n) {
      append_block(beats, *job.a, block, hardware.rows, operand_widths(hardware.modes).a_code);
    }
  }
  return beats;
}

std::vector<Payload> b_code_beats(const HardwareParameters& hardware, const GemmJob& job) {
  const GemmDescriptor descriptor = describe(hardware, job);
  const bool kept = descriptor.k_chunks == 1 && descriptor.n_blocks == 1;
  std::vector<Payload> beats;
  for (int m = 0; m < (kept ? 1 : static_cast<int>(descriptor.m_blocks)); ++m) {
    for (int block = 0; block < static_cast<int>(descriptor.n_blocks); ++block) {
      append_block(beats, *job.b, block, hardware.cols, operand_widths(hardware.modes).b_code);
    }
  }
  return beats;
}

std::size_t code_beats(const PrepareDescriptor& descriptor) {
  return std::size_t{descriptor.groups} * descriptor.k_len;
}

std::size_t result_beats(const HardwareParameters& hardware, const GemmDescriptor& descriptor) {
  const std::size_t lines =
      std::size_t{descriptor.m_blocks - 1} * static_cast<std::size_t>(hardware.rows) +
      descriptor.m_last;
  return lines * descriptor.n_blocks;
}

PreparedOperand decode_prepared(const HardwareParameters& hardware, const PrepareJob& job,
                                std::span<const Payload> codes, const Payload& done) {
  const PrepareDescriptor descriptor = describe(hardware, job);
  require_beats("codes", codes.size(), code_beats(descriptor));
  PreparedOperand operand;
  operand.format = job.recipe.format;
  operand.lines = job.input.lines;
  operand.k = job.input.k;
  operand.block = 1 << descriptor.block_log2;
  operand.k_padded = static_cast<int>(descriptor.k_len);
  operand.codes.assign(
      static_cast<std::size_t>(operand.lines) * static_cast<std::size_t>(operand.k_padded), 0);
  const auto code_bits = static_cast<std::size_t>(operand_widths(hardware.modes).code);
  for (std::size_t beat = 0; beat < codes.size(); ++beat) {
    const std::size_t group = beat / descriptor.k_len;
    const std::size_t k = beat % descriptor.k_len;
    const auto lanes = static_cast<std::size_t>(hardware.lanes);
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      const std::size_t line = group * lanes + lane;
      if (line >= static_cast<std::size_t>(operand.lines)) break;
      operand.codes[line * descriptor.k_len + k] = static_cast<Code>(
          get_signed_bits(codes[beat], lane * code_bits, static_cast<int>(code_bits)));
    }
  }
  const auto fields = unpack(prepare_done_fields(), done);
  operand.max_magnitude = static_cast<std::int32_t>(fields[0]);
  operand.counters = {
      .codes_at_limit = fields[1], .rounded_up = fields[2], .zero_codes = fields[3]};
  operand.scale =
      make_quantiser(formats()[static_cast<std::size_t>(operand.format)], job.recipe.scale,
                     operand.max_magnitude, job.input.scale, scale_inputs(job))
          .scale;
  return operand;
}

GemmResult decode_gemm(const HardwareParameters& hardware, const GemmJob& job,
                       std::span<const Payload> results, const Payload& done) {
  const GemmDescriptor descriptor = describe(hardware, job);
  require_beats("results", results.size(), result_beats(hardware, descriptor));
  GemmResult result;
  result.m = job.a->lines;
  result.n = job.b->lines;
  result.values.assign(static_cast<std::size_t>(result.m) * static_cast<std::size_t>(result.n), 0);
  std::size_t beat = 0;
  for (int m_block = 0; m_block < static_cast<int>(descriptor.m_blocks); ++m_block) {
    for (int n_block = 0; n_block < static_cast<int>(descriptor.n_blocks); ++n_block) {
      for (int row = live_rows(hardware, descriptor, m_block) - 1; row >= 0; --row, ++beat) {
        const int m = m_block * hardware.rows + row;
        for (int column = 0; column < hardware.cols; ++column) {
          const int n = n_block * hardware.cols + column;
          if (n >= result.n) break;
          result.values[static_cast<std::size_t>(m) * static_cast<std::size_t>(result.n) +
                        static_cast<std::size_t>(n)] =
              get_signed_bits(results[beat], static_cast<std::size_t>(column * kResultBits),
                              kResultBits);
        }
      }
    }
  }
  result.scale = result_scale(*job.a, *job.b);
  const auto fields = unpack(gemm_done_fields(), done);
  result.counters = {
      .mac_limited = fields[0], .tile_limited = fields[1], .outer_limited = fields[2]};
  return result;
}

}  // namespace sylvester
