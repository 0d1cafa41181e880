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

/// `prepare_job` payload.
struct PrepareDescriptor {
  std::uint32_t k_len, groups, last_lanes, block_log2;
  std::uint32_t listed, largest_code, largest_high, largest_low, scale_rule, stochastic;
  std::uint32_t seed, step, draw_word, index0, stride_line, stride_k;
};
/// `gemm_job` payload.
struct GemmDescriptor {
  std::uint32_t k_len, tile, m_blocks, m_last, n_blocks, n_last, k_chunks, k_chunk, k_last;
  std::uint32_t a_listed, b_listed, nibbles;
};

/// Descriptor of a job on this hardware. Throws UserError if the hardware was not built for it
/// (format, block, random bits, sizes, policy, P, outer bits, tile, operand mode, passes over
/// nibbles).
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
