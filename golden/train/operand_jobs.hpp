// Prepare jobs of a layer's tensors: recipe, draws, indices and wide tensor.
#pragma once

#include <cstdint>
#include <span>

#include "golden/numerics/prepare.hpp"
#include "golden/train/executor.hpp"

namespace sylvester {

/// How a job's lines lie in the tensor as it is stored.
enum class Reading { kStored, kTurned };

/// Recipe, context of the draws and counters. `sample`: of a gradient that is rounded more than
/// once (SMP-1).
void set_recipe(PrepareJob& job, const TrainRecipe& recipe, const PassContext& context, int layer,
                Role role, int sample = 0);

/// The wide tensor of `values`, lines x k.
void set_floats(WideMatrix& input, std::span<const float> values, int lines, int k);

/// RND-6. Untransformed elements have the index of their place in the stored tensor, whichever way
/// they are read; coefficients of a transform have line·K' + k. Throws UserError if a tensor that
/// draws has more than 2^32.
void set_indices(PrepareJob& job, Reading reading, std::uint32_t first_line);

/// What a pass counts.
CounterMode counter_mode(const TrainRecipe& recipe, const PassContext& context);

}  // namespace sylvester
