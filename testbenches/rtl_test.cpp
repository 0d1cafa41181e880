// The generated Verilog as a model: against golden and SystemC, with overridden parameters, as
// delivered, from the cache, and as a back end.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <array>
#include <cstdlib>
#include <filesystem>

#include "golden/support/atomic_file.hpp"
#include "golden/support/error.hpp"
#include "golden/support/test_folder.hpp"
#include "rtl_gen/generate.hpp"
#include "rtl_gen/top.hpp"
#include "sim/systemc/accelerator.hpp"
#include "testbenches/backends.hpp"
#include "testbenches/child.hpp"
#include "testbenches/process.hpp"
#include "testbenches/rtl_model.hpp"
#include "testbenches/runner.hpp"
#include "testbenches/test_hardware.hpp"
#include "testbenches/verify.hpp"

namespace sylvester {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

void expect_equal(const Batch& batch, const std::vector<NamedModel>& models) {
  const auto expected = golden_results(batch);
  const auto result = run_batch(batch, expected, models);
  EXPECT_FALSE(result.divergence) << result.divergence->sentence();
  EXPECT_EQ(result.statistics.jobs, batch.jobs.size());
}

TEST(VerilatedRtl, GoldenSystemcAndRtlAgree) {
  HardwareParameters hardware = tiny_hardware();
  hardware.rows = hardware.cols = hardware.lanes = 4;
  const auto systemc = make_systemc_accelerator(hardware, "systemc");
  const auto rtl = make_rtl_accelerator(hardware);
  for (const auto kind : {StallKind::kNone, StallKind::kRandom}) {
    expect_equal(random_batch(hardware, 12, StallPattern(kind, 2)),
                 {{"systemc", systemc.get()}, {"rtl", rtl.get()}});
  }
}

/// Differs from tiny_hardware() in a shape, a width, a policy, a depth and a latency.
HardwareParameters other_hardware() {
  HardwareParameters hardware = tiny_hardware();
  hardware.rows = 3;
  hardware.cols = 1;
  hardware.bits = 6;
  hardware.outer_bits = 9;
  hardware.policy = AccumulatePolicy::kWrap;
  hardware.lanes = 1;
  hardware.modes = {operand_mode("i4xi4")};
  hardware.counters = CounterMode::kSticky;
  hardware.buffers.code_chunk = 5;
  hardware.latency.transform_registers = 2;
  return hardware;
}

/// Verilog of `wanted` and that of `base` with parameters overridden agree in values and in every
/// cycle.
void expect_the_same_behaviour(const HardwareParameters& base, const HardwareParameters& wanted) {
  const auto generated = make_rtl_accelerator(wanted);
  const auto overridden = make_rtl_accelerator(wanted, {.base = base});
  for (const auto kind : {StallKind::kNone, StallKind::kBursts}) {
    expect_equal(random_batch(wanted, 12, StallPattern(kind, 4)),
                 {{"generated", generated.get()}, {"overridden", overridden.get()}});
  }
}

TEST(VerilatedRtl, OverriddenParametersGiveTheSameDesignAsRegenerating) {
  expect_the_same_behaviour(tiny_hardware(), other_hardware());
}

/// Yosys' statistics of the delivered design: the lines "cell-type count".
std::string cells(const HardwareParameters& base, const HardwareParameters& wanted) {
  const TestFolder folder;
  std::string script = "read_verilog";
  for (const auto& [name, text] : generate_rtl(base)) {
    write_file(folder.path() / name, text);
    script += " " + name;
  }
  script += "; hierarchy -top sylvester_top";
  const auto parameters = rtl::top_parameters(wanted);
  const auto before = rtl::top_parameters(base);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const std::string value = rtl::print(parameters[i].value);
    if (value != rtl::print(before[i].value)) {
      script += " -chparam " + parameters[i].name + " " + value;
    }
  }
  script += "; proc; flatten; opt -fast; stat";
  const auto result = run_process({"yosys", "-p", script}, "yosys", folder.path().string());
  EXPECT_EQ(result.status, 0) << result.output;
  const std::string statistics = result.output.substr(result.output.rfind("Number of cells"));
  return statistics.substr(0, statistics.find("\n\n"));
}

TEST(VerilatedRtl, YosysCountsTheSameCellsWhetherOverriddenOrRegenerated) {
  const std::string regenerated = cells(other_hardware(), other_hardware());
  EXPECT_EQ(cells(tiny_hardware(), other_hardware()), regenerated);
  EXPECT_NE(cells(tiny_hardware(), tiny_hardware()), regenerated);
}

/// Rows, columns, accumulator bits, longest tile and lanes at random.
HardwareParameters random_hardware(HostRandom& random) {
  const auto between = [&](int least, int most) {
    return least + static_cast<int>(random.below(static_cast<std::uint32_t>(most - least + 1)));
  };
  HardwareParameters hardware = tiny_hardware();
  hardware.rows = between(1, 7);
  hardware.cols = between(1, 7);
  hardware.bits = between(4, 12);
  hardware.tile_max = between(1, 200);
  hardware.lanes = between(1, 5);
  return hardware;
}

std::string shape_text(const HardwareParameters& hardware) {
  return fmt::format("{}x{}, {} bits, tiles of {}, {} lanes", hardware.rows, hardware.cols,
                     hardware.bits, hardware.tile_max, hardware.lanes);
}

class VerilatedOverrides : public ::testing::TestWithParam<int> {};

/// Generated for x and overridden to y is generated for y. The first three y have shapes at the
/// edge: one element, one row, neither a power of two nor square.
TEST_P(VerilatedOverrides, GiveTheDesignOfRegenerating) {
  static constexpr std::uint64_t kSeed = 1;
  static constexpr std::array<std::array<int, 2>, 3> kShapes = {{{1, 1}, {1, 7}, {5, 3}}};
  const auto pair = static_cast<std::size_t>(GetParam());
  HostRandom random = HostRandom(kSeed).fork(pair);
  const HardwareParameters base = random_hardware(random);
  HardwareParameters wanted = random_hardware(random);
  if (pair < kShapes.size()) {
    wanted.rows = kShapes[pair][0];
    wanted.cols = kShapes[pair][1];
  }
  fmt::print("seed {}, pair {}: {} -> {}\n", kSeed, pair, shape_text(base), shape_text(wanted));
  ASSERT_NE(hardware_hash(base), hardware_hash(wanted));
  expect_the_same_behaviour(base, wanted);
  EXPECT_EQ(cells(base, wanted), cells(wanted, wanted));
}
INSTANTIATE_TEST_SUITE_P(FivePairs, VerilatedOverrides, ::testing::Range(0, 5));

TEST(VerilatedRtl, OfOtherHardwareIsRefused) {
  try {
    make_rtl_accelerator(tiny_hardware(), {.overrides = {{"HardwareHash", "64'h1234"}}});
    FAIL();
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("0000000000001234"));
    EXPECT_THAT(error.what(), HasSubstr("generate it again"));
  }
}

TEST(VerilatedRtl, AsDeliveredIsComparedAtTheHostsStreams) {
  const TestFolder folder;
  for (const auto& [name, text] : generate_rtl(tiny_hardware())) {
    write_file(folder.path() / "rtl" / name, text);
  }
  const auto systemc = make_systemc_accelerator(tiny_hardware(), "systemc");
  const auto rtl = make_rtl_accelerator(tiny_hardware(), {.rtl_dir = folder.path()});
  EXPECT_EQ(rtl->observed(), 0b11'0001'1111'0011U);  // all but 2, 3, 9, 10 and 11
  for (const auto kind : {StallKind::kNone, StallKind::kRandom}) {
    expect_equal(random_batch(tiny_hardware(), 8, StallPattern(kind, 2)),
                 {{"systemc", systemc.get()}, {"rtl", rtl.get(), rtl->observed()}});
  }
  // The same folder does not pass for other hardware.
  HardwareParameters other = tiny_hardware();
  other.latency.edge_output = 2;
  EXPECT_THROW(make_rtl_accelerator(other, {.rtl_dir = folder.path()}), UserError);
}

TEST(VerilatedRtl, AFolderWithoutOrWithBrokenVerilogIsRefused) {
  const TestFolder folder;
  EXPECT_THROW(make_rtl_accelerator(tiny_hardware(), {.rtl_dir = folder.path() / "absent"}),
               UserError);
  EXPECT_THROW(make_rtl_accelerator(tiny_hardware(), {.rtl_dir = folder.path()}), UserError);
  for (const auto& [name, text] : generate_rtl(tiny_hardware(), {.verification = true})) {
    write_file(folder.path() / name, name == "tally.v" ? "module tally; oops endmodule\n" : text);
  }
  try {
    make_rtl_accelerator(tiny_hardware(), {.rtl_dir = folder.path()});
    FAIL();
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("tally.v"));
  }
}

TEST(VerilatedRtl, ThatCallsAForeignFunctionIsRefused) {
  const TestFolder folder;
  for (const auto& [file, text] : generate_rtl(tiny_hardware(), {.verification = true})) {
    std::string changed = text;
    if (file == "sylvester_verify_top.v") {
      changed.insert(changed.rfind("endmodule"),
                     "import \"DPI-C\" function int not_here(int x);\n"
                     "initial if (not_here(1) == 2) $finish;\n");
    }
    write_file(folder.path() / file, changed);
  }
  try {
    make_rtl_accelerator(tiny_hardware(), {.rtl_dir = folder.path()});
    FAIL();
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("undefined symbol: not_here"));
  }
}

/// The divergence of a run on RTL whose tally has this statement in it.
Divergence divergence_with(const std::string& statement) {
  const TestFolder folder;
  for (const auto& [file, text] : generate_rtl(tiny_hardware(), {.verification = true})) {
    std::string changed = text;
    if (file == "sylvester_verify_top.v") {
      changed.insert(changed.rfind("endmodule"), statement + "\n");
    }
    write_file(folder.path() / "rtl" / file, changed);
  }
  VerifyOptions options;
  options.configurations = {{"ends", tiny_hardware()}};
  options.jobs = 2;
  options.rtl_dir = folder.path() / "rtl";
  options.failure_dir = folder.path() / "failures";
  const VerifyReport report = verify(options);
  EXPECT_EQ(report.mismatches, 1U);
  EXPECT_TRUE(fs::exists(report.configurations[0].job_file));
  EXPECT_EQ(report.configurations[0].waveform, "");
  return report.configurations[0].divergence.value_or(Divergence{});
}

TEST(VerilatedRtl, ThatEndsItsSimulationIsReported) {
  const Divergence finish =
      divergence_with("initial $display(\"hello\");\nalways @(posedge clk_i) if (rst_ni) $finish;");
  EXPECT_EQ(finish.kind, "ended");
  EXPECT_THAT(finish.sentence(), HasSubstr("the rtl ended its own simulation in cycle "));
  EXPECT_THAT(finish.found, HasSubstr("$finish at sylvester_verify_top.v:"));
  EXPECT_THAT(divergence_with("initial $stop;").sentence(), HasSubstr("$stop at "));
}

TEST(VerilatedCache, IsFilledOnceAndServesEveryProcess) {
  const TestFolder folder;
  setenv("XDG_CACHE_HOME", folder.path().c_str(), 1);
  const auto build = [](const StepReport& = {}) {
    make_rtl_accelerator(tiny_hardware());
    return std::to_string(rtl_builds());
  };
  // Two processes at the same time: one builds, the other one waits for the lock.
  const auto built = run_in_children({build, build}, 2);
  EXPECT_EQ(std::stoi(built[0]) + std::stoi(built[1]), 1);
  EXPECT_EQ(build(), "0");
  for (const auto& entry : fs::directory_iterator(folder.path() / "sylvester" / "rtl")) {
    EXPECT_NE(entry.path().extension(), ".part");
  }
  // Another text of the same hardware is another entry.
  EXPECT_NE(build_rtl(tiny_hardware()), build_rtl(tiny_hardware(), {.faults = true}));
}

TEST(VerilatedCache, AMissingToolIsOneLineThatNamesThePackage) {
  const TestFolder folder;
  const auto error_of = [&](const std::string& path) {
    return run_in_children({[&](const StepReport&) -> std::string {
                             setenv("XDG_CACHE_HOME", folder.path().c_str(), 1);
                             setenv("PATH", path.c_str(), 1);
                             try {
                               make_rtl_accelerator(tiny_hardware());
                             } catch (const EnvironmentError& error) {
                               return error.what();
                             }
                             return "no error";
                           }},
                           1)
        .front();
  };
  const std::string no_verilator = error_of(folder.path().string());
  EXPECT_THAT(no_verilator, HasSubstr("install the package verilator"));
  EXPECT_EQ(no_verilator.find('\n'), std::string::npos);
  // A folder with Verilator (a Perl script and what it calls) and without the compiler.
  const fs::path tools = folder.path() / "tools";
  fs::create_directories(tools);
  for (const char* name : {"verilator", "verilator_bin", "perl", "env", "sh", "uname"}) {
    const fs::path found = fs::path("/usr/bin") / name;
    if (fs::exists(found)) fs::create_symlink(found, tools / name);
  }
  EXPECT_THAT(error_of(tools.string()), HasSubstr("install the package g++"));
}

TEST(VerilatedTrace, WritesAllSignals) {
  const TestFolder folder;
  const auto rtl = make_rtl_accelerator(tiny_hardware(), {.trace = true});
  const fs::path file = folder.path() / "all.vcd";
  rtl->open_trace(file);
  CycleSample sample;
  rtl->reset();
  for (int i = 0; i < 5; ++i) {
    rtl->sample({}, sample);
    rtl->edge();
  }
  EXPECT_THROW(make_rtl_accelerator(tiny_hardware())->open_trace(file), std::logic_error);
  EXPECT_THAT(read_file(file), HasSubstr("u_systolic_array"));
}

/// What the back end gives is what golden gives, field by field.
void expect_equal_to_golden(Backend& backend, const HardwareParameters& hardware) {
  const Batch batch = random_batch(hardware, 10, {});
  std::vector<PrepareJob> prepare_jobs;
  std::vector<GemmJob> gemm_jobs;
  std::vector<Expected> expected;
  for (const auto& job : batch.jobs) {
    expected.push_back(golden_results(job));
    prepare_jobs.push_back(job.a);
    prepare_jobs.push_back(job.b);
    gemm_jobs.push_back(expected.back().gemm_job(job, hardware.counters));
  }
  const auto operands = backend.prepare(prepare_jobs);
  const auto results = backend.gemm(gemm_jobs);
  ASSERT_EQ(operands.size(), prepare_jobs.size());
  ASSERT_EQ(results.size(), gemm_jobs.size());
  for (std::size_t i = 0; i < operands.size(); ++i) {
    const PreparedOperand& golden = i % 2 == 0 ? *expected[i / 2].a : *expected[i / 2].b;
    EXPECT_EQ(operands[i].codes, golden.codes);
    EXPECT_EQ(operands[i].scale, golden.scale);
    EXPECT_EQ(operands[i].block, golden.block);
    EXPECT_EQ(operands[i].k, golden.k);
    EXPECT_EQ(operands[i].k_padded, golden.k_padded);
    EXPECT_EQ(operands[i].max_magnitude, golden.max_magnitude);
    EXPECT_EQ(operands[i].counters, reported(golden.counters, hardware.counters));
  }
  for (std::size_t i = 0; i < results.size(); ++i) {
    EXPECT_EQ(results[i].values, expected[i].gemm.values);
    EXPECT_EQ(results[i].scale, expected[i].gemm.scale);
    EXPECT_EQ(results[i].counters, reported(expected[i].gemm.counters, hardware.counters));
  }
}

TEST(Backends, SystemcGivesGoldensBits) {
  const auto backend = make_systemc_backend(tiny_hardware());
  EXPECT_EQ(backend->name(), "systemc");
  expect_equal_to_golden(*backend, tiny_hardware());
}

TEST(VerilatedBackend, RtlGivesGoldensBits) {
  const auto backend = make_rtl_backend(tiny_hardware());
  EXPECT_EQ(backend->name(), "rtl");
  expect_equal_to_golden(*backend, tiny_hardware());
}

TEST(Backends, RefuseJobsThatTheHardwareWasNotBuiltFor) {
  HardwareParameters hardware = tiny_hardware();
  hardware.counters = CounterMode::kSticky;
  const auto backend = make_systemc_backend(hardware);
  const Batch batch = random_batch(hardware, 1, {});
  const Expected expected = golden_results(batch.jobs[0]);
  const auto message = [&](const auto& change) {
    GemmJob job = expected.gemm_job(batch.jobs[0], CounterMode::kSticky);
    change(job);
    try {
      backend->gemm(std::span(&job, 1));
    } catch (const UserError& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_EQ(message([](GemmJob&) {}), "no error");
  EXPECT_THAT(message([](GemmJob& job) { job.recipe.bits = 9; }), HasSubstr("accumulator bits 9"));
  EXPECT_THAT(message([](GemmJob& job) { job.recipe.policy = AccumulatePolicy::kClamp; }),
              HasSubstr("policy clamp"));
  EXPECT_THAT(message([](GemmJob& job) { job.counters = CounterMode::kFull; }),
              HasSubstr("built with 'sticky'"));
}

}  // namespace
}  // namespace sylvester
