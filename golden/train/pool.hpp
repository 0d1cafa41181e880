// Pooling in float32; the order of evaluation is that of the window's rows and columns.
#pragma once

#include <cstdint>
#include <vector>

#include "golden/train/matrix.hpp"
#include "golden/train/patches.hpp"

namespace sylvester {

/// y: the largest value of each window and channel, the first one of several; padding does not
/// count, NaN wins. chosen: its number in the window. y has its size already.
void max_pool(const PatchShape& shape, const FloatMatrix& x, FloatMatrix& y,
              std::vector<std::uint16_t>& chosen);
/// dx from g, the gradient of y. dx has its size already.
void max_pool_gradient(const PatchShape& shape, const std::vector<std::uint16_t>& chosen,
                       const FloatMatrix& g, FloatMatrix& dx);

/// y: the mean of each window and channel. The window has no padding.
void average_pool(const PatchShape& shape, const FloatMatrix& x, FloatMatrix& y);
void average_pool_gradient(const PatchShape& shape, const FloatMatrix& g, FloatMatrix& dx);

}  // namespace sylvester
