#include "cli/train_command.hpp"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <regex>
#include <system_error>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "golden/config/config.hpp"
#include "golden/config/convert.hpp"
#include "golden/continual/class_incremental.hpp"
#include "golden/continual/result_json.hpp"
#include "golden/data/load.hpp"
#include "golden/data/split.hpp"
#include "golden/numerics/parallel.hpp"
#include "golden/support/atomic_file.hpp"
#include "golden/support/error.hpp"
#include "golden/support/npy.hpp"
#include "golden/support/output_folder.hpp"
#include "golden/support/progress.hpp"
#include "golden/support/sha256.hpp"
#include "golden/support/statistics.hpp"
#ifdef SYLVESTER_HAS_SYSTEMC
#include "testbenches/backends.hpp"
#endif

namespace sylvester {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kResultFile = "result.json";

struct SeedRun {
  std::uint32_t seed = 0;
  TrainResult result;
};

// Refuses a back end that this build or configuration does not have.
void check_backend(const std::string& name, const Config& config) {
  if (name == "golden") return;
#ifdef SYLVESTER_HAS_SYSTEMC
  if (name != "systemc" && name != "rtl") {
    throw UserError("--backend: value " + name + "; allowed: golden, systemc, rtl");
  }
  if (config.text("train.arithmetic") != "quantised") {
    throw UserError(
        fmt::format("{}: train.arithmetic: value {}; allowed with --backend {}: "
                    "quantised",
                    config.source(), config.text("train.arithmetic"), name));
  }
#else
  (void)config;
  throw UserError("--backend: value " + name + "; allowed in this build: golden");
#endif
}

std::unique_ptr<Backend> make_backend(const std::string& name, const Config& config, int threads) {
#ifdef SYLVESTER_HAS_SYSTEMC
  if (name == "systemc") return make_systemc_backend(hardware_parameters(config));
  if (name == "rtl") return make_rtl_backend(hardware_parameters(config));
#else
  (void)name;
  (void)config;
#endif
  return make_golden_backend(threads);
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

// All seeds, side by side on the golden back end, one after the other on a model.
std::vector<SeedRun> run_seeds(const TrainArguments& arguments, const Config& config,
                               const Dataset& data, TrainTrace* trace) {
  const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  const int asked = static_cast<int>(config.integer("train.threads"));
  const int threads = asked == 0 ? cores : asked;
  const int workers =
      arguments.backend == "golden" ? std::min({threads, cores, arguments.seeds}) : 1;
  std::vector<SeedRun> runs(static_cast<std::size_t>(arguments.seeds));
  SharedProgress progress(arguments.seeds);
  std::atomic<std::size_t> next{0};

  const auto work = [&](std::size_t) {
    try {
      auto backend = make_backend(arguments.backend, config, std::max(1, threads / workers));
      if (trace != nullptr) backend = trace->recording(std::move(backend));
      for (std::size_t i = next++; i < runs.size(); i = next++) {
        runs[i].seed = static_cast<std::uint32_t>(config.integer("train.seed")) +
                       static_cast<std::uint32_t>(i);
        const Config seeded = config.with("train.seed", std::to_string(runs[i].seed));
        const Split split = make_split(data, split_options(seeded));
        runs[i].result = run_class_incremental(train_settings(seeded), split, *backend,
                                               {.progress = [&](const TrainProgress& p) {
                                                 progress.update(i, p);
                                                 if (trace != nullptr) trace->observe(p);
                                               }});
      }
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

template <typename Value>
Spread spread_of(const std::vector<SeedRun>& runs, Value value) {
  std::vector<double> values;
  for (const SeedRun& run : runs) values.push_back(value(run.result));
  return spread(values);
}

Json summary_json(const std::vector<SeedRun>& runs) {
  const auto entry = [&](auto value) {
    const Spread s = spread_of(runs, value);
    return Json{{"mean", s.mean}, {"deviation", s.deviation}};
  };
  return {
      {"average_incremental_accuracy",
       entry([](const TrainResult& r) { return r.linear.average_incremental(); })},
      {"final_accuracy", entry([](const TrainResult& r) { return r.linear.final(); })},
      {"forgetting", entry([](const TrainResult& r) { return r.linear.forgetting().value_or(0); })},
      {"limited_tile_share",
       entry([](const TrainResult& r) { return r.totals.limited_tile_share(); })},
      {"seconds", entry([](const TrainResult& r) { return r.seconds; })}};
}

std::string text_of(const std::vector<SeedRun>& runs) {
  std::string text;
  for (const SeedRun& run : runs) {
    const TrainResult& r = run.result;
    text += fmt::format(
        "seed {}: average incremental accuracy {:.2f} %, final {:.2f} %, "
        "{:.2f} % limited tiles, {} steps in {}, weights {}\n",
        run.seed, r.linear.average_incremental(), r.linear.final(),
        100 * r.totals.limited_tile_share(), r.steps, duration_text(r.seconds), r.weights_sha256);
  }
  if (runs.size() > 1) {
    const auto entry = [&](auto value) {
      const Spread s = spread_of(runs, value);
      return fmt::format("{:.2f} +- {:.2f} %", s.mean, s.deviation);
    };
    text += fmt::format(
        "{} seeds: average incremental accuracy {}, final {}, forgetting {} (mean +- deviation)\n",
        runs.size(), entry([](const TrainResult& r) { return r.linear.average_incremental(); }),
        entry([](const TrainResult& r) { return r.linear.final(); }),
        entry([](const TrainResult& r) { return r.linear.forgetting().value_or(0); }));
  }
  return text;
}

void write_array(const std::filesystem::path& file, std::vector<std::size_t> shape,
                 const std::vector<float>& values) {
  const NpyArray array{.name = {},
                       .is_float = true,
                       .shape = std::move(shape),
                       .integers = {},
                       .floats = {values.begin(), values.end()}};
  write_file(file, npy_bytes(array));
}

// Outputs x inputs, of a convolution outputs x kernel rows x kernel columns x channels.
std::vector<std::size_t> weight_shape(const Node& node) {
  const auto size = [](int value) { return static_cast<std::size_t>(value); };
  if (node.kind != NodeKind::kConv) return {size(node.outputs()), size(node.k)};
  const Extent& kernel = node.window.kernel;
  return {size(node.outputs()), size(kernel.height), size(kernel.width),
          size(node.k / kernel.area())};
}

// result.json, and in seed-<seed>/ the weights as layer-<l>-weight.npy and -bias.npy, of
// normalisations as norm-<n>-..., with -mean.npy and -variance.npy.
void write_out(const std::filesystem::path& folder, const Json& result,
               const std::vector<SeedRun>& runs) {
  for (const SeedRun& run : runs) {
    const auto seed_folder = folder / fmt::format("seed-{}", run.seed);
    int layers = 0;
    int norms = 0;
    for (const Node& node : run.result.network.nodes) {
      if (node.weight.empty()) continue;
      const bool layer = node.k > 0;
      const std::string name =
          layer ? fmt::format("layer-{}", layers++) : fmt::format("norm-{}", norms++);
      const auto write = [&](const char* part, std::vector<std::size_t> shape,
                             const std::vector<float>& values) {
        if (values.empty()) return;
        write_array(seed_folder / fmt::format("{}-{}.npy", name, part), std::move(shape), values);
      };
      write("weight", layer ? weight_shape(node) : std::vector{node.weight.size()}, node.weight);
      write("bias", {node.bias.size()}, node.bias);
      write("mean", {node.running_mean.size()}, node.running_mean);
      write("variance", {node.running_variance.size()}, node.running_variance);
    }
  }
  write_file(folder / kResultFile, result.dump(2) + "\n");
}

// What write_out has written into this folder; nothing is if the folder has no result.
IsOwnFile written_earlier(const std::filesystem::path& folder) {
  std::error_code ignored;
  const bool has_result = std::filesystem::is_regular_file(folder / kResultFile, ignored);
  return [has_result](const std::string& path) {
    static const std::regex weights(
        "seed-[0-9]+/(layer|norm)-[0-9]+-(weight|bias|mean|variance)\\.npy");
    return has_result && (path == kResultFile || std::regex_match(path, weights));
  };
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
  check_backend(arguments.backend, config);
  const auto trace = TrainTrace::make(arguments.trace, config, arguments.seeds);
  const Dataset data = dataset_of(arguments, config);
  const bool writes = !arguments.out.empty();
  const IsOwnFile is_own = written_earlier(arguments.out);
  if (writes) require_output_folder(arguments.out, is_own);
  const std::vector<SeedRun> runs = run_seeds(arguments, config, data, trace.get());

  Json seeds = Json::array();
  for (const SeedRun& run : runs) seeds.push_back(run_json(run));
  const Json result = {{"config", config.source()},
                       {"backend", arguments.backend},
                       {"data", data.name},
                       {"numerics_hash", to_hex(config.numerics_hash())},
                       {"hardware_hash", to_hex(hardware_hash(config))},
                       {"seeds", seeds},
                       {"summary", summary_json(runs)}};
  if (writes) {
    write_output_folder(arguments.out, is_own,
                        [&](const auto& folder) { write_out(folder, result, runs); });
  }
  output.result(result, text_of(runs));
  return kHolds;
}

}  // namespace sylvester
