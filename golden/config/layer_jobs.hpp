// The jobs of a layer's training step on the accelerator: shapes, without values.
#pragma once

#include <string>
#include <vector>

#include "golden/config/config.hpp"
#include "golden/hardware/descriptors.hpp"
#include "golden/hardware/hardware.hpp"
#include "golden/numerics/role.hpp"
#include "golden/train/totals.hpp"

namespace sylvester {

inline constexpr int kMostLength = 65535;  ///< of a dimension in a job's descriptor

/// A dense layer under a batch, each 1 ... kMostLength.
struct LayerShape {
  int batch = 1;
  int outputs = 1;
  int inputs = 1;

  friend bool operator==(const LayerShape&, const LayerShape&) = default;
};

/// How often the jobs of a GEMM run in a step: an operand whose codes another GEMM has made is not
/// prepared, one of which several roundings are multiplied is prepared for each.
struct JobCounts {
  int prepare_a = 1;
  int prepare_b = 1;
  int gemm = 1;
};

/// One product A B^T, A of m x k, B of n x k. The roles are those under which the operands are
/// prepared.
struct LayerGemm {
  std::string name;
  GemmKind kind;
  Role a;
  Role b;
  int m;
  int n;
  int k;
  JobCounts counts;
  bool a_turned = false;  ///< A is prepared as A^T lies and its codes are turned (LUQ-1)
};

/// Y = X W^T; `role` is that of X.
LayerGemm forward_gemm(const LayerShape& layer, Role role);
/// The GEMMs of a training step: Y, dX = G W unless it is not wanted, dW = G^T X; with the counts
/// that backward.reuse_codes, one_draw and gradient_samples give (SMP-1, LUQ-1).
std::vector<LayerGemm> training_gemms(const Config& config, const LayerShape& layer, Role role,
                                      bool input_gradient = true);

/// The jobs of one GEMM: both operands are prepared, then multiplied.
struct GemmJobs {
  PrepareDescriptor a;
  PrepareDescriptor b;
  GemmDescriptor gemm;
  JobCounts counts;
};

/// Throws UserError beginning with `where` if counting the cycles of the GEMM would take more than
/// a few seconds.
void require_few_steps(const LayerGemm& gemm, const GemmDescriptor& descriptor,
                       const std::string& where);

/// Throws UserError if the hardware was not built for it, or, beginning with `where`, if counting
/// the cycles of the GEMM would take more than a few seconds.
GemmJobs describe(const Config& config, const HardwareParameters& hardware, const LayerGemm& gemm,
                  const std::string& where);

}  // namespace sylvester
