// Preparation: GB/s of wide input (16-bit mantissas) beside memcpy in the same run, and its parts.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstring>
#include <vector>

#include "golden/numerics/prepare.hpp"
#include "golden/numerics/transpose.hpp"
#include "golden/support/random.hpp"

namespace sylvester {
namespace {

constexpr int kLine = 1024;

std::vector<std::int16_t> random_mantissas(std::size_t count, int most) {
  HostRandom random(1);
  std::vector<std::int16_t> mantissas(count);
  for (std::int16_t& mantissa : mantissas) {
    mantissa = static_cast<std::int16_t>(
        static_cast<int>(random.below(static_cast<std::uint32_t>(2 * most + 1))) - most);
  }
  return mantissas;
}

void report_bytes(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
}

// Argument of all: kibibytes of mantissas.
std::size_t elements(const benchmark::State& state) {
  return static_cast<std::size_t>(state.range(0)) * 1024 / sizeof(std::int16_t);
}

void copy(benchmark::State& state) {
  const std::vector<std::int16_t> in = random_mantissas(elements(state), kWideLimit);
  std::vector<std::int16_t> out(in.size());
  for (auto _ : state) {
    std::memcpy(out.data(), in.data(), in.size() * sizeof(std::int16_t));
    benchmark::ClobberMemory();
  }
  report_bytes(state, in.size() * sizeof(std::int16_t));
}

PrepareJob make_job(std::size_t count, int block, Rounding rounding, int most) {
  PrepareJob job;
  job.recipe.format = format_index("i4");
  job.recipe.block_rule = block > 1 ? BlockRule::kPad : BlockRule::kNone;
  job.recipe.block = block;
  job.recipe.rounding = rounding;
  job.recipe.stride_line = kLine;
  job.input.name = "x";
  job.input.lines = static_cast<int>(count / kLine);
  job.input.k = kLine;
  job.input.mantissas = random_mantissas(count, most);
  job.counters = CounterMode::kNone;
  return job;
}

void run(benchmark::State& state, const PrepareJob& job) {
  PreparedOperand operand;
  for (auto _ : state) {
    prepare(job, 1, operand);
    benchmark::DoNotOptimize(operand.codes.data());
  }
  report_bytes(state, job.input.mantissas.size() * sizeof(std::int16_t));
}

void wide(benchmark::State& state, int block, Rounding rounding) {
  run(state, make_job(elements(state), block, rounding, kWideLimit));
}
// Codes prepared a second time: their transform fits in 16 bits.
void codes(benchmark::State& state, int block, Rounding rounding) {
  run(state, make_job(elements(state), block, rounding, 7));
}
void counted(benchmark::State& state) {
  PrepareJob job = make_job(elements(state), 32, Rounding::kStochastic, kWideLimit);
  job.counters = CounterMode::kFull;
  run(state, job);
}

void floats_to_wide(benchmark::State& state) {
  HostRandom random(1);
  std::vector<float> x(elements(state));
  for (float& value : x) value = 2.0F * random.uniform() - 1.0F;
  std::vector<std::int16_t> mantissas(x.size());
  for (auto _ : state) {
    benchmark::DoNotOptimize(to_wide(x, mantissas, "x"));
    benchmark::ClobberMemory();
  }
  report_bytes(state, x.size() * sizeof(float));
}

void transposition(benchmark::State& state) {
  const int rows = static_cast<int>(state.range(0));
  const int cols = static_cast<int>(state.range(1));
  const auto size = static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols);
  const std::vector<std::int16_t> in = random_mantissas(size, 7);
  std::vector<std::int16_t> out(size);
  for (auto _ : state) {
    transpose(in.data(), rows, cols, out.data());
    benchmark::ClobberMemory();
  }
  report_bytes(state, size * sizeof(std::int16_t));
}
BENCHMARK(transposition)->Args({128, 405})->Args({405, 405});

// In the second-level cache, and far outside of it.
#define SYLVESTER_SIZES Arg(256)->Arg(65536)
BENCHMARK(copy)->SYLVESTER_SIZES;
BENCHMARK_CAPTURE(wide, transform/stochastic, 32, Rounding::kStochastic)->SYLVESTER_SIZES;
BENCHMARK_CAPTURE(wide, transform/nearest, 32, Rounding::kNearest)->SYLVESTER_SIZES;
BENCHMARK_CAPTURE(wide, plain/stochastic, 1, Rounding::kStochastic)->SYLVESTER_SIZES;
BENCHMARK_CAPTURE(wide, plain/nearest, 1, Rounding::kNearest)->SYLVESTER_SIZES;
BENCHMARK_CAPTURE(wide, transform1024/stochastic, 1024, Rounding::kStochastic)->SYLVESTER_SIZES;
BENCHMARK_CAPTURE(codes, transform/stochastic, 32, Rounding::kStochastic)->SYLVESTER_SIZES;
BENCHMARK_CAPTURE(codes, transform/nearest, 32, Rounding::kNearest)->SYLVESTER_SIZES;
BENCHMARK(counted)->SYLVESTER_SIZES;
BENCHMARK(floats_to_wide)->SYLVESTER_SIZES;

}  // namespace
}  // namespace sylvester

BENCHMARK_MAIN();
