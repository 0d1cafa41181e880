#include "golden/numerics/job_io.hpp"

#include <bit>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>

#include "golden/support/atomic_file.hpp"
#include "golden/support/error.hpp"

namespace sylvester {
namespace {

using nlohmann::json;

constexpr std::int64_t kExactInDouble = std::int64_t{1} << 53;

const json& field(const json& object, std::string_view name) {
  if (!object.is_object() || !object.contains(name)) {
    throw UserError("field '" + std::string(name) + "' is missing");
  }
  return object.at(std::string(name));
}

// A number or a decimal string, in least ... most.
std::int64_t as_integer(const json& value, std::string_view name, std::int64_t least,
                        std::int64_t most) {
  std::int64_t result = 0;
  bool good = false;
  if (value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    good = number <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    result = good ? static_cast<std::int64_t>(number) : 0;
  } else if (value.is_number_integer()) {
    result = value.get<std::int64_t>();
    good = true;
  } else if (value.is_string()) {
    const auto text = value.get<std::string>();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), result);
    good = error == std::errc{} && end == text.data() + text.size() && !text.empty();
  }
  if (!good || result < least || result > most) {
    throw UserError("field '" + std::string(name) + "' = " + value.dump() +
                    " is not an integer in " + std::to_string(least) + "..." +
                    std::to_string(most));
  }
  return result;
}

template <typename T>
T integer(const json& object, std::string_view name,
          std::int64_t least = std::numeric_limits<T>::min(),
          std::int64_t most = std::numeric_limits<T>::max()) {
  return static_cast<T>(as_integer(field(object, name), name, least, most));
}

// A list of integers; rows of a matrix may be lists of their own.
template <typename T>
std::vector<T> integers(const json& object, std::string_view name) {
  const json& list = field(object, name);
  if (!list.is_array()) {
    throw UserError("field '" + std::string(name) + "' is not a list");
  }
  std::vector<T> result;
  const auto append = [&](const json& element) {
    result.push_back(static_cast<T>(
        as_integer(element, name, std::numeric_limits<T>::min(), std::numeric_limits<T>::max())));
  };
  for (const json& element : list) {
    if (element.is_array()) {
      for (const json& inner : element) append(inner);
    } else {
      append(element);
    }
  }
  return result;
}

std::string text(const json& object, std::string_view name) {
  const json& value = field(object, name);
  if (!value.is_string()) {
    throw UserError("field '" + std::string(name) + "' is not a text");
  }
  return value.get<std::string>();
}

json big(std::uint64_t value) {
  if (value < static_cast<std::uint64_t>(kExactInDouble)) return value;
  return std::to_string(value);
}

json to_json(const PrepareCounters& counters) {
  return {{"codes_at_limit", counters.codes_at_limit},
          {"rounded_up", counters.rounded_up},
          {"zero_codes", counters.zero_codes}};
}

json to_json(const GemmCounters& counters) {
  return {{"mac_limited", counters.mac_limited},
          {"tile_limited", counters.tile_limited},
          {"outer_limited", counters.outer_limited}};
}

std::string kind_of(const json& file, const json& vector_case) {
  return vector_case.contains("kind") ? text(vector_case, "kind") : text(file, "kind");
}

const json& inputs_of(const json& vector_case) {
  return vector_case.contains("inputs") ? vector_case.at("inputs") : vector_case;
}

DrawContext draw_context_from_json(const json& object) {
  return {.seed = integer<std::uint32_t>(object, "seed"),
          .step = integer<std::uint32_t>(object, "step"),
          .layer = integer<std::uint16_t>(object, "layer"),
          .role = integer<std::uint8_t>(object, "role"),
          .repetition = integer<std::uint8_t>(object, "repetition")};
}

void add_draw_context(json& object, const DrawContext& context) {
  object["seed"] = context.seed;
  object["step"] = context.step;
  object["layer"] = context.layer;
  object["role"] = context.role;
  object["repetition"] = context.repetition;
}

json expected_draw(const json& in) {
  const DrawKey key = draw_key(draw_context_from_json(in));
  const int random_bits = integer<int>(in, "random_bits", 1, 16);
  json words = json::array();
  json draws = json::array();
  for (const auto index : integers<std::uint32_t>(in, "index")) {
    words.push_back(draw_word(key, index));
    draws.push_back(draw(key, index, random_bits));
  }
  return {{"word", words}, {"draw", draws}};
}

json expected_wht(const json& in) {
  const int k = integer<int>(in, "k", 1, kLongestContraction);
  const int block = block_length(block_rule(text(in, "rule")), integer<int>(in, "block", 0), k);
  auto line = integers<std::int32_t>(in, "line");
  if (line.size() != static_cast<std::size_t>(k)) {
    throw UserError("test vector: field 'line' has " + std::to_string(line.size()) +
                    " elements, k is " + std::to_string(k));
  }
  for (const std::int32_t element : line) {
    if (std::abs(std::int64_t{element}) * block > std::numeric_limits<std::int32_t>::max()) {
      throw UserError("line element " + std::to_string(element) +
                      " is too large for a transform block of " + std::to_string(block));
    }
  }
  const int k_padded = padded_length(k, block);
  line.resize(static_cast<std::size_t>(k_padded), 0);
  for (std::size_t start = 0; start < line.size(); start += static_cast<std::size_t>(block)) {
    walsh_hadamard({line.data() + start, static_cast<std::size_t>(block)});
  }
  return {{"block", block}, {"k_padded", k_padded}, {"out", line}};
}

json expected_wide(const json& in) {
  std::vector<float> x;
  for (const auto bits : integers<std::uint32_t>(in, "x_bits")) {
    x.push_back(std::bit_cast<float>(bits));
  }
  std::vector<std::int16_t> mantissas(x.size());
  const int exponent = to_wide(x, mantissas, "x_bits");
  return {{"mantissas", mantissas}, {"exponent", exponent}};
}

json expected_to_float(const json& in) {
  const float scale = to_float(scale_from_json(in));
  json values = json::array();
  for (const auto value : integers<std::int32_t>(in, "value")) {
    values.push_back(std::bit_cast<std::uint32_t>(to_float(value, scale)));
  }
  return {{"scale_bits", std::bit_cast<std::uint32_t>(scale)}, {"value_bits", values}};
}

// Both realisations inside golden; a difference is a defect of the program.
PreparedOperand prepare_twice(const PrepareJob& job) {
  PreparedOperand fast = prepare(job);
  if (to_json(fast) != to_json(prepare_reference(job))) {
    throw std::logic_error("prepare and prepare_reference differ");
  }
  return fast;
}

GemmResult gemm_twice(const GemmJob& job) {
  GemmResult fast = gemm(job);
  if (to_json(fast) != to_json(gemm_reference(job))) {
    throw std::logic_error("gemm and gemm_reference differ");
  }
  return fast;
}

json expected_job(const json& in) {
  GemmJob job;
  const PreparedOperand a = prepare_twice(prepare_job_from_json(field(in, "a")));
  const PreparedOperand b = prepare_twice(prepare_job_from_json(field(in, "b")));
  job.a = std::make_shared<PreparedOperand>(a);
  job.b = std::make_shared<PreparedOperand>(b);
  job.recipe = accumulate_recipe_from_json(in);
  json expected = to_json(gemm_twice(job));
  expected["a"] = to_json(a);
  expected["b"] = to_json(b);
  return expected;
}

// The same at a place within the objects.
std::string first_difference(const json& expected, const json& computed, const std::string& path) {
  if (expected.is_object() && computed.is_object()) {
    for (const auto& [name, value] : expected.items()) {
      const std::string inner = path.empty() ? name : path + "." + name;
      if (!computed.contains(name)) return inner + " is not a field that golden gives";
      std::string difference = first_difference(value, computed.at(name), inner);
      if (!difference.empty()) return difference;
    }
    for (const auto& [name, value] : computed.items()) {
      if (!expected.contains(name)) {
        return (path.empty() ? name : path + "." + name) + " is missing";
      }
    }
    return "";
  }
  if (expected.is_array() && computed.is_array()) {
    json flat = json::array();
    for (const json& element : expected) {
      if (element.is_array()) {
        flat.insert(flat.end(), element.begin(), element.end());
      } else {
        flat.push_back(element);
      }
    }
    if (flat.size() != computed.size()) {
      return path + " has " + std::to_string(flat.size()) + " elements, golden gives " +
             std::to_string(computed.size());
    }
    for (std::size_t i = 0; i < flat.size(); ++i) {
      std::string difference =
          first_difference(flat[i], computed[i], path + "[" + std::to_string(i) + "]");
      if (!difference.empty()) return difference;
    }
    return "";
  }
  // Integers may be written as decimal strings.
  const auto plain = [](const json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
  };
  return plain(expected) == plain(computed)
             ? ""
             : path + " is " + plain(expected) + ", golden gives " + plain(computed);
}

const json& cases_of(const json& file) {
  const json& cases = field(file, "cases");
  if (!cases.is_array()) throw UserError("test vectors: 'cases' is not a list");
  return cases;
}

}  // namespace

std::string first_difference(const json& expected, const json& computed) {
  return first_difference(expected, computed, "");
}

json read_vectors(const std::string& path) {
  json file = json::parse(read_file(path), nullptr, false);
  if (file.is_discarded()) throw UserError(path + ": is not JSON");
  return file;
}

std::string skipped_as(const json& file, const json& vector_case) {
  const std::string kind = kind_of(file, vector_case);
  return kind == "nibble" || kind == "rescale" ? kind : "";
}

json expected_fields(const json& file, const json& vector_case) {
  const std::string kind = kind_of(file, vector_case);
  const json& in = inputs_of(vector_case);
  if (kind == "draw") return expected_draw(in);
  if (kind == "wht") return expected_wht(in);
  if (kind == "wide") return expected_wide(in);
  if (kind == "prepare") return to_json(prepare_twice(prepare_job_from_json(in)));
  if (kind == "gemm") return to_json(gemm_twice(gemm_job_from_json(in)));
  if (kind == "job") return expected_job(in);
  if (kind == "to_float") return expected_to_float(in);
  throw UserError("unknown kind '" + kind +
                  "', allowed are draw, wht, wide, prepare, gemm, job, to_float");
}

VectorReport check_vectors(const json& file, const std::string& name) {
  VectorReport report;
  int number = 0;
  for (const json& vector_case : cases_of(file)) {
    const std::string where = name + ": case " + std::to_string(number++);
    try {
      const std::string skipped = skipped_as(file, vector_case);
      if (!skipped.empty()) {
        ++report.skipped[skipped];
        continue;
      }
      const std::string difference =
          first_difference(field(vector_case, "expected"), expected_fields(file, vector_case));
      ++report.checked;
      if (!difference.empty()) {
        report.mismatches.push_back(where + " (" + kind_of(file, vector_case) + "): " + difference);
      }
    } catch (const UserError& error) {
      throw UserError(where + ": " + error.what());
    }
  }
  return report;
}

void fill_vectors(json& file) {
  cases_of(file);
  for (json& vector_case : file["cases"]) {
    if (skipped_as(file, vector_case).empty()) {
      vector_case["expected"] = expected_fields(file, vector_case);
    }
  }
  file["made_by"] = "golden";
}

json to_json(const Scale& scale) {
  return {{"num", big(scale.num)}, {"den", big(scale.den)}, {"exponent", scale.exponent}};
}

json to_json(const AccumulateRecipe& recipe) {
  return {{"policy", to_string(recipe.policy)},
          {"bits", recipe.bits},
          {"tile", recipe.tile},
          {"outer_bits", recipe.outer_bits}};
}

json to_json(const PrepareRecipe& recipe) {
  json out = {{"format", formats()[static_cast<std::size_t>(recipe.format)].name},
              {"block_rule", to_string(recipe.block_rule)},
              {"block", recipe.block},
              {"scale", to_string(recipe.scale)},
              {"rounding", to_string(recipe.rounding)},
              {"random_bits", recipe.random_bits},
              {"index0", recipe.index0},
              {"stride_line", recipe.stride_line},
              {"stride_k", recipe.stride_k}};
  add_draw_context(out, recipe.draw);
  if (recipe.sign_role != 0) out["sign_role"] = recipe.sign_role;
  return out;
}

json to_json(const PrepareJob& job) {
  json out = {{"recipe", to_json(job.recipe)},
              {"lines", job.input.lines},
              {"k", job.input.k},
              {"mantissas", job.input.mantissas},
              {"scale", to_json(job.input.scale)}};
  if (job.recipe.scale == ScaleRule::kHindsight) out["max_given"] = job.max_given;
  return out;
}

json to_json(const GemmJob& job) {
  const auto format_name = [](const PreparedOperand& operand) {
    return formats()[static_cast<std::size_t>(operand.format)].name;
  };
  json out = {{"a_format", format_name(*job.a)},
              {"b_format", format_name(*job.b)},
              {"m", job.a->lines},
              {"n", job.b->lines},
              {"k", job.a->k_padded},
              {"block", job.a->block},
              {"a", job.a->codes},
              {"b", job.b->codes},
              {"a_scale", to_json(job.a->scale)},
              {"b_scale", to_json(job.b->scale)}};
  out.update(to_json(job.recipe));
  return out;
}

json to_json(const PreparedOperand& operand) {
  return {{"block", operand.block},
          {"k_padded", operand.k_padded},
          {"codes", operand.codes},
          {"scale", to_json(operand.scale)},
          {"max_magnitude", operand.max_magnitude},
          {"counters", to_json(operand.counters)}};
}

json to_json(const GemmResult& result) {
  return {{"values", result.values},
          {"scale", to_json(result.scale)},
          {"counters", to_json(result.counters)}};
}

// Scale parts are below 2^63.
Scale scale_from_json(const json& value) {
  return make_scale(static_cast<std::uint64_t>(integer<std::int64_t>(value, "num", 1)),
                    static_cast<std::uint64_t>(integer<std::int64_t>(value, "den", 1)),
                    integer<std::int64_t>(value, "exponent"));
}

AccumulateRecipe accumulate_recipe_from_json(const json& in) {
  return {.policy = accumulate_policy(text(in, "policy")),
          .bits = integer<int>(in, "bits"),
          .tile = integer<int>(in, "tile"),
          .outer_bits = integer<int>(in, "outer_bits")};
}

PrepareRecipe prepare_recipe_from_json(const json& recipe) {
  return {.format = format_index(text(recipe, "format")),
          .block_rule = block_rule(text(recipe, "block_rule")),
          .block = integer<int>(recipe, "block"),
          .scale = scale_rule(text(recipe, "scale")),
          .rounding = rounding(text(recipe, "rounding")),
          .random_bits = integer<int>(recipe, "random_bits"),
          .sign_role = recipe.contains("sign_role") ? integer<std::uint8_t>(recipe, "sign_role")
                                                    : std::uint8_t{0},
          .draw = draw_context_from_json(recipe),
          .index0 = integer<std::uint32_t>(recipe, "index0"),
          .stride_line = integer<std::uint32_t>(recipe, "stride_line"),
          .stride_k = integer<std::uint32_t>(recipe, "stride_k")};
}

PrepareJob prepare_job_from_json(const json& in) {
  PrepareJob job;
  job.recipe = prepare_recipe_from_json(field(in, "recipe"));
  job.input.name = in.contains("name") ? text(in, "name") : "vector";
  job.input.lines = integer<int>(in, "lines");
  job.input.k = integer<int>(in, "k");
  job.input.mantissas = integers<std::int16_t>(in, "mantissas");
  job.input.scale = scale_from_json(field(in, "scale"));
  if (job.recipe.scale == ScaleRule::kHindsight) {
    job.max_given = integer<std::int32_t>(in, "max_given", 0);
  }
  return job;
}

GemmJob gemm_job_from_json(const json& in) {
  const auto operand = [&](const std::string& name, std::string_view lines) {
    auto result = std::make_shared<PreparedOperand>();
    result->format = format_index(text(in, name + "_format"));
    result->lines = integer<int>(in, lines);
    result->k = integer<int>(in, "k");
    result->k_padded = result->k;
    result->block = integer<int>(in, "block");
    result->codes = integers<Code>(in, name);
    result->scale = scale_from_json(field(in, name + "_scale"));
    return result;
  };
  GemmJob job;
  job.a = operand("a", "m");
  job.b = operand("b", "n");
  job.recipe = accumulate_recipe_from_json(in);
  return job;
}

}  // namespace sylvester
