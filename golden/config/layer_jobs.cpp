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
  return {.name = "forward",
          .kind = GemmKind::kForward,
          .a = role,
          .b = Role::kForwardWeight,
          .m = layer.batch,
          .n = layer.outputs,
          .k = layer.inputs,
          .counts = {}};
}

std::vector<LayerGemm> training_gemms(const Config& config, const LayerShape& layer, Role role,
                                      bool input_gradient) {
  const bool reuse = config.flag("backward.reuse_codes");
  const bool one_draw = config.flag("backward.one_draw");
  const auto samples = static_cast<int>(config.integer("backward.gradient_samples"));
  std::vector<LayerGemm> gemms = {forward_gemm(layer, role)};
  if (input_gradient) {
    gemms.push_back(
        {.name = "input_gradient",
         .kind = GemmKind::kInputGradient,
         .a = Role::kInputGradient,
         .b = reuse ? Role::kForwardWeight : Role::kBackwardWeight,
         .m = layer.batch,
         .n = layer.inputs,
         .k = layer.outputs,
         .counts = {.prepare_a = one_draw ? samples : 1, .prepare_b = reuse ? 0 : 1, .gemm = 1}});
  }
  // With one draw, both GEMMs read the codes of G as it lies.
  gemms.push_back({.name = "weight_gradient",
                   .kind = GemmKind::kWeightGradient,
                   .a = one_draw ? Role::kInputGradient : Role::kWeightGradient,
                   .b = reuse ? role : Role::kBackwardActivation,
                   .m = layer.outputs,
                   .n = layer.inputs,
                   .k = layer.batch,
                   .counts = {.prepare_a = one_draw && input_gradient ? 0 : samples,
                              .prepare_b = reuse ? 0 : 1,
                              .gemm = samples},
                   .a_turned = one_draw});
  return gemms;
}

GemmJobs describe(const Config& config, const HardwareParameters& hardware, const LayerGemm& gemm,
                  const std::string& where) {
  const PrepareJob a = prepare_job(config, gemm.a, gemm.m, gemm.k);
  const PrepareJob b = prepare_job(config, gemm.b, gemm.n, gemm.k);
  const GemmJob job{.a = std::make_shared<PreparedOperand>(prepared_shape(a)),
                    .b = std::make_shared<PreparedOperand>(prepared_shape(b)),
                    .recipe = accumulate_recipe(config, gemm.kind),
                    .counters = hardware.counters};
  const PrepareJob a_as_it_lies = gemm.a_turned ? prepare_job(config, gemm.a, gemm.k, gemm.m) : a;
  GemmJobs jobs{.a = describe(hardware, a_as_it_lies),
                .b = describe(hardware, b),
                .gemm = describe_shape(hardware, job),
                .counts = gemm.counts};
  require_few_steps(gemm, jobs.gemm, where);
  return jobs;
}

}  // namespace sylvester
