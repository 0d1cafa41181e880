#include "golden/trace/trace.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "golden/config/convert.hpp"
#include "golden/numerics/job_io.hpp"
#include "golden/support/error.hpp"
#include "golden/support/in_place.hpp"

namespace sylvester {
namespace {

using nlohmann::json;

constexpr const char* kHead = "trace";
constexpr const char* kFormat = "sylvester-trace";
constexpr int kVersion = 1;
constexpr std::array kOperands = {"a", "b"};
constexpr std::array kOperandArrays = {"x", "mantissas", "codes"};
constexpr std::array kJobArrays = {"values", "registers", "outer"};
constexpr std::array kPlainFields = {"bits",   "tile",     "outer_bits",
                                     "policy", "a_format", "b_format"};
constexpr std::array kKinds = {GemmKind::kForward, GemmKind::kInputGradient,
                               GemmKind::kWeightGradient};

/// The roles of A and B, if a recipe does not name one.
std::array<Role, 2> roles_of(GemmKind kind) {
  switch (kind) {
    case GemmKind::kForward:
      return {Role::kForwardInput, Role::kForwardWeight};
    case GemmKind::kInputGradient:
      return {Role::kInputGradient, Role::kBackwardWeight};
    case GemmKind::kWeightGradient:
      break;
  }
  return {Role::kWeightGradient, Role::kBackwardActivation};
}

void refuse_unknown_fields(const json& object, const std::set<std::string>& known,
                           const std::string& what) {
  if (!object.is_object()) throw UserError(fmt::format("{} is no object", what));
  for (const auto& [name, value] : object.items()) {
    if (known.contains(name)) continue;
    throw UserError(
        fmt::format("{} has the field '{}'; allowed: {}", what, name, fmt::join(known, ", ")));
  }
}

/// Discarded if the text is not JSON.
json parse_json(const std::string& text) {
  // What lies deeper than any trace is refused while the stack still bears it.
  constexpr int kDeepest = 16;
  const auto check_depth = [](int depth, json::parse_event_t, const json&) {
    if (depth > kDeepest) throw UserError("is nested too deeply");
    return true;
  };
  return json::parse(text, check_depth, false);
}

json object_field(const json& object, const char* name) {
  const json value = object.value(name, json::object());
  if (!value.is_object()) throw UserError(fmt::format("field '{}' is no object", name));
  return value;
}

/// `given` over `defaults`, which has all fields.
json completed(json defaults, const json& given, const std::string& what) {
  std::set<std::string> known;
  for (const auto& [name, value] : defaults.items()) known.insert(name);
  refuse_unknown_fields(given, known, what);
  defaults.update(given);
  return defaults;
}

/// Fields of a result, some or all of `known`: integers, or objects of integers that are complete.
void check_expected(const json& given, const json& known, const std::string& what) {
  completed(known, given, what);
  for (const auto& [name, value] : given.items()) {
    const std::string inner = fmt::format("{}: '{}'", what, name);
    const json& like = known.at(name);
    if (like.is_object()) {
      check_expected(value, like, inner);
      for (const auto& [part, number] : like.items()) {
        if (!value.contains(part)) throw UserError(fmt::format("{} has no '{}'", inner, part));
      }
      continue;
    }
    const auto is_decimal = [](const std::string& text) {
      const std::size_t begin = text.starts_with('-') ? 1 : 0;
      return text.size() > begin && text.size() <= begin + 20 &&
             text.find_first_not_of("0123456789", begin) == std::string::npos;
    };
    if (value.is_number_integer()) continue;
    if (value.is_string() && is_decimal(value.get<std::string>())) continue;
    throw UserError(fmt::format("{} is {}; allowed: an integer", inner, value.dump()));
  }
  // What a replay computes with.
  if (given.contains("scale")) in_place(what, [&] { return scale_from_json(given.at("scale")); });
}

std::string shape_text(const std::vector<std::size_t>& shape) {
  return fmt::format("({})", fmt::join(shape, ", "));
}

using ArrayShape = std::vector<std::size_t>;

// An array whose shape `check` has seen before its elements are unpacked.
template <typename Check>
NpyArray checked_array(const Npz& file, const std::string& name, const Check& check) {
  check(fmt::format("array '{}'", name), file.shape(name));
  return file.array(name);
}

void require_shape(const std::string& name, const ArrayShape& shape, const ArrayShape& allowed,
                   const std::string& meaning) {
  if (shape == allowed) return;
  throw UserError(fmt::format("{}: shape {}; allowed: {}, {}", name, shape_text(shape),
                              shape_text(allowed), meaning));
}

template <typename Integer>
std::vector<Integer> integers(const NpyArray& array, std::int64_t least, std::int64_t most) {
  if (array.is_float) {
    throw UserError(
        fmt::format("{}: holds floats; allowed: integers {}...{}", array.name, least, most));
  }
  std::vector<Integer> result;
  result.reserve(array.size());
  for (const std::int64_t value : array.integers) {
    if (value < least || value > most) {
      throw UserError(
          fmt::format("{}: element {}; allowed: {}...{}", array.name, value, least, most));
    }
    result.push_back(static_cast<Integer>(value));
  }
  return result;
}

template <typename Integer>
std::vector<Integer> integers(const NpyArray& array) {
  return integers<Integer>(array, std::numeric_limits<Integer>::min(),
                           std::numeric_limits<Integer>::max());
}

std::vector<float> floats(const NpyArray& array) {
  if (!array.is_float) {
    throw UserError(fmt::format("{}: holds integers; allowed: float32", array.name));
  }
  std::vector<float> result;
  result.reserve(array.size());
  for (const double value : array.floats) {
    result.push_back(static_cast<float>(value));
    if (value == value && result.back() != value) {
      throw UserError(fmt::format("{}: element {} is no float32", array.name, value));
    }
  }
  return result;
}

/// A matrix of lines x K that is not empty.
void require_matrix(const std::string& name, const ArrayShape& shape) {
  constexpr std::size_t kMost = std::numeric_limits<int>::max();
  if (shape.size() == 2 && shape[0] > 0 && shape[1] > 0 && shape[0] <= kMost &&
      shape[1] <= static_cast<std::size_t>(kLongestContraction)) {
    return;
  }
  throw UserError(fmt::format("{}: shape {}; allowed: a matrix of lines x K that is not empty",
                              name, shape_text(shape)));
}

/// The array of codes in K'.
void read_codes(const NpyArray& array, TraceOperand& operand) {
  operand.lines = static_cast<int>(array.shape[0]);
  operand.k_padded = static_cast<int>(array.shape[1]);
  operand.codes = integers<Code>(array);
}

std::string placed(const std::string& job, const std::string& array) { return job + "/" + array; }

NpyArray integer_array(const std::vector<std::size_t>& shape, auto begin, auto end) {
  NpyArray array;
  array.shape = shape;
  array.integers.assign(begin, end);
  return array;
}

std::size_t as_size(int value) { return static_cast<std::size_t>(value); }

}  // namespace

int tile_count(const AccumulateRecipe& recipe, int k_padded) {
  return recipe.tile == 0 ? 1 : (k_padded - 1) / recipe.tile + 1;
}

json expected_fields(const PreparedOperand& operand) {
  PreparedOperand head;
  head.block = operand.block;
  head.k_padded = operand.k_padded;
  head.scale = operand.scale;
  head.max_magnitude = operand.max_magnitude;
  head.counters = operand.counters;
  json fields = to_json(head);
  fields.erase("codes");
  return fields;
}

json expected_fields(const GemmResult& result) {
  GemmResult head;
  head.scale = result.scale;
  head.counters = result.counters;
  json fields = to_json(head);
  fields.erase("values");
  return fields;
}

Trace::Trace(Npz file, const Config& config) : file_(std::move(file)), config_(config) {
  in_place(file_.name(), [&] {
    plain_ = !file_.has(kHead);
    if (plain_) {
      read_plain();
    } else {
      read_head();
    }
    refuse_unknown_arrays();
  });
}

Trace Trace::read(const std::filesystem::path& path, const Config& config) {
  return {Npz::read(path), config};
}

void Trace::read_head() {
  in_place(fmt::format("'{}'", kHead), [&] {
    const json head = parse_json(file_.text(kHead));
    if (head.is_discarded()) throw UserError("is not JSON");
    refuse_unknown_fields(head, {"format", "version", "made_by", "jobs"}, "it");
    if (head.value("format", json()) != kFormat || head.value("version", json()) != kVersion) {
      throw UserError(
          fmt::format("format or version is another one; allowed: '{}', {}", kFormat, kVersion));
    }
    read_jobs(head.value("jobs", json()));
  });
}

void Trace::read_jobs(const json& jobs) {
  if (!jobs.is_array() || jobs.empty()) throw UserError("'jobs' is no list of at least one job");
  std::set<std::string> names;
  for (const json& fields : jobs) {
    Source source;
    if (!fields.is_object() || !fields.value("name", json()).is_string()) {
      throw UserError(fmt::format("job {} has no name", jobs_.size()));
    }
    source.name = fields.at("name").get<std::string>();
    if (!names.insert(source.name).second) {
      throw UserError(fmt::format("two jobs have the name '{}'", source.name));
    }
    source.fields = fields;
    jobs_.push_back(std::move(source));
  }
}

void Trace::read_plain() {
  for (const char* array : {"a", "b", "c"}) {
    if (file_.has(array)) continue;
    throw UserError(
        fmt::format("{}: holds neither '{}' nor the array '{}'; allowed: a trace, or "
                    "a plain job of the arrays a, b and c",
                    file_.name(), kHead, array));
  }
  Source source;
  source.name = "plain";
  source.fields = {{"a", json::object()}, {"b", json::object()}};
  for (const std::string name : kPlainFields) {
    if (!file_.has(name)) continue;
    json value;
    if (name == "policy" || name.ends_with("_format")) {
      value = file_.text(name);
    } else {
      const NpyArray array =
          checked_array(file_, name, [](const std::string& place, const ArrayShape& shape) {
            const bool single = std::ranges::all_of(shape, [](std::size_t n) { return n == 1; });
            if (!single) throw UserError(place + ": is not a single number");
          });
      value = integers<int>(array).front();
    }
    if (name.ends_with("_format")) {
      source.fields[name.substr(0, 1)]["recipe"]["format"] = value;
    } else {
      source.fields[name] = value;
    }
  }
  jobs_.push_back(std::move(source));
}

void Trace::refuse_unknown_arrays() const {
  std::set<std::string> known = {kHead};
  if (plain_) {
    known = {"a", "b", "c", "registers", "outer"};
    known.insert(kPlainFields.begin(), kPlainFields.end());
  } else {
    for (const Source& source : jobs_) {
      for (const char* array : kJobArrays) known.insert(placed(source.name, array));
      for (const std::string operand : kOperands) {
        for (const char* array : kOperandArrays) {
          known.insert(placed(source.name, placed(operand, array)));
        }
      }
    }
  }
  for (const std::string& name : file_.names()) {
    if (known.contains(name)) continue;
    throw UserError(fmt::format(
        "array '{}' belongs to no job; allowed: {}", name,
        plain_ ? fmt::format("{}", fmt::join(known, ", "))
               : std::string("JOB/values, JOB/registers, JOB/outer and, for each operand, "
                             "JOB/a/x, JOB/a/mantissas, JOB/a/codes")));
  }
}

TraceJob Trace::job(std::size_t index) const {
  const Source& source = jobs_.at(index);
  return in_place(plain_ ? file_.name() : fmt::format("{}: job '{}'", file_.name(), source.name),
                  [&] { return read_job(source); });
}

TraceJob Trace::read_job(const Source& given) const {
  Source source = given;
  const json& fields = source.fields;
  refuse_unknown_fields(
      fields, {"name", "gemm", "policy", "bits", "tile", "outer_bits", "a", "b", "expected"},
      "the job");
  const json kind = fields.value("gemm", json(to_string(GemmKind::kForward)));
  const auto found = std::find_if(kKinds.begin(), kKinds.end(),
                                  [&](GemmKind known) { return kind == to_string(known); });
  if (found == kKinds.end()) {
    throw UserError(
        fmt::format("field 'gemm' is {}; allowed: forward, input_gradient, "
                    "weight_gradient",
                    kind.dump()));
  }
  source.kind = *found;
  TraceJob job;
  job.name = source.name;
  json recipe = to_json(accumulate_recipe(config_, source.kind));
  for (auto& [name, value] : recipe.items()) value = fields.value(name, value);
  job.recipe = accumulate_recipe_from_json(recipe);
  job.a = read_operand(source, "a");
  job.b = read_operand(source, "b");
  // Codes alone do not tell their K and B: those of the other operand, if they fit.
  for (auto [operand, other] : {std::pair(&job.a, &job.b), {&job.b, &job.a}}) {
    if (operand->has_input() || !other->has_input()) continue;
    if (operand->k_padded != other->k_padded) continue;
    operand->k = other->k;
    operand->block = other->block;
  }
  job.expected = object_field(fields, "expected");
  check_expected(job.expected, expected_fields(GemmResult{}), "'expected'");

  GemmJob shape{.a = std::make_shared<PreparedOperand>(),
                .b = std::make_shared<PreparedOperand>(),
                .recipe = job.recipe,
                .counters = CounterMode::kNone};
  for (const auto& [operand, target] : {std::pair(&job.a, &shape.a), {&job.b, &shape.b}}) {
    PreparedOperand prepared;
    prepared.format = operand->recipe.format;
    prepared.lines = operand->lines;
    prepared.k = operand->k;
    prepared.k_padded = operand->k_padded;
    prepared.block = operand->block;
    *target = std::make_shared<PreparedOperand>(prepared);
  }
  check_shape(shape);

  const std::size_t m = as_size(job.a.lines);
  const std::size_t n = as_size(job.b.lines);
  const std::size_t k = as_size(job.a.k_padded);
  constexpr std::size_t kMostResults = std::size_t{1} << 26;
  if (m > kMostResults / n) {
    throw UserError(fmt::format("{} x {} results; allowed: at most {}", m, n, kMostResults));
  }
  const auto read = [&](const char* name, std::vector<std::size_t> sizes,
                        const std::string& meaning, std::vector<std::int32_t>& out) {
    const std::string array_name = !plain_                         ? placed(job.name, name)
                                   : name == std::string("values") ? "c"
                                                                   : name;
    if (!file_.has(array_name)) return;
    const NpyArray array = checked_array(
        file_, array_name, [&](const std::string& place, const ArrayShape& array_shape) {
          require_shape(place, array_shape, sizes, meaning);
        });
    out = integers<std::int32_t>(array);
  };
  read("values", {m, n}, "lines of a x lines of b", job.values);
  read("registers", {m, n, k}, "lines of a x lines of b x K'", job.registers);
  read("outer", {m, n, as_size(tile_count(job.recipe, job.a.k_padded))},
       "lines of a x lines of b x tiles", job.outer);
  return job;
}

TraceOperand Trace::read_operand(const Source& source, const std::string& name) const {
  const std::size_t position = name == "a" ? 0 : 1;
  const json fields = object_field(source.fields, name.c_str());
  refuse_unknown_fields(fields, {"recipe", "scale", "block", "expected"},
                        fmt::format("operand {}", name));
  TraceOperand operand;
  const json given = object_field(fields, "recipe");
  auto role = static_cast<int>(roles_of(source.kind)[position]);
  const json given_role = given.value("role", json(role));
  if (!given_role.is_number_integer() || given_role < 0 || given_role >= kRoles) {
    throw UserError(fmt::format("operand {}: 'recipe': field 'role' is {}; allowed: integer 0...{}",
                                name, given_role.dump(), kRoles - 1));
  }
  role = given_role.get<int>();
  PrepareRecipe defaults = prepare_recipe(config_, static_cast<Role>(role));
  defaults.draw.role = static_cast<std::uint8_t>(role);

  const auto array_of = [&](const char* array) -> std::optional<NpyArray> {
    const std::string plain_name = array == std::string("codes") ? name : "";
    const std::string array_name = plain_ ? plain_name : placed(source.name, placed(name, array));
    if (!file_.has(array_name)) return std::nullopt;
    return checked_array(file_, array_name, require_matrix);
  };
  const auto x = array_of("x");
  const auto mantissas = array_of("mantissas");
  const auto codes = array_of("codes");
  for (const auto* array : {&x, &mantissas}) {
    if (!*array) continue;
    operand.lines = static_cast<int>((*array)->shape[0]);
    operand.k = static_cast<int>((*array)->shape[1]);
  }
  if (x) operand.floats = floats(*x);
  if (mantissas) {
    if (x) require_shape(mantissas->name, mantissas->shape, x->shape, "that of x");
    WideMatrix wide;
    wide.name = fmt::format("{} {}", source.name, name);
    wide.lines = operand.lines;
    wide.k = operand.k;
    wide.mantissas = integers<std::int16_t>(*mantissas, -kWideLimit, kWideLimit);
    if (fields.contains("scale")) wide.scale = scale_from_json(fields.at("scale"));
    operand.wide = std::move(wide);
  } else if (fields.contains("scale")) {
    throw UserError(fmt::format("operand {} has a 'scale' but no mantissas", name));
  }
  if (!x && !mantissas && !codes) {
    throw UserError(
        fmt::format("operand {} has none of the arrays {}", name, fmt::join(kOperandArrays, ", ")));
  }
  if (codes && !operand.has_input()) {
    read_codes(*codes, operand);
    operand.k = operand.k_padded;
    const json block = fields.value("block", json(1));
    if (!block.is_number_integer() || block < 1 || block > kLongestBlock) {
      throw UserError(fmt::format("operand {}: field 'block' is {}; allowed: integer 1...{}", name,
                                  block.dump(), kLongestBlock));
    }
    operand.block = block.get<int>();
  }
  json all = to_json(defaults);
  all["sign_role"] = given.empty() ? defaults.sign_role : 0;  // what a written recipe leaves out
  const json recipe = completed(all, given, fmt::format("operand {}: 'recipe'", name));
  operand.recipe =
      in_place(fmt::format("operand {}", name), [&] { return prepare_recipe_from_json(recipe); });
  if (operand.has_input() && operand.recipe.scale == ScaleRule::kHindsight) {
    throw UserError(fmt::format(
        "operand {}: scale rule hindsight; allowed: the other rules, for a trace has no maximum of "
        "the step before",
        name));
  }
  if (operand.has_input()) {
    if (fields.contains("block")) {
      throw UserError(fmt::format("operand {} has a 'block', which its recipe decides", name));
    }
    operand.block = block_length(operand.recipe.block_rule, operand.recipe.block, operand.k);
    operand.k_padded = padded_length(operand.k, operand.block);
    if (!given.contains("stride_line")) {
      operand.recipe.stride_line = static_cast<std::uint32_t>(operand.k_padded);
    }
    if (codes) {
      require_shape(codes->name, codes->shape, {as_size(operand.lines), as_size(operand.k_padded)},
                    "lines x K'");
      read_codes(*codes, operand);
    }
  }
  operand.expected = object_field(fields, "expected");
  check_expected(operand.expected, expected_fields(PreparedOperand{}),
                 fmt::format("operand {}: 'expected'", name));
  return operand;
}

void TraceWriter::add_array(const std::string& name, const NpyArray& array, NpyType type) {
  files_.emplace_back(name, npy_bytes(array, type));
  array_bytes_ += files_.back().second.size();
}

nlohmann::ordered_json TraceWriter::add_operand(const std::string& name,
                                                const TraceOperand& operand) {
  nlohmann::ordered_json fields;
  const std::vector<std::size_t> shape = {as_size(operand.lines), as_size(operand.k)};
  if (!operand.floats.empty()) {
    NpyArray array;
    array.is_float = true;
    array.shape = shape;
    array.floats.assign(operand.floats.begin(), operand.floats.end());
    add_array(placed(name, "x"), array, NpyType::kFloat32);
  }
  if (operand.wide) {
    const auto& mantissas = operand.wide->mantissas;
    add_array(placed(name, "mantissas"), integer_array(shape, mantissas.begin(), mantissas.end()),
              NpyType::kInt16);
    fields["scale"] = to_json(operand.wide->scale);
  }
  const Format& format = formats()[static_cast<std::size_t>(operand.recipe.format)];
  if (!operand.codes.empty()) {
    const bool narrow = format.largest_code() <= std::numeric_limits<std::int8_t>::max();
    add_array(placed(name, "codes"),
              integer_array({as_size(operand.lines), as_size(operand.k_padded)},
                            operand.codes.begin(), operand.codes.end()),
              narrow ? NpyType::kInt8 : NpyType::kInt16);
  }
  if (operand.has_input()) {
    fields["recipe"] = to_json(operand.recipe);
  } else {
    fields["recipe"]["format"] = format.name;
    fields["block"] = operand.block;
  }
  if (!operand.expected.empty()) fields["expected"] = operand.expected;
  return fields;
}

void TraceWriter::add(const TraceJob& job) {
  nlohmann::ordered_json fields = {{"name", job.name}};
  fields.update(nlohmann::ordered_json(to_json(job.recipe)));
  for (const char* operand : kOperands) {
    fields[operand] =
        add_operand(placed(job.name, operand), operand == std::string("a") ? job.a : job.b);
  }
  if (!job.expected.empty()) fields["expected"] = job.expected;
  const std::size_t m = as_size(job.a.lines);
  const std::size_t n = as_size(job.b.lines);
  const auto add_integers = [&](const char* name, const std::vector<std::int32_t>& values,
                                std::vector<std::size_t> shape) {
    if (values.empty()) return;
    add_array(placed(job.name, name), integer_array(shape, values.begin(), values.end()),
              NpyType::kInt32);
  };
  add_integers("values", job.values, {m, n});
  add_integers("registers", job.registers, {m, n, as_size(job.a.k_padded)});
  add_integers("outer", job.outer, {m, n, as_size(tile_count(job.recipe, job.a.k_padded))});
  fields_.push_back(std::move(fields));
}

std::string TraceWriter::bytes() {
  const nlohmann::ordered_json head = {
      {"format", kFormat}, {"version", kVersion}, {"made_by", "sylvester"}, {"jobs", fields_}};
  files_.emplace_back(kHead, npy_text_bytes(head.dump(-1, ' ', true)));
  std::string result = npz_bytes(files_);
  files_.pop_back();
  return result;
}

}  // namespace sylvester
