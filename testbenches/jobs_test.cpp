// Random jobs, stall patterns, payload fields, job files: everything that needs no model.
#include "testbenches/jobs.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "golden/config/config.hpp"
#include "golden/config/convert.hpp"
#include "golden/hardware/host.hpp"
#include "golden/support/atomic_file.hpp"
#include "golden/support/error.hpp"
#include "golden/support/test_folder.hpp"
#include "testbenches/child.hpp"
#include "testbenches/faults.hpp"
#include "testbenches/job_file.hpp"
#include "testbenches/payload.hpp"
#include "testbenches/process.hpp"
#include "testbenches/rtl_build.hpp"
#include "testbenches/test_hardware.hpp"
#include "testbenches/vcd.hpp"
#include "testbenches/verify.hpp"

namespace sylvester {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(RandomJobs, FillTheCellTheyAreDrawnFor) {
  for (const auto& configuration : verification_suite()) {
    HostRandom random(3);
    for (const auto& cell : all_cells()) {
      if (!impossible(configuration.hardware, cell).empty()) continue;
      const VerifyJob job = random_job(configuration.hardware, cell, random);
      EXPECT_THAT(cells_of(configuration.hardware, job), Contains(cell)) << to_string(cell);
      EXPECT_NO_THROW(describe(configuration.hardware, job.a)) << to_string(cell);
      EXPECT_LE(job.a.input.k, 100);
    }
  }
}

TEST(RandomJobs, HaveFormatsAndTileOfAPrecisionTable) {
  const HardwareParameters hardware = hardware_parameters(Config::load("pdqat"));
  HostRandom random(4);
  for (const int tile : {0, 1, 32, 512}) {
    const JobKind kind{format_index("u4"), format_index("i5"), tile};
    for (int i = 0; i < 20; ++i) {
      const VerifyJob job = random_job(hardware, kind, random);
      EXPECT_EQ(job.a.recipe.format, kind.a);
      EXPECT_EQ(job.b.recipe.format, kind.b);
      EXPECT_EQ(job.recipe.tile, tile);
      EXPECT_NO_THROW(describe(hardware, job.a));
      EXPECT_NO_THROW(describe(hardware, golden_results(job).gemm_job(job, CounterMode::kFull)));
    }
  }
}

TEST(RandomJobs, TheSuiteCanFillEveryCellButThoseWithoutABlock) {
  for (const auto& cell : all_cells()) {
    bool possible = false;
    for (const auto& configuration : verification_suite()) {
      possible |= impossible(configuration.hardware, cell).empty();
    }
    const bool no_block =
        cell.ragged == Ragged::kBlockRemainder && cell.block_rule == BlockRule::kNone;
    EXPECT_EQ(possible, !no_block) << to_string(cell);
  }
}

TEST(StallPatterns, AreFunctionsOfSeedStreamAndCycle) {
  for (int kind = 0; kind < kStallKinds; ++kind) {
    const StallPattern first(static_cast<StallKind>(kind), 5);
    const StallPattern second(static_cast<StallKind>(kind), 5);
    const StallPattern other(static_cast<StallKind>(kind), 6);
    std::uint32_t seen = 0;
    bool differs = false;
    for (std::uint64_t cycle = 1000; cycle-- > 0;) {  // backwards: no hidden state
      EXPECT_EQ(first.stall(cycle), second.stall(cycle));
      EXPECT_EQ(first.host_pause(cycle), second.host_pause(cycle));
      seen |= first.stall(cycle);
      differs |= first.stall(cycle) != other.stall(cycle);
    }
    const bool none = static_cast<StallKind>(kind) == StallKind::kNone;
    EXPECT_EQ(seen, none ? 0U : (1U << kStreams) - 1) << to_string(first.kind());
    EXPECT_EQ(differs, !none);
    EXPECT_EQ(stall_kind(to_string(first.kind())), first.kind());
  }
  EXPECT_THROW(stall_kind("often"), UserError);
}

TEST(PayloadFields, CoverEveryStreamOnce) {
  for (const auto& configuration : verification_suite()) {
    for (const auto& stream : streams()) {
      int position = 0;
      for (const auto& field : payload_fields(configuration.hardware, stream.stream)) {
        EXPECT_EQ(field.position, position) << stream.name;
        position += field.bits;
      }
      EXPECT_EQ(position, payload_bits(configuration.hardware, stream.stream)) << stream.name;
    }
  }
}

TEST(PayloadFields, SignedValuesAcrossAWordBoundary) {
  const PayloadField field{"code", 6, 30, 5, true};
  EXPECT_EQ(field_value(field, {0x40000000U, 0x4U}), -15);  // 10001
  EXPECT_EQ(field_value(field, {0xc0000000U, 0x3U}), 15);
}

TEST(BeatCounts, AgreeWithTheHostsBeats) {
  for (const auto& configuration : verification_suite()) {
    const auto& hardware = configuration.hardware;
    const Batch batch = random_batch(hardware, 12, {});
    for (const auto& job : batch.jobs) {
      const Expected expected = golden_results(job);
      const GemmJob gemm = expected.gemm_job(job, hardware.counters);
      const auto prepare = describe(hardware, job.a);
      const auto multiply = describe(hardware, gemm);
      EXPECT_EQ(beats_of_job(hardware, prepare, Stream::kWide), wide_beats(hardware, job.a).size());
      EXPECT_EQ(beats_of_job(hardware, prepare, Stream::kCodes), code_beats(prepare));
      EXPECT_EQ(beats_of_job(hardware, multiply, Stream::kACodes),
                a_code_beats(hardware, gemm).size());
      EXPECT_EQ(beats_of_job(hardware, multiply, Stream::kBCodes),
                b_code_beats(hardware, gemm).size());
      EXPECT_EQ(beats_of_job(hardware, multiply, Stream::kResults),
                result_beats(hardware, multiply));
    }
  }
}

TEST(BeatPositions, NameLineAndK) {
  HardwareParameters hardware = tiny_hardware();
  GemmDescriptor gemm{};
  gemm.k_len = 5;
  gemm.tile = 2;
  gemm.m_blocks = 2;
  gemm.m_last = 1;
  gemm.n_blocks = 2;
  gemm.n_last = 2;
  gemm.k_chunks = 1;
  gemm.k_last = 5;
  // Results: 2 rows for each n-block of m-block 0, then one row for each of m-block 1.
  EXPECT_EQ(beat_position(hardware, gemm, Stream::kResults, 0).line, 1);
  EXPECT_EQ(beat_position(hardware, gemm, Stream::kResults, 3).line, 0);
  EXPECT_EQ(beat_position(hardware, gemm, Stream::kResults, 3).n_block, 1);
  EXPECT_EQ(beat_position(hardware, gemm, Stream::kResults, 5).line, 2);
  EXPECT_EQ(to_string(beat_position(hardware, gemm, Stream::kPartials, 8), 1),
            "m-block 0, n-block 1, tile 1, line 1, lane 1");
  EXPECT_EQ(to_string(beat_position(hardware, gemm, Stream::kAFeed, 7), 0),
            "m-block 0, n-block 1, k 2, lane 0");
  gemm.nibbles = 1;  // four passes over tiles of 2, 2 and 1
  EXPECT_EQ(to_string(beat_position(hardware, gemm, Stream::kPartials, 11), 1),
            "pass 1, m-block 0, n-block 0, tile 1, line 0, lane 1");
  EXPECT_EQ(to_string(beat_position(hardware, gemm, Stream::kAFeed, 13), 0),
            "pass 2, m-block 0, n-block 0, k 3, lane 0");
  EXPECT_EQ(to_string(beat_position(hardware, gemm, Stream::kAFeed, 19), 0),
            "pass 3, m-block 0, n-block 0, k 4, lane 0");
  PrepareDescriptor prepare{};
  prepare.k_len = 3;
  prepare.groups = 2;
  EXPECT_EQ(to_string(beat_position(hardware, prepare, Stream::kWide, 11), -1),
            "pass 1, group 0, line 1, k 2");
  EXPECT_EQ(to_string(beat_position(hardware, prepare, Stream::kCodes, 4), 1),
            "pass 1, group 1, k 1, lane 1");
}

TEST(JobFile, ReadsWhatItWrote) {
  const auto suite = verification_suite();
  const TestFolder folder;
  const auto path = folder.path() / "jobs.json";
  for (const auto& configuration : suite) {
    const Batch batch =
        random_batch(configuration.hardware, 6, StallPattern(StallKind::kBursts, 17));
    write_job_file(path, {batch, {.rtl = 3, .systemc = 2, .closed_form = 1}, "some/where", "why"});
    const JobFile file = read_job_file(path);
    EXPECT_EQ(canonical_text(file.batch.hardware), canonical_text(batch.hardware));
    EXPECT_EQ(file.faults.rtl, 3);
    EXPECT_EQ(file.faults.systemc, 2);
    EXPECT_EQ(file.faults.closed_form, 1);
    EXPECT_EQ(file.rtl_dir, "some/where");
    EXPECT_EQ(file.divergence, "why");
    EXPECT_EQ(file.batch.stalls.stall(33), batch.stalls.stall(33));
    ASSERT_EQ(file.batch.jobs.size(), batch.jobs.size());
    for (std::size_t j = 0; j < batch.jobs.size(); ++j) {
      const auto& was = batch.jobs[j];
      const auto& is = file.batch.jobs[j];
      EXPECT_EQ(pack(describe(batch.hardware, is.a)), pack(describe(batch.hardware, was.a)));
      EXPECT_EQ(wide_beats(batch.hardware, is.b), wide_beats(batch.hardware, was.b));
      EXPECT_EQ(is.a.input.scale, was.a.input.scale);
      const Expected golden = golden_results(is);
      EXPECT_EQ(golden.gemm.values, golden_results(was).gemm.values);
    }
  }
}

/// The message about a job file that has been changed at this place (a JSON pointer) to this JSON
/// value; an empty value removes it.
std::string message_after_change(const std::string& place, const std::string& value) {
  using Json = nlohmann::json;
  const TestFolder folder;
  const auto path = folder.path() / "changed.json";
  write_job_file(path, {random_batch(tiny_hardware(), 2, {}), {}, "", "why"});
  Json json = Json::parse(read_file(path));
  const Json::json_pointer pointer(place);
  if (value.empty()) {
    json.at(pointer.parent_pointer()).erase(pointer.back());
  } else {
    json[pointer] = Json::parse(value);
  }
  write_file(path, json.dump());
  try {
    read_job_file(path);
  } catch (const UserError& error) {
    const std::string start = path.string() + ": not a job file: ";
    EXPECT_THAT(error.what(), StartsWith(start));
    return std::string(error.what()).substr(start.size());
  }
  return "no error";
}

TEST(JobFile, NamesWhatIsWrong) {
  EXPECT_EQ(message_after_change("/divergence", "\"another\""), "no error");
  EXPECT_EQ(message_after_change("/schema_version", "99"),
            "schema_version is 99; allowed: integer 1...1");
  EXPECT_EQ(message_after_change("/jobs/1/a/k", ""), "jobs[1].a.k is missing");
  EXPECT_EQ(message_after_change("/jobs/1/a/kk", "1"), "jobs[1].a.kk is unknown");
  EXPECT_EQ(message_after_change("/hardware/latency/x", "1"), "hardware.latency.x is unknown");
  EXPECT_EQ(message_after_change("/new", "{}"), "new is unknown");
  for (const char* value : {"4294967297", "-1", "1e300", "1.0", "true", "null", "\"1\"", "[1]"}) {
    EXPECT_EQ(message_after_change("/jobs/0/b/lines", value),
              "jobs[0].b.lines is " +
                  std::string(value == std::string("1e300") ? "1e+300" : value) +
                  "; allowed: integer 1...65535");
  }
  EXPECT_EQ(message_after_change("/jobs/0/a/mantissas/0", "32768"),
            "jobs[0].a.mantissas[0] is 32768; allowed: integer -32767...32767");
  EXPECT_EQ(message_after_change("/jobs/0/a/seed", "4294967296"),
            "jobs[0].a.seed is 4294967296; allowed: integer 0...4294967295");
  EXPECT_THAT(message_after_change("/jobs/0/a/scale/num", "\"1x\""),
              HasSubstr("jobs[0].a.scale.num is \"1x\"; allowed: the digits"));
  EXPECT_THAT(message_after_change("/jobs/0/a/format", "\"i9\""), HasSubstr("jobs[0].a.format: "));
  EXPECT_EQ(message_after_change("/jobs/0/a/rounding", "1"),
            "jobs[0].a.rounding is 1; allowed: a text");
  EXPECT_THAT(message_after_change("/jobs/0/a/mantissas", "[1]"), HasSubstr("jobs[0]: tensor 'A'"));
  EXPECT_THAT(message_after_change("/jobs/0/tile", "65536"), HasSubstr("jobs[0].tile is 65536"));
  EXPECT_THAT(message_after_change("/jobs/0/a/format", "\"i8\""), HasSubstr("jobs[0]: tensor 'A'"));
  EXPECT_THAT(message_after_change("/hardware/rows", "99"), HasSubstr("rows = 99"));
  EXPECT_THAT(message_after_change("/hardware/rows", "3"), HasSubstr("hardware_hash is "));
  EXPECT_THAT(message_after_change("/hardware", "7"), HasSubstr("hardware.rows is missing"));
  EXPECT_THAT(message_after_change("/faults/rtl", "1000"), HasSubstr("faults.rtl is 1000"));
  EXPECT_THAT(message_after_change("/faults/systemc", "-1"), HasSubstr("faults.systemc is -1"));
  EXPECT_THAT(message_after_change("/stalls/kind", "\"x\""), HasSubstr("stalls.kind: "));
  EXPECT_EQ(message_after_change("/jobs", "[]"), "jobs is []; allowed: at least one job");
  EXPECT_EQ(message_after_change("/jobs", "{}"), "jobs is {}; allowed: a list");
}

TEST(JobFile, RefusesOtherAndTruncatedFiles) {
  const TestFolder folder;
  const auto path = folder.path() / "no_jobs.json";
  for (const char* text :
       {"{\"schema_version\": 99}", "{\"jobs\": []}", "not json", "", "[]", "7"}) {
    write_file(path, text);
    EXPECT_THROW(read_job_file(path), UserError) << text;
  }
  write_job_file(path, {random_batch(tiny_hardware(), 1, {}), {}, "", ""});
  const std::string whole = read_file(path);
  for (std::size_t length = 0; length + 2 < whole.size(); length += 97) {
    write_file(path, whole.substr(0, length));
    EXPECT_THROW(read_job_file(path), UserError) << length;
  }
}

TEST(Vcd, HasEveryStreamOfEveryModel) {
  const HardwareParameters hardware = tiny_hardware();
  std::deque<Frame> frames;
  for (std::uint64_t cycle = 5; cycle < 8; ++cycle) {
    Frame frame{cycle, 1U << 3, std::vector<CycleSample>(2)};
    frame.samples[1].valid[1] = cycle == 6;
    frame.samples[1].data[1] = {0x0001fffeU};
    frames.push_back(frame);
  }
  const TestFolder folder;
  const auto path = folder.path() / "wave.vcd";
  write_vcd(path, hardware, {"systemc", "rtl"}, frames);
  const std::string text = read_file(path);
  for (const auto& stream : streams()) {
    EXPECT_THAT(text, HasSubstr(std::string(stream.name) + "_valid $end"));
  }
  EXPECT_THAT(text, HasSubstr("$scope module systemc $end"));
  EXPECT_THAT(text, HasSubstr("#60\n"));
  EXPECT_THAT(text, HasSubstr("b00000000000000011111111111111110 "));
}

TEST(Children, ReturnTextsInOrderAndErrorsAsTheyWere) {
  const std::vector<ChildTask> good = {[](const StepReport&) { return "one"; },
                                       [](const StepReport&) { return std::string(200000, 'S'); },
                                       [](const StepReport&) { return "three"; }};
  const auto texts = run_in_children(good, 2);
  EXPECT_EQ(texts[0], "one");
  EXPECT_EQ(texts[1].size(), 200000U);
  EXPECT_EQ(texts[2], "three");
  EXPECT_THROW(run_in_children({[](const StepReport&) -> std::string { throw UserError("u"); }}, 1),
               UserError);
  EXPECT_THROW(
      run_in_children({[](const StepReport&) -> std::string { throw EnvironmentError("e"); }}, 1),
      EnvironmentError);
  EXPECT_THROW(run_in_children({[](const StepReport&) -> std::string { _exit(4); }}, 1),
               EnvironmentError);
  EXPECT_THROW(
      run_in_children({[](const StepReport&) -> std::string { throw std::bad_alloc(); }}, 1),
      EnvironmentError);
}

TEST(Children, DoNotPrintOnStandardOutput) {
  ::testing::internal::CaptureStdout();
  run_in_children({[](const StepReport&) {
                    std::printf("from a model\n");
                    return std::string("x");
                  }},
                  1);
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "");
}

TEST(Children, ReportTheirSteps) {
  const ChildTask task = [](const StepReport& done) {
    done(3);
    done(40000);
    return std::string("SSS");
  };
  std::size_t steps = 0;
  const auto texts = run_in_children({task, task}, 2, [&](std::size_t more) { steps += more; });
  EXPECT_EQ(steps, 2U * 40003);
  EXPECT_EQ(texts, (std::vector<std::string>{"SSS", "SSS"}));
}

TEST(Processes, GiveStatusAndOutput) {
  const auto result = run_process({"sh", "-c", "echo out; echo err >&2; exit 3"}, "dash");
  EXPECT_EQ(result.status, 3);
  EXPECT_EQ(result.output, "out\nerr\n");
}

TEST(Processes, AMissingProgramNamesItsPackage) {
  try {
    run_process({"no-such-program"}, "the-package");
    FAIL();
  } catch (const EnvironmentError& error) {
    EXPECT_THAT(error.what(), HasSubstr("install the package the-package"));
  }
}

TEST(Faults, AreNumberedFromOneAndDescribed) {
  int number = 0;
  for (const auto& fault : rtl_faults()) {
    EXPECT_EQ(fault.number, ++number);
    EXPECT_FALSE(fault.what.empty());
    EXPECT_NE(fault.original, fault.mutated);
  }
  EXPECT_GE(number, 20);
}

TEST(Faults, EachStandsInTheGeneratedVerilog) {
  const auto sources = rtl_sources(narrow_hardware(), {.faults = true});
  for (const auto& fault : rtl_faults()) {
    const std::string selector = "selector == " + std::to_string(fault.number) + ")";
    EXPECT_THAT(sources.at(std::string(fault.file)), HasSubstr(selector)) << fault.what;
  }
}

TEST(Verify, RefusesBadOptions) {
  EXPECT_THROW(verify({}), UserError);
  VerifyOptions options;
  options.configurations = verification_suite();
  options.jobs = 0;
  EXPECT_THROW(verify(options), UserError);
  options.jobs = 10;
  options.rtl_dir = "/tmp";
  EXPECT_THROW(verify(options), UserError);
}

}  // namespace
}  // namespace sylvester
