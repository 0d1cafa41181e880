// Descriptor fields of the accelerator's job and done streams (docs/architecture.md section 3):
// the one table that the host code, the SystemC model and the Verilog emitter read.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "golden/hardware/hardware.hpp"
#include "golden/numerics/gemm.hpp"
#include "golden/numerics/prepare.hpp"

namespace sylvester {

/// One field of a packed payload; fields follow each other from the lowest bit.
struct DescriptorField {
  std::string_view name;
  int bits;
};

std::span<const DescriptorField> prepare_job_fields();
std::span<const DescriptorField> gemm_job_fields();
std::span<const DescriptorField> prepare_done_fields();
std::span<const DescriptorField> gemm_done_fields();
int total_bits(std::span<const DescriptorField> fields);

/// Field scale_rule: how the quantiser gets its divisor. kGiven has it from the job, so that such a
/// job reads its matrix once; the rules hindsight and sawb run as kGiven.
enum class DivisorRule : std::uint32_t { kMax, kClip, kPow2, kLuq, kGiven };

inline constexpr int kFineBits = 8;  ///< a clip has parts of 2^-8 (SAWB-1)

/// `prepare_job` payload.
struct PrepareDescriptor {
  std::uint32_t k_len, groups, last_lanes, block_log2;
  std::uint32_t listed, largest_code, largest_high, largest_low, scale_rule, stochastic;
  std::uint32_t given_divisor;  ///< D
  std::uint32_t given_fine;     ///< D and N are both 2^kFineBits times what the rule says
  std::uint32_t signs;
  std::uint32_t seed, step, draw_word, sign_word, index0, stride_line, stride_k;

  [[nodiscard]] bool has_rule(DivisorRule rule) const {
    return scale_rule == static_cast<std::uint32_t>(rule);
  }
  /// How often the job reads its matrix.
  [[nodiscard]] int passes() const { return has_rule(DivisorRule::kGiven) ? 1 : 2; }
};
/// `gemm_job` payload.
struct GemmDescriptor {
  std::uint32_t k_len, tile, m_blocks, m_last, n_blocks, n_last, k_chunks, k_chunk, k_last;
  std::uint32_t a_listed, b_listed, nibbles;
};

/// Descriptor of a job on this hardware. Throws UserError if the hardware was not built for it
/// (format, block, random signs, random bits, sizes, M_given, policy, P, outer bits, tile, operand
/// mode, passes over nibbles). A prepare job may leave its mantissas out: its rule sawb then stands
/// for a tensor that has a clip.
PrepareDescriptor describe(const HardwareParameters& hardware, const PrepareJob& job);
GemmDescriptor describe(const HardwareParameters& hardware, const GemmJob& job);
/// The same for a job whose codes may be left out.
GemmDescriptor describe_shape(const HardwareParameters& hardware, const GemmJob& job);

/// Why codes of these formats cannot be multiplied in passes over nibbles with this tile, which is
/// not 0 (I8-1); empty if they can, or need no passes.
std::string nibbles_refusal(const HardwareParameters& hardware, const Format& a, const Format& b,
                            int tile);

/// Field values in table order -> 32-bit words, lowest bits first; and back.
std::vector<std::uint32_t> pack(std::span<const DescriptorField> fields,
                                std::span<const std::uint64_t> values);
std::vector<std::uint64_t> unpack(std::span<const DescriptorField> fields,
                                  std::span<const std::uint32_t> words);
std::vector<std::uint32_t> pack(const PrepareDescriptor& descriptor);
std::vector<std::uint32_t> pack(const GemmDescriptor& descriptor);
PrepareDescriptor unpack_prepare(std::span<const std::uint32_t> words);
GemmDescriptor unpack_gemm(std::span<const std::uint32_t> words);

}  // namespace sylvester
