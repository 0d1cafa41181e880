#include "golden/numerics/prepare.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <string>

#include "golden/numerics/names.hpp"
#include "golden/numerics/parallel.hpp"
#include "golden/numerics/prepare_kernel.hpp"

namespace sylvester {
namespace {

constexpr NameTable<ScaleRule, 6> kScaleRuleNames{{{ScaleRule::kMax, "max"},
                                                   {ScaleRule::kClip, "clip"},
                                                   {ScaleRule::kPow2, "pow2"},
                                                   {ScaleRule::kHindsight, "hindsight"},
                                                   {ScaleRule::kSawb, "sawb"},
                                                   {ScaleRule::kLuq, "luq"}}};
constexpr NameTable<Rounding, 2> kRoundingNames{
    {{Rounding::kNearest, "nearest"}, {Rounding::kStochastic, "stochastic"}}};

// The least e with max_magnitude <= largest * 2^e (PRE-3, `pow2`); both at least 1.
int least_exponent(std::int64_t max_magnitude, std::int64_t largest) {
  int e = 0;
  while (max_magnitude > largest << e) ++e;
  while (e <= 0 && max_magnitude << (1 - e) <= largest) --e;
  return e;
}

// floor of the square root.
std::uint64_t integer_root(Uint128 x) {
  auto root =
      static_cast<std::uint64_t>(std::min(std::sqrt(static_cast<double>(x)), 0x1.fffffffffffffp63));
  while (Uint128{root} * root > x) --root;
  // The estimate is off by 2^-52 of itself: a few thousand at most.
  while (Uint128{root} + 1 <= ~std::uint64_t{0} && Uint128{root + 1} * (root + 1) <= x) ++root;
  return root;
}

// Everything of the result that does not depend on the coefficients.
void set_shape(const PrepareJob& job, PreparedOperand& operand) {
  operand.format = job.recipe.format;
  operand.lines = job.input.lines;
  operand.k = job.input.k;
  operand.block = block_length(job.recipe.block_rule, job.recipe.block, job.input.k);
  operand.k_padded = padded_length(operand.k, operand.block);
}

[[noreturn]] void refuse(const PrepareJob& job, const std::string& reason) {
  throw UserError("tensor '" + job.input.name + "': " + reason);
}

// What check() looks at before the mantissas.
void check_shape(const PrepareJob& job) {
  const PrepareRecipe& recipe = job.recipe;
  const WideMatrix& input = job.input;
  const auto rows = static_cast<int>(formats().size());
  if (recipe.format < 0 || recipe.format >= rows) {
    refuse(job, "format number " + std::to_string(recipe.format) + " is not in 0..." +
                    std::to_string(rows - 1));
  }
  if (input.lines < 1) {
    refuse(job, "needs at least 1 line, has " + std::to_string(input.lines));
  }
  if (job.max_given < 0) {
    refuse(job, "max_given " + std::to_string(job.max_given) + " is negative");
  }
  if (recipe.random_bits < 1 || recipe.random_bits > 16) {
    refuse(job, "random_bits " + std::to_string(recipe.random_bits) + " is not in 1...16");
  }
  int block = 1;
  try {
    block = block_length(recipe.block_rule, recipe.block, input.k);
  } catch (const UserError& error) {
    refuse(job, error.what());
  }
  if (block > kLongestBlock) {
    refuse(job, "transform block " + std::to_string(block) + " exceeds " +
                    std::to_string(kLongestBlock) + "; give a block of at most that");
  }
  const std::size_t size =
      static_cast<std::size_t>(input.lines) * static_cast<std::size_t>(input.k);
  if (input.mantissas.size() != size) {
    refuse(job, std::to_string(input.mantissas.size()) + " mantissas for " +
                    std::to_string(input.lines) + " x " + std::to_string(input.k) + " elements");
  }
  const Format& row = formats()[static_cast<std::size_t>(recipe.format)];
  if (!row.is_signed && recipe.sign_role != 0) {  // FMT-3
    refuse(job, "unsigned format " + row.name + " cannot hold a tensor with random signs");
  }
  if (!row.is_signed && block > 1) {  // FMT-3
    refuse(job, "unsigned format " + row.name + " cannot hold a transformed tensor (block " +
                    std::to_string(block) + ")");
  }
}

void check_range(const PrepareJob& job, const MantissaRange& range) {
  if (range.least < -kWideLimit) {
    refuse(job, "mantissa -32768 is outside of -32767...32767");
  }
  const Format& row = formats()[static_cast<std::size_t>(job.recipe.format)];
  if (!row.is_signed && range.least < 0) {
    refuse(job, "has a negative element, but its format " + row.name + " is unsigned");
  }
}

// WHT-5: for every k, 0 or, if the element changes its sign, -1.
void make_signs(const PrepareRecipe& recipe, int k, std::vector<std::int16_t>& signs) {
  const DrawKey key = draw_key(sign_context(recipe));
  signs.resize(static_cast<std::size_t>(k));
  for (std::size_t i = 0; i < signs.size(); ++i) {
    signs[i] = static_cast<std::int16_t>(
        -static_cast<std::int16_t>(draw(key, static_cast<std::uint32_t>(i), 1)));
  }
}

// A thread is worth its start for so many coefficients.
constexpr std::int64_t kPieceCoefficients = 1 << 16;

// Cuts a job for threads; joins lines where nothing tells them apart.
class Pieces {
 public:
  Pieces(const PrepareJob& job, PrepareTask& task, int threads) : lines_(job.input.lines) {
    const PrepareRecipe& recipe = job.recipe;
    const std::int64_t size = std::int64_t{lines_} * task.k_padded;
    const bool one_run =
        recipe.rounding == Rounding::kNearest ||
        recipe.stride_line == static_cast<std::uint32_t>(task.k_padded) * recipe.stride_k;
    if (task.k == task.k_padded && one_run && task.signs == nullptr &&
        size <= kLongestContraction) {
      lines_ = 1;
      task.k = static_cast<int>(size);
      task.k_padded = task.k;
    }
    length_ = task.k_padded;
    const std::int64_t wanted =
        threads > 1 ? std::min<std::int64_t>(size / kPieceCoefficients, std::int64_t{4} * threads)
                    : 1;
    const int units = lines_ > 1 ? lines_ : (length_ - 1) / kLongestBlock + 1;
    step_ = std::max(1, units / static_cast<int>(std::max<std::int64_t>(1, wanted)));
    count_ = (units - 1) / step_ + 1;
  }

  [[nodiscard]] std::size_t count() const { return static_cast<std::size_t>(count_); }

  [[nodiscard]] PreparePiece operator[](std::size_t i) const {
    const int first = static_cast<int>(i) * step_;
    if (lines_ > 1) return {first, std::min(lines_, first + step_), 0, length_};
    return {0, 1, first * kLongestBlock,
            static_cast<int>(
                std::min<std::int64_t>(length_, (std::int64_t{first} + step_) * kLongestBlock))};
  }

 private:
  int lines_;
  int length_ = 0;
  int step_ = 0;  // lines of a piece, or longest blocks of the only line
  int count_ = 0;
};

}  // namespace

std::string_view to_string(ScaleRule rule) { return name_of(kScaleRuleNames, rule); }
std::string_view to_string(Rounding rounding) { return name_of(kRoundingNames, rounding); }
ScaleRule scale_rule(std::string_view name) {
  return find_name(kScaleRuleNames, "scale rule", name);
}
Rounding rounding(std::string_view name) { return find_name(kRoundingNames, "rounding", name); }

Clip sawb_clip(std::uint64_t s1, Uint128 s2, std::uint64_t count) {
  const Uint128 first = Uint128{121} * integer_root((s2 * count) << 16);
  const Uint128 second = Uint128{122} * s1 << 8;
  if (first <= second) return {};
  const auto t = static_cast<std::uint64_t>((first - second) / (Uint128{10} * count));
  const int h = std::max(0, static_cast<int>(std::bit_width(t)) - 16);
  return {.mantissa = static_cast<std::uint32_t>(t >> h), .exponent = h - 8};
}

int sawb_exponent(const Clip& clip, const Format& format) {
  return clip.exponent + (format.is_signed ? 0 : 1);
}

Quantiser make_quantiser(const Format& format, ScaleRule rule, std::int32_t max_magnitude,
                         const Scale& input_scale, const ScaleInputs& inputs) {
  if (max_magnitude < 0) throw UserError("the largest magnitude of a tensor is never negative");
  Quantiser quantiser;
  if (max_magnitude == 0 || (rule == ScaleRule::kHindsight && inputs.max_given == 0)) {  // PRE-2
    quantiser.n = static_cast<std::uint64_t>(format.largest());
    quantiser.d = 0;
    quantiser.scale = make_scale(input_scale.num, input_scale.den, input_scale.exponent);
    return quantiser;
  }
  const auto m = static_cast<std::uint64_t>(max_magnitude);
  const auto q = static_cast<std::uint64_t>(format.largest());
  if (rule == ScaleRule::kSawb && inputs.clip.mantissa == 0) rule = ScaleRule::kMax;
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
    case ScaleRule::kHindsight:
      quantiser.n = q;
      quantiser.d = static_cast<std::uint64_t>(inputs.max_given);
      break;
    case ScaleRule::kSawb: {
      const int e = sawb_exponent(inputs.clip, format);
      quantiser.n = q << std::max(0, -e);
      quantiser.d = std::uint64_t{inputs.clip.mantissa} << std::max(0, e);
      break;
    }
    case ScaleRule::kLuq:
      quantiser.n = 2 * q - 1;
      quantiser.d = 2 * m;
      break;
  }
  // n < 2^16 and d < 2^37, so the products fit in 128 bits whatever the input's scale is.
  quantiser.scale =
      make_scale(Uint128{input_scale.num} * quantiser.d, Uint128{input_scale.den} * quantiser.n,
                 std::int64_t{input_scale.exponent} - format.exponent);
  return quantiser;
}

Rounded divide_round(const Format& format, std::uint64_t numerator, std::uint64_t d,
                     Rounding rounding, int random_bits, std::uint32_t r) {
  // 128 bits throughout: the largest term is 2^16 * numerator.
  const Uint128 n = numerator;
  std::uint64_t below = 0;  // code index of the lower neighbour
  Uint128 low = 0;          // D * lower neighbour
  Uint128 gap = d;          // D * (upper - lower neighbour)
  if (n >= static_cast<Uint128>(format.largest()) * d) {
    return {.code = format.largest_code(), .rounded_up = false};
  }
  if (format.uniform) {  // PRE-4
    below = numerator / d;
    low = Uint128{below} * d;
  } else {  // PRE-5
    const auto& magnitudes = format.magnitudes;
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
  return {.code = static_cast<int>(below) + (up ? 1 : 0),
          .rounded_up = up && rounding == Rounding::kStochastic};
}

DrawContext sign_context(const PrepareRecipe& recipe) {
  DrawContext context = recipe.draw;
  context.role = recipe.sign_role;
  context.repetition = 0;
  return context;
}

PreparedOperand prepared_shape(const PrepareJob& job) {
  PreparedOperand operand;
  set_shape(job, operand);
  return operand;
}

void check(const PrepareJob& job) {
  check_shape(job);
  const auto [least, most] =
      std::minmax_element(job.input.mantissas.begin(), job.input.mantissas.end());
  check_range(job, {.least = *least, .most = *most});
}

namespace {

// lines * K' coefficients: signs, then transform (PRE-1).
std::vector<std::int32_t> coefficients_of(const PrepareJob& job) {
  const PreparedOperand shape = prepared_shape(job);
  const auto lines = static_cast<std::size_t>(shape.lines);
  const auto k = static_cast<std::size_t>(shape.k);
  const auto k_padded = static_cast<std::size_t>(shape.k_padded);
  const auto block = static_cast<std::size_t>(shape.block);
  const DrawKey sign_key = draw_key(sign_context(job.recipe));
  std::vector<std::int32_t> coefficients(lines * k_padded, 0);
  for (std::size_t line = 0; line < lines; ++line) {
    std::int32_t* out = &coefficients[line * k_padded];
    std::copy_n(&job.input.mantissas[line * k], k, out);
    for (std::size_t i = 0; job.recipe.sign_role != 0 && i < k; ++i) {  // WHT-5
      if (draw(sign_key, static_cast<std::uint32_t>(i), 1) == 1) out[i] = -out[i];
    }
    for (std::size_t start = 0; start < k_padded; start += block) {
      walsh_hadamard({out + start, block});
    }
  }
  return coefficients;
}

ScaleInputs scale_inputs_of(const PrepareJob& job, const std::vector<std::int32_t>& coefficients) {
  ScaleInputs inputs{.max_given = job.max_given, .clip = {}};
  if (job.recipe.scale != ScaleRule::kSawb) return inputs;
  std::uint64_t s1 = 0;
  Uint128 s2 = 0;
  for (const std::int32_t v : coefficients) {
    const auto magnitude = static_cast<std::uint64_t>(std::abs(v));
    s1 += magnitude;
    s2 += magnitude * magnitude;
  }
  inputs.clip = sawb_clip(s1, s2, coefficients.size());
  return inputs;
}

}  // namespace

ScaleInputs scale_inputs(const PrepareJob& job) {
  if (job.recipe.scale != ScaleRule::kSawb) return scale_inputs_of(job, {});
  return scale_inputs_of(job, coefficients_of(job));
}

PreparedOperand prepare_reference(const PrepareJob& job) {
  check(job);
  const PrepareRecipe& recipe = job.recipe;
  const WideMatrix& input = job.input;
  const Format& row = formats()[static_cast<std::size_t>(recipe.format)];
  PreparedOperand operand = prepared_shape(job);
  const auto lines = static_cast<std::size_t>(operand.lines);
  const auto k_padded = static_cast<std::size_t>(operand.k_padded);

  const std::vector<std::int32_t> coefficients = coefficients_of(job);
  for (const std::int32_t v : coefficients) {
    operand.max_magnitude = std::max(operand.max_magnitude, std::abs(v));
  }
  const Quantiser quantiser = make_quantiser(row, recipe.scale, operand.max_magnitude, input.scale,
                                             scale_inputs_of(job, coefficients));
  operand.scale = quantiser.scale;
  operand.codes.assign(lines * k_padded, 0);
  PrepareCounters counters;
  if (quantiser.d == 0) {
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

void prepare(const PrepareJob& job, int threads, PreparedOperand& operand) {
  check_shape(job);
  set_shape(job, operand);
  const PrepareRecipe& recipe = job.recipe;
  const Format& row = formats()[static_cast<std::size_t>(recipe.format)];

  PrepareTask task;
  task.mantissas = job.input.mantissas.data();
  task.k = operand.k;
  task.k_padded = operand.k_padded;
  task.block = operand.block;
  task.recipe = &recipe;
  task.counted = job.counters != CounterMode::kNone;
  if (recipe.sign_role != 0) {
    static thread_local std::vector<std::int16_t> signs;  // memory is used again
    make_signs(recipe, operand.k, signs);
    task.signs = signs.data();
  }
  const Pieces pieces(job, task, resolve_threads(threads));

  std::mutex mutex;
  CoefficientRange range;
  const auto find = [&](std::size_t i) {
    const CoefficientRange part = coefficient_range(task, pieces[i]);
    const std::lock_guard lock(mutex);
    range.add(part);
  };
  parallel_for(pieces.count(), threads, std::ref(find));
  check_range(job, range.mantissas);
  task.words = fits_words(range.mantissas, operand.block);
  operand.max_magnitude = range.largest;
  ScaleInputs inputs{.max_given = job.max_given, .clip = {}};
  if (recipe.scale == ScaleRule::kSawb) {
    CoefficientSums sums;
    const auto add = [&](std::size_t i) {
      const CoefficientSums part = coefficient_sums(task, pieces[i]);
      const std::lock_guard lock(mutex);
      sums.magnitudes += part.magnitudes;
      sums.squares += part.squares;
    };
    parallel_for(pieces.count(), threads, std::ref(add));
    inputs.clip = sawb_clip(
        sums.magnitudes, sums.squares,
        static_cast<std::uint64_t>(operand.lines) * static_cast<std::uint64_t>(operand.k_padded));
  }
  const Quantiser quantiser =
      make_quantiser(row, recipe.scale, operand.max_magnitude, job.input.scale, inputs);
  operand.scale = quantiser.scale;
  operand.codes.resize(static_cast<std::size_t>(operand.lines) *
                       static_cast<std::size_t>(operand.k_padded));
  PrepareCounters counters;
  if (quantiser.d == 0) {
    std::fill(operand.codes.begin(), operand.codes.end(), Code{0});
    counters.zero_codes = operand.codes.size();
  } else {
    const Rounder rounder = make_rounder(row, recipe, quantiser, operand.max_magnitude);
    task.rounder = &rounder;
    task.quantiser = &quantiser;
    task.key = draw_key(recipe.draw);
    task.codes = operand.codes.data();
    const auto round = [&](std::size_t i) {
      const PrepareCounters part = round_coefficients(task, pieces[i]);
      const std::lock_guard lock(mutex);
      counters.codes_at_limit += part.codes_at_limit;
      counters.rounded_up += part.rounded_up;
      counters.zero_codes += part.zero_codes;
    };
    parallel_for(pieces.count(), threads, std::ref(round));
  }
  operand.counters = reported(counters, job.counters);
}

PreparedOperand prepare(const PrepareJob& job, int threads) {
  PreparedOperand operand;
  prepare(job, threads, operand);
  return operand;
}

}  // namespace sylvester
