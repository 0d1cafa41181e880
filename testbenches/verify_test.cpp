// The verification run at full length, its faults, and the parameters that move cycles.
#include "testbenches/verify.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "golden/support/test_folder.hpp"
#include "sim/cycles/cycles.hpp"
#include "sim/cycles/faults.hpp"
#include "sim/systemc/faults.hpp"
#include "testbenches/faults.hpp"
#include "testbenches/test_hardware.hpp"

namespace sylvester {
namespace {

namespace fs = std::filesystem;
using ::testing::IsEmpty;

TEST(LongVerilatedVerify, TwoHundredJobsOnTheSuite) {
  VerifyOptions options;
  options.configurations = verification_suite();
  options.jobs = 200;
  const TestFolder failures;
  options.failure_dir = failures.path();
  const VerifyReport report = verify(options);
  for (const auto& configuration : report.configurations) {
    EXPECT_FALSE(configuration.divergence) << configuration.divergence->sentence();
  }
  EXPECT_TRUE(report.holds());
  EXPECT_THAT(report.gaps(), IsEmpty());
  EXPECT_EQ(report.statistics.jobs, 200U);
  const auto json = to_json(report);
  for (const char* key :
       {"jobs", "macs", "bits_compared", "cycles_compared", "mismatches", "coverage"}) {
    EXPECT_TRUE(json.contains(key)) << key;
  }
  // Every empty cell has its reason.
  for (const auto& cell : json["coverage"]["empty_cells"]) EXPECT_NE(cell["reason"], "");
}

/// The one job list with a fault: found, named, replayable.
class LongVerilatedFaults : public ::testing::Test {
 protected:
  [[nodiscard]] VerifyReport run(const FaultSelection& faults, bool passes) const {
    VerifyOptions options;
    options.configurations = {{"faults", passes ? nibble_hardware() : narrow_hardware()}};
    options.jobs = 40;
    options.failure_dir = failures_.path();
    options.faults = faults;
    return verify(options);
  }

  void expect_found(const FaultSelection& faults, const std::string& blocks,
                    const std::string& what, bool passes) const {
    SCOPED_TRACE(what);
    const VerifyReport report = run(faults, passes);
    ASSERT_EQ(report.mismatches, 1U);
    const ConfigurationReport& configuration = report.configurations[0];
    const Divergence& d = *configuration.divergence;
    EXPECT_NE(d.kind, "deadlock");
    ASSERT_FALSE(d.block.empty()) << d.sentence();
    EXPECT_TRUE(blocks.find(d.block) != std::string::npos ||
                (!d.or_block.empty() && names_one_of(d.or_block, blocks)))
        << d.sentence();
    EXPECT_TRUE(fs::exists(configuration.waveform));
    const VerifyReport again = replay(configuration.job_file, failures_.path() / "replay");
    ASSERT_EQ(again.mismatches, 1U);
    EXPECT_EQ(again.configurations[0].divergence->sentence(), d.sentence());
  }

  /// A block of `blocks` (separated by blanks) stands in the list `text`.
  static bool names_one_of(const std::string& text, const std::string& blocks) {
    std::istringstream words(blocks);
    for (std::string block; words >> block;) {
      if (text.find(block) != std::string::npos) return true;
    }
    return false;
  }

 private:
  TestFolder failures_;
};

TEST_F(LongVerilatedFaults, NoneIsGreen) {
  for (const bool passes : {false, true}) {
    const VerifyReport report = run({}, passes);
    EXPECT_TRUE(report.holds()) << report.configurations[0].divergence->sentence();
  }
}

TEST_F(LongVerilatedFaults, EachOfTheRtlIsFound) {
  for (const auto& fault : rtl_faults()) {
    expect_found({.rtl = fault.number}, std::string(fault.block),
                 "fault " + std::to_string(fault.number) + ": " + std::string(fault.what),
                 fault.passes);
  }
}

TEST_F(LongVerilatedFaults, EachOfTheSystemcModelIsFound) {
  for (const auto& fault : systemc_faults()) {
    expect_found({.systemc = static_cast<int>(fault.fault)}, std::string(fault.block),
                 std::string(fault.what), fault.passes);
  }
}

TEST_F(LongVerilatedFaults, EachOfTheClosedFormIsFound) {
  for (const auto& fault : cycles_faults()) {
    expect_found({.closed_form = fault.number}, "closed form of " + std::string(fault.part),
                 std::string(fault.what), fault.passes);
  }
}

/// Every entry of the latency table and of the buffer depths changes SystemC, RTL and closed form
/// alike: runs with and without stalls agree, and the count of some job moves.
class LongVerilatedCycles : public ::testing::Test {
 protected:
  static std::uint64_t total_cycles(const HardwareParameters& hardware) {
    std::uint64_t total = 0;
    for (const auto& job : random_batch(tiny_hardware(), 17, {}).jobs) {
      const Expected expected = golden_results(job);
      total += prepare_cycles(hardware, job.a) + prepare_cycles(hardware, job.b) +
               gemm_cycles(hardware, expected.gemm_job(job, hardware.counters));
    }
    return total;
  }

  static void expect_moves(const std::string& name, const HardwareParameters& hardware) {
    SCOPED_TRACE(name);
    EXPECT_NE(total_cycles(hardware), total_cycles(tiny_hardware()));
    expect_agree(name, hardware);
  }

  /// The cycles of all jobs together, some with stalls, and the bits that lay on the streams in
  /// them: a beat that waits longer lies there in more cycles.
  static std::pair<std::uint64_t, std::uint64_t> expect_agree(const std::string& name,
                                                              const HardwareParameters& hardware) {
    SCOPED_TRACE(name);
    VerifyOptions options;
    options.configurations = {{name, hardware}};
    options.jobs = 20;
    const TestFolder failures;
    options.failure_dir = failures.path();
    const VerifyReport report = verify(options);
    EXPECT_TRUE(report.holds()) << report.configurations[0].divergence->sentence();
    EXPECT_GT(report.statistics.cycle_counts, 0U);
    return {report.statistics.cycles_compared, report.statistics.bits_compared};
  }
};

TEST_F(LongVerilatedCycles, EveryLatencyMovesAllThreeAlike) {
  for (const auto& entry : latency_entries()) {
    // The divider and the mixer work side by side: only the longer one counts.
    HardwareParameters hardware = tiny_hardware();
    hardware.latency.*entry.value = entry.most;
    if (total_cycles(hardware) == total_cycles(tiny_hardware())) {
      hardware.latency.*entry.value = entry.least;
    }
    expect_moves(std::string(entry.name), hardware);
  }
}

TEST_F(LongVerilatedCycles, EveryDepthMovesCyclesAlike) {
  const auto before = expect_agree("base", tiny_hardware());
  for (const auto& entry : buffer_entries()) {
    HardwareParameters hardware = tiny_hardware();
    int& value = hardware.buffers.*entry.value;
    value = entry.name == "code_chunk" ? 3 : 5;
    // A deeper FIFO shows under stalls, perhaps only in how long beats wait before it; a shorter
    // chunk shows without, in the closed form too.
    EXPECT_NE(expect_agree(std::string(entry.name), hardware), before) << entry.name;
    if (entry.name == "code_chunk") expect_moves(std::string(entry.name), hardware);
  }
}

}  // namespace
}  // namespace sylvester
