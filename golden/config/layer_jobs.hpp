// The jobs of a layer's training step on the accelerator: shapes, without values.
#pragma once

#include <string>

#include "golden/config/config.hpp"
#include "golden/hardware/descriptors.hpp"
#include "golden/hardware/hardware.hpp"
#include "golden/numerics/role.hpp"

namespace sylvester {

inline constexpr int kMostLength = 65535;  ///< of a dimension in a job's descriptor

/// A dense layer under a batch, each 1 ... kMostLength.
struct LayerShape {
  int batch = 1;
  int outputs = 1;
  int inputs = 1;

  friend bool operator==(const LayerShape&, const LayerShape&) = default;
};

/// One product A B^T, A of m x k, B of n x k.
struct LayerGemm {
  std::string name;
  Role a;
  Role b;
  int m;
  int n;
  int k;
};

/// Y = X W^T; `role` is that of X.
LayerGemm forward_gemm(const LayerShape& layer, Role role);
/// dX = G W.
LayerGemm input_gradient_gemm(const LayerShape& layer);
/// dW = G^T X.
LayerGemm weight_gradient_gemm(const LayerShape& layer);

/// The jobs of one GEMM: both operands are prepared, then multiplied.
struct GemmJobs {
  PrepareDescriptor a;
  PrepareDescriptor b;
  GemmDescriptor gemm;
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
