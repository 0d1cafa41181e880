// What a step of integer training keeps from the forward to the backward pass.
#pragma once

#include "golden/train/integer_recipe.hpp"
#include "golden/train/kept_bytes.hpp"
#include "golden/train/network.hpp"

namespace sylvester {

/// Of nodes that have a gradient: codes of X and W, one bit per output of a ReLU, what a maximum
/// chose, and the 16-bit input of a normalisation with sums and coefficient of each channel or row
/// in 8 bytes, the 16-bit input of a GELU, and of an attention codes of input and probabilities and
/// the probabilities in 4 bytes; of a frozen batch-norm nothing.
KeptBytes backward_bytes(const Network& network, const IntegerRecipe& recipe, int batch);

}  // namespace sylvester
