#include "golden/explore/explore.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "golden/config/accelerator.hpp"
#include "golden/config/convert.hpp"
#include "golden/config/network_jobs.hpp"
#include "golden/config/training.hpp"
#include "golden/continual/class_incremental.hpp"
#include "golden/continual/result_json.hpp"
#include "golden/data/content_hash.hpp"
#include "golden/data/load.hpp"
#include "golden/data/split.hpp"
#include "golden/numerics/parallel.hpp"
#include "golden/support/error.hpp"
#include "golden/support/progress.hpp"
#include "golden/train/executor.hpp"
#include "golden/train/network.hpp"

namespace sylvester {
namespace {

struct LoadedData {
  Dataset data;
  std::string hash;
};
using DataSets = std::map<std::string, LoadedData>;  // by name

DataSets load_data(const Space& space, const std::filesystem::path& asked) {
  DataSets sets;
  if (!space.accuracy && !space.gemms.empty()) return sets;
  const std::filesystem::path& folder = asked.empty() ? space.data_folder : asked;
  for (const Point& point : space.points) {
    const std::string& name = point.config.text("data.set");
    if (sets.contains(name)) continue;
    if (name != "embedded" && folder.empty()) {
      throw UserError(fmt::format("{}: data.set: value {} needs --data DIR, the folder of the set",
                                  point.config.source(), name));
    }
    LoadedData loaded{load_dataset(name, folder), {}};
    loaded.hash = content_hash(loaded.data);
    sets.emplace(name, std::move(loaded));
  }
  if (!asked.empty() && (sets.empty() || (sets.size() == 1 && sets.contains("embedded")))) {
    throw UserError(
        fmt::format("--data: value {}; allowed: none, for no point reads files", asked.string()));
  }
  return sets;
}

// A UserError inside of `body` names the point.
template <typename Body>
auto at_point(const Config& config, const Body& body) {
  try {
    return body();
  } catch (const UserError& error) {
    const std::string sentence = error.what();
    if (sentence.starts_with(printable(config.source()))) throw;
    throw UserError(config.source() + ": " + sentence);
  }
}

// Training and test parts that are in use, so that trainings of the same seed share them.
class Splits {
 public:
  explicit Splits(const DataSets& sets) : sets_(sets) {}

  std::shared_ptr<const TrainingData> split(const Config& config) {
    const std::string& set = config.text("data.set");
    const Key key{set, split_options(config), canvas_options(config)};
    const std::lock_guard lock(mutex_);
    std::weak_ptr<const TrainingData>& kept = kept_[key];
    std::shared_ptr<const TrainingData> split = kept.lock();
    if (!split) {
      split = std::make_shared<const TrainingData>(training_data(config, sets_.at(set).data));
      kept = split;
    }
    return split;
  }

 private:
  using Key = std::tuple<std::string, SplitOptions, CanvasOptions>;

  const DataSets& sets_;
  std::mutex mutex_;
  std::map<Key, std::weak_ptr<const TrainingData>> kept_;
};

Config seeded(const Config& config, std::uint32_t seed) {
  return config.with("train.seed", std::to_string(seed));
}

// Without the configuration: there may be a great many.
struct Job {
  TrainingKey key;
  std::size_t point = 0;

  [[nodiscard]] Config config(const Space& space) const {
    return seeded(space.points[point].config, key.seed);
  }
};

// The trainings of all points, each once, one seed of all points after the other.
std::vector<Job> all_trainings(const Space& space, const DataSets& sets,
                               std::vector<PointResult>& results) {
  std::vector<Job> jobs;
  std::set<TrainingKey> known;
  for (int s = 0; s < space.seeds; ++s) {
    for (std::size_t p = 0; p < space.points.size(); ++p) {
      const Config config =
          seeded(space.points[p].config, space.first_seed + static_cast<std::uint32_t>(s));
      TrainingKey key = training_key(config, sets.at(config.text("data.set")).hash);
      results[p].keys.push_back(key);
      if (known.insert(key).second) jobs.push_back({std::move(key), p});
    }
  }
  return jobs;
}

// Settings that only a run on its data can refuse are refused by its first step. Only these keys
// matter to that.
std::string trial_text(const Config& config) {
  std::vector<std::string_view> groups = {"data.", "continual.", "network.", "train."};
  const std::string& arithmetic = config.text("train.arithmetic");
  if (arithmetic == "integer" || arithmetic == "pdqat") {  // learners with conditions of their own
    groups.insert(groups.end(), {"integer.", "pdqat.", "accumulator.", "hardware.counters"});
  }
  std::string text;
  for (const KeyDeclaration& key : declared_keys()) {
    if (std::ranges::any_of(groups, [&](auto group) { return key.name.starts_with(group); })) {
      text += value_text(config.value(key.name)) + "\n";
    }
  }
  return text;
}

struct TrialEnds {};

void try_first_step(const Config& config, Splits& splits) {
  at_point(config, [&] {
    const auto split = splits.split(config);
    const auto backend = make_golden_backend(1);
    try {
      run_training(config, *split, *backend,
                   {.progress = [](const TrainProgress&) { throw TrialEnds{}; }});
    } catch (const TrialEnds&) {
    }
  });
}

// Returns how many first steps it took.
std::size_t check_trainings(const Space& space, const std::vector<Job>& jobs, Splits& splits,
                            int workers) {
  std::vector<const Job*> trials;
  std::set<std::string> known;
  for (const Job& job : jobs) {
    const Config config = job.config(space);
    at_point(config, [&] { train_settings(config); });
    if (known.insert(trial_text(config)).second) trials.push_back(&job);
  }
  Progress bar("checking", trials.size());
  std::mutex mutex;
  std::uint64_t done = 0;
  parallel_for(trials.size(), workers, [&](std::size_t i) {
    try_first_step(trials[i]->config(space), splits);
    const std::lock_guard lock(mutex);
    bar.update(++done);
  });
  return trials.size();
}

struct CycleJob {
  std::size_t point;
  std::string gemms;  ///< names them in the store
  HardwareParameters hardware;
  std::vector<GemmJobs> jobs;
};

std::vector<CycleJob> all_cycles(const Space& space, const DataSets& sets) {
  std::vector<CycleJob> jobs;
  for (std::size_t p = 0; p < space.points.size(); ++p) {
    const Config& config = space.points[p].config;
    if (golden_only_setting(config)) continue;
    std::vector<NetworkGemm> gemms;
    for (const LayerShape& layer : space.gemms) {
      for (const LayerGemm& gemm : training_gemms(config, layer, Role::kForwardActivation)) {
        gemms.push_back({0, gemm});
      }
    }
    at_point(config, [&] {
      if (space.gemms.empty()) {
        const Dataset& data = sets.at(config.text("data.set")).data;
        gemms = network_gemms(config, whole_network(config, data), true);
      } else if (config.precision_table() != nullptr) {
        throw UserError(
            "network.precision: allowed without gemms, which are of no layer of the table");
      }
      const HardwareParameters hardware = hardware_parameters(config);
      jobs.push_back(
          {p, text_of(gemms), hardware, describe(config, hardware, gemms, config.source())});
    });
  }
  return jobs;
}

Training training_of(const TrainResult& result) {
  const AccuracyRecord& record = result.linear;
  return {.average_incremental_accuracy = record.average_incremental(),
          .final_accuracy = record.final(),
          .forgetting = record.forgetting(),
          .limited_tile_share = result.totals.limited_tile_share(),
          .backward_bytes = result.backward_bytes,
          .steps = result.steps,
          .weights_sha256 = result.weights_sha256,
          .detail = to_json(result).dump(),
          .seconds = result.seconds,
          .failure = {}};
}

// The bar of all trainings, each as long as any other.
class Bar {
 public:
  explicit Bar(std::size_t trainings) : shares_(trainings), bar_("exploring", trainings * kUnit) {}

  void update(std::size_t training, double share) {
    const std::lock_guard lock(mutex_);
    const auto units = static_cast<std::uint64_t>(share * kUnit);
    done_ += units - shares_[training];
    shares_[training] = units;
    bar_.update(done_);
  }

 private:
  static constexpr std::uint64_t kUnit = 1000;

  std::mutex mutex_;
  std::vector<std::uint64_t> shares_;
  std::uint64_t done_ = 0;
  Progress bar_;
};

// `split` keeps the split of the training before, which is often the same.
Training train(const Config& config, Splits& splits, std::shared_ptr<const TrainingData>& split,
               Backend& backend, const std::function<void(double)>& progress) {
  const auto begin = std::chrono::steady_clock::now();
  try {
    split = splits.split(config);
    return training_of(
        run_training(config, *split, backend, {.progress = [&](const TrainProgress& p) {
                       progress(static_cast<double>(p.step) / static_cast<double>(p.steps));
                     }}));
  } catch (const UserError& error) {
    Training failed;
    failed.failure = error.what();
    failed.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return failed;
  }
}

void train_all(const Space& space, const std::vector<Job>& jobs, Splits& splits, int workers,
               ResultStore& store) {
  Bar bar(jobs.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&](std::size_t) {
    try {
      const auto backend = make_golden_backend(1);
      std::shared_ptr<const TrainingData> split;
      for (std::size_t i = next++; i < jobs.size(); i = next++) {
        const auto progress = [&](double share) { bar.update(i, share); };
        store.add(jobs[i].key, train(jobs[i].config(space), splits, split, *backend, progress));
        progress(1);
      }
    } catch (...) {
      next = jobs.size();  // ends the other workers
      throw;
    }
  };
  const std::size_t threads = std::min(jobs.size(), static_cast<std::size_t>(workers));
  parallel_for(threads, static_cast<int>(threads), work);
}

void count_all(const std::vector<CycleJob>& jobs, const std::vector<std::string>& names,
               const CountCycles& count, int workers, ResultStore& store,
               std::vector<PointResult>& results) {
  constexpr std::size_t kTogether = 256;  // points written at a time: one wait for the disk
  std::vector<const CycleJob*> missing;
  for (const CycleJob& job : jobs) {
    results[job.point].cycles = store.cycles(names[job.point], job.gemms);
    if (!results[job.point].cycles) missing.push_back(&job);
  }
  for (std::size_t begin = 0; begin < missing.size(); begin += kTogether) {
    const std::size_t n = std::min(kTogether, missing.size() - begin);
    parallel_for(n, workers, [&](std::size_t i) {
      const CycleJob& job = *missing[begin + i];
      results[job.point].cycles = count(job.hardware, job.jobs);
    });
    Transaction transaction = store.transaction();
    for (std::size_t i = begin; i < begin + n; ++i) {
      const CycleJob& job = *missing[i];
      store.add(names[job.point], job.gemms, *results[job.point].cycles);
    }
    transaction.commit();
  }
}

// Names of the points in the store.
std::vector<std::string> enter_points(const Space& space, const std::vector<PointResult>& results,
                                      ResultStore& store) {
  std::vector<std::string> names;
  Transaction transaction = store.transaction();
  for (std::size_t p = 0; p < space.points.size(); ++p) {
    names.push_back(store.add_point(space.points[p].config));
    for (const TrainingKey& key : results[p].keys) store.add_run(names.back(), key);
  }
  transaction.commit();
  return names;
}

}  // namespace

Exploration explore(const Space& space, const ExploreOptions& options) {
  const int workers = resolve_threads(options.workers);
  Exploration result;
  result.points.resize(space.points.size());
  for (const Point& point : space.points) {
    at_point(point.config, [&] { hardware_parameters(point.config); });
  }
  const DataSets sets = load_data(space, options.data);
  Splits splits(sets);
  std::vector<Job> jobs;
  if (space.accuracy) jobs = all_trainings(space, sets, result.points);
  const std::size_t all = jobs.size();
  // An exploration that is there already may be opened before everything is checked.
  std::optional<ResultStore> kept;
  if (std::filesystem::exists(options.out / kDatabaseFile)) {
    kept.emplace(options.out);
    std::erase_if(jobs, [&](const Job& job) { return kept->training(job.key).has_value(); });
  }
  result.trained = jobs.size();
  result.reused = all - jobs.size();
  if (!jobs.empty()) result.tried = check_trainings(space, jobs, splits, workers);
  std::vector<CycleJob> cycle_jobs;
  if (space.cycles) cycle_jobs = all_cycles(space, sets);

  if (!kept) kept.emplace(options.out);
  ResultStore& store = *kept;
  const std::vector<std::string> names = enter_points(space, result.points, store);
  count_all(cycle_jobs, names, options.count_cycles, workers, store, result.points);
  train_all(space, jobs, splits, workers, store);
  for (PointResult& point : result.points) {
    for (const TrainingKey& key : point.keys) point.trainings.push_back(*store.training(key));
  }
  return result;
}

}  // namespace sylvester
