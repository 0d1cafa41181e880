// GEMM jobs on prepared operands (docs/numerics.md, rules GEMM-*).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "golden/numerics/accumulate.hpp"
#include "golden/numerics/counters.hpp"
#include "golden/numerics/prepare.hpp"
#include "golden/numerics/simd.hpp"

namespace sylvester {

/// C[m][n] = tiled sum over k of A[m][k] * B[n][k]; both operands have k as their inner axis,
/// with equal K, K' and block.
struct GemmJob {
  std::shared_ptr<const PreparedOperand> a;  ///< lines = M
  std::shared_ptr<const PreparedOperand> b;  ///< lines = N
  AccumulateRecipe recipe;
  CounterMode counters = CounterMode::kFull;
};

struct GemmResult {
  int m = 0;
  int n = 0;
  std::vector<std::int32_t> values;  ///< m * n, row-major
  Scale scale;                       ///< real result ~= value * scale, transform undone (GEMM-4)
  GemmCounters counters;
};

/// Throws UserError naming what is wrong with a job (sizes, formats, codes, recipe).
void check(const GemmJob& job);
/// The same without looking at the codes; and without counting them: they may be left out.
void check_sizes(const GemmJob& job);
void check_shape(const GemmJob& job);

/// Longest tile of a checked job: T, or K' if that is shorter or T = 0 (ACC-1).
int tile_length(const GemmJob& job);
/// Largest |A value * B value| of the operands' formats.
std::int64_t largest_product(const PreparedOperand& a, const PreparedOperand& b);

/// Scale of the result: product of the operand scales, divided by the block if transformed.
Scale result_scale(const PreparedOperand& a, const PreparedOperand& b);

/// Readable reference kernel: one MAC cell per product, k ascending.
GemmResult gemm_reference(const GemmJob& job);

/// Vectorised kernel; equal to gemm_reference in every bit. Uses up to `threads` threads
/// (0 = all cores); values and counters do not depend on it.
GemmResult gemm(const GemmJob& job, int threads = 1);
/// The same into `result`, whose memory is used again if it is large enough.
void gemm(const GemmJob& job, int threads, GemmResult& result);

}  // namespace sylvester
