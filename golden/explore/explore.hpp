// Computes what is missing of a space's points, several at a time, and reads all results.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include "golden/config/layer_jobs.hpp"
#include "golden/explore/result_store.hpp"
#include "golden/explore/space.hpp"
#include "golden/hardware/hardware.hpp"

namespace sylvester {

/// The cycles of these jobs, one after the other; golden itself does not know them.
using CountCycles =
    std::function<StepCycles(const HardwareParameters& hardware, const std::vector<GemmJobs>&)>;

struct ExploreOptions {
  std::filesystem::path out;   ///< folder of the ResultStore
  std::filesystem::path data;  ///< folder of the data sets; empty: the one that the space names
  int workers = 0;             ///< trainings at a time, each with one thread; 0: one per core
  CountCycles count_cycles;
};

struct PointResult {
  std::vector<TrainingKey> keys;     ///< by seed; empty without accuracy
  std::vector<Training> trainings;   ///< by seed
  std::optional<StepCycles> cycles;  ///< none for arithmetic that the accelerator does not have
};

struct Exploration {
  std::vector<PointResult> points;  ///< as in the space
  std::size_t trained = 0;          ///< trainings that this call has computed
  std::size_t reused = 0;           ///< trainings that were there
  std::size_t tried = 0;            ///< first steps that settings were checked with
};

/// Everything that can be wrong with a point is looked for before the folder is touched: throws
/// UserError `space: point: ...`. A training that fails later (weights that diverge) is a result,
/// Training::failure. Every other failure ends the exploration; what was computed stays.
Exploration explore(const Space& space, const ExploreOptions& options);

}  // namespace sylvester
