// Multi-head softmax attention (Vaswani and others, "Attention is all you need", NeurIPS 2017,
// section 3.2) over the positions of each sample, rule NET-2. Its two products are float32
// operations between the layers' GEMMs, each sum in ascending order.
#pragma once

#include <vector>

#include "golden/train/matrix.hpp"

namespace sylvester {

/// Sizes: an input has samples·positions rows of 3·width channels, queries before keys before
/// values; head h has channels h·(width/heads) and following of each.
struct AttentionShape {
  int positions = 1;
  int heads = 1;  ///< divides the width
};

struct AttentionState {
  std::vector<float> probability;  ///< samples x heads x positions x positions
  std::vector<float> scratch;      ///< memory of attention()
};

/// P = softmax(Q K^T / sqrt(width/heads)) row by row, y = P V: samples·positions x width. y has its
/// size already.
void attention(const AttentionShape& shape, const FloatMatrix& x, FloatMatrix& y,
               AttentionState& state);
/// dx from g, the gradient of y. dx has its size already; `scratch` is memory of the function.
void attention_gradient(const AttentionShape& shape, const FloatMatrix& x, const FloatMatrix& g,
                        const AttentionState& state, FloatMatrix& dx, std::vector<float>& scratch);

}  // namespace sylvester
