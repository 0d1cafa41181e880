// What an exploration has computed, in a SQLite database that survives being killed at any moment.
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>

#include "golden/config/config.hpp"
#include "golden/config/training_key.hpp"
#include "golden/explore/sqlite.hpp"
#include "golden/support/folder_lock.hpp"
#include "golden/train/kept_bytes.hpp"

namespace sylvester {

inline constexpr const char* kDatabaseFile = "results.sqlite";
inline constexpr const char* kLockFile = ".sylvester-lock";

/// What a training gave. Accuracies in percent.
struct Training {
  double average_incremental_accuracy = 0;
  double final_accuracy = 0;
  std::optional<double> forgetting;
  double limited_tile_share = 0;
  KeptBytes backward_bytes;
  std::uint64_t steps = 0;
  std::string weights_sha256;
  std::string detail;  ///< to_json() of the result: all counters
  double seconds = 0;
  /// Why there is no result, for example because the weights diverged; empty if there is one.
  std::string failure;
};

/// Cycles of a training step on the accelerator, one job after the other without stalls.
struct StepCycles {
  std::uint64_t cycles = 0;
  std::uint64_t array_cycles = 0;  ///< of which in the array
  std::uint64_t macs = 0;
  double utilization = 0;  ///< useful share of the MACs of all cycles

  friend bool operator==(const StepCycles&, const StepCycles&) = default;
};

/// Configuration without seed and threads, which a point does not have: train.seed and
/// train.threads are 0.
std::string point_text(const Config& config);

/// The store of a folder. Functions may be called by several threads; each writes what it writes
/// at once, and what was written stays.
class ResultStore {
 public:
  /// Opens the folder's store, or makes both. Throws UserError, and changes nothing, if the folder
  /// holds anything but an exploration, if its database is of another program, another version of
  /// its tables or damaged, or if another process uses it.
  explicit ResultStore(const std::filesystem::path& folder);

  [[nodiscard]] std::optional<Training> training(const TrainingKey& key);
  void add(const TrainingKey& key, const Training& training);

  /// Enters a point, so that the database tells by itself what it has; returns its name there.
  std::string add_point(const Config& config);
  /// Enters which training a point has.
  void add_run(const std::string& point, const TrainingKey& key);

  /// `gemms` names the products of the step.
  [[nodiscard]] std::optional<StepCycles> cycles(const std::string& point,
                                                 const std::string& gemms);
  void add(const std::string& point, const std::string& gemms, const StepCycles& cycles);

  /// For many functions that write in a row, of one thread.
  [[nodiscard]] Transaction transaction() { return Transaction(database_); }

 private:
  FolderLock lock_;
  Database database_;
  std::mutex mutex_;
};

}  // namespace sylvester
