// Recorded jobs on the models, and models with faults.
#include "testbenches/verify_trace.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "golden/config/config.hpp"
#include "golden/support/error.hpp"
#include "golden/trace/test_trace.hpp"
#include "sim/systemc/faults.hpp"
#include "testbenches/faults.hpp"

namespace sylvester {
namespace {

using testing::HasSubstr;

class VerifyTrace : public testing::Test {
 protected:
  static Config config() {
    return Config::load("verify/saturate-4x4",
                        {"accumulator.bits=6", "accumulator.tile=16", "accumulator.outer_bits=12"});
  }

  /// Jobs of all three GEMMs; the last one has codes only.
  static Trace trace() {
    HostRandom random(11);
    TraceWriter writer;
    for (const GemmKind kind :
         {GemmKind::kForward, GemmKind::kInputGradient, GemmKind::kWeightGradient}) {
      writer.add(random_trace_job(config(), kind, 6, 7, 45, random));
    }
    TraceJob codes = random_trace_job(config(), GemmKind::kForward, 5, 5, 33, random);
    codes.name = "codes";
    for (TraceOperand* operand : {&codes.a, &codes.b}) {
      operand->floats.clear();
      operand->wide.reset();
      operand->expected = nlohmann::json::object();
    }
    fill_values(codes, false);
    writer.add(codes);
    return {Npz::parse(writer.bytes(), "t.npz"), config()};
  }

  static TraceVerifyOptions options(bool rtl) {
    TraceVerifyOptions options;
    options.configuration = "test";
    options.hardware = hardware_parameters(config());
    options.models.rtl = rtl;
    return options;
  }

  static void expect_equal(bool rtl) {
    std::uint64_t done = 0;
    TraceVerifyOptions with = options(rtl);
    with.progress = [&](std::uint64_t jobs) { done = jobs; };
    const TraceVerifyReport report = verify_trace(trace(), with);
    EXPECT_FALSE(report.first()) << report.first()->sentence();
    EXPECT_EQ(report.mismatches(), 0U);
    EXPECT_EQ(report.models.jobs, 4U);
    EXPECT_EQ(report.prepared, 3U);
    EXPECT_EQ(report.models.cycle_counts, 10U);  // three per job, one of the job with codes
    EXPECT_EQ(done, 4U);
    const auto json = to_json(report);
    for (const char* key : {"jobs", "macs", "bits_compared", "cycles_compared", "mismatches"}) {
      EXPECT_TRUE(json.contains(key)) << key;
    }
    EXPECT_TRUE(json.at("first_divergence").is_null());
  }

  /// A divergence of a value, measured on the model at the MAC that is limited in golden.
  static void expect_limited_mac(const TraceVerifyReport& report, const std::string& model) {
    EXPECT_EQ(report.mismatches(), 1U);
    ASSERT_TRUE(report.divergence);
    const TraceDivergence& d = *report.divergence;
    EXPECT_EQ(d.level, TraceLevel::kValues) << d.sentence();
    EXPECT_EQ(d.between, "golden and " + model);
    ASSERT_TRUE(d.bisection) << d.sentence();
    const Bisection& b = *d.bisection;
    EXPECT_EQ(b.certainty, Bisection::Certainty::kMeasured);
    EXPECT_EQ(d.k, b.k);
    EXPECT_NE(b.register_before + b.product, b.register_after) << d.sentence();
    EXPECT_EQ(d.rule, "ACC-2");
    EXPECT_THAT(d.explanation, HasSubstr("products golden gives "));
    EXPECT_EQ(to_json(report).at("first_divergence").at("k_known"), "measured");
  }
};

TEST_F(VerifyTrace, SystemcGivesTheRecordedValues) { expect_equal(false); }

TEST_F(VerifyTrace, AFaultyRegisterIsBisectedToItsMac) {
  TraceVerifyOptions with = options(false);
  with.models.faults.systemc = static_cast<int>(SystemcFault::kSaturationOffByOne);
  expect_limited_mac(verify_trace(trace(), with), "systemc");
}

TEST_F(VerifyTrace, AFaultyDrawIsFoundInTheCodes) {
  TraceVerifyOptions with = options(false);
  with.models.faults.systemc = static_cast<int>(SystemcFault::kDrawIndexOfLine);
  const TraceVerifyReport report = verify_trace(trace(), with);
  ASSERT_TRUE(report.divergence);
  EXPECT_EQ(report.divergence->level, TraceLevel::kCodes);
  EXPECT_EQ(report.divergence->job, "input_gradient");  // the first with stochastic rounding
  EXPECT_EQ(report.divergence->operand, "a");
  EXPECT_GT(report.divergence->k, 0);  // at k = 0 the fault draws rightly
}

/// A fault of the timing only: no value differs, the sentence of the cycle stands in its place.
TEST_F(VerifyTrace, AFaultOfTheTimingIsFound) {
  TraceVerifyOptions with = options(false);
  with.models.faults.systemc = static_cast<int>(SystemcFault::kScaleSetupShort);
  const TraceVerifyReport report = verify_trace(trace(), with);
  ASSERT_TRUE(report.divergence);
  EXPECT_EQ(report.divergence->what, "cycles");
  EXPECT_THAT(report.divergence->sentence(), HasSubstr("closed form"));
}

TEST_F(VerifyTrace, WhatTheHardwareIsNotBuiltForStaysOnGolden) {
  TraceVerifyOptions with = options(false);
  with.hardware.bits = 8;
  const TraceVerifyReport report = verify_trace(trace(), with);
  EXPECT_EQ(report.mismatches(), 0U);
  EXPECT_EQ(report.golden.jobs, 4U);
  EXPECT_EQ(report.models.jobs, 0U);
  ASSERT_EQ(report.not_run.size(), 1U);
  EXPECT_THAT(report.not_run.begin()->first, HasSubstr("accumulator bits 6"));
  EXPECT_EQ(report.not_run.begin()->second, 4U);
}

using LongVerilatedTrace = VerifyTrace;

TEST_F(LongVerilatedTrace, RtlGivesTheRecordedValues) { expect_equal(true); }

TEST_F(LongVerilatedTrace, AFaultOfTheRtlIsBisectedToItsMac) {
  int found = 0;
  for (const RtlFault& fault : rtl_faults()) {
    if (fault.file != "accumulate_saturate.v") continue;
    SCOPED_TRACE(fault.what);
    TraceVerifyOptions with = options(true);
    with.models.faults.rtl = fault.number;
    expect_limited_mac(verify_trace(trace(), with), "rtl");
    ++found;
  }
  EXPECT_GT(found, 0);
}

}  // namespace
}  // namespace sylvester
