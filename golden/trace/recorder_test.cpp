#include "golden/trace/recorder.hpp"

#include <gmock/gmock.h>

#include "golden/config/config.hpp"
#include "golden/config/convert.hpp"
#include "golden/continual/class_incremental.hpp"
#include "golden/data/load.hpp"
#include "golden/support/error.hpp"
#include "golden/trace/replay.hpp"

namespace sylvester {
namespace {

using testing::ElementsAre;
using testing::IsSupersetOf;

struct Recorded {
  std::string weights_sha256;
  std::vector<TraceJob> jobs;
  std::uint64_t left_out = 0;
};

/// A run of a few steps, its trace read back.
Recorded record(const std::vector<std::string>& overrides, const TraceSelection& selection,
                std::size_t most_bytes = TraceRecorder::kMostBytes) {
  std::vector<std::string> all = {"train.max_steps=9", "train.test_samples_per_class=1"};
  all.insert(all.end(), overrides.begin(), overrides.end());
  const Config config = Config::load("train-small", all);
  static const Dataset data = load_dataset("embedded", {});
  const Split split = make_split(data, split_options(config));
  TraceRecorder recorder(make_golden_backend(), selection, most_bytes);
  Recorded result;
  result.weights_sha256 =
      run_class_incremental(
          train_settings(config), split, recorder,
          {.progress = [&](const TrainProgress& p) { recorder.set_steps(p.steps); }})
          .weights_sha256;
  result.left_out = recorder.left_out();
  if (recorder.trace().jobs() == 0) return result;
  const Trace trace(Npz::parse(recorder.trace().bytes(), "t.npz"), config);
  for (std::size_t i = 0; i < trace.size(); ++i) result.jobs.push_back(trace.job(i));
  return result;
}

std::vector<std::string> names_of(const Recorded& recorded) {
  std::vector<std::string> names;
  for (const TraceJob& job : recorded.jobs) names.push_back(job.name);
  return names;
}

TEST(TraceRecorder, RecordsTheGemmsOfAStepInTheirOrder) {
  const Recorded recorded = record({}, trace_selection("0", ""));
  EXPECT_THAT(names_of(recorded),
              ElementsAre("step0.layer0.forward", "step0.layer1.forward", "step0.layer2.forward",
                          "step0.layer2.weight_gradient", "step0.layer2.input_gradient",
                          "step0.layer1.weight_gradient", "step0.layer1.input_gradient",
                          "step0.layer0.weight_gradient"));
  for (const TraceJob& job : recorded.jobs) {
    TraceReport report;
    replay(job, report);
    EXPECT_EQ(report.mismatches(), 0U) << report.first->sentence();
    EXPECT_GT(report.levels[1].compared, 0U);
    EXPECT_GT(report.levels[2].compared, 0U);
  }
  // Recording changes nothing, whatever is chosen.
  EXPECT_EQ(record({}, {}).weights_sha256, recorded.weights_sha256);
  EXPECT_TRUE(record({}, {}).jobs.empty());
}

TEST(TraceRecorder, StepsAndLayersAreChosen) {
  EXPECT_THAT(names_of(record({}, trace_selection("every:4,last,2", "0"))),
              ElementsAre("step0.layer0.forward", "step0.layer0.weight_gradient",
                          "step2.layer0.forward", "step2.layer0.weight_gradient",
                          "step4.layer0.forward", "step4.layer0.weight_gradient",
                          "step8.layer0.forward", "step8.layer0.weight_gradient"));
}

TEST(TraceRecorder, AFullTraceLeavesJobsOut) {
  const Recorded recorded = record({}, trace_selection("0,1", ""), 1);
  EXPECT_THAT(names_of(recorded), ElementsAre("step0.layer0.forward"));
  EXPECT_EQ(recorded.left_out, 15U);
}

TEST(TraceRecorder, JobsWithoutCountersAreRecorded) {
  const Recorded recorded = record({"hardware.counters=none"}, trace_selection("0", ""));
  EXPECT_EQ(recorded.jobs.size(), 8U);
  EXPECT_FALSE(recorded.jobs[0].expected.contains("counters"));
  TraceReport report;
  replay(recorded.jobs[0], report);
  EXPECT_EQ(report.mismatches(), 0U);
}

TEST(TraceRecorder, SelectionsAreRead) {
  const TraceSelection selection = trace_selection("0,7,last,every:3", "1,2");
  EXPECT_THAT(selection.steps, ElementsAre(0, 7));
  EXPECT_TRUE(selection.last);
  EXPECT_EQ(selection.every, 3U);
  EXPECT_THAT(selection.layers, ElementsAre(1, 2));
  for (const char* bad : {"", "x", "1,", "-1", "every", "every:", "every:0", "1 ", "4294967296"}) {
    EXPECT_THROW(trace_selection(bad, ""), UserError) << bad;
  }
  for (const char* bad : {"x", "1,", "-1", "65536"}) {
    EXPECT_THROW(trace_selection("0", bad), UserError) << bad;
  }
}

}  // namespace
}  // namespace sylvester
