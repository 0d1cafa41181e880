// The verification run: golden = SystemC = RTL in values, counters and cycles, over random jobs on
// one or several hardware configurations.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "testbenches/jobs.hpp"
#include "testbenches/runner.hpp"

namespace sylvester {

struct VerifyConfiguration {
  std::string name;
  HardwareParameters hardware;
  /// Formats and tiles that every second job has in turn; none: as the hardware allows.
  std::vector<JobKind> kinds = {};
};

/// The configurations of configs/verify/: small ones that differ in shape, width, policy,
/// operand modes, depths, latencies and counters; together they fill every possible cell of the
/// coverage table.
std::vector<VerifyConfiguration> verification_suite();

struct VerifyOptions {
  std::vector<VerifyConfiguration> configurations;
  int jobs = 200;  ///< over all configurations
  std::uint64_t seed = 1;
  int processes = 0;              ///< at the same time; 0 = one per core
  std::filesystem::path rtl_dir;  ///< Verilog files to verify instead of generated ones
  std::filesystem::path failure_dir = "verify-failures";  ///< job files and waveforms
  FaultSelection faults;
  std::function<void(std::uint64_t jobs)> progress;  ///< called with the jobs that are done
};

/// What one configuration's process found.
struct ConfigurationReport {
  std::string name;
  std::string hardware_hash;
  RunStatistics statistics;
  /// Bit per stream that was compared; RTL as delivered shows only those at the host's side.
  std::uint32_t observed = (1U << kStreams) - 1;
  std::optional<Divergence> divergence;
  std::string job_file;  ///< replays the divergence
  std::string waveform;
};

struct CellCount {
  Cell cell;
  std::uint64_t jobs = 0;
  std::string reason;  ///< why there are none
};

struct VerifyReport {
  std::uint64_t seed = 0;
  RunStatistics statistics;
  std::uint64_t mismatches = 0;  ///< configurations that diverged; each stops at its first
  std::vector<ConfigurationReport> configurations;
  std::vector<CellCount> cells;
  std::map<std::string, std::uint64_t> features;  ///< jobs with each of all_features()

  [[nodiscard]] bool holds() const { return mismatches == 0; }
  /// What the run should have met and did not; empty if it met everything: every possible cell,
  /// every boundary of every configuration stalled, a fifth of the cycles stalled, three tenths of
  /// the jobs with a limited MAC or tile, stall-free jobs compared with the closed form.
  [[nodiscard]] std::vector<std::string> gaps() const;
};

/// Each configuration runs in a process of its own. Throws UserError and EnvironmentError.
VerifyReport verify(const VerifyOptions& options);

/// Runs the batch of a job file again. The report has the one configuration.
VerifyReport replay(const std::filesystem::path& job_file,
                    const std::filesystem::path& failure_dir = "verify-failures");

/// Keys: schema_version, jobs, macs, bits_compared, cycles_compared, mismatches, coverage, ...
nlohmann::ordered_json to_json(const VerifyReport& report);

}  // namespace sylvester
