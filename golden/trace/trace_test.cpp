#include "golden/trace/trace.hpp"

#include <gmock/gmock.h>

#include <tuple>

#include "golden/numerics/job_io.hpp"
#include "golden/support/error.hpp"
#include "golden/trace/test_trace.hpp"

namespace sylvester {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

using Files = std::vector<std::pair<std::string, std::string>>;

Trace trace_of(const std::string& bytes, const Config& config) {
  return {Npz::parse(bytes, "t.npz"), config};
}

std::string matrix(std::vector<std::size_t> shape, std::vector<std::int64_t> values) {
  NpyArray array;
  array.shape = std::move(shape);
  array.integers = std::move(values);
  return npy_bytes(array);
}

std::string float_matrix(std::vector<std::size_t> shape, std::vector<double> values) {
  NpyArray array;
  array.is_float = true;
  array.shape = std::move(shape);
  array.floats = std::move(values);
  return npy_bytes(array);
}

std::string head(const json& jobs) {
  return npy_text_bytes(json{{"format", "sylvester-trace"}, {"version", 1}, {"jobs", jobs}}.dump());
}

/// What reading the trace and all its jobs says; empty if they are good.
std::string refusal(const Files& files) {
  try {
    const Trace trace = trace_of(npz_bytes(files), Config::load("hdqt"));
    for (std::size_t i = 0; i < trace.size(); ++i) std::ignore = trace.job(i);
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

TEST(Trace, WrittenJobsReadBack) {
  HostRandom random = test_random();
  // The configuration of the reader says nothing that the trace says.
  const Config config = Config::load("hdqt");
  const Config other = Config::load("hdqt", {"accumulator.bits=9", "accumulator.tile=5"});
  for (const GemmKind kind :
       {GemmKind::kForward, GemmKind::kInputGradient, GemmKind::kWeightGradient}) {
    const TraceJob job = random_trace_job(config, kind, 3, 2, 37, random);
    TraceJob codes_only = job;
    codes_only.name = "codes";
    for (TraceOperand* operand : {&codes_only.a, &codes_only.b}) {
      operand->floats.clear();
      operand->wide.reset();
      operand->k = operand->k_padded;  // which is all that codes tell
      operand->expected = json::object();
    }
    TraceWriter writer;
    writer.add(job);
    writer.add(codes_only);
    const Trace trace = trace_of(writer.bytes(), other);
    ASSERT_EQ(trace.size(), 2U);
    const auto expect_equal = [](const TraceOperand& read, const TraceOperand& written) {
      EXPECT_EQ(read.recipe.format, written.recipe.format);
      if (written.has_input()) {
        EXPECT_EQ(to_json(read.recipe), to_json(written.recipe));
      }
      EXPECT_EQ(read.lines, written.lines);
      EXPECT_EQ(read.k, written.k);
      EXPECT_EQ(read.k_padded, written.k_padded);
      EXPECT_EQ(read.block, written.block);
      EXPECT_EQ(read.floats, written.floats);
      EXPECT_EQ(read.codes, written.codes);
      EXPECT_EQ(read.expected, written.expected);
      ASSERT_EQ(read.wide.has_value(), written.wide.has_value());
      if (!read.wide) return;
      EXPECT_EQ(read.wide->mantissas, written.wide->mantissas);
      EXPECT_EQ(read.wide->scale, written.wide->scale);
    };
    for (const TraceJob* written : {&job, static_cast<const TraceJob*>(&codes_only)}) {
      SCOPED_TRACE(written->name);
      const TraceJob read = trace.job(written == &job ? 0 : 1);
      EXPECT_EQ(read.name, written->name);
      expect_equal(read.a, written->a);
      expect_equal(read.b, written->b);
      EXPECT_EQ(to_json(read.recipe), to_json(written->recipe));
      EXPECT_EQ(read.values, written->values);
      EXPECT_EQ(read.registers, written->registers);
      EXPECT_EQ(read.outer, written->outer);
      EXPECT_EQ(read.expected, written->expected);
    }
  }
}

TEST(Trace, APlainJobIsThreeArraysAndWhatTheConfigurationSays) {
  const Config config = Config::load("hdqt", {"accumulator.bits=7"});
  const Files arrays = {{"a", matrix({1, 2}, {7, -3})},
                        {"b", matrix({2, 2}, {1, 2, 3, 4})},
                        {"c", matrix({1, 2}, {1, 9})}};
  const TraceJob job = trace_of(npz_bytes(arrays), config).job(0);
  EXPECT_EQ(job.recipe.bits, 7);
  EXPECT_EQ(job.recipe.tile, 32);
  EXPECT_EQ(job.a.recipe.format, format_index("i4"));
  EXPECT_THAT(job.b.codes, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(job.values, ElementsAre(1, 9));

  Files scalars = arrays;
  scalars.insert(scalars.end(), {{"bits", matrix({}, {9})},
                                 {"tile", matrix({1}, {0})},
                                 {"policy", npy_text_bytes("wrap")},
                                 {"b_format", npy_text_bytes("u4")}});
  const TraceJob other = trace_of(npz_bytes(scalars), config).job(0);
  EXPECT_EQ(other.recipe.bits, 9);
  EXPECT_EQ(other.recipe.tile, 0);
  EXPECT_EQ(other.recipe.policy, AccumulatePolicy::kWrap);
  EXPECT_EQ(other.b.recipe.format, format_index("u4"));
}

TEST(Trace, TheConfigurationCompletesARecipe) {
  const Config config = Config::load("hdqt", {"accumulator.backward_tile=16"});
  const json jobs = json::array(
      {{{"name", "j"},
        {"gemm", "weight_gradient"},
        {"bits", 9},
        {"a",
         {{"recipe", {{"seed", 4}, {"layer", 2}}},
          {"scale", {{"num", 1}, {"den", 3}, {"exponent", -2}}}}},
        {"b", {{"recipe", {{"rounding", "nearest"}, {"stride_line", 1}, {"stride_k", 2}}}}}}});
  const Files files = {{"trace", head(jobs)},
                       {"j/a/mantissas", matrix({2, 3}, {1, 2, 3, 4, 5, 6})},
                       {"j/b/x", float_matrix({1, 3}, {0.5, 0.25, 1})}};
  const TraceJob job = trace_of(npz_bytes(files), config).job(0);
  EXPECT_EQ(job.recipe.bits, 9);
  EXPECT_EQ(job.recipe.tile, 16);
  EXPECT_EQ(job.a.k_padded, 4);  // one block of the transform
  EXPECT_EQ(job.a.recipe.rounding, Rounding::kStochastic);
  EXPECT_EQ(job.a.recipe.draw.seed, 4U);
  EXPECT_EQ(job.a.recipe.draw.role, static_cast<int>(Role::kWeightGradient));
  EXPECT_EQ(job.a.recipe.stride_line, 4U);
  EXPECT_EQ(job.a.wide->scale, make_scale(1, 3, -2));
  EXPECT_EQ(job.b.recipe.rounding, Rounding::kNearest);
  EXPECT_EQ(job.b.recipe.stride_k, 2U);
  EXPECT_THAT(job.b.floats, ElementsAre(0.5F, 0.25F, 1.0F));
}

// WHT-5: only a recipe that is left out altogether takes the configuration's random signs.
TEST(Trace, AWrittenRecipeHasTheSignsThatItNames) {
  const auto sign_role = [](const char* preset, const json& operand) {
    const json jobs = json::array({{{"name", "j"}, {"a", operand}}});
    const Files files = {{"trace", head(jobs)},
                         {"j/a/mantissas", matrix({1, 2}, {1, 2})},
                         {"j/b/mantissas", matrix({1, 2}, {1, 2})}};
    return trace_of(npz_bytes(files), Config::load(preset, {})).job(0).a.recipe.sign_role;
  };
  EXPECT_NE(sign_role("rht", json::object()), 0);
  EXPECT_EQ(sign_role("rht", {{"recipe", {{"seed", 4}}}}), 0);
  EXPECT_EQ(sign_role("hdqt", {{"recipe", {{"format", "i4"}, {"sign_role", 8}}}}), 8);
  EXPECT_EQ(sign_role("hdqt", json::object()), 0);
  try {
    sign_role("hdqt", {{"recipe", {{"format", "i4"}, {"scale", "hindsight"}}}});
    FAIL() << "accepted";
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("scale rule hindsight; allowed: the other rules"));
  }
}

TEST(Trace, BadFilesAreUserErrors) {
  const std::string a = matrix({1, 2}, {7, -3});
  const std::string c = matrix({1, 1}, {1});
  const auto with_jobs = [&](const json& jobs, const Files& arrays = {}) {
    Files files = {{"trace", head(jobs)}, {"j/a/codes", a}, {"j/b/codes", a}, {"j/values", c}};
    files.insert(files.end(), arrays.begin(), arrays.end());
    return files;
  };
  const json good = {{"name", "j"}, {"a", json::object()}, {"b", json::object()}};
  EXPECT_EQ(refusal(with_jobs(json::array({good}))), "");
  const auto with_field = [&](const std::string& path, const json& value) {
    json job = good;
    job[json::json_pointer(path)] = value;
    return refusal(with_jobs(json::array({job})));
  };
  EXPECT_THAT(refusal({{"b", a}}), HasSubstr("t.npz: holds neither 'trace' nor the array 'a'"));
  EXPECT_THAT(refusal({{"a", a}, {"b", a}}), HasSubstr("nor the array 'c'"));
  EXPECT_THAT(refusal({{"a", a}, {"b", a}, {"c", c}, {"bitz", c}}),
              HasSubstr("array 'bitz' belongs to no job; allowed: a, a_format, b,"));
  EXPECT_THAT(refusal({{"a", a}, {"b", a}, {"c", c}, {"bits", a}}), HasSubstr("single number"));
  EXPECT_THAT(refusal({{"a", a}, {"b", a}, {"c", c}, {"policy", a}}), HasSubstr("a text of up to"));
  EXPECT_THAT(
      refusal({{"a", a}, {"b", a}, {"c", a}}),
      HasSubstr("t.npz: array 'c': shape (1, 2); allowed: (1, 1), lines of a x lines of b"));
  EXPECT_THAT(refusal({{"a", a}, {"b", matrix({1, 3}, {1, 2, 3})}, {"c", c}}),
              HasSubstr("GEMM operands do not match"));
  EXPECT_THAT(refusal({{"a", matrix({2}, {1, 2})}, {"b", a}, {"c", c}}), HasSubstr("lines x K"));
  EXPECT_THAT(refusal({{"a", matrix({1, 0}, {})}, {"b", a}, {"c", c}}), HasSubstr("not empty"));
  EXPECT_THAT(refusal({{"a", float_matrix({1, 2}, {1, 2})}, {"b", a}, {"c", c}}),
              HasSubstr("holds floats; allowed: integers -32768...32767"));
  EXPECT_THAT(refusal({{"a", a}, {"b", a}, {"c", matrix({1, 1}, {1LL << 31})}}),
              HasSubstr("element 2147483648; allowed: -2147483648...2147483647"));
  EXPECT_THAT(refusal({{"trace", npy_text_bytes("{")}}), HasSubstr("'trace': is not JSON"));
  EXPECT_THAT(refusal({{"trace", npy_text_bytes("[]")}}), HasSubstr("it is no object"));
  EXPECT_THAT(refusal({{"trace", npy_text_bytes("{\"format\": \"sylvester-trace\"}")}}),
              HasSubstr("version is another one"));
  EXPECT_THAT(refusal({{"trace", head(json::array())}}), HasSubstr("at least one job"));
  EXPECT_THAT(refusal({{"trace", head(json::array({1}))}}), HasSubstr("job 0 has no name"));
  EXPECT_THAT(refusal(with_jobs(json::array({good, good}))),
              HasSubstr("two jobs have the name 'j'"));
  EXPECT_THAT(refusal(with_jobs(json::array({good}), {{"j/c", c}})),
              HasSubstr("'j/c' belongs to no job"));
  EXPECT_THAT(refusal({{"trace", head(json::array({good}))}, {"j/a/codes", a}}),
              HasSubstr("job 'j': operand b has none of the arrays x, mantissas, codes"));
  EXPECT_THAT(
      refusal(with_jobs(json::array({good}), {{"j/a/mantissas", matrix({1, 2}, {1, 40000})}})),
      HasSubstr("element 40000; allowed: -32767...32767"));
  EXPECT_THAT(refusal(with_jobs(json::array({good}), {{"j/a/x", float_matrix({1, 2}, {1, 0.1})}})),
              HasSubstr("element 0.1 is no float32"));
  EXPECT_THAT(refusal(with_jobs(json::array({good}), {{"j/a/x", float_matrix({1, 3}, {1, 2, 3})}})),
              HasSubstr("array 'j/a/codes': shape (1, 2); allowed: (1, 3), lines x K'"));
  EXPECT_THAT(with_field("/gemm", "backward"),
              HasSubstr("'gemm' is \"backward\"; allowed: forward"));
  EXPECT_THAT(with_field("/bit", 8), HasSubstr("the job has the field 'bit'; allowed: a, b, bits"));
  EXPECT_THAT(with_field("/bits", 99), HasSubstr("accumulator bits 99 is not in 4...24"));
  EXPECT_THAT(with_field("/policy", "round"), HasSubstr("unknown accumulator policy 'round'"));
  EXPECT_THAT(with_field("/a", 1), HasSubstr("field 'a' is no object"));
  EXPECT_THAT(with_field("/a/recipe/formt", "i4"), HasSubstr("the field 'formt'; allowed: block"));
  EXPECT_THAT(with_field("/a/recipe/format", "i9"), HasSubstr("job 'j': operand a: "));
  for (const int role : {-1, 7, 99, 300}) {
    EXPECT_THAT(with_field("/a/recipe/role", role),
                HasSubstr("field 'role' is " + std::to_string(role) + "; allowed: integer 0...6"));
  }
  EXPECT_THAT(with_field("/a/recipe/seed", -1), HasSubstr("field 'seed' = -1"));
  EXPECT_THAT(with_field("/a/scale", {{"num", 1}}), HasSubstr("a 'scale' but no mantissas"));
  EXPECT_THAT(with_field("/a/block", 3), HasSubstr("block 3 is not a power of two"));
  EXPECT_THAT(with_field("/a/block", "2"), HasSubstr("field 'block' is \"2\"; allowed: integer"));
  EXPECT_THAT(with_field("/a/expected/code", 1), HasSubstr("'expected' has the field 'code'"));
  const std::string deep(100000, '[');
  EXPECT_THAT(refusal({{"trace", npy_text_bytes(deep)}}), HasSubstr("is nested too deeply"));
  const std::string tall = matrix({1 << 14, 1}, std::vector<std::int64_t>(1 << 14));
  EXPECT_THAT(refusal({{"a", tall}, {"b", tall}, {"c", c}}),
              HasSubstr("16384 x 16384 results; allowed: at most 67108864"));
  EXPECT_THAT(with_field("/expected/counter", 1), HasSubstr("allowed: counters, scale"));
  // What cannot be compared is bad input, not a difference.
  const json counters = {{"mac_limited", 0}, {"tile_limited", "0"}, {"outer_limited", 0}};
  EXPECT_EQ(with_field("/expected/counters", counters), "");
  EXPECT_THAT(with_field("/expected/counters", 3), HasSubstr("'counters' is no object"));
  EXPECT_THAT(with_field("/expected/counters", {{"mac_limited", 0}}),
              HasSubstr("'counters' has no 'outer_limited'"));
  EXPECT_THAT(with_field("/expected/counters/mac", 0), HasSubstr("has the field 'mac'"));
  for (const json& bad : {json(1.5), json("x"), json(""), json("-"), json::array(), json()}) {
    json wrong = counters;
    wrong["mac_limited"] = bad;
    EXPECT_THAT(with_field("/expected/counters", wrong), HasSubstr("allowed: an integer")) << bad;
    EXPECT_THAT(with_field("/a/expected/max_magnitude", bad), HasSubstr("allowed: an integer"));
  }
  EXPECT_THAT(with_field("/a/expected/scale", {{"num", 0}, {"den", 1}, {"exponent", 0}}),
              HasSubstr("operand a: 'expected': field 'num' = 0"));
}

// Its checksum is wrong, which only somebody who unpacks it all sees.
TEST(Trace, ShapesAreCheckedBeforeAnythingIsUnpacked) {
  const std::string a = matrix({1, 2}, {7, -3});
  const std::string zeros = matrix({1, 1 << 20}, std::vector<std::int64_t>(1 << 20));
  std::string bytes = npz_bytes({{"a", a}, {"b", a}, {"c", zeros}});
  for (const auto at : {bytes.rfind("PK\x03\x04") + 14, bytes.rfind("PK\x01\x02") + 16}) {
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
  }
  const Trace trace = trace_of(bytes, Config::load("hdqt"));
  try {
    std::ignore = trace.job(0);
    FAIL() << "accepted";
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("shape (1, 1048576); allowed: (1, 1)"));
  }
}

}  // namespace
}  // namespace sylvester
