#include "golden/trace/bisect.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "golden/numerics/names.hpp"

namespace sylvester {
namespace {

using Certainty = Bisection::Certainty;

constexpr NameTable<Certainty, 5> kCertaintyNames{{{Certainty::kRecorded, "recorded"},
                                                   {Certainty::kMeasured, "measured"},
                                                   {Certainty::kExplained, "explained"},
                                                   {Certainty::kTile, "tile"},
                                                   {Certainty::kLast, "last"}}};

/// The rules of accumulation with one of them changed, as trainers get them wrong.
struct Variation {
  std::string what;
  std::string rule;
  AccumulateRecipe recipe;
  bool register_limited = true;
  bool leaving_limited = true;
  bool outer_limited = true;
  bool outer_wraps = false;
  bool symmetric = false;     ///< the register's least value is -(2^(P-1)-1)
  bool descending = false;    ///< k within a tile
  bool carried_over = false;  ///< a tile begins with the register of the one before
};

std::int64_t wrapped(std::int64_t value, int bits) {
  const std::int64_t half = std::int64_t{1} << (bits - 1);
  return ((value + half) & (2 * half - 1)) - half;
}

std::int64_t after_mac(const Variation& rules, std::int64_t acc, std::int32_t product) {
  const std::int64_t exact = acc + product;
  if (!rules.register_limited) return exact;
  const std::int64_t value =
      accumulate(rules.recipe.policy, rules.recipe.bits, static_cast<std::int32_t>(acc), product)
          .value;
  const std::int64_t least = -(std::int64_t{1} << (rules.recipe.bits - 1));
  return rules.symmetric && value == least ? least + 1 : value;
}

std::int64_t after_tile(const Variation& rules, std::int64_t acc) {
  if (!rules.leaving_limited || rules.recipe.policy != AccumulatePolicy::kClamp) return acc;
  return leave_tile(rules.recipe.policy, rules.recipe.bits, static_cast<std::int32_t>(acc)).value;
}

std::int64_t after_addition(const Variation& rules, std::int64_t outer, std::int64_t partial) {
  const std::int64_t exact = outer + partial;
  if (rules.outer_wraps) return wrapped(exact, rules.recipe.outer_bits);
  if (!rules.outer_limited) return exact;
  const std::int64_t half = std::int64_t{1} << (rules.recipe.outer_bits - 1);
  return limit(exact, -half, half - 1).value;
}

void walk(const Variation& rules, ElementTrail& trail) {
  const std::size_t k = trail.products.size();
  const std::size_t tile = rules.recipe.tile == 0 ? k : static_cast<std::size_t>(rules.recipe.tile);
  trail.registers.assign(k, 0);
  trail.outer.clear();
  std::int64_t outer = 0;
  std::int64_t acc = 0;
  for (std::size_t start = 0; start < k; start += tile) {
    const std::size_t end = std::min(start + tile, k);
    if (!rules.carried_over) acc = 0;
    for (std::size_t i = start; i < end; ++i) {
      const std::size_t at = rules.descending ? start + end - 1 - i : i;
      trail.registers[i] = acc = after_mac(rules, acc, trail.products[at]);
    }
    outer = after_addition(rules, outer, after_tile(rules, acc));
    trail.outer.push_back(outer);
  }
}

std::vector<Variation> variations(const AccumulateRecipe& recipe) {
  std::vector<Variation> list;
  const std::string mac = mac_rule(recipe.policy);
  const auto add = [&](std::string what, std::string rule) -> Variation& {
    list.push_back({.what = std::move(what), .rule = std::move(rule), .recipe = recipe});
    return list.back();
  };
  const bool clamps = recipe.policy == AccumulatePolicy::kClamp;
  for (const auto policy :
       {AccumulatePolicy::kSaturate, AccumulatePolicy::kWrap, AccumulatePolicy::kClamp}) {
    if (policy == recipe.policy) continue;
    add(fmt::format("policy {} instead of {}", to_string(policy), to_string(recipe.policy)),
        clamps ? "ACC-5" : mac)
        .recipe.policy = policy;
  }
  if (clamps) {
    add("tiles that leave without a limit", "ACC-5").leaving_limited = false;
  } else {
    add("a register without a limit", mac).register_limited = false;
  }
  if (recipe.policy == AccumulatePolicy::kSaturate) {
    add("a register that stops at -(2^(P-1)-1)", mac).symmetric = true;
  }
  for (const int bits : {recipe.bits - 1, recipe.bits + 1}) {
    if (bits < 4 || bits > recipe.outer_bits) continue;
    add(fmt::format("a register of {} bits instead of {}", bits, recipe.bits),
        clamps ? "ACC-5" : mac)
        .recipe.bits = bits;
  }
  if (recipe.tile != 0) add("one tile instead of several", "ACC-1").recipe.tile = 0;
  add("a register that is not cleared between tiles", "ACC-1").carried_over = true;
  add("k descending within a tile", "ACC-1").descending = true;
  add("an outer accumulator without a limit", "ACC-6").outer_limited = false;
  add("an outer accumulator that wraps", "ACC-6").outer_wraps = true;
  return list;
}

/// True if the trail gives everything that is recorded.
bool gives(const ElementTrail& trail, const RecordedElement& recorded) {
  return (!recorded.value || *recorded.value == trail.value()) &&
         std::equal(recorded.registers.begin(), recorded.registers.end(),
                    trail.registers.begin()) &&
         (recorded.outer.empty() || std::equal(recorded.outer.begin(), recorded.outer.end(),
                                               trail.outer.begin(), trail.outer.end()));
}

/// First position at which two lists differ; their common length if there is none.
template <typename First, typename Second>
std::size_t first_difference(const First& first, const Second& second) {
  const std::size_t size = std::min(std::size(first), std::size(second));
  std::size_t i = 0;
  while (i < size && first[i] == second[i]) ++i;
  return i;
}

/// The MAC at which `other` leaves `golden`: that of the first register that differs, or the last
/// one of the first tile whose outer accumulator does.
int leaves_at(const ElementTrail& golden, const ElementTrail& other, std::size_t tile) {
  const std::size_t k = golden.products.size();
  const std::size_t by_register = first_difference(golden.registers, other.registers);
  const std::size_t tiles = first_difference(golden.outer, other.outer);
  const std::size_t by_outer = std::min((tiles + 1) * tile, k) - 1;
  return static_cast<int>(std::min({by_register, by_outer, k - 1}));
}

}  // namespace

std::string_view to_string(Certainty certainty) { return name_of(kCertaintyNames, certainty); }

std::string mac_rule(AccumulatePolicy policy) {
  switch (policy) {
    case AccumulatePolicy::kSaturate:
      return "ACC-2";
    case AccumulatePolicy::kWrap:
      return "ACC-3";
    case AccumulatePolicy::kClamp:
      break;
  }
  return "ACC-4";
}

ElementTrail element_trail(const GemmJob& job, int m, int n) {
  const PreparedOperand& a = *job.a;
  const PreparedOperand& b = *job.b;
  const Format& a_format = formats()[static_cast<std::size_t>(a.format)];
  const Format& b_format = formats()[static_cast<std::size_t>(b.format)];
  const auto k = static_cast<std::size_t>(a.k_padded);
  ElementTrail trail;
  for (std::size_t i = 0; i < k; ++i) {
    trail.products.push_back(a_format.value(a.codes[static_cast<std::size_t>(m) * k + i]) *
                             b_format.value(b.codes[static_cast<std::size_t>(n) * k + i]));
  }
  walk({.what = {}, .rule = {}, .recipe = job.recipe}, trail);
  return trail;
}

Bisection bisect(const GemmJob& job, std::span<const RecordedElement> elements) {
  const RecordedElement& first = elements.front();
  const AccumulateRecipe& recipe = job.recipe;
  const ElementTrail golden = element_trail(job, first.m, first.n);
  const std::size_t k = golden.products.size();
  const std::size_t tile = recipe.tile == 0 ? k : static_cast<std::size_t>(recipe.tile);
  Bisection result;
  result.m = first.m;
  result.n = first.n;

  // The variation under which most elements are right, among them the first.
  std::vector<ElementTrail> trails;
  for (const RecordedElement& element : elements) {
    trails.push_back(element_trail(job, element.m, element.n));
  }
  std::size_t most = 0;
  std::optional<Variation> explanation;
  ElementTrail explained;
  for (const Variation& variation : variations(recipe)) {
    // An unlimited register of 64 bits and the cells' 32 bits agree as long as both hold the sum.
    std::size_t given = 0;
    ElementTrail of_first;
    for (std::size_t i = 0; i < elements.size(); ++i) {
      ElementTrail trail = trails[i];
      walk(variation, trail);
      if (gives(trail, elements[i])) ++given;
      if (i == 0) {
        if (given == 0) break;
        of_first = std::move(trail);
      }
    }
    if (given <= most) continue;
    most = given;
    explanation = variation;
    explained = std::move(of_first);
  }
  if (explanation) {
    result.explanation = fmt::format("{} gives the recorded values of {} of {} elements",
                                     explanation->what, most, elements.size());
  }

  const std::size_t by_register = first_difference(first.registers, golden.registers);
  const std::size_t by_tile = first_difference(first.outer, golden.outer);
  if (by_register < first.registers.size()) {
    result.certainty = Certainty::kRecorded;
    result.k = static_cast<int>(by_register);
    result.found_register = first.registers[by_register];
    result.rule = explanation ? explanation->rule : mac_rule(recipe.policy);
  } else if (explanation) {
    result.certainty = Certainty::kExplained;
    result.k = leaves_at(golden, explained, tile);
    result.found_register = explained.registers[static_cast<std::size_t>(result.k)];
    result.rule = explanation->rule;
  } else if (by_tile < first.outer.size()) {
    result.certainty = Certainty::kTile;
    result.k = static_cast<int>(std::min((by_tile + 1) * tile, k) - 1);
    result.rule = first.registers.empty() ? "GEMM-1" : "ACC-6";
  } else {
    result.certainty = Certainty::kLast;
    result.k = static_cast<int>(k) - 1;
    result.rule = first.registers.empty() && first.outer.empty() ? "GEMM-1" : "ACC-6";
  }
  const auto at = static_cast<std::size_t>(result.k);
  const std::size_t tile_number = at / tile;
  result.product = golden.products[at];
  result.register_before = at % tile == 0 ? 0 : golden.registers[at - 1];
  result.register_after = golden.registers[at];
  result.outer_before = tile_number == 0 ? 0 : golden.outer[tile_number - 1];
  const bool ends_tile = at + 1 == k || (at + 1) % tile == 0;
  result.outer_after = ends_tile ? golden.outer[tile_number] : result.outer_before;
  return result;
}

}  // namespace sylvester
