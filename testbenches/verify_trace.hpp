// The replay of a trace: golden against what was recorded, and the models against golden on the
// jobs that the hardware can do.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "golden/trace/replay.hpp"
#include "testbenches/models.hpp"

namespace sylvester {

struct TraceVerifyOptions {
  std::string configuration;  ///< name of the hardware, for messages
  HardwareParameters hardware;
  ModelOptions models;                               ///< neither of the two: golden only
  std::function<void(std::uint64_t jobs)> progress;  ///< called with the jobs that are done
};

struct TraceVerifyReport {
  TraceReport golden;
  RunStatistics models;        ///< jobs that ran on the models
  std::uint64_t prepared = 0;  ///< of these, those whose operands the models prepared too
  /// Why jobs, or the preparation of their operands, did not run on the models -> jobs.
  std::map<std::string, std::uint64_t> not_run;
  std::optional<TraceDivergence> divergence;  ///< of a model; the models stop at their first

  [[nodiscard]] std::uint64_t mismatches() const {
    return golden.mismatches() + (divergence ? 1 : 0);
  }
  /// The trace's own before that of a model.
  [[nodiscard]] const std::optional<TraceDivergence>& first() const {
    return golden.first ? golden.first : divergence;
  }
};

/// Replays every job. The models run in a process of their own. Throws UserError and
/// EnvironmentError.
TraceVerifyReport verify_trace(const Trace& trace, const TraceVerifyOptions& options);

/// Keys: jobs, macs, bits_compared, cycles_compared, mismatches, levels, models, first_divergence.
nlohmann::ordered_json to_json(const TraceVerifyReport& report);

}  // namespace sylvester
