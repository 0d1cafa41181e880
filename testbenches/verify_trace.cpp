#include "testbenches/verify_trace.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include <fmt/format.h>

#include "golden/hardware/descriptors.hpp"
#include "golden/support/error.hpp"
#include "golden/support/in_place.hpp"
#include "testbenches/backends.hpp"
#include "testbenches/child.hpp"

namespace sylvester {
namespace {

using Json = nlohmann::ordered_json;

/// What the hardware can do of a job.
struct Support {
  bool gemm = false;
  bool prepare = false;
  std::string reason;  ///< why not, if one is false
};

Support support(const HardwareParameters& hardware, const ReplayedJob& job) {
  Support result;
  try {
    describe(hardware, job.gemm);
    result.gemm = true;
    if (!job.a || !job.b) {
      result.reason = "operands are given as codes";
      return result;
    }
    describe(hardware, *job.a);
    describe(hardware, *job.b);
    result.prepare = true;
  } catch (const UserError& error) {
    result.reason = error.what();
  }
  return result;
}

ReplayedJob replay_in_place(const Trace& trace, const TraceJob& job, TraceReport& report) {
  return in_place(fmt::format("{}: job '{}'", trace.name(), job.name),
                  [&] { return replay(job, report); });
}

/// What the child process sends.
struct ModelRun {
  RunStatistics statistics;
  std::optional<TraceDivergence> divergence;
};

Json to_json(const ModelRun& run) {
  Json json = {{"jobs", run.statistics.jobs},
               {"macs", run.statistics.macs},
               {"bits_compared", run.statistics.bits_compared},
               {"cycles_compared", run.statistics.cycles_compared},
               {"cycle_counts", run.statistics.cycle_counts}};
  if (run.divergence) {
    const TraceDivergence& d = *run.divergence;
    json["divergence"] = {{"job", d.job},
                          {"level", static_cast<int>(d.level)},
                          {"between", d.between},
                          {"operand", d.operand},
                          {"what", d.what},
                          {"m", d.m},
                          {"n", d.n},
                          {"k", d.k},
                          {"expected", d.expected},
                          {"found", d.found},
                          {"rule", d.rule},
                          {"explanation", d.explanation}};
    if (d.bisection) {
      const Bisection& b = *d.bisection;
      json["divergence"]["bisection"] = {
          b.m,          b.n, b.k, b.product, b.register_before, b.register_after, b.outer_before,
          b.outer_after};
    }
  }
  return json;
}

ModelRun model_run_from_json(const Json& json) {
  ModelRun run;
  json.at("jobs").get_to(run.statistics.jobs);
  json.at("macs").get_to(run.statistics.macs);
  json.at("bits_compared").get_to(run.statistics.bits_compared);
  json.at("cycles_compared").get_to(run.statistics.cycles_compared);
  json.at("cycle_counts").get_to(run.statistics.cycle_counts);
  if (!json.contains("divergence")) return run;
  const Json& from = json.at("divergence");
  TraceDivergence& d = run.divergence.emplace();
  from.at("job").get_to(d.job);
  d.level = static_cast<TraceLevel>(from.at("level").get<int>());
  from.at("between").get_to(d.between);
  from.at("operand").get_to(d.operand);
  from.at("what").get_to(d.what);
  from.at("m").get_to(d.m);
  from.at("n").get_to(d.n);
  from.at("k").get_to(d.k);
  from.at("expected").get_to(d.expected);
  from.at("found").get_to(d.found);
  from.at("rule").get_to(d.rule);
  from.at("explanation").get_to(d.explanation);
  if (!from.contains("bisection")) return run;
  const Json& numbers = from.at("bisection");
  Bisection& b = d.bisection.emplace();
  numbers.at(0).get_to(b.m);
  numbers.at(1).get_to(b.n);
  numbers.at(2).get_to(b.k);
  numbers.at(3).get_to(b.product);
  numbers.at(4).get_to(b.register_before);
  numbers.at(5).get_to(b.register_after);
  numbers.at(6).get_to(b.outer_before);
  numbers.at(7).get_to(b.outer_after);
  b.rule = d.rule;
  b.certainty = Bisection::Certainty::kMeasured;
  return run;
}

/// The first `k` coefficients of some lines.
std::shared_ptr<const PreparedOperand> part(const PreparedOperand& operand, int first, int lines,
                                            int k) {
  auto result = std::make_shared<PreparedOperand>();
  result->format = operand.format;
  result->lines = lines;
  result->k = result->k_padded = k;
  result->scale = operand.scale;
  for (int line = first; line < first + lines; ++line) {
    const auto begin = operand.codes.begin() + std::ptrdiff_t{line} * operand.k_padded;
    result->codes.insert(result->codes.end(), begin, begin + k);
  }
  return result;
}

/// Finds what a model computes wrongly in a job in which a divergence showed.
class ModelBisection {
 public:
  ModelBisection(const HardwareParameters& hardware, const NamedModel& model,
                 const ReplayedJob& job)
      : hardware_(hardware),
        backend_(make_model_backend(model.name, hardware, *model.model)),
        job_(job) {
    job_.gemm.counters = hardware.counters;
  }

  /// Nothing if every code and every result is golden's.
  std::optional<TraceDivergence> operator()(bool prepares) {
    std::optional<TraceDivergence> found;
    if (prepares) found = prepared(*job_.a, "a");
    if (prepares && !found) found = prepared(*job_.b, "b");
    if (!found) found = value();
    if (found) found->between = fmt::format("golden and {}", backend_->name());
    return found;
  }

 private:
  std::optional<TraceDivergence> prepared(PrepareJob job, const char* operand) {
    job.counters = hardware_.counters;
    const PreparedOperand model = backend_->prepare({&job, 1}).front();
    const PreparedOperand golden = prepare(job);
    const auto [at, other] =
        std::mismatch(golden.codes.begin(), golden.codes.end(), model.codes.begin());
    if (at == golden.codes.end()) return std::nullopt;
    TraceDivergence d;
    d.level = TraceLevel::kCodes;
    d.operand = operand;
    d.what = "code";
    const auto index = static_cast<int>(at - golden.codes.begin());
    d.m = index / golden.k_padded;
    d.k = index % golden.k_padded;
    d.expected = std::to_string(*at);
    d.found = std::to_string(*other);
    d.rule = "PRE-1";
    return d;
  }

  std::optional<TraceDivergence> value() {
    const GemmJob& job = job_.gemm;
    const GemmResult model = backend_->gemm({&job, 1}).front();
    const GemmResult golden = gemm(job, 0);
    const auto [at, other] =
        std::mismatch(golden.values.begin(), golden.values.end(), model.values.begin());
    if (at == golden.values.end()) return std::nullopt;
    TraceDivergence d;
    d.what = "value";
    const auto index = static_cast<int>(at - golden.values.begin());
    d.m = index / golden.n;
    d.n = index % golden.n;
    d.expected = std::to_string(*at);
    d.found = std::to_string(*other);
    d.rule = "GEMM-1";
    search(d);
    return d;
  }

  /// The products after which the element first differs, by jobs of the first so many of them on
  /// the element's block of rows and columns.
  void search(TraceDivergence& d) {
    int equal = 0;
    int different = job_.gemm.a->k_padded;
    if (!differs(d.m, d.n, different)) {
      d.explanation = "the element's block alone does not show it";
      return;
    }
    while (different - equal > 1) {
      const int middle = equal + (different - equal) / 2;
      (differs(d.m, d.n, middle) ? different : equal) = middle;
    }
    differs(d.m, d.n, different);
    d.k = different - 1;
    d.explanation = fmt::format("of the first {} products golden gives {} and the model {}",
                                different, golden_value_, model_value_);
    GemmJob prefix = job_.gemm;
    const ElementTrail trail = element_trail(prefix, d.m, d.n);
    const int tile = tile_length(prefix);
    const auto at = static_cast<std::size_t>(d.k);
    const auto tile_number = static_cast<std::size_t>(d.k / tile);
    Bisection b;
    b.m = d.m;
    b.n = d.n;
    b.k = d.k;
    b.product = trail.products[at];
    b.register_before = d.k % tile == 0 ? 0 : trail.registers[at - 1];
    b.register_after = trail.registers[at];
    b.outer_before = tile_number == 0 ? 0 : trail.outer[tile_number - 1];
    b.outer_after = (d.k + 1) % tile == 0 ? trail.outer[tile_number] : b.outer_before;
    if (b.register_before + b.product != b.register_after) d.rule = mac_rule(prefix.recipe.policy);
    b.rule = d.rule;
    b.certainty = Bisection::Certainty::kMeasured;
    d.bisection = b;
  }

  bool differs(int m, int n, int k) {
    const int first_m = m / hardware_.rows * hardware_.rows;
    const int first_n = n / hardware_.cols * hardware_.cols;
    GemmJob job = job_.gemm;
    job.a = part(*job_.gemm.a, first_m, std::min(hardware_.rows, job_.gemm.a->lines - first_m), k);
    job.b = part(*job_.gemm.b, first_n, std::min(hardware_.cols, job_.gemm.b->lines - first_n), k);
    const auto index =
        static_cast<std::size_t>(m - first_m) * static_cast<std::size_t>(job.b->lines) +
        static_cast<std::size_t>(n - first_n);
    golden_value_ = gemm(job).values[index];
    model_value_ = backend_->gemm({&job, 1}).front().values[index];
    return golden_value_ != model_value_;
  }

  const HardwareParameters& hardware_;
  std::unique_ptr<Backend> backend_;
  ReplayedJob job_;
  std::int32_t golden_value_ = 0;
  std::int32_t model_value_ = 0;
};

/// What a divergence between models in some cycle comes to.
TraceDivergence explain(const Divergence& divergence, const HardwareParameters& hardware,
                        const Models& models, const ReplayedJob& job, bool prepares) {
  TraceDivergence d;
  if (divergence.kind != "ended" && divergence.kind != "deadlock") {
    for (const NamedModel& model : models.list()) {
      try {
        if (auto found = ModelBisection(hardware, model, job)(prepares)) {
          found->explanation += (found->explanation.empty() ? "" : "; ") + divergence.sentence();
          return *found;
        }
      } catch (const std::logic_error&) {  // it stands still; the sentence says where it began
      }
    }
  }
  d.between = divergence.between;
  d.what = divergence.kind;
  d.rule = "GEMM-2";
  d.explanation = divergence.sentence();
  return d;
}

ModelRun run_models(const Trace& trace, const TraceVerifyOptions& options,
                    const std::vector<Support>& supported, const StepReport& done) {
  ModelRun result;
  const Models models(options.hardware, options.models);
  for (std::size_t i = 0; i < trace.size(); ++i) {
    if (!supported[i].gemm) continue;
    const TraceJob traced = trace.job(i);
    TraceReport ignored;
    const ReplayedJob job = replay_in_place(trace, traced, ignored);
    Batch batch;
    batch.configuration = options.configuration;
    batch.hardware = options.hardware;
    batch.prepares = supported[i].prepare;
    VerifyJob& verified = batch.jobs.emplace_back();
    verified.recipe = job.gemm.recipe;
    std::vector<Expected> expected(1);
    if (batch.prepares) {
      verified.a = *job.a;
      verified.b = *job.b;
      expected[0] = golden_results(verified);
    } else {
      expected[0] = {job.gemm.a, job.gemm.b, gemm(job.gemm, 0)};
    }
    const RunResult run = run_batch(batch, expected, models.list());
    result.statistics.add(run.statistics);
    if (run.divergence) {
      const ReplayedJob golden{
          {expected[0].a, expected[0].b, verified.recipe, CounterMode::kFull}, job.a, job.b};
      result.divergence =
          explain(*run.divergence, options.hardware, models, golden, batch.prepares);
      result.divergence->job = traced.name;
      break;
    }
    done(1);
  }
  return result;
}

}  // namespace

TraceVerifyReport verify_trace(const Trace& trace, const TraceVerifyOptions& options) {
  TraceVerifyReport report;
  std::vector<Support> supported;
  std::uint64_t jobs_done = 0;
  const auto step = [&](std::size_t jobs) {
    jobs_done += jobs;
    if (options.progress) options.progress(jobs_done);
  };
  const bool with_models = options.models.systemc || options.models.rtl;
  for (std::size_t i = 0; i < trace.size(); ++i) {
    const TraceJob job = trace.job(i);
    const ReplayedJob replayed = replay_in_place(trace, job, report.golden);
    if (with_models) {
      supported.push_back(support(options.hardware, replayed));
      const Support& can = supported.back();
      if (!can.gemm || !can.prepare) ++report.not_run[can.reason];
      if (can.prepare) ++report.prepared;
    }
    if (!with_models || !supported.back().gemm) step(1);
  }
  const auto runs = std::count_if(supported.begin(), supported.end(),
                                  [](const Support& can) { return can.gemm; });
  if (runs == 0) return report;
  const ChildTask task = [&](const StepReport& done) {
    return to_json(run_models(trace, options, supported, done)).dump();
  };
  const ModelRun run = model_run_from_json(Json::parse(run_in_children({task}, 1, step).front()));
  report.models = run.statistics;
  report.divergence = run.divergence;
  return report;
}

Json to_json(const TraceVerifyReport& report) {
  Json levels;
  for (int i = 0; i < kTraceLevels; ++i) {
    const auto level = static_cast<TraceLevel>(i);
    const LevelReport& counts = report.golden.levels[static_cast<std::size_t>(i)];
    Json entry = {{"compared", counts.compared}, {"different", counts.different}};
    if (level == TraceLevel::kFloats) {
      entry["explained"] = {
          {"tie", counts.ties}, {"mapping", counts.mappings}, {"clip", counts.clips}};
    }
    levels[std::string(to_string(level))] = std::move(entry);
  }
  Json not_run = Json::array();
  for (const auto& [reason, jobs] : report.not_run) {
    not_run.push_back({{"reason", reason}, {"jobs", jobs}});
  }
  Json json = {{"jobs", report.golden.jobs},
               {"macs", report.golden.macs},
               {"bits_compared", report.models.bits_compared},
               {"cycles_compared", report.models.cycles_compared},
               {"mismatches", report.mismatches()},
               {"levels", levels},
               {"models",
                {{"jobs", report.models.jobs},
                 {"prepared", report.prepared},
                 {"macs", report.models.macs},
                 {"cycle_counts", report.models.cycle_counts},
                 {"not_run", not_run}}},
               {"first_divergence", nullptr}};
  if (report.first()) json["first_divergence"] = to_json(*report.first());
  return json;
}

}  // namespace sylvester
