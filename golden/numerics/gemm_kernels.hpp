// The kernels behind gemm(): what they do to a register in one MAC. Each runs on the best of
// Highway's targets that force_simd_level allows.
#pragma once

namespace sylvester {

struct KernelTask;

// golden/numerics/gemm_bytes.cpp
void byte_saturate(const KernelTask& task);
void byte_saturate_twice(const KernelTask& task);
void byte_saturate_count(const KernelTask& task);
void byte_wrap_count(const KernelTask& task);
// golden/numerics/gemm_words.cpp
void word_saturate(const KernelTask& task);
void word_clip(const KernelTask& task);
void word_saturate_count(const KernelTask& task);
void word_clip_count(const KernelTask& task);
void word_wrap_count(const KernelTask& task);
void word_mask_count(const KernelTask& task);
void word_grow_count(const KernelTask& task);
void word_carry_count(const KernelTask& task);
// golden/numerics/gemm_wide.cpp
void wide_saturate(const KernelTask& task);
void wide_clip(const KernelTask& task);
void wide_saturate_count(const KernelTask& task);
void wide_clip_count(const KernelTask& task);
void wide_wrap_count(const KernelTask& task);
// golden/numerics/gemm_dot.cpp
void dot_unsigned_a(const KernelTask& task);
void dot_unsigned_b(const KernelTask& task);

}  // namespace sylvester
