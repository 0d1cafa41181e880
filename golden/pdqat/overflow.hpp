// A differentiable stand-in for the share of limited tiles of a GEMM.
#pragma once

#include <vector>

#include "golden/numerics/gemm.hpp"

namespace sylvester {

/// Mean over the tiles of a job of max(0, peak/L - 1), L = 2^(P-1) - 1: peak is the largest
/// magnitude of an exact prefix sum of the tile, with `clamp` that of its last one. A tile with a
/// peak above L + 1 is limited, one with a peak of at most L is not. `slope`, unless null: its
/// derivative with respect to B's codes, times `weight`, is added; one number per code, row-major.
/// (Where prefixes tie, that through the first.)
double overflow_hinge(const GemmJob& job, double weight, std::vector<float>* slope);

}  // namespace sylvester
