#include "testbenches/verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "golden/config/config.hpp"
#include "golden/config/convert.hpp"
#include "golden/support/atomic_file.hpp"
#include "golden/support/error.hpp"
#include "golden/support/sha256.hpp"
#include "testbenches/child.hpp"
#include "testbenches/models.hpp"
#include "testbenches/vcd.hpp"

namespace sylvester {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kSchemaVersion = 1;
/// Jobs that run back to back after one reset.
constexpr std::size_t kBatchJobs = 5;
constexpr std::uint64_t kStalledPercent = 20;
constexpr std::uint64_t kLimitedPercent = 30;

struct PlannedBatch {
  Batch batch;
  std::vector<Expected> expected;
};

/// What goes from a configuration's process to the parent.
struct ConfigurationResult {
  ConfigurationReport report;
  std::map<std::string, std::uint64_t> features;
  std::map<Cell, std::uint64_t> cells;
};

std::string file_name(const std::string& configuration) {
  std::string name;
  constexpr std::size_t kMost = 100;  // room for what is added to it
  for (const char c : std::filesystem::path(configuration).stem().string().substr(0, kMost)) {
    name += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' ? c : '_';
  }
  return name;
}

/// Leaves the job file and the waveform of a divergence.
void leave_evidence(const Batch& batch, std::span<const Expected> expected, const Models& models,
                    const FaultSelection& faults, const std::filesystem::path& rtl_dir,
                    const std::filesystem::path& folder, ConfigurationReport& report) {
  const std::string name = file_name(batch.configuration) + "-" + report.hardware_hash.substr(0, 8);
  make_output_folder(folder);
  report.job_file = (folder / (name + ".json")).string();
  write_job_file(report.job_file, {batch, faults, rtl_dir, report.divergence->sentence()});
  if (report.divergence->kind == "ended") return;  // such a model does not run again
  report.waveform = (folder / (name + ".vcd")).string();
  std::deque<Frame> frames;
  RunOptions options;
  options.closed_form_fault = faults.closed_form;
  options.frames = &frames;
  run_batch(batch, expected, models.list(), options);
  write_vcd(report.waveform, batch.hardware, models.names(), frames);
}

ConfigurationResult run_configuration(const VerifyConfiguration& configuration,
                                      const std::vector<Batch>& batches,
                                      const FaultSelection& faults,
                                      const std::filesystem::path& rtl_dir,
                                      const std::filesystem::path& failure_dir,
                                      const StepReport& done) {
  const HardwareParameters& hardware = configuration.hardware;
  ConfigurationResult result;
  result.report.name = configuration.name;
  result.report.hardware_hash = to_hex(hardware_hash(hardware));
  const Models models(hardware, {.faults = faults, .rtl_dir = rtl_dir});
  for (const auto& model : models.list()) result.report.observed &= model.observed;
  RunOptions options;
  options.closed_form_fault = faults.closed_form;
  for (const Batch& batch : batches) {
    std::vector<Expected> expected;
    for (const auto& job : batch.jobs) {
      expected.push_back(golden_results(job));
      for (const auto& cell : cells_of(hardware, job)) ++result.cells[cell];
      for (const auto& feature : features_of(hardware, job, expected.back())) {
        ++result.features[feature];
      }
    }
    const RunResult run = run_batch(batch, expected, models.list(), options);
    result.report.statistics.add(run.statistics);
    if (run.divergence) {
      result.report.divergence = run.divergence;
      try {
        leave_evidence(batch, expected, models, faults, rtl_dir, failure_dir, result.report);
      } catch (...) {  // the finding is worth more than what it leaves
        Failure failure = failure_of(std::current_exception());
        failure.sentence = run.divergence->sentence() + "; " + failure.sentence;
        throw_failure(failure);
      }
      break;
    }
    done(batch.jobs.size());
  }
  return result;
}

Json to_json(const RunStatistics& statistics) {
  Json stalls;
  Json beats;
  for (std::size_t s = 0; s < kStreams; ++s) {
    stalls[std::string(streams()[s].name)] = statistics.stalls[s];
    beats[std::string(streams()[s].name)] = statistics.beats[s];
  }
  return {{"jobs", statistics.jobs},
          {"macs", statistics.macs},
          {"bits_compared", statistics.bits_compared},
          {"cycles_compared", statistics.cycles_compared},
          {"stalled_cycles", statistics.stalled_cycles},
          {"cycle_counts", statistics.cycle_counts},
          {"stalls", stalls},
          {"beats", beats}};
}

RunStatistics statistics_from_json(const Json& json) {
  RunStatistics statistics;
  json.at("jobs").get_to(statistics.jobs);
  json.at("macs").get_to(statistics.macs);
  json.at("bits_compared").get_to(statistics.bits_compared);
  json.at("cycles_compared").get_to(statistics.cycles_compared);
  json.at("stalled_cycles").get_to(statistics.stalled_cycles);
  json.at("cycle_counts").get_to(statistics.cycle_counts);
  for (std::size_t s = 0; s < kStreams; ++s) {
    const std::string name(streams()[s].name);
    json.at("stalls").at(name).get_to(statistics.stalls[s]);
    json.at("beats").at(name).get_to(statistics.beats[s]);
  }
  return statistics;
}

Json to_json(const Divergence& d) {
  return {{"kind", d.kind},     {"block", d.block},       {"or_block", d.or_block},
          {"stream", d.stream}, {"between", d.between},   {"cycle", d.cycle},
          {"job", d.job},       {"part", d.part},         {"element", d.element},
          {"field", d.field},   {"expected", d.expected}, {"found", d.found}};
}

Divergence divergence_from_json(const Json& json) {
  Divergence d;
  json.at("kind").get_to(d.kind);
  json.at("block").get_to(d.block);
  json.at("or_block").get_to(d.or_block);
  json.at("stream").get_to(d.stream);
  json.at("between").get_to(d.between);
  json.at("cycle").get_to(d.cycle);
  json.at("job").get_to(d.job);
  json.at("part").get_to(d.part);
  json.at("element").get_to(d.element);
  json.at("field").get_to(d.field);
  json.at("expected").get_to(d.expected);
  json.at("found").get_to(d.found);
  return d;
}

Json to_json(const ConfigurationReport& report) {
  Json json = {{"name", report.name}, {"hardware_hash", report.hardware_hash}};
  json.update(to_json(report.statistics));
  json["observed_streams"] = Json::array();
  for (const auto& stream : streams()) {
    if ((report.observed >> static_cast<int>(stream.stream) & 1U) != 0) {
      json["observed_streams"].push_back(stream.name);
    }
  }
  if (report.divergence) {
    json["divergence"] = to_json(*report.divergence);
    json["divergence"]["sentence"] = report.divergence->sentence();
    json["job_file"] = report.job_file;
    json["waveform"] = report.waveform;
  }
  return json;
}

Json to_json(const ConfigurationResult& result) {
  Json json = {
      {"report", to_json(result.report)}, {"features", result.features}, {"cells", Json::array()}};
  const auto cells = all_cells();
  for (const auto& cell : cells) {
    const auto found = result.cells.find(cell);
    json["cells"].push_back(found == result.cells.end() ? 0 : found->second);
  }
  return json;
}

ConfigurationResult result_from_json(const Json& json) {
  ConfigurationResult result;
  const Json& report = json.at("report");
  report.at("name").get_to(result.report.name);
  report.at("hardware_hash").get_to(result.report.hardware_hash);
  result.report.statistics = statistics_from_json(report);
  result.report.observed = 0;
  for (const auto& name : report.at("observed_streams")) {
    for (const auto& stream : streams()) {
      if (name == stream.name) result.report.observed |= 1U << static_cast<int>(stream.stream);
    }
  }
  if (report.contains("divergence")) {
    result.report.divergence = divergence_from_json(report.at("divergence"));
    report.at("job_file").get_to(result.report.job_file);
    report.at("waveform").get_to(result.report.waveform);
  }
  json.at("features").get_to(result.features);
  const auto cells = all_cells();
  for (std::size_t i = 0; i < cells.size(); ++i) {
    result.cells[cells[i]] = json.at("cells").at(i).get<std::uint64_t>();
  }
  return result;
}

/// Stall patterns in turn; `single` visits the boundaries one after the other.
StallPattern pattern_of_batch(std::size_t configuration, std::size_t batch, std::uint64_t seed) {
  static constexpr std::array kOrder = {StallKind::kRandom, StallKind::kNone, StallKind::kSingle,
                                        StallKind::kBursts};
  const StallKind kind = kOrder[batch % kOrder.size()];
  const auto low = static_cast<std::uint32_t>(seed * kStreams);
  return {kind, low + static_cast<std::uint32_t>(configuration + batch / kOrder.size())};
}

/// Jobs of every configuration. The cells of a policy are dealt to its configurations in turn.
std::vector<std::vector<Batch>> plan(const VerifyOptions& options) {
  const std::size_t count = options.configurations.size();
  const HostRandom seeds(options.seed);
  std::map<AccumulatePolicy, std::size_t> dealt;
  std::vector<std::vector<Batch>> result(count);
  for (std::size_t c = 0; c < count; ++c) {
    const VerifyConfiguration& configuration = options.configurations[c];
    const HardwareParameters& hardware = configuration.hardware;
    std::vector<Cell> cells = all_cells();
    std::erase_if(cells, [&](const Cell& cell) { return !impossible(hardware, cell).empty(); });
    const std::size_t jobs = (static_cast<std::size_t>(options.jobs) + count - 1 - c) / count;
    HostRandom random = seeds.fork(c);
    for (std::size_t j = 0; j < jobs; ++j) {
      if (j % kBatchJobs == 0) {
        result[c].push_back(
            {configuration.name, hardware, pattern_of_batch(c, j / kBatchJobs, options.seed), {}});
      }
      const std::vector<JobKind>& kinds = configuration.kinds;
      if (!kinds.empty() && j % 2 == 0) {
        result[c].back().jobs.push_back(random_job(hardware, kinds[j / 2 % kinds.size()], random));
        continue;
      }
      const Cell& cell = cells[dealt[hardware.policy]++ % cells.size()];
      result[c].back().jobs.push_back(random_job(hardware, cell, random));
    }
  }
  return result;
}

/// One child process per configuration, their results in order.
VerifyReport run_all(const std::vector<VerifyConfiguration>& configurations,
                     const std::vector<std::vector<Batch>>& batches, const FaultSelection& faults,
                     const std::filesystem::path& rtl_dir, const std::filesystem::path& failure_dir,
                     int processes, const StepReport& done = {}) {
  std::vector<ChildTask> tasks;
  for (std::size_t c = 0; c < configurations.size(); ++c) {
    tasks.emplace_back([&, c](const StepReport& child_done) {
      return to_json(run_configuration(configurations[c], batches[c], faults, rtl_dir, failure_dir,
                                       child_done))
          .dump();
    });
  }
  VerifyReport report;
  std::map<Cell, std::uint64_t> cells;
  for (const auto& name : all_features()) report.features[name] = 0;
  for (const auto& text : run_in_children(tasks, processes, done)) {
    const ConfigurationResult result = result_from_json(Json::parse(text));
    report.statistics.add(result.report.statistics);
    if (result.report.divergence) ++report.mismatches;
    for (const auto& [name, jobs] : result.features) report.features[name] += jobs;
    for (const auto& [cell, jobs] : result.cells) cells[cell] += jobs;
    report.configurations.push_back(result.report);
  }
  for (const auto& cell : all_cells()) {
    CellCount count{cell, cells[cell], ""};
    if (count.jobs == 0) {
      // A reason holds if no configuration can fill the cell; the last one names the policy.
      for (const auto& configuration : configurations) {
        const std::string reason = impossible(configuration.hardware, cell);
        const bool of_policy = configuration.hardware.policy == cell.policy;
        if (count.reason.empty() || of_policy) count.reason = reason;
        if (reason.empty()) {
          count.reason = "not drawn";
          break;
        }
      }
    }
    report.cells.push_back(std::move(count));
  }
  return report;
}

}  // namespace

std::vector<VerifyConfiguration> verification_suite() {
  std::vector<VerifyConfiguration> suite;
  for (const char* name : {"saturate-4x4", "wrap-3x5", "clamp-5x2", "saturate-1x3-sticky",
                           "wrap-6x1", "clamp-8x8-none", "shift-4x4", "nibbles-3x5"}) {
    suite.push_back({name, hardware_parameters(Config::load(std::string("verify/") + name)), {}});
  }
  return suite;
}

VerifyReport verify(const VerifyOptions& options) {
  if (options.configurations.empty()) throw UserError("verify: no configuration is given");
  const auto least_jobs = static_cast<int>(options.configurations.size());
  if (options.jobs < least_jobs) {
    throw UserError("verify: jobs is " + std::to_string(options.jobs) + "; allowed: at least " +
                    std::to_string(least_jobs) + ", one for each configuration");
  }
  for (const auto& configuration : options.configurations) check(configuration.hardware);
  if (!options.rtl_dir.empty() && options.configurations.size() > 1) {
    throw UserError("verify: a folder of Verilog belongs to one configuration, " +
                    std::to_string(options.configurations.size()) + " are given");
  }
  require_output_folder(options.failure_dir);
  std::uint64_t jobs_done = 0;
  const auto show = [&](std::size_t jobs) {
    jobs_done += jobs;
    if (options.progress) options.progress(jobs_done);
  };
  VerifyReport report = run_all(options.configurations, plan(options), options.faults,
                                options.rtl_dir, options.failure_dir, options.processes, show);
  report.seed = options.seed;
  return report;
}

VerifyReport replay(const std::filesystem::path& job_file,
                    const std::filesystem::path& failure_dir) {
  const JobFile file = read_job_file(job_file);
  require_output_folder(failure_dir);
  return run_all({{file.batch.configuration, file.batch.hardware, {}}}, {{file.batch}}, file.faults,
                 file.rtl_dir, failure_dir, 1);
}

std::vector<std::string> VerifyReport::gaps() const {
  std::vector<std::string> gaps;
  for (const auto& count : cells) {
    if (count.reason == "not drawn") gaps.push_back("no job is " + to_string(count.cell));
  }
  for (const auto& configuration : configurations) {
    for (std::size_t s = 0; s < kStreams; ++s) {
      if ((configuration.observed >> s & 1U) == 0) continue;
      if (configuration.statistics.stalls[s] > 0) continue;
      gaps.push_back(configuration.name + ": " + std::string(streams()[s].name) +
                     " was never stalled");
    }
  }
  if (statistics.stalled_cycles * 100 < kStalledPercent * statistics.cycles_compared) {
    gaps.push_back(fmt::format("{} of {} cycles are stalled, {} % are wanted",
                               statistics.stalled_cycles, statistics.cycles_compared,
                               kStalledPercent));
  }
  for (const auto& [feature, jobs] : features) {
    if (jobs == 0) gaps.push_back("no job with " + feature);
  }
  const auto limited = features.find("limited MAC or tile");
  const std::uint64_t limited_jobs = limited == features.end() ? 0 : limited->second;
  if (limited_jobs * 100 < kLimitedPercent * statistics.jobs) {
    gaps.push_back(fmt::format("{} of {} jobs limit a MAC or a tile, {} % are wanted", limited_jobs,
                               statistics.jobs, kLimitedPercent));
  }
  if (statistics.cycle_counts == 0) gaps.emplace_back("no job was compared with the closed form");
  return gaps;
}

Json to_json(const VerifyReport& report) {
  Json json = {{"schema_version", kSchemaVersion}, {"seed", report.seed}};
  json.update(to_json(report.statistics));
  json["mismatches"] = report.mismatches;
  Json cells = Json::array();
  Json empty = Json::array();
  for (const auto& count : report.cells) {
    if (count.jobs > 0) {
      cells.push_back({{"cell", to_string(count.cell)}, {"jobs", count.jobs}});
    } else {
      empty.push_back({{"cell", to_string(count.cell)}, {"reason", count.reason}});
    }
  }
  json["coverage"] = {{"cells", cells},
                      {"empty_cells", empty},
                      {"features", report.features},
                      {"gaps", report.gaps()}};
  json["configurations"] = Json::array();
  for (const auto& configuration : report.configurations) {
    json["configurations"].push_back(to_json(configuration));
  }
  return json;
}

}  // namespace sylvester
