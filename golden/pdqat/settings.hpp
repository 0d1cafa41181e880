// What PDQAT (Hounie, Elenter, Ribeiro, arXiv 2210.15623, ICASSP 2023) is asked to hold.
#pragma once

#include <vector>

namespace sylvester {

/// Lists have one number for all low-precision layers, or one for each that has the constraint, in
/// the order of evaluation. Defaults: those of the published code for 4 bits.
struct PdqatSettings {
  bool layerwise = true;
  std::vector<double> layer_epsilon = {0.5};        ///< mean square distance, 0 and more
  double output_epsilon = 0.1;                      ///< cross-entropy, 0 and more
  std::vector<double> accumulator_epsilon = {1.0};  ///< share of limited tiles; 1: no constraint
  double dual_rate = 0.01;
  double accumulator_dual_rate = 0.01;
};

}  // namespace sylvester
