// Pooling and upsampling on integers. Sums are exact; an average is a product with the window's
// reciprocal.
#pragma once

#include <cstdint>
#include <vector>

#include "golden/integer/draws.hpp"
#include "golden/integer/tensor.hpp"
#include "golden/train/patches.hpp"

namespace sylvester {

/// y: the largest value of each window and channel, the first one of several; padding does not
/// count. chosen: its number in the window. y has its size already.
void max_pool(const PatchShape& shape, const IntTensor& x, IntTensor& y,
              std::vector<std::uint16_t>& chosen);

// `sums` is memory of the functions below; the results have their size already and are rounded
// once, to kWideBits.

/// dx from g, the gradient of y.
void max_pool_gradient(const PatchShape& shape, const std::vector<std::uint16_t>& chosen,
                       const IntTensor& g, const Draws& draws, IntTensor& dx,
                       std::vector<std::int64_t>& sums);

/// dx: for each input position of an upsampling the sum of its copies in g.
void upsample_gradient(const PatchShape& shape, const IntTensor& g, const Draws& draws,
                       IntTensor& dx, std::vector<std::int64_t>& sums);

/// y: the mean of each window and channel. The window has no padding.
void average_pool(const PatchShape& shape, const IntTensor& x, const Draws& draws, IntTensor& y,
                  std::vector<std::int64_t>& sums);
void average_pool_gradient(const PatchShape& shape, const IntTensor& g, const Draws& draws,
                           IntTensor& dx, std::vector<std::int64_t>& sums);

}  // namespace sylvester
