#include "cli/train_command.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <filesystem>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/train_folder.hpp"
#include "golden/config/accelerator.hpp"
#include "golden/config/config.hpp"
#include "golden/config/convert.hpp"
#include "golden/config/training.hpp"
#include "golden/config/training_key.hpp"
#include "golden/continual/class_incremental.hpp"
#include "golden/continual/result_json.hpp"
#include "golden/data/content_hash.hpp"
#include "golden/data/load.hpp"
#include "golden/numerics/parallel.hpp"
#include "golden/support/error.hpp"
#include "golden/support/progress.hpp"
#include "golden/support/sha256.hpp"
#include "golden/support/statistics.hpp"
#include "golden/support/version.hpp"
#ifdef SYLVESTER_HAS_SYSTEMC
#include "testbenches/backends.hpp"
#endif

namespace sylvester {
namespace {

using Json = nlohmann::ordered_json;

// Refuses a back end that this build or configuration does not have.
void check_backend(const std::string& name, const Config& config) {
  if (name == "golden") return;
#ifdef SYLVESTER_HAS_SYSTEMC
  if (name != "systemc" && name != "rtl") {
    throw UserError("--backend: value " + name + "; allowed: golden, systemc, rtl");
  }
  const std::string& arithmetic = config.text("train.arithmetic");
  if (arithmetic == "float" || arithmetic == "paper-float") {
    throw UserError(
        fmt::format("{}: train.arithmetic: value {}; allowed with --backend {}: "
                    "quantised, integer, dorefa, pdqat",
                    config.source(), arithmetic, name));
  }
#else
  (void)config;
  throw UserError("--backend: value " + name + "; allowed in this build: golden");
#endif
}

std::unique_ptr<Backend> make_backend(const std::string& name, const Config& config, int threads) {
#ifdef SYLVESTER_HAS_SYSTEMC
  if (name != "golden" && has_dorefa_codes(config)) {
    require_one_width(config, "--backend " + name);
    require_formats(config, "--backend " + name);
  } else if (name != "golden" && config.text("train.arithmetic") == "quantised") {
    require_prepare_unit(config, "--backend " + name);
  }
  if (name == "systemc") return make_systemc_backend(hardware_parameters(config));
  if (name == "rtl") return make_rtl_backend(hardware_parameters(config));
#else
  (void)name;
  (void)config;
#endif
  return make_golden_backend(threads);
}

// The folder's content is replaced as a whole at the end.
void refuse_trace_in_folder(const std::string& trace, const std::string& out) {
  namespace fs = std::filesystem;
  if (trace.empty() || out.empty()) return;
  const fs::path folder = fs::weakly_canonical(fs::absolute(out) / "");
  const fs::path file = fs::weakly_canonical(fs::absolute(trace));
  const fs::path inside = file.lexically_relative(folder);
  if (inside.empty() || *inside.begin() == "..") return;
  throw UserError(
      fmt::format("--trace: value {}; allowed with --out {}: a file outside of it", trace, out));
}

// Steps of all runs together, shown as one bar.
class SharedProgress {
 public:
  explicit SharedProgress(int runs) : runs_(static_cast<std::size_t>(runs)) {}

  void update(std::size_t run, const TrainProgress& progress) {
    const std::lock_guard lock(mutex_);
    if (!bar_) {
      bar_ = std::make_unique<Progress>("training", progress.steps * runs_.size());
    }
    runs_[run] = progress.step;
    std::uint64_t done = 0;
    for (const std::uint64_t steps : runs_) done += steps;
    bar_->update(done);
  }

 private:
  std::mutex mutex_;
  std::vector<std::uint64_t> runs_;
  std::unique_ptr<Progress> bar_;
};

// Of the weights that a run begins with; null without --init.
template <typename AnyJson>
AnyJson init_hash(const InitialWeights* initial) {
  return initial == nullptr ? AnyJson() : AnyJson(initial->sha256());
}

// What the numbers of a seed's run depend on, besides the seed.
nlohmann::json identity_of(const Config& seeded, const std::string& data_hash,
                           const InitialWeights* initial) {
  const TrainingKey key = training_key(seeded, data_hash);
  return {{"numerics_hash", key.numerics_hash},
          {"counters", key.counters},
          {"data_sha256", key.data_hash},
          {"version", program_version()},
          {"init_sha256", init_hash<nlohmann::json>(initial)}};
}

// All seeds, side by side on the golden back end, one after the other on a model.
std::vector<SeedRun> run_seeds(const TrainArguments& arguments, const Config& config,
                               const Dataset& data, const std::string& data_hash,
                               const std::shared_ptr<const InitialWeights>& initial,
                               TrainTrace* trace, TrainFolder* folder) {
  const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  const int asked = static_cast<int>(config.integer("train.threads"));
  const int threads = asked == 0 ? cores : asked;
  const int workers =
      arguments.backend == "golden" ? std::min({threads, cores, arguments.seeds}) : 1;
  std::vector<SeedRun> runs(static_cast<std::size_t>(arguments.seeds));
  SharedProgress progress(arguments.seeds);
  std::atomic<std::size_t> next{0};

  const auto run = [&](std::size_t i, Backend& backend) {
    const std::uint32_t seed =
        static_cast<std::uint32_t>(config.integer("train.seed")) + static_cast<std::uint32_t>(i);
    const Config seeded = config.with("train.seed", std::to_string(seed));
    const TrainingData parts = training_data(seeded, data);
    std::optional<SeedFiles> files;
    if (folder != nullptr) {
      files.emplace(folder->seed(seed, identity_of(seeded, data_hash, initial.get()),
                                 arguments.state_seconds));
    }
    RunHooks hooks;
    hooks.progress = [&](const TrainProgress& p) {
      progress.update(i, p);
      if (trace != nullptr) trace->observe(p);
      if (files) files->observe(p);
    };
    if (files) {
      hooks.wants_state = [&] { return files->wants_state(); };
      hooks.save = [&](const nlohmann::json& state) { files->save(state); };
      hooks.resume = files->state();
    }
    runs[i] = {seed, run_training(seeded, parts, backend, hooks, initial)};
  };

  const auto work = [&](std::size_t) {
    try {
      auto backend = make_backend(arguments.backend, config, std::max(1, threads / workers));
      if (trace != nullptr) backend = trace->recording(std::move(backend));
      for (std::size_t i = next++; i < runs.size(); i = next++) run(i, *backend);
      if (trace != nullptr) trace->write();
    } catch (...) {
      next = runs.size();  // ends the other workers
      throw;
    }
  };
  parallel_for(static_cast<std::size_t>(workers), workers, work);
  return runs;
}

Json run_json(const SeedRun& run) {
  Json json = {{"seed", run.seed}};
  json.update(to_json(run.result));
  return json;
}

// Of the seeds in which it was measured.
template <typename Value>
Spread spread_of(const std::vector<SeedRun>& runs, Value value) {
  std::vector<double> values;
  for (const SeedRun& run : runs) {
    const double of_run = value(run.result);
    if (!std::isnan(of_run)) values.push_back(of_run);
  }
  return spread(values);
}

double forgetting_of(const TrainResult& result) {
  return result.linear.forgetting().value_or(std::numeric_limits<double>::quiet_NaN());
}

std::string percent_text(double value) {
  return std::isnan(value) ? "-" : fmt::format("{:.2f} %", value);
}

Json summary_json(const std::vector<SeedRun>& runs) {
  const auto entry = [&](auto value) {
    const Spread s = spread_of(runs, value);
    if (s.n == 0) return Json{{"mean", nullptr}, {"deviation", nullptr}};
    return Json{{"mean", s.mean}, {"deviation", s.deviation}};
  };
  return {{"average_incremental_accuracy",
           entry([](const TrainResult& r) { return r.linear.average_incremental(); })},
          {"final_accuracy", entry([](const TrainResult& r) { return r.linear.final(); })},
          {"forgetting", entry(forgetting_of)},
          {"limited_tile_share",
           entry([](const TrainResult& r) { return r.totals.limited_tile_share(); })},
          {"seconds", entry([](const TrainResult& r) { return r.seconds; })}};
}

// Other tasks have one measure.
bool is_incremental(const TrainResult& result) { return result.metric == TrainResult{}.metric; }

std::string text_of(const std::vector<SeedRun>& runs) {
  std::string text;
  for (const SeedRun& run : runs) {
    const TrainResult& r = run.result;
    const std::string reached =
        is_incremental(r) ? fmt::format("average incremental accuracy {}, final {}",
                                        percent_text(r.linear.average_incremental()),
                                        percent_text(r.linear.final()))
                          : fmt::format("{} {}", r.metric, percent_text(r.linear.final()));
    text += fmt::format("seed {}: {}, {:.2f} % limited tiles, {} steps in {}, weights {}\n",
                        run.seed, reached, 100 * r.totals.limited_tile_share(), r.steps,
                        duration_text(r.seconds), r.weights_sha256);
  }
  // The same for all seeds: it depends on the network and the arithmetic alone.
  const KeptBytes& kept = runs.front().result.backward_bytes;
  text += fmt::format(
      "kept for the backward pass of a batch: {} bytes (codes {}, masks {}, wide {}, float {})\n",
      kept.total(), kept.codes, kept.masks, kept.wide, kept.floats);
  if (runs.size() > 1) {
    const auto entry = [&](auto value) {
      const Spread s = spread_of(runs, value);
      if (s.n == 0) return std::string("-");
      return fmt::format("{:.2f} +- {:.2f} %", s.mean, s.deviation);
    };
    const std::string final = entry([](const TrainResult& r) { return r.linear.final(); });
    const TrainResult& first = runs.front().result;
    text += is_incremental(first)
                ? fmt::format(
                      "{} seeds: average incremental accuracy {}, final {}, forgetting {} (mean +- "
                      "deviation)\n",
                      runs.size(),
                      entry([](const TrainResult& r) { return r.linear.average_incremental(); }),
                      final, entry(forgetting_of))
                : fmt::format("{} seeds: {} {} (mean +- deviation)\n", runs.size(), first.metric,
                              final);
  }
  return text;
}

Dataset dataset_of(const TrainArguments& arguments, const Config& config) {
  const std::string& set = config.text("data.set");
  if (set == "embedded" && !arguments.data.empty()) {
    throw UserError(
        fmt::format("--data: value {}; allowed: none, for data.set is embedded", arguments.data));
  }
  if (set != "embedded" && arguments.data.empty()) {
    throw UserError(fmt::format("{}: data.set: value {} needs --data DIR, the folder of the set",
                                config.source(), set));
  }
  return load_dataset(set, arguments.data);
}

}  // namespace

int run_train(const TrainArguments& arguments, const Output& output) {
  const Config config = Config::load(arguments.config.source, arguments.config.overrides);
  const std::int64_t last_seed = config.integer("train.seed") + arguments.seeds - 1;
  if (last_seed > 4294967295) {
    throw UserError(
        fmt::format("--seeds: the last seed would be {}; allowed: 4294967295 at most", last_seed));
  }
  if (std::isnan(arguments.state_seconds)) {
    throw UserError("--state-seconds: value nan; allowed: 0 to 1000000");
  }
  if (arguments.resume && arguments.out.empty()) {
    throw UserError("--resume: goes on with the unfinished run in a folder; needs --out DIR");
  }
  if (arguments.resume && !arguments.trace.file.empty()) {
    throw UserError(
        "--trace: the steps of a run that --resume goes on with are not all computed; "
        "allowed: without --resume");
  }
  refuse_trace_in_folder(arguments.trace.file, arguments.out);
  check_backend(arguments.backend, config);
  const auto trace = TrainTrace::make(arguments.trace, config, arguments.seeds);
  const Dataset data = dataset_of(arguments, config);
  const std::string data_hash = content_hash(data);
  const std::shared_ptr<const InitialWeights> initial =
      arguments.init.empty() ? nullptr : InitialWeights::read(arguments.init);
  const Json head = {{"config", config.source()},
                     {"backend", arguments.backend},
                     {"data", data.name},
                     {"data_sha256", data_hash},
                     {"version", program_version()},
                     {"numerics_hash", to_hex(config.numerics_hash())},
                     {"hardware_hash", to_hex(hardware_hash(config))},
                     {"first_seed", config.integer("train.seed")},
                     {"number_of_seeds", arguments.seeds},
                     {"init_sha256", init_hash<Json>(initial.get())}};
  std::optional<TrainFolder> folder;
  if (!arguments.out.empty()) {
    folder.emplace(arguments.out, arguments.resume,
                   static_cast<std::uint32_t>(config.integer("train.seed")), arguments.seeds);
    if (const auto finished = folder->finished(head)) {
      output.result(*finished, fmt::format("{}: finished earlier\n", arguments.out));
      return kHolds;
    }
    folder->begin();
  }
  std::vector<SeedRun> runs;
  try {
    runs = run_seeds(arguments, config, data, data_hash, initial, trace.get(),
                     folder ? &*folder : nullptr);
  } catch (...) {
    if (folder) folder->abandon();
    throw;
  }

  Json seeds = Json::array();
  for (const SeedRun& run : runs) seeds.push_back(run_json(run));
  Json result = head;
  result["seeds"] = std::move(seeds);
  result["summary"] = summary_json(runs);
  if (folder) folder->write(result, runs);
  output.result(result, text_of(runs));
  return kHolds;
}

}  // namespace sylvester
