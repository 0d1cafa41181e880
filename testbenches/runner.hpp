// Drives one or several models of the accelerator through the same cycles and compares them: every
// boundary in every cycle with each other, values and counters with golden, and the length of
// stall-free jobs with the closed form.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "golden/hardware/model.hpp"
#include "testbenches/job_file.hpp"

namespace sylvester {

struct NamedModel {
  std::string name;  ///< "systemc", "rtl", ...
  AcceleratorModel* model = nullptr;
  /// Bit per stream that this model shows and that can be stalled in it; the first model shows all.
  std::uint32_t observed = (1U << kStreams) - 1;
};

/// The first thing that differed.
struct Divergence {
  /// "valid", "ready" and "payload": two models in one cycle; "value": the models and golden;
  /// "cycles": the models and the closed form; "protocol": a beat changed before it moved;
  /// "beats": more or fewer beats than the job has; "deadlock"; "ended": a model called $finish,
  /// $stop or $fatal.
  std::string kind;
  std::string block;  ///< that drives what differs
  /// Blocks that reach this boundary through signals which are no streams (run, open, release,
  /// finished, the key): the cause may lie there.
  std::string or_block;
  std::string stream;   ///< boundary at which it shows
  std::string between;  ///< for example "systemc and rtl"
  std::uint64_t cycle = 0;
  int job = -1;          ///< of the batch
  std::string part;      ///< "prepare A", "prepare B" or "gemm"
  std::string element;   ///< for example "group 0, k 5, lane 2"
  std::string field;     ///< of the payload
  std::string expected;  ///< of the model or reference named first
  std::string found;
  [[nodiscard]] std::string sentence() const;
};

struct RunStatistics {
  std::uint64_t jobs = 0;
  std::uint64_t macs = 0;
  std::uint64_t bits_compared = 0;
  std::uint64_t cycles_compared = 0;
  std::uint64_t stalled_cycles = 0;  ///< in which at least one offered beat was held by a stall
  std::uint64_t cycle_counts = 0;    ///< jobs whose length was compared with the closed form
  std::array<std::uint64_t, kStreams> stalls{};  ///< cycles in which a stall held a beat
  std::array<std::uint64_t, kStreams> beats{};
  void add(const RunStatistics& other);
};

/// All boundaries of all models in one cycle.
struct Frame {
  std::uint64_t cycle = 0;
  std::uint32_t stall = 0;
  std::vector<CycleSample> samples;
};

struct RunOptions {
  /// Of sim/cycles/faults.hpp; 0 = none.
  int closed_form_fault = 0;
  /// Cycles without a moving beat after which a run counts as deadlocked.
  std::uint64_t deadlock_cycles = 3000;
  /// If not null: the last `frames_kept` cycles.
  std::deque<Frame>* frames = nullptr;
  std::size_t frames_kept = 256;
};

struct RunResult {
  std::optional<Divergence> divergence;
  RunStatistics statistics;
};

/// Resets the models and runs the batch. `expected` has one entry per job. With a single model only
/// golden and the closed form are compared.
RunResult run_batch(const Batch& batch, std::span<const Expected> expected,
                    std::span<const NamedModel> models, const RunOptions& options = {});

}  // namespace sylvester
