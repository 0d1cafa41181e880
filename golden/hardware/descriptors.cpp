#include "golden/hardware/descriptors.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <string>

#include "golden/hardware/streams.hpp"
#include "golden/support/error.hpp"

namespace sylvester {
namespace {

/// A field of a job's payload and the member that holds it.
template <typename Descriptor>
struct JobField {
  DescriptorField field;
  std::uint32_t Descriptor::*member;
};
using PrepareField = JobField<PrepareDescriptor>;
using GemmField = JobField<GemmDescriptor>;

constexpr std::array kPrepareJob{
    PrepareField{{"k_len", 16}, &PrepareDescriptor::k_len},
    PrepareField{{"groups", 16}, &PrepareDescriptor::groups},
    PrepareField{{"last_lanes", 6}, &PrepareDescriptor::last_lanes},
    PrepareField{{"block_log2", 4}, &PrepareDescriptor::block_log2},
    PrepareField{{"listed", 1}, &PrepareDescriptor::listed},
    PrepareField{{"largest_code", 7}, &PrepareDescriptor::largest_code},
    PrepareField{{"largest_high", 3}, &PrepareDescriptor::largest_high},
    PrepareField{{"largest_low", 3}, &PrepareDescriptor::largest_low},
    PrepareField{{"scale_rule", 3}, &PrepareDescriptor::scale_rule},
    PrepareField{{"given_divisor", 31}, &PrepareDescriptor::given_divisor},
    PrepareField{{"given_fine", 1}, &PrepareDescriptor::given_fine},
    PrepareField{{"stochastic", 1}, &PrepareDescriptor::stochastic},
    PrepareField{{"signs", 1}, &PrepareDescriptor::signs},
    PrepareField{{"seed", 32}, &PrepareDescriptor::seed},
    PrepareField{{"step", 32}, &PrepareDescriptor::step},
    PrepareField{{"draw_word", 32}, &PrepareDescriptor::draw_word},
    PrepareField{{"sign_word", 32}, &PrepareDescriptor::sign_word},
    PrepareField{{"index0", 32}, &PrepareDescriptor::index0},
    PrepareField{{"stride_line", 32}, &PrepareDescriptor::stride_line},
    PrepareField{{"stride_k", 32}, &PrepareDescriptor::stride_k},
};
constexpr std::array kGemmJob{
    GemmField{{"k_len", 16}, &GemmDescriptor::k_len},
    GemmField{{"tile", 16}, &GemmDescriptor::tile},
    GemmField{{"m_blocks", 16}, &GemmDescriptor::m_blocks},
    GemmField{{"m_last", 7}, &GemmDescriptor::m_last},
    GemmField{{"n_blocks", 16}, &GemmDescriptor::n_blocks},
    GemmField{{"n_last", 7}, &GemmDescriptor::n_last},
    GemmField{{"k_chunks", 16}, &GemmDescriptor::k_chunks},
    GemmField{{"k_chunk", 16}, &GemmDescriptor::k_chunk},
    GemmField{{"k_last", 16}, &GemmDescriptor::k_last},
    GemmField{{"a_listed", 1}, &GemmDescriptor::a_listed},
    GemmField{{"b_listed", 1}, &GemmDescriptor::b_listed},
    GemmField{{"nibbles", 1}, &GemmDescriptor::nibbles},
};

template <typename Descriptor, std::size_t size>
constexpr std::array<DescriptorField, size> fields_of(
    const std::array<JobField<Descriptor>, size>& table) {
  std::array<DescriptorField, size> fields{};
  for (std::size_t i = 0; i < size; ++i) fields[i] = table[i].field;
  return fields;
}
constexpr auto kPrepareJobFields = fields_of(kPrepareJob);
constexpr auto kGemmJobFields = fields_of(kGemmJob);

template <typename Descriptor, std::size_t size>
std::vector<std::uint32_t> pack_job(const std::array<JobField<Descriptor>, size>& table,
                                    const Descriptor& descriptor) {
  std::array<std::uint64_t, size> values{};
  for (std::size_t i = 0; i < size; ++i) values[i] = descriptor.*(table[i].member);
  return pack(fields_of(table), values);
}

template <typename Descriptor, std::size_t size>
Descriptor unpack_job(const std::array<JobField<Descriptor>, size>& table,
                      std::span<const std::uint32_t> words) {
  const std::vector<std::uint64_t> values = unpack(fields_of(table), words);
  Descriptor descriptor{};
  for (std::size_t i = 0; i < size; ++i) {
    descriptor.*(table[i].member) = static_cast<std::uint32_t>(values[i]);
  }
  return descriptor;
}

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

bool contains(const std::vector<int>& rows, int format) {
  return std::find(rows.begin(), rows.end(), format) != rows.end();
}

/// w2 of RND-1.
std::uint32_t context_word(const DrawContext& context) {
  return std::uint32_t{context.layer} << 16 | std::uint32_t{context.role} << 8 | context.repetition;
}

DivisorRule divisor_rule(ScaleRule rule) {
  switch (rule) {
    case ScaleRule::kMax:
      return DivisorRule::kMax;
    case ScaleRule::kClip:
      return DivisorRule::kClip;
    case ScaleRule::kPow2:
      return DivisorRule::kPow2;
    case ScaleRule::kLuq:
      return DivisorRule::kLuq;
    case ScaleRule::kHindsight:
    case ScaleRule::kSawb:
      return DivisorRule::kGiven;
  }
  return DivisorRule::kMax;
}

/// The numerator's and the divisor's rule. What a given divisor has to hold is in
/// docs/architecture.md section 4.
void set_divisor(const HardwareParameters& hardware, const PrepareJob& job, PrepareDescriptor& d) {
  DivisorRule rule = divisor_rule(job.recipe.scale);
  if (job.recipe.scale == ScaleRule::kHindsight) {
    const std::int64_t most = (std::int64_t{1} << given_divisor_bits(hardware)) - 1;
    require(job.max_given <= most, "tensor '" + job.input.name + "': max_given " +
                                       std::to_string(job.max_given) + " exceeds " +
                                       std::to_string(most) + ", the prepare unit's largest");
    d.given_divisor = static_cast<std::uint32_t>(job.max_given);
  }
  if (job.recipe.scale == ScaleRule::kSawb) {
    const Clip clip =
        job.input.mantissas.empty() ? Clip{.mantissa = 1, .exponent = 0} : scale_inputs(job).clip;
    const Format& format = formats()[static_cast<std::size_t>(job.recipe.format)];
    const int e = sawb_exponent(clip, format);
    if (clip.mantissa == 0) {
      rule = DivisorRule::kMax;
    } else {
      d.given_fine = e < 0 ? 1 : 0;
      d.given_divisor = clip.mantissa << (e < 0 ? kFineBits + e : e);
    }
  }
  d.scale_rule = static_cast<std::uint32_t>(rule);
}

std::string names_of(const std::vector<int>& rows) {
  std::string names;
  for (const int format : rows) {
    names += (names.empty() ? "" : ", ") + formats()[static_cast<std::size_t>(format)].name;
  }
  return names;
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
  const std::vector<int> prepared = prepared_formats(hardware.modes);
  require(contains(prepared, recipe.format),
          std::string("tensor '") + tensor + "': format " + format.name +
              " is not built in the prepare unit; allowed: " + names_of(prepared));
  require(recipe.sign_role == 0 || hardware.signs,
          "tensor '" + tensor +
              "': the prepare unit is built without random signs; allowed: sign_role 0");
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
  const LargestMagnitude largest = *largest_magnitude(format);
  d.listed = format.uniform ? 0 : 1;
  d.largest_code = static_cast<std::uint32_t>(format.largest_code());
  d.largest_high = static_cast<std::uint32_t>(largest.high);
  d.largest_low = static_cast<std::uint32_t>(largest.low);
  set_divisor(hardware, job, d);
  d.stochastic = recipe.rounding == Rounding::kStochastic ? 1 : 0;
  d.signs = recipe.sign_role != 0 ? 1 : 0;
  d.seed = recipe.draw.seed;
  d.step = recipe.draw.step;
  d.draw_word = context_word(recipe.draw);
  d.sign_word = context_word(sign_context(recipe));
  d.index0 = recipe.index0;
  d.stride_line = recipe.stride_line;
  d.stride_k = recipe.stride_k;
  return d;
}

std::string nibbles_refusal(const HardwareParameters& hardware, const Format& a, const Format& b,
                            int tile) {
  if (!needs_nibbles(a, b)) return "";
  const std::string mode = "gemm: operand mode " + a.name + "x" + b.name;
  if (!a.uniform || !b.uniform) {
    return mode + " is not built; only integer formats are multiplied in passes over nibbles";
  }
  constexpr std::int64_t kLargestProduct = 127 * 127;
  const bool exact = hardware.policy == AccumulatePolicy::kClamp ||
                     tile * kLargestProduct < std::int64_t{1} << (hardware.bits - 1);
  if (!exact) {
    return mode + " takes passes over nibbles, which cannot limit every MAC: policy " +
           std::string(to_string(hardware.policy)) + " with a tile of " + std::to_string(tile) +
           " needs tile * 127 * 127 < 2^(bits - 1), bits is " + std::to_string(hardware.bits) +
           "; allowed are policy clamp, a shorter tile and more bits";
  }
  if (tile > hardware.buffers.code_chunk) {
    return mode + " takes passes over nibbles, which read a tile from one bank: tile " +
           std::to_string(tile) + " exceeds code_chunk " +
           std::to_string(hardware.buffers.code_chunk);
  }
  return "";
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
  require(contains(a_formats(hardware.modes), job.a->format) &&
              contains(b_formats(hardware.modes), job.b->format),
          "gemm: operand mode " + a_format.name + "x" + b_format.name +
              " is not built; the hardware has " + to_string(hardware.modes));
  const int k_len = job.a->k_padded;
  const int tile = recipe.tile == 0 ? k_len : std::min(recipe.tile, k_len);
  require(tile <= hardware.tile_max, "gemm: tile " + std::to_string(tile) + " exceeds tile_max " +
                                         std::to_string(hardware.tile_max));
  require(job.a->lines <= kLengthMost && job.b->lines <= kLengthMost && k_len <= kLengthMost,
          "gemm: " + std::to_string(job.a->lines) + " x " + std::to_string(job.b->lines) + " x " +
              std::to_string(k_len) + " exceeds 65535 in a dimension");
  const bool nibbles = needs_nibbles(a_format, b_format);
  const std::string refusal = nibbles_refusal(hardware, a_format, b_format, tile);
  require(refusal.empty(), refusal);
  // All passes over a tile read it from one bank.
  const int chunk =
      nibbles ? hardware.buffers.code_chunk / tile * tile : hardware.buffers.code_chunk;
  GemmDescriptor d{};
  d.k_len = static_cast<std::uint32_t>(k_len);
  d.tile = static_cast<std::uint32_t>(tile);
  d.m_blocks = ceil_div(job.a->lines, hardware.rows);
  d.m_last = last_piece(job.a->lines, hardware.rows);
  d.n_blocks = ceil_div(job.b->lines, hardware.cols);
  d.n_last = last_piece(job.b->lines, hardware.cols);
  d.k_chunks = ceil_div(k_len, chunk);
  d.k_chunk = static_cast<std::uint32_t>(chunk);
  d.k_last = last_piece(k_len, chunk);
  d.a_listed = a_format.uniform ? 0 : 1;
  d.b_listed = b_format.uniform ? 0 : 1;
  d.nibbles = nibbles ? 1 : 0;
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

std::vector<std::uint32_t> pack(const PrepareDescriptor& descriptor) {
  return pack_job(kPrepareJob, descriptor);
}
std::vector<std::uint32_t> pack(const GemmDescriptor& descriptor) {
  return pack_job(kGemmJob, descriptor);
}
PrepareDescriptor unpack_prepare(std::span<const std::uint32_t> words) {
  return unpack_job(kPrepareJob, words);
}
GemmDescriptor unpack_gemm(std::span<const std::uint32_t> words) {
  return unpack_job(kGemmJob, words);
}

}  // namespace sylvester
