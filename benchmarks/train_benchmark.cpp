// A training step of the DSADS network and of convolutional ones, batch 128, in float32 and with
// the numeric contract, in one run; and how the time of the latter splits.
#include <benchmark/benchmark.h>

#include <time.h>

#include <cstdint>

#include "benchmarks/allocations.hpp"
#include "benchmarks/training_step.hpp"
#include "golden/config/config.hpp"
#include "golden/config/convert.hpp"
#include "golden/config/schema.hpp"
#include "golden/numerics/backend.hpp"

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

void step_of(benchmark::State& state, const Config& config, const Shape& input,
             CounterMode counters) {
  TrainRecipe recipe = train_recipe(config);
  recipe.counters = counters;
  ClockedBackend backend;
  TrainingStep step({.input = input, .layers = config.texts("network.layers"), .classes = 19, .batch = 128}, recipe, backend);
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

void train_step(benchmark::State& state, const char* preset, CounterMode counters) {
  step_of(state, Config::load(preset), {.height = 1, .width = 1, .channels = 405}, counters);
}
// The arithmetic of one preset on the network of another.
void image_step(benchmark::State& state, const char* preset, const char* network,
                const Shape& input) {
  const std::vector<std::string> layers = Config::load(network).texts("network.layers");
  step_of(state, Config::load(preset).with("network.layers", value_text(layers)), input,
          CounterMode::kNone);
}

constexpr Shape kDigit{.height = 28, .width = 28, .channels = 1};
constexpr Shape kCifar{.height = 32, .width = 32, .channels = 3};
// clang-format off
BENCHMARK_CAPTURE(train_step, fp32, "fp32", CounterMode::kNone)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(train_step, hdqt/none, "hdqt", CounterMode::kNone)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(train_step, hdqt/full, "hdqt", CounterMode::kFull)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(train_step, fqt/none, "fqt", CounterMode::kNone)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(image_step, fp32/mnist-small-cnn, "fp32", "networks/mnist-small-cnn", kDigit)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(image_step, hdqt/mnist-small-cnn, "hdqt", "networks/mnist-small-cnn", kDigit)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(image_step, fp32/resnet20, "fp32", "networks/resnet20", kCifar)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(image_step, hdqt/resnet20, "hdqt", "networks/resnet20", kCifar)->Unit(benchmark::kMillisecond);
// clang-format on

}  // namespace
}  // namespace sylvester

BENCHMARK_MAIN();
