// What a replay finds in recorded jobs that were changed on purpose.
#include "golden/trace/replay.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <functional>

#include <nlohmann/json.hpp>

#include "golden/support/error.hpp"
#include "golden/trace/test_trace.hpp"

namespace sylvester {
namespace {

using testing::HasSubstr;
using Certainty = Bisection::Certainty;

TraceReport report_of(const TraceJob& job) {
  TraceReport report;
  replay(job, report);
  return report;
}

/// The first difference, which must be there.
TraceDivergence difference_in(const TraceJob& job) {
  const TraceReport report = report_of(job);
  EXPECT_TRUE(report.first.has_value());
  EXPECT_GT(report.mismatches(), 0U);
  const TraceDivergence divergence = report.first.value_or(TraceDivergence{});
  EXPECT_THAT(divergence.sentence(), HasSubstr("rule " + divergence.rule));
  EXPECT_EQ(to_json(divergence).at("sentence"), divergence.sentence());
  return divergence;
}

class TraceReplay : public testing::Test {
 protected:
  TraceJob job_of(GemmKind kind, const std::vector<std::string>& overrides = {}) {
    return random_trace_job(Config::load("hdqt", overrides), kind, 5, 4, 70, random_);
  }
  std::size_t element_of(const TraceJob& job, int m, int n) const {
    return static_cast<std::size_t>(m) * static_cast<std::size_t>(job.b.lines) +
           static_cast<std::size_t>(n);
  }

  HostRandom random_ = test_random();
};

TEST_F(TraceReplay, WhatTheReferenceComputesHolds) {
  for (const char* policy : {"saturate", "wrap", "clamp"}) {
    for (const GemmKind kind :
         {GemmKind::kForward, GemmKind::kInputGradient, GemmKind::kWeightGradient}) {
      const TraceJob job = job_of(kind, {std::string("accumulator.policy=") + policy});
      const TraceReport report = report_of(job);
      EXPECT_FALSE(report.first) << report.first->sentence();
      EXPECT_EQ(report.mismatches(), 0U);
      EXPECT_EQ(report.jobs, 1U);
      const auto elements = job.values.size();
      EXPECT_EQ(report.levels[0].compared, job.a.floats.size() + job.b.floats.size());
      EXPECT_EQ(report.levels[1].compared, job.a.codes.size() + job.b.codes.size() + 10);
      EXPECT_EQ(report.levels[2].compared, elements + job.registers.size() + job.outer.size() + 2);
    }
  }
}

TEST_F(TraceReplay, AWrongValueIsFoundAtItsElement) {
  TraceJob job = job_of(GemmKind::kForward);
  const int m = between(random_, 0, 4);
  const int n = between(random_, 0, 3);
  fill_values(job, false);
  const std::int32_t golden = job.values[element_of(job, m, n)]++;
  TraceDivergence d = difference_in(job);
  EXPECT_EQ(d.m, m);
  EXPECT_EQ(d.n, n);
  EXPECT_EQ(d.expected, std::to_string(golden));
  EXPECT_EQ(d.found, std::to_string(golden + 1));
  EXPECT_EQ(report_of(job).mismatches(), 1U);
}

TEST_F(TraceReplay, RecordedRegistersGiveTheMac) {
  for (int i = 0; i < 50; ++i) {
    TraceJob job = job_of(GemmKind::kForward, {"accumulator.tile=16"});
    const TraceJob golden = job;
    const int m = between(random_, 0, 4);
    const int n = between(random_, 0, 3);
    const int k = between(random_, 0, 69);
    // One product too many at k: the register is off until the end of its tile.
    const std::size_t first = element_of(job, m, n) * 70;
    for (int j = k; j < 70 && (j == k || j % 16 != 0); ++j) {
      job.registers[first + static_cast<std::size_t>(j)] -= 1;
    }
    job.values[element_of(job, m, n)] -= 1;
    const TraceDivergence d = difference_in(job);
    EXPECT_EQ(d.m, m);
    EXPECT_EQ(d.n, n);
    EXPECT_EQ(d.k, k);
    ASSERT_TRUE(d.bisection);
    const Bisection& b = *d.bisection;
    EXPECT_EQ(b.certainty, Certainty::kRecorded);
    const auto at = first + static_cast<std::size_t>(k);
    EXPECT_EQ(b.register_after, golden.registers[at]);
    EXPECT_EQ(b.register_before, k % 16 == 0 ? 0 : golden.registers[at - 1]);
    EXPECT_EQ(b.found_register, golden.registers[at] - 1);
    const std::size_t tile = element_of(job, m, n) * 5 + static_cast<std::size_t>(k) / 16;
    EXPECT_EQ(b.outer_before, k < 16 ? 0 : golden.outer[tile - 1]);
  }
}

TEST_F(TraceReplay, RecordedOuterAccumulatorsGiveTheTile) {
  TraceJob job = job_of(GemmKind::kForward, {"accumulator.tile=16"});
  job.registers.clear();
  for (std::size_t tile = 2; tile < 5; ++tile) job.outer[tile] += 1000;
  job.values[0] += 1000;
  const TraceDivergence d = difference_in(job);
  EXPECT_EQ(d.k, 47);  // the last one of the third tile
  EXPECT_EQ(d.bisection->certainty, Certainty::kTile);
}

/// A trainer that follows another recipe than it says, of which only the results are known.
TEST_F(TraceReplay, AnotherRuleIsNamedWithItsFirstMac) {
  const struct {
    const char* says;
    const char* does;
    const char* rule;
    const char* explanation;
  } cases[] = {
      {"accumulator.policy=saturate", "accumulator.policy=wrap", "ACC-2", "policy wrap instead"},
      {"accumulator.policy=saturate", "accumulator.policy=clamp", "ACC-2", "policy clamp instead"},
      {"accumulator.policy=wrap", "accumulator.policy=saturate", "ACC-3", "policy saturate"},
      {"accumulator.policy=clamp", "accumulator.policy=wrap", "ACC-5", "policy wrap"},
      {"accumulator.bits=7", "accumulator.bits=8", "ACC-2", "8 bits instead of 7"},
      {"accumulator.tile=16", "accumulator.tile=0", "ACC-1", "one tile instead of several"},
  };
  for (const auto& entry : cases) {
    SCOPED_TRACE(entry.does);
    const std::vector<std::string> narrow = {"accumulator.bits=7"};
    std::vector<std::string> says = narrow;
    std::vector<std::string> does = narrow;
    says.emplace_back(entry.says);
    does.emplace_back(entry.does);
    TraceJob job = job_of(GemmKind::kForward, says);
    // Large codes of one sign, so that registers reach their limits.
    for (TraceOperand* operand : {&job.a, &job.b}) {
      operand->floats.clear();
      operand->wide.reset();
      operand->expected = nlohmann::json::object();
      for (Code& code : operand->codes) code = static_cast<Code>(between(random_, -2, 7));
    }
    fill_values(job, true);
    const std::vector<std::int32_t> registers = job.registers;
    TraceJob wrong = job;
    wrong.recipe = accumulate_recipe(Config::load("hdqt", does), GemmKind::kForward);
    fill_values(wrong, true);
    job.values = wrong.values;
    job.registers.clear();
    job.outer.clear();
    job.expected = nlohmann::json::object();
    const TraceDivergence d = difference_in(job);
    EXPECT_EQ(d.rule, entry.rule);
    EXPECT_THAT(d.explanation, HasSubstr(entry.explanation));
    ASSERT_TRUE(d.bisection);
    EXPECT_EQ(d.bisection->certainty, Certainty::kExplained);
    // The MAC: the first one of this element whose register differs, or that ends a tile before.
    const std::size_t first = element_of(job, d.m, d.n) * 70;
    int k = 0;
    while (registers[first + static_cast<std::size_t>(k)] ==
           wrong.registers[first + static_cast<std::size_t>(k)]) {
      ++k;
    }
    EXPECT_LE(d.k, k);
    const bool by_mac = std::string(entry.rule) == "ACC-2" || std::string(entry.rule) == "ACC-3";
    EXPECT_EQ(by_mac ? d.k : k, k);
  }
}

TEST_F(TraceReplay, AWrongCodeIsFoundAtItsLineAndK) {
  TraceJob job = job_of(GemmKind::kWeightGradient);
  const int line = between(random_, 0, 4);
  const int k = between(random_, 0, 69);
  Code& code = job.a.codes[static_cast<std::size_t>(line * job.a.k_padded + k)];
  code = static_cast<Code>(code < 0 ? code + 1 : code - 1);
  fill_values(job, false);  // of the recorded codes: every level stands alone
  const TraceDivergence d = difference_in(job);
  EXPECT_EQ(d.level, TraceLevel::kCodes);
  EXPECT_EQ(d.operand, "a");
  EXPECT_EQ(d.m, line);
  EXPECT_EQ(d.k, k);
  EXPECT_EQ(d.n, -1);
  EXPECT_EQ(d.rule, "PRE-4");
  EXPECT_THAT(d.explanation, HasSubstr("draws"));
  EXPECT_EQ(report_of(job).mismatches(), 1U);
}

/// Codes that another recipe gives are explained by it.
TEST_F(TraceReplay, AnotherRecipeIsNamed) {
  const auto found = [&](GemmKind kind, const std::function<void(PrepareRecipe&)>& change) {
    TraceJob job = job_of(kind);
    PrepareJob wrong{.recipe = job.a.recipe, .input = *job.a.wide, .counters = CounterMode::kFull};
    change(wrong.recipe);
    job.a.codes = prepare_reference(wrong).codes;
    fill_values(job, false);
    return difference_in(job);
  };
  const auto scale = found(GemmKind::kForward, [](PrepareRecipe& r) { r.scale = ScaleRule::kMax; });
  EXPECT_EQ(scale.rule, "PRE-3");
  EXPECT_THAT(scale.explanation, HasSubstr("scale rule max instead of clip gives all"));
  const auto rounding =
      found(GemmKind::kWeightGradient, [](PrepareRecipe& r) { r.rounding = Rounding::kNearest; });
  EXPECT_EQ(rounding.rule, "PRE-4");
  EXPECT_THAT(rounding.explanation, HasSubstr("rounding nearest instead of stochastic"));
  const auto step = found(GemmKind::kWeightGradient, [](PrepareRecipe& r) { r.draw.step += 1; });
  EXPECT_EQ(step.rule, "RND-1");
  EXPECT_THAT(step.explanation, HasSubstr("the step after"));
}

TEST_F(TraceReplay, OtherRoundingsAreNamed) {
  TraceJob job = job_of(GemmKind::kForward);
  // M = 28000 and Q = 7 with rule max: 4000 steps of the mantissa are one code.
  job.a.recipe.scale = ScaleRule::kMax;
  job.a.expected = nlohmann::json::object();
  job.a.floats.clear();
  for (std::int16_t& mantissa : job.a.wide->mantissas) {
    mantissa = static_cast<std::int16_t>(between(random_, -28000, 28000));
  }
  job.a.wide->mantissas[0] = 28000;
  job.a.wide->mantissas[1] = 2000;  // ties
  job.a.wide->mantissas[2] = -18000;
  const auto with = [&](int added) {
    for (std::size_t i = 0; i < job.a.codes.size(); ++i) {
      const int v = job.a.wide->mantissas[i];
      job.a.codes[i] = static_cast<Code>((std::abs(v) + added) / 4000 * (v < 0 ? -1 : 1));
    }
    fill_values(job, false);
    return difference_in(job).explanation;
  };
  EXPECT_THAT(with(0), HasSubstr("cutting off"));
  EXPECT_THAT(with(2000), HasSubstr("ties away from zero"));
}

TEST_F(TraceReplay, WrongFieldsAreDifferences) {
  TraceJob job = job_of(GemmKind::kForward);
  job.a.expected["scale"]["exponent"] = 77;
  EXPECT_EQ(difference_in(job).rule, "PRE-3");
  EXPECT_THAT(difference_in(job).explanation, HasSubstr("scale.exponent is 77, golden gives"));
  job = job_of(GemmKind::kForward);
  job.expected["counters"]["mac_limited"] = 12345;
  EXPECT_EQ(difference_in(job).rule, "CNT-1");
  EXPECT_EQ(difference_in(job).level, TraceLevel::kValues);
}

// Level floats: every kind of difference, none of them a mismatch except the last.
TEST_F(TraceReplay, WideTensorsOfOtherMappingsAreExplained) {
  TraceJob job = job_of(GemmKind::kForward);
  const auto with = [&](std::vector<float> x, std::vector<std::int16_t> mantissas, int exponent) {
    TraceJob changed = job;
    TraceOperand& a = changed.a;
    a.floats = std::move(x);
    a.floats.resize(350, 0.0F);
    a.codes.clear();
    a.expected = nlohmann::json::object();
    a.wide->mantissas = std::move(mantissas);
    a.wide->mantissas.resize(350, 0);
    a.wide->scale = make_scale(1, 1, exponent);
    changed.values.clear();
    changed.registers.clear();
    changed.outer.clear();
    changed.expected = nlohmann::json::object();
    return report_of(changed);
  };
  // 1 -> 16384 at 2^-14. A tie, rounded away from zero; a value cut off instead of rounded.
  const float tie = 0.5F / 16384;
  TraceReport report = with({1.0F, 5 * tie, 1.8F * tie}, {16384, 3, 0}, -14);
  EXPECT_EQ(report.levels[0].ties, 1U);
  EXPECT_EQ(report.levels[0].mappings, 1U);
  EXPECT_EQ(report.mismatches(), 0U);
  // A smaller step: what does not fit is limited.
  report = with({1.0F, 0.25F, 0.1F}, {32767, 16384, 6554}, -16);
  EXPECT_EQ(report.levels[0].clips, 1U);
  EXPECT_EQ(report.levels[0].mappings, 2U);
  EXPECT_EQ(report.mismatches(), 0U);
  report = with({1.0F, 0.25F}, {16384, 4090}, -14);
  EXPECT_EQ(report.levels[0].different, 1U);
  EXPECT_EQ(report.mismatches(), 1U);
  ASSERT_TRUE(report.first);
  EXPECT_EQ(report.first->rule, "WIDE-2");
  EXPECT_EQ(report.first->m, 0);
  EXPECT_EQ(report.first->k, 1);
}

TEST_F(TraceReplay, JobsOutsideTheContractAreUserErrors) {
  TraceJob job = job_of(GemmKind::kForward);
  job.b.floats.clear();
  job.b.wide.reset();
  job.b.codes[3] = 8;
  EXPECT_THROW(report_of(job), UserError);
  job = job_of(GemmKind::kForward);
  job.a.recipe.format = format_index("u4");  // of a signed tensor
  EXPECT_THROW(report_of(job), UserError);
  job = job_of(GemmKind::kForward);
  job.a.floats[0] = std::nanf("");
  EXPECT_THROW(report_of(job), UserError);
}

}  // namespace
}  // namespace sylvester
