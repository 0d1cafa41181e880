#include "golden/train/operand_jobs.hpp"

#include <fmt/format.h>

#include "golden/support/error.hpp"

namespace sylvester {

void set_recipe(PrepareJob& job, const TrainRecipe& recipe, const PassContext& context, int layer,
                Role role, int sample) {
  job.recipe = recipe.layer(layer).operand(role);
  job.recipe.draw = {
      .seed = context.seed,
      .step = context.step,
      .layer = static_cast<std::uint16_t>(layer),
      .role = static_cast<std::uint8_t>(role),
      .repetition = static_cast<std::uint8_t>(4 * sample + static_cast<int>(context.kind))};
  job.counters = counter_mode(recipe, context);
  job.max_given = 0;
}

void set_floats(WideMatrix& input, std::span<const float> values, int lines, int k) {
  input.lines = lines;
  input.k = k;
  input.mantissas.resize(values.size());
  input.scale = {.num = 1, .den = 1, .exponent = to_wide(values, input.mantissas, input.name)};
}

void set_indices(PrepareJob& job, Reading reading, std::uint32_t first_line) {
  PrepareRecipe& recipe = job.recipe;
  const int block = block_length(recipe.block_rule, recipe.block, job.input.k);
  const auto k_padded = static_cast<std::uint32_t>(padded_length(job.input.k, block));
  const std::uint64_t end = std::uint64_t{first_line} + static_cast<std::uint64_t>(job.input.lines);
  if (recipe.rounding == Rounding::kStochastic && end * k_padded > std::uint64_t{1} << 32) {
    throw UserError(
        fmt::format("tensor '{}': {} lines of {} coefficients; at most 2^32 "
                    "coefficients have random numbers of their own (rule RND-6)",
                    job.input.name, end, k_padded));
  }
  if (reading == Reading::kTurned && block == 1) {
    recipe.stride_line = 1;
    recipe.stride_k = static_cast<std::uint32_t>(job.input.lines);
  } else {
    recipe.stride_line = k_padded;
    recipe.stride_k = 1;
  }
  recipe.index0 = first_line * k_padded;
}

CounterMode counter_mode(const TrainRecipe& recipe, const PassContext& context) {
  return context.totals == nullptr ? CounterMode::kNone : recipe.counters;
}

}  // namespace sylvester
