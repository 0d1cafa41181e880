// counted_runs gemm|prepare|train: one small run of a fixed size, on one thread, with the same
// instructions every time. scripts/instruction_counts lets Callgrind count those of counted_work.
// Ends with 1 if the work allocates memory, with 77 on a machine that cannot do it.
// `counted_runs tools` says what the counts depend on.
#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>

#include "benchmarks/allocations.hpp"
#include "benchmarks/training_step.hpp"
#include "golden/config/config.hpp"
#include "golden/config/convert.hpp"
#include "golden/support/error.hpp"

/// Callgrind finds it by its name.
extern "C" [[gnu::noinline]] void counted_work(const std::function<void()>& work) { work(); }

namespace sylvester {
namespace {

constexpr SimdLevel kLevel = SimdLevel::kAvx2;  ///< Callgrind knows no AVX-512
constexpr int kSkipped = 77;
#if defined(__clang__)
constexpr const char* kCompiler = "Clang " __clang_version__;
#else
constexpr const char* kCompiler = "GCC " __VERSION__;
#endif

/// Returns the allocations of the work, which has been done once before: memory has its size then.
std::int64_t count_work(const std::function<void()>& work) {
  work();
  const std::int64_t before = allocations();
  counted_work(work);
  return allocations() - before;
}

PrepareJob prepare_job(const char* name, int lines, int k, int block, Rounding rounding) {
  HostRandom random(1);
  PrepareJob job;
  job.recipe.format = format_index("i4");
  job.recipe.block_rule = block > 1 ? BlockRule::kPad : BlockRule::kNone;
  job.recipe.block = block;
  job.recipe.rounding = rounding;
  job.recipe.stride_line = static_cast<std::uint32_t>(k);
  job.counters = CounterMode::kNone;
  job.input.name = name;
  job.input.lines = lines;
  job.input.k = k;
  for (int i = 0; i < lines * k; ++i) {
    job.input.mantissas.push_back(
        static_cast<std::int16_t>(static_cast<int>(random.below(2 * kWideLimit + 1)) - kWideLimit));
  }
  return job;
}

std::int64_t run_gemm() {
  constexpr int kSize = 256;
  const auto operand = [](const char* name) {
    return std::make_shared<const PreparedOperand>(
        prepare(prepare_job(name, kSize, kSize, 1, Rounding::kNearest)));
  };
  const GemmJob job{operand("a"), operand("b"), AccumulateRecipe{}, CounterMode::kNone};
  GemmResult result;
  return count_work([&] { gemm(job, 1, result); });
}

std::int64_t run_prepare() {
  const PrepareJob job = prepare_job("x", 256, 1024, 32, Rounding::kStochastic);
  PreparedOperand operand;
  return count_work([&] { prepare(job, 1, operand); });
}

std::int64_t run_train() {
  TrainRecipe recipe = train_recipe(Config::load("hdqt"));
  recipe.counters = CounterMode::kFull;
  const auto backend = make_golden_backend(1);
  TrainingStep step({.input = {.height = 1, .width = 1, .channels = 100},
                     .layers = {"dense 96", "relu", "dense 96", "relu"},
                     .classes = 10,
                     .batch = 64},
                    recipe, *backend);
  return count_work([&] {
    for (int i = 0; i < 3; ++i) step();
  });
}

int run(const std::string& name) {
  if (name == "tools") {
    std::printf("%s, Highway %d.%d.%d\n", kCompiler, HWY_MAJOR, HWY_MINOR, HWY_PATCH);
    return 0;
  }
  const std::vector<SimdLevel> levels = supported_simd_levels();
  if (std::find(levels.begin(), levels.end(), kLevel) == levels.end()) {
    std::printf("skipped: this machine has no AVX2\n");
    return kSkipped;
  }
  force_simd_level(kLevel);
  std::int64_t allocated = 0;
  if (name == "gemm") {
    allocated = run_gemm();
  } else if (name == "prepare") {
    allocated = run_prepare();
  } else if (name == "train") {
    allocated = run_train();
  } else {
    throw UserError("'" + name + "' is not a run; allowed are gemm, prepare, train and tools");
  }
  std::printf("%s: %lld allocations\n", name.c_str(), static_cast<long long>(allocated));
  return allocated == 0 ? 0 : 1;
}

}  // namespace
}  // namespace sylvester

int main(int argc, char** argv) {
  try {
    return sylvester::run(argc == 2 ? argv[1] : "");
  } catch (const sylvester::UserError& error) {
    std::fprintf(stderr, "counted_runs: %s\n", error.what());
    return 2;
  }
}
