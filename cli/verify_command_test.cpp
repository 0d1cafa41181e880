// sylvester verify: jobs, replays and traces.
#include "cli/test_program.hpp"

#include "golden/config/config.hpp"
#include "golden/trace/trace.hpp"

namespace sylvester {
namespace {

#ifdef SYLVESTER_HAS_SYSTEMC
// The trace of a training run, and what a changed element of it shows.
TEST_F(Program, VerifyReplaysATrace) {
  const std::string path = (folder_ / "t.npz").string();
  ASSERT_EQ(run({"train", "train-small", "--set", "train.max_steps=1", "--trace", path}).status, 0);
  const json report = run_json({"verify", "train-small", "--trace", path, "--models", "systemc"});
  EXPECT_EQ(report.at("jobs"), 8);
  EXPECT_EQ(report.at("mismatches"), 0);
  EXPECT_EQ(report.at("models").at("jobs"), 8);
  EXPECT_GT(report.at("cycles_compared"), 0);
  EXPECT_TRUE(report.at("first_divergence").is_null());

  const Trace trace = Trace::read(path, Config::load("train-small"));
  TraceWriter writer;
  for (std::size_t i = 0; i < trace.size(); ++i) {
    TraceJob job = trace.job(i);
    if (i == 1) job.values[3 * static_cast<std::size_t>(job.b.lines) + 4] ^= 1;
    writer.add(job);
  }
  const std::string wrong = file("wrong.npz", writer.bytes());
  const Finished finished =
      run({"verify", "train-small", "--trace", wrong, "--models", "none", "--json"});
  EXPECT_EQ(finished.status, 1) << finished.err;
  const json divergence = json::parse(finished.out).at("first_divergence");
  EXPECT_EQ(divergence.at("job"), "step0.layer1.forward");
  EXPECT_EQ(divergence.at("level"), "values");
  EXPECT_EQ(divergence.at("m"), 3);
  EXPECT_EQ(divergence.at("n"), 4);
  EXPECT_EQ(divergence.at("k"), 52);  // the last: only the results are in the trace
  EXPECT_EQ(divergence.at("k_known"), "last");
  EXPECT_THAT(run({"verify", "train-small", "--trace", wrong, "--models", "none"}).out,
              HasSubstr("element (3, 4)"));

  expect_bad_input({"verify", "--trace", path}, "--trace: 0 configurations; allowed: one");
  expect_bad_input({"verify", "hdqt", "fqt", "--trace", path}, "--trace: 2 configurations");
  expect_bad_input({"verify", "hdqt", "--trace", path, "--models", "rtl"}, "--models: value rtl");
  expect_bad_input({"verify", "hdqt", "--trace", path, "--jobs", "3"}, "--jobs");
  expect_bad_input({"verify", "hdqt", "--models", "none"}, "--trace");
  expect_bad_input({"verify", "hdqt", "--trace", ""}, "--trace");
  expect_bad_input({"verify", "hdqt", "--trace", (folder_ / "absent").string()}, "absent");
  expect_bad_input({"verify", "hdqt", "--trace", file("text.npz", "text")},
                   "text.npz: is not an intact .npz file");
}

TEST_F(VerilatedProgram, ATraceIsReplayedOnTheRtl) {
  const std::string path = (folder_ / "t.npz").string();
  ASSERT_EQ(run({"train", "train-small", "--set", "train.max_steps=3", "--trace", path}).status, 0);
  const json report = run_json({"verify", "train-small", "--trace", path});
  EXPECT_EQ(report.at("mismatches"), 0);
  EXPECT_EQ(report.at("models").at("jobs"), 16);
  // Two models in one cycle: every boundary of it counts.
  EXPECT_GT(report.at("bits_compared"), 100 * report.at("cycles_compared").get<std::uint64_t>());
}

// A design that differs ran and does not hold: status 1, with files that show it again.
TEST_F(VerilatedProgram, AnEditedDesignDoesNotHold) {
  const std::string rtl = (folder_ / "rtl").string();
  const std::string failures = (folder_ / "failures").string();
  ASSERT_EQ(run({"generate", "verify/saturate-4x4", "--out", rtl}).status, 0);
  const fs::path cell = folder_ / "rtl" / "rtl" / "accumulate_saturate.v";
  std::string text = read_file(cell);
  const std::string fits = "wire fits = ";
  ASSERT_NE(text.find(fits), std::string::npos);
  write_file(cell, text.replace(text.find(fits), fits.size(), fits + "1'b1 | "));
  const Finished finished = run({"verify", "verify/saturate-4x4", "--rtl", rtl, "--jobs", "4",
                                 "--failures", failures, "--json"});
  EXPECT_EQ(finished.status, 1) << finished.err;
  const json report = json::parse(finished.out);
  EXPECT_EQ(report.at("mismatches"), 1);
  const std::string job_file = report.at("configurations").at(0).at("job_file");
  EXPECT_EQ(run({"verify", "--replay", job_file, "--failures", failures}).status, 1);
  expect_bad_input({"verify", "verify/wrap-3x5", "--rtl", rtl}, "HardwareHash is ");
}

TEST_F(Program, VerifyRefusesBadInput) {
  expect_bad_input({"verify", "no-such.toml"}, "no-such.toml: no such file");
  expect_bad_input({"verify", "--jobs", "0"}, "--jobs");
  expect_bad_input({"verify", "--jobs", "many"}, "--jobs");
  expect_bad_input({"verify", "--set", "array.rows=3"}, "needs a configuration");
  expect_bad_input({"verify", "--seed", "-1"}, "--seed");
  expect_bad_input({"verify", "--rtl", ""}, "--rtl");
  expect_bad_input({"verify", "--replay", ""}, "--replay");
  expect_bad_input({"verify", "--failures", ""}, "--failures");
  expect_bad_input({"verify", "--failures", "/proc/sylvester"}, "/proc/sylvester");
  expect_bad_input({"verify", "--jobs", "5"}, "at least 8");
  expect_bad_input({"verify", "--replay", file("jobs.json", "{}")}, "not a job file");
  expect_bad_input({"verify", "--replay", (folder_ / "absent.json").string()}, "absent.json");
  expect_bad_input({"verify", "--rtl", (folder_ / "absent").string()}, "one configuration");
  expect_bad_input({"verify", "verify/saturate-4x4", "--rtl", (folder_ / "absent").string()},
                   "absent");
}
#endif

}  // namespace
}  // namespace sylvester
