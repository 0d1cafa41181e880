// A training step of the DSADS network, batch 128, in float32 and with the numeric contract, in one
// run; and how the time of the latter splits.
#include <benchmark/benchmark.h>

#include <time.h>

#include <cstdint>

#include "benchmarks/allocations.hpp"
#include "benchmarks/training_step.hpp"
#include "golden/config/config.hpp"
#include "golden/config/convert.hpp"

namespace sylvester {
namespace {

/// Processor time of this thread: others on the same machine do not count.
double seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// The golden back end with a clock for each of its two calls.
class ClockedBackend final : public Backend {
 public:
  [[nodiscard]] std::string_view name() const override { return "clocked"; }
  std::vector<PreparedOperand> prepare(std::span<const PrepareJob> jobs) override {
    const double start = seconds();
    std::vector<PreparedOperand> results = golden_->prepare(jobs);
    prepare_seconds += seconds() - start;
    return results;
  }
  std::vector<GemmResult> gemm(std::span<const GemmJob> jobs) override {
    const double start = seconds();
    std::vector<GemmResult> results = golden_->gemm(jobs);
    gemm_seconds += seconds() - start;
    return results;
  }
  void prepare_into(std::span<const PrepareJob> jobs,
                    std::span<PreparedOperand* const> results) override {
    const double start = seconds();
    golden_->prepare_into(jobs, results);
    prepare_seconds += seconds() - start;
  }
  void gemm_into(std::span<const GemmJob> jobs, std::span<GemmResult> results) override {
    const double start = seconds();
    golden_->gemm_into(jobs, results);
    gemm_seconds += seconds() - start;
  }

  double prepare_seconds = 0;
  double gemm_seconds = 0;

 private:
  std::unique_ptr<Backend> golden_ = make_golden_backend(1);
};

void train_step(benchmark::State& state, const char* preset, CounterMode counters) {
  const int hidden[] = {405, 405};
  TrainRecipe recipe = train_recipe(Config::load(preset));
  recipe.counters = counters;
  ClockedBackend backend;
  TrainingStep step({.inputs = 405, .hidden = hidden, .classes = 19, .batch = 128}, recipe,
                    backend);
  for (int i = 0; i < 3; ++i) step();  // memory grows
  backend.prepare_seconds = 0;
  backend.gemm_seconds = 0;
  const std::int64_t before = allocations();
  for (auto _ : state) benchmark::DoNotOptimize(step());
  state.counters["allocations"] = benchmark::Counter(static_cast<double>(allocations() - before),
                                                     benchmark::Counter::kAvgIterations);
  const auto per_step = [](double seconds) {
    return benchmark::Counter(seconds, benchmark::Counter::kAvgIterations);
  };
  if (backend.gemm_seconds > 0) {
    state.counters["prepare"] = per_step(backend.prepare_seconds);
    state.counters["gemm"] = per_step(backend.gemm_seconds);
  }
}
BENCHMARK_CAPTURE(train_step, fp32, "fp32", CounterMode::kNone)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(train_step, hdqt/none, "hdqt", CounterMode::kNone)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(train_step, hdqt/full, "hdqt", CounterMode::kFull)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(train_step, fqt/none, "fqt", CounterMode::kNone)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sylvester

BENCHMARK_MAIN();
