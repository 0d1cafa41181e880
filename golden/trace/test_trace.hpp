// For tests: recorded jobs, made by the reference kernels.
#pragma once

#include <string>
#include <vector>

#include "golden/config/convert.hpp"
#include "golden/numerics/test_random.hpp"
#include "golden/trace/trace.hpp"

namespace sylvester {

/// Floats in -1 ... 1, non-negative ones for an unsigned format, some of them zero.
inline std::vector<float> random_floats(std::size_t count, bool is_signed, HostRandom& random) {
  std::vector<float> x(count);
  for (float& value : x) {
    value = random.below(8) == 0 ? 0.0F : random.uniform() * (is_signed ? 2.0F : 1.0F);
    if (is_signed) value -= 1.0F;
  }
  return x;
}

inline TraceOperand random_operand(const Config& config, Role role, int lines, int k,
                                   HostRandom& random) {
  PrepareJob job;
  job.recipe = prepare_recipe(config, role);
  job.recipe.draw = {
      .seed = 3, .step = 5, .layer = 1, .role = static_cast<std::uint8_t>(role), .repetition = 0};
  job.input.name = "test";
  job.input.lines = lines;
  job.input.k = k;
  TraceOperand operand;
  operand.floats =
      random_floats(static_cast<std::size_t>(lines) * static_cast<std::size_t>(k),
                    formats()[static_cast<std::size_t>(job.recipe.format)].is_signed, random);
  job.input.mantissas.resize(operand.floats.size());
  job.input.scale = make_scale(1, 1, to_wide(operand.floats, job.input.mantissas, "test"));
  job.recipe.stride_line = static_cast<std::uint32_t>(prepared_shape(job).k_padded);
  const PreparedOperand prepared = prepare_reference(job);
  operand.recipe = job.recipe;
  operand.lines = lines;
  operand.k = k;
  operand.k_padded = prepared.k_padded;
  operand.block = prepared.block;
  operand.wide = job.input;
  operand.codes = prepared.codes;
  operand.expected = expected_fields(prepared);
  return operand;
}

inline GemmJob gemm_of_trace(const TraceJob& job) {
  const auto operand = [](const TraceOperand& traced) {
    auto result = std::make_shared<PreparedOperand>();
    result->format = traced.recipe.format;
    result->lines = traced.lines;
    result->k = traced.k;
    result->k_padded = traced.k_padded;
    result->block = traced.block;
    result->codes = traced.codes;
    result->scale =
        traced.wide
            ? prepare_reference(
                  {.recipe = traced.recipe, .input = *traced.wide, .counters = CounterMode::kFull})
                  .scale
            : Scale{};
    return result;
  };
  return {operand(job.a), operand(job.b), job.recipe, CounterMode::kFull};
}

/// The values of the trace, and every register and outer accumulator, by the cells.
inline void fill_values(TraceJob& job, bool with_registers) {
  const GemmJob gemm_job = gemm_of_trace(job);
  const GemmResult result = gemm_reference(gemm_job);
  job.values = result.values;
  job.expected = expected_fields(result);
  job.registers.clear();
  job.outer.clear();
  if (!with_registers) return;
  const auto k_padded = static_cast<std::size_t>(job.a.k_padded);
  const auto tile = static_cast<std::size_t>(tile_length(gemm_job));
  const Format& a_format = formats()[static_cast<std::size_t>(job.a.recipe.format)];
  const Format& b_format = formats()[static_cast<std::size_t>(job.b.recipe.format)];
  for (std::size_t m = 0; m < static_cast<std::size_t>(job.a.lines); ++m) {
    for (std::size_t n = 0; n < static_cast<std::size_t>(job.b.lines); ++n) {
      std::int32_t acc = 0;
      std::int32_t outer = 0;
      for (std::size_t k = 0; k < k_padded; ++k) {
        if (k % tile == 0) acc = 0;
        acc = accumulate(job.recipe.policy, job.recipe.bits, acc,
                         a_format.value(job.a.codes[m * k_padded + k]) *
                             b_format.value(job.b.codes[n * k_padded + k]))
                  .value;
        job.registers.push_back(acc);
        if ((k + 1) % tile != 0 && k + 1 != k_padded) continue;
        outer = add_outer(job.recipe.outer_bits, outer,
                          leave_tile(job.recipe.policy, job.recipe.bits, acc).value)
                    .value;
        job.outer.push_back(outer);
      }
    }
  }
}

/// A job of one of the three GEMMs with everything that can be recorded.
inline TraceJob random_trace_job(const Config& config, GemmKind kind, int m, int n, int k,
                                 HostRandom& random) {
  constexpr Role kRolesOfKinds[kGemmKinds][2] = {
      {Role::kForwardInput, Role::kForwardWeight},
      {Role::kInputGradient, Role::kBackwardWeight},
      {Role::kWeightGradient, Role::kBackwardActivation}};
  const auto& roles = kRolesOfKinds[static_cast<std::size_t>(kind)];
  TraceJob job;
  job.name = std::string(to_string(kind));
  job.a = random_operand(config, roles[0], m, k, random);
  job.b = random_operand(config, roles[1], n, k, random);
  job.recipe = accumulate_recipe(config, kind);
  fill_values(job, true);
  return job;
}

}  // namespace sylvester
