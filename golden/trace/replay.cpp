#include "golden/trace/replay.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

#include "golden/numerics/job_io.hpp"
#include "golden/numerics/names.hpp"

namespace sylvester {
namespace {

using nlohmann::json;

constexpr NameTable<TraceLevel, kTraceLevels> kLevelNames{{{TraceLevel::kFloats, "floats"},
                                                           {TraceLevel::kCodes, "codes"},
                                                           {TraceLevel::kValues, "values"}}};
constexpr const char* kTheTrace = "golden and the trace";
/// Elements that a bisection looks at.
constexpr std::size_t kMostElements = 64;

const Format& format_of(const PrepareRecipe& recipe) {
  return formats()[static_cast<std::size_t>(recipe.format)];
}

/// Element (line, k) number `index` of a matrix.
void set_place(TraceDivergence& divergence, std::size_t index, int k) {
  divergence.m = static_cast<int>(index / static_cast<std::size_t>(k));
  divergence.k = static_cast<int>(index % static_cast<std::size_t>(k));
}

/// Compares the fields that the trace expects; the first that differs.
std::string compare_fields(const json& expected, const json& golden, LevelReport& level) {
  std::string first;
  for (const auto& [name, value] : expected.items()) {
    ++level.compared;
    const std::string difference = first_difference({{name, value}}, {{name, golden.at(name)}});
    if (difference.empty()) continue;
    ++level.different;
    if (first.empty()) first = difference;
  }
  return first;
}

class Replay {
 public:
  Replay(const TraceJob& job, TraceReport& report) : job_(job), report_(report) {}

  ReplayedJob operator()() {
    ReplayedJob replayed;
    replayed.a = prepare_job(job_.a, "a");
    replayed.b = prepare_job(job_.b, "b");
    replayed.gemm = {.a = operand(job_.a, "a", replayed.a),
                     .b = operand(job_.b, "b", replayed.b),
                     .recipe = job_.recipe,
                     .counters = CounterMode::kFull};
    check(replayed.gemm);
    ++report_.jobs;
    report_.macs += static_cast<std::uint64_t>(job_.a.lines) *
                    static_cast<std::uint64_t>(job_.b.lines) *
                    static_cast<std::uint64_t>(job_.a.k_padded);
    compare_values(replayed.gemm);
    return replayed;
  }

 private:
  void diverge(TraceDivergence divergence) {
    if (report_.first) return;
    divergence.job = job_.name;
    divergence.between = kTheTrace;
    report_.first = std::move(divergence);
  }

  /// The wide tensor: the recorded one, or what golden makes of the floats.
  std::optional<PrepareJob> prepare_job(const TraceOperand& operand, const std::string& name) {
    if (!operand.has_input()) return std::nullopt;
    PrepareJob job;
    job.recipe = operand.recipe;
    WideMatrix wide;
    wide.name = fmt::format("{} {}", job_.name, name);
    wide.lines = operand.lines;
    wide.k = operand.k;
    if (!operand.floats.empty()) {
      wide.mantissas.resize(operand.floats.size());
      wide.scale = make_scale(1, 1, to_wide(operand.floats, wide.mantissas, wide.name));
      if (operand.wide) compare_wide(operand, name, wide);
    }
    job.input = operand.wide ? *operand.wide : std::move(wide);
    job.counters = CounterMode::kFull;
    check(job);
    return job;
  }

  /// Level 3: every difference is a tie, another mapping, a clip, or nothing of these.
  void compare_wide(const TraceOperand& operand, const std::string& name,
                    const WideMatrix& golden) {
    const WideMatrix& recorded = *operand.wide;
    LevelReport& level = report_.level(TraceLevel::kFloats);
    const bool same_scale = recorded.scale == golden.scale;
    const double step = std::ldexp(
        static_cast<double>(recorded.scale.num) / static_cast<double>(recorded.scale.den),
        recorded.scale.exponent);
    level.compared += operand.floats.size();
    for (std::size_t i = 0; i < operand.floats.size(); ++i) {
      const int found = recorded.mantissas[i];
      if (same_scale && found == golden.mantissas[i]) continue;
      // The element in steps of the recorded scale; exact for a power of two.
      const double y = static_cast<double>(operand.floats[i]) / step;
      const double error = std::abs(y - found);
      if (same_scale && error == 0.5) {
        ++level.ties;
      } else if (std::abs(y) > kWideLimit && std::abs(found) >= kWideLimit - 1 &&
                 std::signbit(y) == (found < 0)) {
        ++level.clips;
      } else if (error <= 1) {
        // Another scale, or another rounding to one of the two neighbours.
        level.mappings += same_scale || found != golden.mantissas[i] || error != 0 ? 1 : 0;
      } else {
        ++level.different;
        TraceDivergence d;
        d.level = TraceLevel::kFloats;
        d.operand = name;
        d.what = "mantissa";
        set_place(d, i, operand.k);
        d.expected = std::to_string(golden.mantissas[i]);
        d.found = std::to_string(found);
        d.rule = "WIDE-2";
        d.explanation = fmt::format(
            "{} is {:.6g} steps of the recorded scale: neither a tie nor a limited value nor "
            "another rounding gives {}",
            operand.floats[i], y, found);
        diverge(std::move(d));
      }
    }
  }

  /// Level 2; gives the operand of the GEMM.
  std::shared_ptr<const PreparedOperand> operand(const TraceOperand& recorded,
                                                 const std::string& name,
                                                 const std::optional<PrepareJob>& job) {
    auto result = std::make_shared<PreparedOperand>();
    if (job) {
      *result = prepare(*job);
      compare_prepared(recorded, name, *job, *result);
    } else {
      result->format = recorded.recipe.format;
      result->lines = recorded.lines;
      result->k = recorded.k;
      result->k_padded = recorded.k_padded;
      result->block = recorded.block;
      if (recorded.expected.contains("scale")) {
        result->scale = scale_from_json(recorded.expected.at("scale"));
      }
    }
    if (!recorded.codes.empty()) result->codes = recorded.codes;
    return result;
  }

  void compare_prepared(const TraceOperand& recorded, const std::string& name,
                        const PrepareJob& job, const PreparedOperand& golden) {
    LevelReport& level = report_.level(TraceLevel::kCodes);
    const std::string field = compare_fields(recorded.expected, expected_fields(golden), level);
    std::optional<std::size_t> first;
    for (std::size_t i = 0; i < recorded.codes.size(); ++i) {
      if (recorded.codes[i] == golden.codes[i]) continue;
      ++level.different;
      if (!first) first = i;
    }
    level.compared += recorded.codes.size();
    if (report_.first || (field.empty() && !first)) return;
    TraceDivergence d;
    d.level = TraceLevel::kCodes;
    d.operand = name;
    if (first) {
      describe_code(d, *first, recorded, job, golden);
    } else {
      d.what = "field";
      d.rule = field.starts_with("counters") ? "CNT-1" : "PRE-3";
      d.explanation = field;
    }
    diverge(std::move(d));
  }

  /// What golden did with the element, and the recipe, if there is one, that gives these codes.
  static void describe_code(TraceDivergence& d, std::size_t index, const TraceOperand& recorded,
                            const PrepareJob& job, const PreparedOperand& golden) {
    const Format& format = format_of(job.recipe);
    d.what = "code";
    set_place(d, index, golden.k_padded);
    const int found = recorded.codes[index];
    const int expected = golden.codes[index];
    d.expected = std::to_string(expected);
    d.found = std::to_string(found);
    const std::int32_t v = coefficient(job, golden, d.m, d.k);
    const Quantiser quantiser =
        make_quantiser(format, job.recipe.scale, golden.max_magnitude, job.input.scale);
    d.explanation = fmt::format("coefficient {}", v);
    if (golden.max_magnitude != 0) {
      const std::uint64_t numerator = static_cast<std::uint64_t>(std::abs(v)) * quantiser.n;
      d.explanation +=
          fmt::format(", N/D = {}/{} = {:.6g}", numerator, quantiser.d,
                      static_cast<double>(numerator) / static_cast<double>(quantiser.d));
    }
    if (job.recipe.rounding == Rounding::kStochastic) {
      const PrepareRecipe& recipe = job.recipe;
      const std::uint32_t element = recipe.index0 +
                                    static_cast<std::uint32_t>(d.m) * recipe.stride_line +
                                    static_cast<std::uint32_t>(d.k) * recipe.stride_k;
      d.explanation += fmt::format(", element {} draws {} of {}", element,
                                   draw(draw_key(recipe.draw), element, recipe.random_bits),
                                   1 << recipe.random_bits);
    }
    const bool transformed = golden.block > 1;
    d.rule = std::abs(found - expected) == 1 ? (format.uniform ? "PRE-4" : "PRE-5")
             : transformed                   ? "WHT-1"
                                             : "PRE-3";
    for (const auto& [what, rule, recipe] : variations(job)) {
      PrepareJob varied = job;
      varied.recipe = recipe;
      const PreparedOperand other = prepare(varied);
      if (other.codes != recorded.codes) continue;
      d.rule = rule;
      d.explanation += fmt::format("; {} gives all the recorded codes", what);
      return;
    }
    for (const auto& [what, round] : kRoundings) {
      if (!format.uniform || rounded(job, golden, quantiser, round) != recorded.codes) continue;
      d.rule = "PRE-4";
      d.explanation += fmt::format("; {} gives all the recorded codes", what);
      return;
    }
  }

  static std::int32_t coefficient(const PrepareJob& job, const PreparedOperand& golden, int line,
                                  int k) {
    return coefficients(job, golden, line)[static_cast<std::size_t>(k)];
  }

  /// A line after the transform.
  static std::vector<std::int32_t> coefficients(const PrepareJob& job,
                                                const PreparedOperand& golden, int line) {
    std::vector<std::int32_t> values(static_cast<std::size_t>(golden.k_padded), 0);
    std::copy_n(job.input.mantissas.begin() + std::ptrdiff_t{line} * golden.k, golden.k,
                values.begin());
    const auto block = static_cast<std::size_t>(golden.block);
    for (std::size_t start = 0; start < values.size(); start += block) {
      walsh_hadamard({values.data() + start, block});
    }
    return values;
  }

  /// Roundings of N/D that are none of the contract.
  using Round = std::uint64_t (*)(std::uint64_t n, std::uint64_t d);
  static constexpr std::array<std::pair<const char*, Round>, 2> kRoundings = {
      {{"cutting off instead of rounding", [](std::uint64_t n, std::uint64_t d) { return n / d; }},
       {"rounding ties away from zero",
        [](std::uint64_t n, std::uint64_t d) { return (2 * n + d) / (2 * d); }}}};

  static std::vector<Code> rounded(const PrepareJob& job, const PreparedOperand& golden,
                                   const Quantiser& quantiser, Round round) {
    std::vector<Code> codes;
    const auto largest = static_cast<std::uint64_t>(format_of(job.recipe).largest_code());
    for (int line = 0; line < golden.lines; ++line) {
      for (const std::int32_t v : coefficients(job, golden, line)) {
        const std::uint64_t n = static_cast<std::uint64_t>(std::abs(v)) * quantiser.n;
        const auto code =
            static_cast<Code>(quantiser.d == 0 ? 0 : std::min(round(n, quantiser.d), largest));
        codes.push_back(static_cast<Code>(v < 0 ? -code : code));
      }
    }
    return codes;
  }

  struct RecipeVariation {
    std::string what;
    std::string rule;
    PrepareRecipe recipe;
  };

  /// The recipe with one thing changed, as trainers get it wrong; of the same K'.
  static std::vector<RecipeVariation> variations(const PrepareJob& job) {
    std::vector<RecipeVariation> list;
    const auto add = [&](std::string what, std::string rule) -> PrepareRecipe& {
      return list.emplace_back(std::move(what), std::move(rule), job.recipe).recipe;
    };
    for (const ScaleRule scale : {ScaleRule::kMax, ScaleRule::kClip, ScaleRule::kPow2}) {
      if (scale == job.recipe.scale) continue;
      add(fmt::format("scale rule {} instead of {}", to_string(scale), to_string(job.recipe.scale)),
          "PRE-3")
          .scale = scale;
    }
    const bool stochastic = job.recipe.rounding == Rounding::kStochastic;
    const Rounding other = stochastic ? Rounding::kNearest : Rounding::kStochastic;
    add(fmt::format("rounding {} instead of {}", to_string(other), to_string(job.recipe.rounding)),
        "PRE-4")
        .rounding = other;
    if (job.input.k == padded_length(job.input.k, block_length(job.recipe.block_rule,
                                                               job.recipe.block, job.input.k))) {
      add("no transform", "WHT-3").block_rule = BlockRule::kNone;
    }
    if (!stochastic) return list;
    PrepareRecipe& turned = add("an index along the other axis", "RND-6");
    turned.stride_line = 1;
    turned.stride_k = static_cast<std::uint32_t>(job.input.lines);
    if (job.recipe.stride_line == 1) {
      turned.stride_line = static_cast<std::uint32_t>(job.input.k);
      turned.stride_k = 1;
    }
    add("the step before", "RND-1").draw.step -= 1;
    add("the step after", "RND-1").draw.step += 1;
    return list;
  }

  /// Level 1.
  void compare_values(const GemmJob& gemm_job) {
    if (job_.values.empty() && job_.registers.empty() && job_.outer.empty() &&
        job_.expected.empty()) {
      return;
    }
    LevelReport& level = report_.level(TraceLevel::kValues);
    const GemmResult golden = gemm(gemm_job, 0);
    const std::string field = compare_fields(job_.expected, expected_fields(golden), level);
    const auto n = static_cast<std::size_t>(golden.n);
    const auto k = static_cast<std::size_t>(gemm_job.a->k_padded);
    const auto tiles = static_cast<std::size_t>(tile_count(job_.recipe, gemm_job.a->k_padded));
    std::vector<RecordedElement> different;
    for (std::size_t i = 0; i < golden.values.size(); ++i) {
      RecordedElement element{.m = static_cast<int>(i / n),
                              .n = static_cast<int>(i % n),
                              .value = {},
                              .registers = {},
                              .outer = {}};
      if (!job_.values.empty()) element.value = job_.values[i];
      if (!job_.registers.empty()) element.registers = std::span(job_.registers).subspan(i * k, k);
      if (!job_.outer.empty()) element.outer = std::span(job_.outer).subspan(i * tiles, tiles);
      level.compared += (element.value ? 1 : 0) + element.registers.size() + element.outer.size();
      if (agrees(gemm_job, golden.values[i], element)) continue;
      ++level.different;
      if (different.size() < kMostElements) different.push_back(element);
    }
    if (report_.first || (field.empty() && different.empty())) return;
    TraceDivergence d;
    d.level = TraceLevel::kValues;
    if (different.empty()) {
      d.what = "field";
      d.rule = field.starts_with("counters") ? "CNT-1" : "GEMM-4";
      d.explanation = field;
    } else {
      describe_value(d, gemm_job, golden, different);
    }
    diverge(std::move(d));
  }

  static bool agrees(const GemmJob& job, std::int32_t golden, const RecordedElement& element) {
    if (element.value && *element.value != golden) return false;
    if (element.registers.empty() && element.outer.empty()) return true;
    const ElementTrail trail = element_trail(job, element.m, element.n);
    return std::equal(element.registers.begin(), element.registers.end(),
                      trail.registers.begin()) &&
           std::equal(element.outer.begin(), element.outer.end(), trail.outer.begin());
  }

  static void describe_value(TraceDivergence& d, const GemmJob& job, const GemmResult& golden,
                             std::span<const RecordedElement> different) {
    const Bisection bisection = bisect(job, different);
    const RecordedElement& first = different.front();
    d.m = bisection.m;
    d.n = bisection.n;
    d.k = bisection.k;
    d.rule = bisection.rule;
    d.explanation = bisection.explanation;
    const std::int32_t value =
        golden.values[static_cast<std::size_t>(first.m) * static_cast<std::size_t>(golden.n) +
                      static_cast<std::size_t>(first.n)];
    if (first.value && *first.value != value) {
      d.what = "value";
      d.expected = std::to_string(value);
      d.found = std::to_string(*first.value);
    } else if (bisection.certainty == Bisection::Certainty::kRecorded) {
      d.what = "register";
      d.expected = std::to_string(bisection.register_after);
      d.found = std::to_string(*bisection.found_register);
    } else {
      d.what = "outer accumulator";
      d.expected = std::to_string(bisection.outer_after);
      d.found = std::to_string(first.outer[static_cast<std::size_t>(
          job.recipe.tile == 0 ? 0 : bisection.k / job.recipe.tile)]);
    }
    d.bisection = bisection;
  }

  const TraceJob& job_;
  TraceReport& report_;
};

}  // namespace

std::string_view to_string(TraceLevel level) { return name_of(kLevelNames, level); }

std::uint64_t TraceReport::mismatches() const {
  std::uint64_t sum = 0;
  for (const LevelReport& level : levels) sum += level.different;
  return sum;
}

ReplayedJob replay(const TraceJob& job, TraceReport& report) { return Replay(job, report)(); }

std::string TraceDivergence::sentence() const {
  std::string text = fmt::format("job '{}', level {}", job, to_string(level));
  if (!operand.empty()) text += ", operand " + operand;
  if (n >= 0) {
    text += fmt::format(", element ({}, {})", m, n);
  } else if (m >= 0) {
    text += fmt::format(", line {}, k {}", m, k);
  }
  if (!expected.empty()) text += fmt::format(", {}: {} against {}", what, expected, found);
  text += fmt::format(" ({}), rule {}", between, rule);
  if (bisection) {
    const Bisection& b = *bisection;
    const bool sure =
        b.certainty != Bisection::Certainty::kTile && b.certainty != Bisection::Certainty::kLast;
    text += fmt::format("; {} k {}: register {} + {} -> {}", sure ? "from" : "at the latest at",
                        b.k, b.register_before, b.product, b.register_after);
    if (b.found_register) text += fmt::format(" against {}", *b.found_register);
    text += fmt::format(", outer accumulator {}", b.outer_before);
    if (b.outer_after != b.outer_before) text += fmt::format(" -> {}", b.outer_after);
  }
  if (!explanation.empty()) text += "; " + explanation;
  return text;
}

nlohmann::ordered_json to_json(const TraceDivergence& d) {
  nlohmann::ordered_json json = {{"job", d.job}, {"level", to_string(d.level)}};
  if (!d.operand.empty()) json["operand"] = d.operand;
  json["between"] = d.between;
  json["what"] = d.what;
  if (d.m >= 0) json["m"] = d.m;
  if (d.n >= 0) json["n"] = d.n;
  if (d.k >= 0) json["k"] = d.k;
  if (!d.expected.empty()) {
    json["golden"] = d.expected;
    json["found"] = d.found;
  }
  json["rule"] = d.rule;
  if (d.bisection) {
    const Bisection& b = *d.bisection;
    json["k_known"] = to_string(b.certainty);
    json["product"] = b.product;
    json["register_before"] = b.register_before;
    json["register_after"] = b.register_after;
    if (b.found_register) json["found_register"] = *b.found_register;
    json["outer_before"] = b.outer_before;
    json["outer_after"] = b.outer_after;
  }
  json["explanation"] = d.explanation;
  json["sentence"] = d.sentence();
  return json;
}

}  // namespace sylvester
