#include "golden/config/layer_jobs.hpp"

#include <cstdint>
#include <memory>

#include <fmt/core.h>

#include "golden/config/convert.hpp"
#include "golden/support/error.hpp"

namespace sylvester {
namespace {

/// Of the recurrence of gemm_cycles (sim/cycles): a few seconds.
constexpr std::uint64_t kMostSteps = std::uint64_t{1} << 27;

// The count does not depend on the elements: mantissas and codes are left out.
PrepareJob prepare_job(const Config& config, Role role, int lines, int k) {
  PrepareJob job;
  job.recipe = prepare_recipe(config, role);
  job.input.name = std::string(to_string(role));
  job.input.lines = lines;
  job.input.k = k;
  return job;
}

}  // namespace

// The recurrence takes one step per chunk of a block of results.
void require_few_steps(const LayerGemm& gemm, const GemmDescriptor& descriptor,
                       const std::string& where) {
  const std::uint64_t steps =
      std::uint64_t{descriptor.m_blocks} * descriptor.n_blocks * descriptor.k_chunks;
  if (steps <= kMostSteps) return;
  throw UserError(
      fmt::format("{}: {} of {} x {} x {} has {} x {} blocks of {} chunks on this array; "
                  "allowed: at most {} chunks",
                  where, gemm.name, gemm.m, gemm.n, gemm.k, descriptor.m_blocks,
                  descriptor.n_blocks, descriptor.k_chunks, kMostSteps));
}

LayerGemm forward_gemm(const LayerShape& layer, Role role) {
  return {"forward", role, Role::kForwardWeight, layer.batch, layer.outputs, layer.inputs};
}

LayerGemm input_gradient_gemm(const LayerShape& layer) {
  return {"input_gradient", Role::kInputGradient, Role::kBackwardWeight,
          layer.batch,      layer.inputs,         layer.outputs};
}

LayerGemm weight_gradient_gemm(const LayerShape& layer) {
  return {"weight_gradient", Role::kWeightGradient, Role::kBackwardActivation,
          layer.outputs,     layer.inputs,          layer.batch};
}

GemmJobs describe(const Config& config, const HardwareParameters& hardware, const LayerGemm& gemm,
                  const std::string& where) {
  const PrepareJob a = prepare_job(config, gemm.a, gemm.m, gemm.k);
  const PrepareJob b = prepare_job(config, gemm.b, gemm.n, gemm.k);
  const GemmJob job{.a = std::make_shared<PreparedOperand>(prepared_shape(a)),
                    .b = std::make_shared<PreparedOperand>(prepared_shape(b)),
                    .recipe = accumulate_recipe(config, gemm_of(gemm.a)),
                    .counters = hardware.counters};
  GemmJobs jobs{.a = describe(hardware, a),
                .b = describe(hardware, b),
                .gemm = describe_shape(hardware, job)};
  require_few_steps(gemm, jobs.gemm, where);
  return jobs;
}

}  // namespace sylvester
