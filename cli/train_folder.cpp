#include "cli/train_folder.hpp"

#include <fmt/format.h>

#include <regex>
#include <set>
#include <system_error>
#include <utility>

#include "golden/support/error.hpp"
#include "golden/support/state_file.hpp"
#include "golden/train/weights_file.hpp"

namespace sylvester {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr const char* kResultFile = "result.json";
constexpr const char* kStateKind = "training state";

std::string seed_name(std::uint32_t seed) { return fmt::format("seed-{}", seed); }

// The first `records` lines of a file, all that belongs to a state.
std::string first_lines(const fs::path& file, std::uint64_t records) {
  const std::string text = read_file(file);
  std::size_t end = 0;
  for (std::uint64_t line = 0; line < records; ++line) {
    const std::size_t next = text.find('\n', end);
    if (next == std::string::npos) {
      throw UserError(
          fmt::format("{}: has {} lines, the state beside it belongs to {}; remove both to "
                      "start anew",
                      file.string(), line, records));
    }
    end = next + 1;
  }
  return text.substr(0, end);
}

// Of a state or a result: throws UserError unless it has these values.
template <typename Object>
void require_values(const fs::path& file, const Object& object, const Object& values) {
  for (const auto& [key, value] : values.items()) {
    const Object found = object.is_object() ? object.value(key, Object()) : Object();
    if (found == value) continue;
    throw UserError(fmt::format("{}: belongs to a run with {} {}; allowed: {}", file.string(), key,
                                found.dump(), value.dump()));
  }
}

}  // namespace

SeedFiles::SeedFiles(const fs::path& unfinished, std::uint32_t seed, const Json& identity,
                     bool resume, double seconds_between_states)
    : state_file_(unfinished / (seed_name(seed) + ".state")),
      identity_(identity),
      between_(seconds_between_states) {
  const fs::path metrics_file = unfinished / (seed_name(seed) + ".jsonl");
  std::string metrics;
  std::error_code ignored;
  if (resume && fs::exists(state_file_, ignored)) {
    const Json file = read_state_file(state_file_, kStateKind);
    try {
      require_values(state_file_, file.at("identity"), identity);
      state_ = file.at("run");
      metrics = first_lines(metrics_file, state_->at("records").get<std::uint64_t>());
    } catch (const Json::exception& error) {
      throw UserError(fmt::format("{}: cannot be read: {}", state_file_.string(), error.what()));
    }
  }
  write_file(metrics_file, metrics);
  metrics_.open(metrics_file, std::ios::app);
}

void SeedFiles::observe(const TrainProgress& progress) {
  ends_ = progress.event == TrainProgress::Event::kTask && progress.task + 1 == progress.tasks;
  if (progress.event == TrainProgress::Event::kUpdate) return;
  nlohmann::ordered_json line = {{"task", progress.task}};
  if (progress.event == TrainProgress::Event::kEpoch) line["epoch"] = progress.epoch;
  line["step"] = progress.step;
  line["loss"] = progress.loss;
  if (progress.accuracy) line["accuracy"] = *progress.accuracy;
  if (progress.nearest_mean_accuracy) {
    line["nearest_mean_accuracy"] = *progress.nearest_mean_accuracy;
  }
  line["limited_tile_share"] = progress.limited_tile_share;
  if (!progress.details.is_null()) line["constraints"] = progress.details;
  metrics_ << line.dump() + "\n" << std::flush;
  if (!metrics_) {
    throw EnvironmentError(state_file_.parent_path().string() + ": the metrics cannot be written");
  }
}

bool SeedFiles::wants_state() const {
  return ends_ || std::chrono::steady_clock::now() - saved_ >= between_;
}

void SeedFiles::save(const Json& state) {
  write_state_file(state_file_, kStateKind, {{"identity", identity_}, {"run", state}});
  saved_ = std::chrono::steady_clock::now();
}

TrainFolder::TrainFolder(fs::path folder, bool resume, std::uint32_t first_seed, int seeds)
    : folder_(std::move(folder)), resume_(resume) {
  require_output_folder(folder_, is_own());
  std::set<std::string> asked;
  for (int i = 0; i < seeds; ++i) {
    asked.insert(seed_name(first_seed + static_cast<std::uint32_t>(i)));
  }
  for (const fs::path& state : states()) {
    if (!resume_ || asked.contains(state.stem().string())) continue;
    throw UserError(
        fmt::format("{}: is of a seed that is not asked for; allowed with --resume: seeds "
                    "that include it",
                    state.string()));
  }
  if (!resume_ && has_state()) {
    throw UserError(
        fmt::format("--out: value {}; it holds an unfinished run; allowed: --resume to go on with "
                    "it, or another "
                    "folder",
                    folder_.string()));
  }
}

fs::path TrainFolder::unfinished() const { return folder_ / "unfinished"; }

std::vector<fs::path> TrainFolder::states() const {
  std::vector<fs::path> files;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(unfinished(), ignored)) {
    if (entry.path().extension() == ".state") files.push_back(entry.path());
  }
  return files;
}

bool TrainFolder::has_state() const { return !states().empty(); }

// What write() has written, if there is a result, and what a run that did not end has left.
IsOwnFile TrainFolder::is_own() const {
  std::error_code ignored;
  const bool has_result = fs::is_regular_file(folder_ / kResultFile, ignored);
  return [has_result](const std::string& path) {
    static const std::regex unfinished(
        "unfinished/(lock|seed-[0-9]+\\.(state|jsonl)(\\.part[0-9.]+)?)");
    static const std::regex written("result\\.json|seed-[0-9]+/(weights\\.npz|metrics\\.jsonl)");
    return path == "unfinished" || std::regex_match(path, unfinished) ||
           (has_result && std::regex_match(path, written));
  };
}

void TrainFolder::begin() {
  made_ = std::make_unique<MadeFolder>(unfinished());
  lock_ = std::make_unique<FolderLock>(unfinished() / "lock");
}

std::optional<nlohmann::ordered_json> TrainFolder::finished(
    const nlohmann::ordered_json& values) const {
  std::error_code ignored;
  const fs::path file = folder_ / kResultFile;
  if (!resume_ || has_state() || !fs::exists(file, ignored)) return std::nullopt;
  auto result = nlohmann::ordered_json::parse(read_file(file), nullptr, false);
  if (!result.is_object()) {
    throw UserError(fmt::format("{}: is not the result of a training", file.string()));
  }
  require_values(file, result, values);
  return result;
}

SeedFiles TrainFolder::seed(std::uint32_t seed, const Json& identity,
                            double seconds_between_states) const {
  return {unfinished(), seed, identity, resume_, seconds_between_states};
}

void TrainFolder::write(const nlohmann::ordered_json& result, const std::vector<SeedRun>& runs) {
  write_output_folder(folder_, is_own(), [&](const fs::path& folder) {
    for (const SeedRun& run : runs) {
      const std::string name = seed_name(run.seed);
      write_file(folder / name / "weights.npz", weights_npz(run.result.network));
      write_file(folder / name / "metrics.jsonl", read_file(unfinished() / (name + ".jsonl")));
    }
    write_file(folder / kResultFile, result.dump(2) + "\n");
  });
  made_->keep();
}

void TrainFolder::abandon() {
  if (has_state()) {
    made_->keep();
    return;
  }
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(unfinished(), ignored)) {
    fs::remove(entry.path(), ignored);
  }
  made_.reset();
}

}  // namespace sylvester
