// Nearest-neighbour upsampling in float32.
#pragma once

#include "golden/train/matrix.hpp"
#include "golden/train/patches.hpp"

namespace sylvester {

/// Every row of `shape.in` window.stride.height times, every column window.stride.width times. y
/// has its size already.
void upsample(const PatchShape& shape, const FloatMatrix& x, FloatMatrix& y);
/// dx: for each input position the sum of its copies in g, rows before columns, beginning with 0.
/// dx has its size already.
void upsample_gradient(const PatchShape& shape, const FloatMatrix& g, FloatMatrix& dx);

}  // namespace sylvester
