#include "golden/numerics/prepare.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "golden/numerics/names.hpp"
#include "golden/numerics/prepare_kernel.hpp"

namespace sylvester {
namespace {

constexpr NameTable<ScaleRule, 3> kScaleRuleNames{
    {{ScaleRule::kMax, "max"}, {ScaleRule::kClip, "clip"}, {ScaleRule::kPow2, "pow2"}}};
constexpr NameTable<Rounding, 2> kRoundingNames{
    {{Rounding::kNearest, "nearest"}, {Rounding::kStochastic, "stochastic"}}};

// The least e with max_magnitude <= largest * 2^e (PRE-3, `pow2`); both at least 1.
int least_exponent(std::int64_t max_magnitude, std::int64_t largest) {
  int e = 0;
  while (max_magnitude > largest << e) ++e;
  while (e <= 0 && max_magnitude << (1 - e) <= largest) --e;
  return e;
}

}  // namespace

std::string_view to_string(ScaleRule rule) { return name_of(kScaleRuleNames, rule); }
std::string_view to_string(Rounding rounding) { return name_of(kRoundingNames, rounding); }
ScaleRule scale_rule(std::string_view name) {
  return find_name(kScaleRuleNames, "scale rule", name);
}
Rounding rounding(std::string_view name) { return find_name(kRoundingNames, "rounding", name); }

Quantiser make_quantiser(const Format& format, ScaleRule rule, std::int32_t max_magnitude,
                         const Scale& input_scale) {
  if (max_magnitude < 0) throw UserError("the largest magnitude of a tensor is never negative");
  Quantiser quantiser;
  if (max_magnitude == 0) {  // PRE-2
    quantiser.n = static_cast<std::uint64_t>(format.largest());
    quantiser.d = 0;
    quantiser.scale = make_scale(input_scale.num, input_scale.den, input_scale.exponent);
    return quantiser;
  }
  const auto m = static_cast<std::uint64_t>(max_magnitude);
  const auto q = static_cast<std::uint64_t>(format.largest());
  switch (rule) {
    case ScaleRule::kMax:
      quantiser.n = q;
      quantiser.d = m;
      break;
    case ScaleRule::kClip:
      quantiser.n = 40 * q;
      quantiser.d = 39 * m;
      break;
    case ScaleRule::kPow2: {
      const int e = least_exponent(max_magnitude, format.largest());
      quantiser.n = std::uint64_t{1} << std::max(0, -e);
      quantiser.d = std::uint64_t{1} << std::max(0, e);
      break;
    }
  }
  // n < 2^14 and d < 2^37, so the products fit in 128 bits whatever the input's scale is.
  quantiser.scale =
      make_scale(Uint128{input_scale.num} * quantiser.d, Uint128{input_scale.den} * quantiser.n,
                 std::int64_t{input_scale.exponent} - format.exponent);
  return quantiser;
}

Rounded divide_round(const Format& format, std::uint64_t numerator, std::uint64_t d,
                     Rounding rounding, int random_bits, std::uint32_t r) {
  // 128 bits throughout: the largest term is 2^16 * numerator.
  const Uint128 n = numerator;
  const auto largest_code = static_cast<std::uint64_t>(format.largest_code());
  std::uint64_t below = 0;  // code index of the lower neighbour
  Uint128 low = 0;          // D * lower neighbour
  Uint128 gap = d;          // D * (upper - lower neighbour)
  if (format.uniform) {     // PRE-4
    below = numerator / d;
    low = Uint128{below} * d;
  } else {  // PRE-5
    const auto& magnitudes = format.magnitudes;
    if (n >= static_cast<Uint128>(format.largest()) * d) {
      return {.code = static_cast<int>(largest_code), .rounded_up = false};
    }
    while (n >= static_cast<Uint128>(magnitudes[below + 1]) * d) ++below;
    low = static_cast<Uint128>(magnitudes[below]) * d;
    gap = static_cast<Uint128>(magnitudes[below + 1] - magnitudes[below]) * d;
  }
  bool up = false;
  if (rounding == Rounding::kNearest) {
    const Uint128 twice = 2 * (n - low);
    up = twice > gap || (twice == gap && below % 2 == 1);
  } else {
    up = r < ((n - low) << random_bits) / gap;
  }
  // `below` is at most 2^64-1 only if d = 1; adding is safe after the limit.
  const std::uint64_t code = std::min(std::min(below, largest_code) + (up ? 1 : 0), largest_code);
  return {.code = static_cast<int>(code), .rounded_up = up && rounding == Rounding::kStochastic};
}

PreparedOperand prepared_shape(const PrepareJob& job) {
  PreparedOperand operand;
  operand.format = job.recipe.format;
  operand.lines = job.input.lines;
  operand.k = job.input.k;
  operand.block = block_length(job.recipe.block_rule, job.recipe.block, job.input.k);
  operand.k_padded = padded_length(operand.k, operand.block);
  return operand;
}

void check(const PrepareJob& job) {
  const PrepareRecipe& recipe = job.recipe;
  const WideMatrix& input = job.input;
  const std::string who = "tensor '" + input.name + "': ";
  const auto rows = static_cast<int>(formats().size());
  if (recipe.format < 0 || recipe.format >= rows) {
    throw UserError(who + "format number " + std::to_string(recipe.format) + " is not in 0..." +
                    std::to_string(rows - 1));
  }
  if (input.lines < 1) {
    throw UserError(who + "needs at least 1 line, has " + std::to_string(input.lines));
  }
  if (recipe.random_bits < 1 || recipe.random_bits > 16) {
    throw UserError(who + "random_bits " + std::to_string(recipe.random_bits) +
                    " is not in 1...16");
  }
  int block = 1;
  try {
    block = block_length(recipe.block_rule, recipe.block, input.k);
  } catch (const UserError& error) {
    throw UserError(who + error.what());
  }
  if (block > kLongestBlock) {
    throw UserError(who + "transform block " + std::to_string(block) + " exceeds " +
                    std::to_string(kLongestBlock) + "; give a block of at most that");
  }
  const std::size_t size =
      static_cast<std::size_t>(input.lines) * static_cast<std::size_t>(input.k);
  if (input.mantissas.size() != size) {
    throw UserError(who + std::to_string(input.mantissas.size()) + " mantissas for " +
                    std::to_string(input.lines) + " x " + std::to_string(input.k) + " elements");
  }
  std::int16_t least = 0;
  for (const std::int16_t mantissa : input.mantissas) least = std::min(least, mantissa);
  if (least < -kWideLimit) {
    throw UserError(who + "mantissa -32768 is outside of -32767...32767");
  }
  const Format& row = formats()[static_cast<std::size_t>(recipe.format)];
  if (!row.is_signed && block > 1) {  // FMT-3
    throw UserError(who + "unsigned format " + row.name +
                    " cannot hold a transformed tensor (block " + std::to_string(block) + ")");
  }
  if (!row.is_signed && least < 0) {
    throw UserError(who + "has a negative element, but its format " + row.name + " is unsigned");
  }
}

PreparedOperand prepare_reference(const PrepareJob& job) {
  check(job);
  const PrepareRecipe& recipe = job.recipe;
  const WideMatrix& input = job.input;
  const Format& row = formats()[static_cast<std::size_t>(recipe.format)];
  PreparedOperand operand = prepared_shape(job);
  const auto lines = static_cast<std::size_t>(operand.lines);
  const auto k = static_cast<std::size_t>(operand.k);
  const auto k_padded = static_cast<std::size_t>(operand.k_padded);
  const auto block = static_cast<std::size_t>(operand.block);

  std::vector<std::int32_t> coefficients(lines * k_padded, 0);
  for (std::size_t line = 0; line < lines; ++line) {
    std::int32_t* out = &coefficients[line * k_padded];
    std::copy_n(&input.mantissas[line * k], k, out);
    for (std::size_t start = 0; start < k_padded; start += block) {
      walsh_hadamard({out + start, block});
    }
  }
  for (const std::int32_t v : coefficients) {
    operand.max_magnitude = std::max(operand.max_magnitude, std::abs(v));
  }
  const Quantiser quantiser = make_quantiser(row, recipe.scale, operand.max_magnitude, input.scale);
  operand.scale = quantiser.scale;
  operand.codes.assign(lines * k_padded, 0);
  PrepareCounters counters;
  if (operand.max_magnitude == 0) {
    counters.zero_codes = operand.codes.size();
    operand.counters = reported(counters, job.counters);
    return operand;
  }
  const DrawKey key = draw_key(recipe.draw);
  for (std::size_t line = 0; line < lines; ++line) {
    for (std::size_t i = 0; i < k_padded; ++i) {
      const std::int32_t v = coefficients[line * k_padded + i];
      // RND-6, modulo 2^32.
      const std::uint32_t index = recipe.index0 +
                                  static_cast<std::uint32_t>(line) * recipe.stride_line +
                                  static_cast<std::uint32_t>(i) * recipe.stride_k;
      const Rounded rounded =
          divide_round(row, static_cast<std::uint64_t>(std::abs(v)) * quantiser.n, quantiser.d,
                       recipe.rounding, recipe.random_bits, draw(key, index, recipe.random_bits));
      operand.codes[line * k_padded + i] = static_cast<Code>(v < 0 ? -rounded.code : rounded.code);
      counters.codes_at_limit += rounded.code == row.largest_code() ? 1 : 0;
      counters.rounded_up += rounded.rounded_up ? 1 : 0;
      counters.zero_codes += rounded.code == 0 ? 1 : 0;
    }
  }
  operand.counters = reported(counters, job.counters);
  return operand;
}

PreparedOperand prepare(const PrepareJob& job) {
  check(job);
  PreparedOperand operand = prepared_shape(job);
  prepare_vectorised(job, operand);
  operand.counters = reported(operand.counters, job.counters);
  return operand;
}

}  // namespace sylvester
