#include "cli/explore_command.hpp"

#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "golden/explore/explore.hpp"
#include "golden/explore/report.hpp"
#include "golden/explore/space.hpp"
#include "golden/support/atomic_file.hpp"
#include "sim/cycles/cycles.hpp"
#include "sim/cycles/layer_cycles.hpp"

namespace sylvester {
namespace {

StepCycles count_cycles(const HardwareParameters& hardware, const std::vector<GemmJobs>& jobs) {
  StepCycles step;
  for (const GemmJobs& gemm : jobs) {
    const GemmCycles cycles = gemm_cycles(hardware, gemm);
    step.cycles += cycles.total();
    step.array_cycles += cycles.gemm;
    step.macs += cycles.macs;
  }
  step.utilization = utilisation(hardware, step.macs, step.cycles);
  return step;
}

}  // namespace

int run_explore(const ExploreArguments& arguments, const Output& output) {
  const std::filesystem::path out = arguments.out;
  const Space space = load_space(arguments.space.source, arguments.space.overrides);
  const Exploration exploration = explore(space, {.out = out,
                                                  .data = arguments.data,
                                                  .workers = arguments.workers,
                                                  .count_cycles = count_cycles});
  write_file(out / kPointsFile, points_csv(space, exploration));
  write_file(out / kSummaryFile, summary_csv(space, exploration));
  std::string text = summary_text(space, exploration);
  if (space.accuracy) {
    text += fmt::format("{} trainings computed, {} were there.\n", exploration.trained,
                        exploration.reused);
  }
  text += fmt::format("Tables: {}, {}; everything: {}\n", (out / kPointsFile).string(),
                      (out / kSummaryFile).string(), (out / kDatabaseFile).string());
  output.result(exploration_json(space, exploration), text);
  return kHolds;
}

}  // namespace sylvester
