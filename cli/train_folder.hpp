// The folder of sylvester train --out. While the training runs, unfinished/ holds its metrics and
// the states that --resume goes on from; at the end result, weights and metrics take the place of
// everything.
#pragma once

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "golden/continual/class_incremental.hpp"
#include "golden/support/atomic_file.hpp"
#include "golden/support/folder_lock.hpp"
#include "golden/support/output_folder.hpp"

namespace sylvester {

struct SeedRun {
  std::uint32_t seed = 0;
  TrainResult result;
};

/// The files of one seed's run; for one thread.
class SeedFiles {
 public:
  /// Goes on from the state if there is one and `resume` is set. Throws UserError if that is not a
  /// state of `identity`: what the result depends on.
  SeedFiles(const std::filesystem::path& unfinished, std::uint32_t seed,
            const nlohmann::json& identity, bool resume, double seconds_between_states);

  /// The state to go on from; null: there is none.
  [[nodiscard]] const nlohmann::json* state() const { return state_ ? &*state_ : nullptr; }
  /// Adds a line of metrics for an epoch or a task.
  void observe(const TrainProgress& progress);
  /// Whether it is time for a state: the last is old enough, or the run is at its end.
  [[nodiscard]] bool wants_state() const;
  void save(const nlohmann::json& state);

 private:
  std::filesystem::path state_file_;
  nlohmann::json identity_;
  std::optional<nlohmann::json> state_;
  std::ofstream metrics_;
  bool ends_ = false;
  std::chrono::duration<double> between_;
  std::chrono::steady_clock::time_point saved_ = std::chrono::steady_clock::now();
};

class TrainFolder {
 public:
  /// Throws UserError if the folder cannot be taken: it is not writable, holds files of others, an
  /// unfinished run without `resume`, or one of other seeds than these.
  TrainFolder(std::filesystem::path folder, bool resume, std::uint32_t first_seed, int seeds);

  /// Makes unfinished/. Throws UserError if another process has it.
  void begin();

  /// The result of a run that ended earlier, if `resume` is set and there is nothing to go on from.
  /// Throws UserError unless it has these `values`.
  [[nodiscard]] std::optional<nlohmann::ordered_json> finished(
      const nlohmann::ordered_json& values) const;

  [[nodiscard]] SeedFiles seed(std::uint32_t seed, const nlohmann::json& identity,
                               double seconds_between_states) const;

  /// result.json, and in seed-<seed>/ weights.npz and metrics.jsonl.
  void write(const nlohmann::ordered_json& result, const std::vector<SeedRun>& runs);

  /// After a failure: takes away what begin() made unless there is a state to go on from.
  void abandon();

 private:
  [[nodiscard]] std::filesystem::path unfinished() const;
  [[nodiscard]] std::vector<std::filesystem::path> states() const;
  [[nodiscard]] bool has_state() const;
  [[nodiscard]] IsOwnFile is_own() const;

  std::filesystem::path folder_;
  bool resume_;
  std::unique_ptr<MadeFolder> made_;
  std::unique_ptr<FolderLock> lock_;
};

}  // namespace sylvester
