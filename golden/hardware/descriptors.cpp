#include "golden/hardware/descriptors.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <string>

#include "golden/support/error.hpp"

namespace sylvester {
namespace {

constexpr std::array<DescriptorField, 13> kPrepareJobFields{{
    {"k_len", 16},
    {"groups", 16},
    {"last_lanes", 6},
    {"block_log2", 4},
    {"magnitude_bits", 3},
    {"scale_rule", 2},
    {"stochastic", 1},
    {"seed", 32},
    {"step", 32},
    {"draw_word", 32},
    {"index0", 32},
    {"stride_line", 32},
    {"stride_k", 32},
}};
constexpr std::array<DescriptorField, 8> kGemmJobFields{{
    {"k_len", 16},
    {"tile", 16},
    {"m_blocks", 16},
    {"m_last", 7},
    {"n_blocks", 16},
    {"n_last", 7},
    {"k_chunks", 16},
    {"k_last", 16},
}};
constexpr std::array<DescriptorField, 4> kPrepareDoneFields{{
    {"max_magnitude", 32},
    {"codes_at_limit", 32},
    {"rounded_up", 32},
    {"zero_codes", 32},
}};
constexpr std::array<DescriptorField, 3> kGemmDoneFields{{
    {"mac_limited", 48},
    {"tile_limited", 48},
    {"outer_limited", 48},
}};

constexpr int kLengthMost = 65535;

void require(bool holds, const std::string& message) {
  if (!holds) throw UserError(message);
}

std::uint32_t ceil_div(int a, int b) { return static_cast<std::uint32_t>((a + b - 1) / b); }

/// Size of the last of the pieces that cut `total` into pieces of `piece`.
std::uint32_t last_piece(int total, int piece) {
  return static_cast<std::uint32_t>((total - 1) % piece + 1);
}

}  // namespace

std::span<const DescriptorField> prepare_job_fields() { return kPrepareJobFields; }
std::span<const DescriptorField> gemm_job_fields() { return kGemmJobFields; }
std::span<const DescriptorField> prepare_done_fields() { return kPrepareDoneFields; }
std::span<const DescriptorField> gemm_done_fields() { return kGemmDoneFields; }

int total_bits(std::span<const DescriptorField> fields) {
  int bits = 0;
  for (const auto& field : fields) bits += field.bits;
  return bits;
}

PrepareDescriptor describe(const HardwareParameters& hardware, const PrepareJob& job) {
  const auto& recipe = job.recipe;
  const auto& format = formats()[static_cast<std::size_t>(recipe.format)];
  const std::string& tensor = job.input.name;
  require(format.uniform && format.largest() <= 15,
          std::string("tensor '") + tensor + "': format " + format.name +
              " is not built in the prepare unit; allowed: i2, i3, i4, u2, u3, u4");
  require(recipe.rounding == Rounding::kNearest || recipe.random_bits == hardware.random_bits,
          "tensor '" + tensor + "': random_bits " + std::to_string(recipe.random_bits) +
              " differs from the hardware's " + std::to_string(hardware.random_bits));
  const int block = block_length(recipe.block_rule, recipe.block, job.input.k);
  require(block <= hardware.block_max, "tensor '" + tensor + "': transform block " +
                                           std::to_string(block) + " exceeds block_max " +
                                           std::to_string(hardware.block_max));
  const int k_len = padded_length(job.input.k, block);
  require(job.input.lines >= 1 && job.input.lines <= kLengthMost && k_len <= kLengthMost,
          "tensor '" + tensor + "': " + std::to_string(job.input.lines) + " x " +
              std::to_string(k_len) + " exceeds 65535 in a dimension");
  PrepareDescriptor d{};
  d.k_len = static_cast<std::uint32_t>(k_len);
  d.groups = ceil_div(job.input.lines, hardware.lanes);
  d.last_lanes = last_piece(job.input.lines, hardware.lanes);
  d.block_log2 = static_cast<std::uint32_t>(std::bit_width(static_cast<unsigned>(block)) - 1);
  d.magnitude_bits =
      static_cast<std::uint32_t>(std::bit_width(static_cast<unsigned>(format.largest())));
  d.scale_rule = static_cast<std::uint32_t>(recipe.scale);
  d.stochastic = recipe.rounding == Rounding::kStochastic ? 1 : 0;
  d.seed = recipe.draw.seed;
  d.step = recipe.draw.step;
  d.draw_word = std::uint32_t{recipe.draw.layer} << 16 | std::uint32_t{recipe.draw.role} << 8 |
                recipe.draw.repetition;
  d.index0 = recipe.index0;
  d.stride_line = recipe.stride_line;
  d.stride_k = recipe.stride_k;
  return d;
}

GemmDescriptor describe(const HardwareParameters& hardware, const GemmJob& job) {
  check(job);
  return describe_shape(hardware, job);
}

GemmDescriptor describe_shape(const HardwareParameters& hardware, const GemmJob& job) {
  check_shape(job);
  const auto& recipe = job.recipe;
  require(recipe.policy == hardware.policy,
          "gemm: policy " + std::string(to_string(recipe.policy)) +
              " is not built; the hardware has " + std::string(to_string(hardware.policy)));
  require(recipe.bits == hardware.bits, "gemm: accumulator bits " + std::to_string(recipe.bits) +
                                            " differ from the hardware's " +
                                            std::to_string(hardware.bits));
  require(recipe.outer_bits == hardware.outer_bits,
          "gemm: outer_bits " + std::to_string(recipe.outer_bits) + " differ from the hardware's " +
              std::to_string(hardware.outer_bits));
  const auto& a_format = formats()[static_cast<std::size_t>(job.a->format)];
  const auto& b_format = formats()[static_cast<std::size_t>(job.b->format)];
  const int a_bits = a_format.is_signed ? a_format.bits : a_format.bits + 1;
  const int b_bits = b_format.is_signed ? b_format.bits : b_format.bits + 1;
  require(a_format.uniform && b_format.uniform && a_bits <= hardware.modes.a_bits() &&
              b_bits <= hardware.modes.b_bits(),
          "gemm: operand mode " + a_format.name + "x" + b_format.name +
              " is not built; the hardware takes A codes of " +
              std::to_string(hardware.modes.a_bits()) + " and B codes of " +
              std::to_string(hardware.modes.b_bits()) + " signed bits");
  const int k_len = job.a->k_padded;
  const int tile = recipe.tile == 0 ? k_len : std::min(recipe.tile, k_len);
  require(tile <= hardware.tile_max, "gemm: tile " + std::to_string(tile) + " exceeds tile_max " +
                                         std::to_string(hardware.tile_max));
  require(job.a->lines <= kLengthMost && job.b->lines <= kLengthMost && k_len <= kLengthMost,
          "gemm: " + std::to_string(job.a->lines) + " x " + std::to_string(job.b->lines) + " x " +
              std::to_string(k_len) + " exceeds 65535 in a dimension");
  const int chunk = hardware.buffers.code_chunk;
  GemmDescriptor d{};
  d.k_len = static_cast<std::uint32_t>(k_len);
  d.tile = static_cast<std::uint32_t>(tile);
  d.m_blocks = ceil_div(job.a->lines, hardware.rows);
  d.m_last = last_piece(job.a->lines, hardware.rows);
  d.n_blocks = ceil_div(job.b->lines, hardware.cols);
  d.n_last = last_piece(job.b->lines, hardware.cols);
  d.k_chunks = ceil_div(k_len, chunk);
  d.k_last = last_piece(k_len, chunk);
  return d;
}

std::vector<std::uint32_t> pack(std::span<const DescriptorField> fields,
                                std::span<const std::uint64_t> values) {
  std::vector<std::uint32_t> words(static_cast<std::size_t>((total_bits(fields) + 31) / 32), 0);
  std::size_t position = 0;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    for (int bit = 0; bit < fields[i].bits; ++bit, ++position) {
      if ((values[i] >> bit & 1U) != 0) words[position / 32] |= 1U << (position % 32);
    }
  }
  return words;
}

std::vector<std::uint64_t> unpack(std::span<const DescriptorField> fields,
                                  std::span<const std::uint32_t> words) {
  std::vector<std::uint64_t> values(fields.size(), 0);
  std::size_t position = 0;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    for (int bit = 0; bit < fields[i].bits; ++bit, ++position) {
      values[i] |= std::uint64_t{words[position / 32] >> (position % 32) & 1U} << bit;
    }
  }
  return values;
}

std::vector<std::uint32_t> pack(const PrepareDescriptor& d) {
  const std::array<std::uint64_t, 13> values{
      d.k_len, d.groups, d.last_lanes, d.block_log2, d.magnitude_bits, d.scale_rule, d.stochastic,
      d.seed,  d.step,   d.draw_word,  d.index0,     d.stride_line,    d.stride_k};
  return pack(prepare_job_fields(), values);
}

std::vector<std::uint32_t> pack(const GemmDescriptor& d) {
  const std::array<std::uint64_t, 8> values{d.k_len,    d.tile,   d.m_blocks, d.m_last,
                                            d.n_blocks, d.n_last, d.k_chunks, d.k_last};
  return pack(gemm_job_fields(), values);
}

}  // namespace sylvester
