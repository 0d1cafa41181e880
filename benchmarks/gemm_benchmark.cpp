// GEMM: golden's kernels beside OpenBLAS, oneDNN and the machine's peaks, in one run. The counter
// MAC/s is the number to compare. scripts/bench prints the table of ratios.
#include <benchmark/benchmark.h>
#include <cblas.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "golden/numerics/gemm.hpp"
#include "golden/numerics/gemm_plan.hpp"
#include "golden/support/random.hpp"

#if SYLVESTER_HAS_AVX
#include <immintrin.h>
#endif
#ifdef SYLVESTER_HAS_ONEDNN
#include <oneapi/dnnl/dnnl.h>
#endif

namespace sylvester {
namespace {

void report_macs(benchmark::State& state, double macs) {
  state.counters["MAC/s"] = benchmark::Counter(macs, benchmark::Counter::kIsIterationInvariantRate);
}

// ---- What the machine can do: instructions on registers only.

#if SYLVESTER_HAS_AVX
// Twelve independent chains hide the latency of every instruction measured here.
#define SYLVESTER_TWELVE(instruction)                                                      \
  instruction("0") instruction("1") instruction("2") instruction("3") instruction("4")     \
      instruction("5") instruction("6") instruction("7") instruction("8") instruction("9") \
          instruction("10") instruction("11")
#define SYLVESTER_DOT(r) "vpdpbusd %%zmm12, %%zmm13, %%zmm" r "\n\t"
#define SYLVESTER_SATURATE(r) "vpaddsb %%zmm12, %%zmm" r ", %%zmm" r "\n\t"
#define SYLVESTER_LOOK_UP(r)              \
  "vpshufb %%zmm12, %%zmm13, %%zmm14\n\t" \
  "vpaddsb %%zmm14, %%zmm" r ", %%zmm" r "\n\t"
#define SYLVESTER_FMA(r) "vfmadd231ps %%zmm12, %%zmm13, %%zmm" r "\n\t"
#define SYLVESTER_PEAK(name, text, lanes)                                                          \
  void name(benchmark::State& state) {                                                             \
    if (simd_level() != SimdLevel::kAvx512Vnni) return state.SkipWithError("no AVX-512 VNNI");     \
    asm volatile("vpxord %%zmm12, %%zmm12, %%zmm12\n\tvpxord %%zmm13, %%zmm13, %%zmm13" ::         \
                     : "xmm12", "xmm13");                                                          \
    for (auto _ : state) {                                                                         \
      for (int i = 0; i < 10000; ++i) {                                                            \
        asm volatile(SYLVESTER_TWELVE(text)::                                                      \
                         : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", \
                           "xmm9", "xmm10", "xmm11", "xmm14");                                     \
      }                                                                                            \
    }                                                                                              \
    report_macs(state, 12.0 * 10000 * (lanes));                                                    \
  }                                                                                                \
  BENCHMARK(name)->Name("peak/" #name)
SYLVESTER_PEAK(vpdpbusd, SYLVESTER_DOT, 64);
SYLVESTER_PEAK(vpaddsb, SYLVESTER_SATURATE, 64);
SYLVESTER_PEAK(vpshufb_and_vpaddsb, SYLVESTER_LOOK_UP, 64);
SYLVESTER_PEAK(vfmadd, SYLVESTER_FMA, 16);
#endif

// ---- The libraries.

void sgemm(benchmark::State& state, int m, int n, int k) {
  const auto size = [](int rows, int columns) {
    return static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns);
  };
  std::vector<float> a(size(m, k), 1.25F);
  std::vector<float> b(size(n, k), 0.75F);
  std::vector<float> c(size(m, n));
  for (auto _ : state) {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, k, 1.0F, a.data(), k, b.data(), k,
                0.0F, c.data(), n);
    benchmark::ClobberMemory();
  }
  report_macs(state, 1.0 * m * n * k);
}

#ifdef SYLVESTER_HAS_ONEDNN
void onednn_int8(benchmark::State& state, int size) {
  const auto elements = static_cast<std::size_t>(size) * static_cast<std::size_t>(size);
  std::vector<std::uint8_t> a(elements, 3);
  std::vector<std::int8_t> b(elements, 2);
  std::vector<std::int32_t> c(elements);
  const std::int32_t offset = 0;
  for (auto _ : state) {
    dnnl_gemm_u8s8s32('N', 'N', 'F', size, size, size, 1.0F, a.data(), size, 0, b.data(), size, 0,
                      0.0F, c.data(), size, &offset);
    benchmark::ClobberMemory();
  }
  report_macs(state, 1.0 * size * size * size);
}
#endif

// ---- Golden.

std::shared_ptr<PreparedOperand> random_operand(std::string_view name, int lines, int k) {
  HostRandom random(7);
  const Format& row = format(name);
  const int most = row.largest_code();
  const int least = row.is_signed ? -most : 0;
  auto operand = std::make_shared<PreparedOperand>();
  operand->format = format_index(name);
  operand->lines = lines;
  operand->k = operand->k_padded = k;
  for (int i = 0; i < lines * k; ++i) {
    operand->codes.push_back(static_cast<Code>(
        least + static_cast<int>(random.below(static_cast<std::uint32_t>(most - least + 1)))));
  }
  return operand;
}

struct Case {
  std::string a;
  std::string b;
  AccumulateRecipe recipe;
  CounterMode counters = CounterMode::kNone;
  int m = 512;
  int n = 512;
  int k = 512;
  int threads = 1;
};

void golden(benchmark::State& state, const Case& c) {
  const GemmJob job{random_operand(c.a, c.m, c.k), random_operand(c.b, c.n, c.k), c.recipe,
                    c.counters};
  state.SetLabel(std::string(
      gemm_kernels()[static_cast<std::size_t>(plan_gemm(job, simd_level()).kernel)].name));
  GemmResult result;
  for (auto _ : state) {
    gemm(job, c.threads, result);
    benchmark::ClobberMemory();
  }
  report_macs(state, 1.0 * c.m * c.n * c.k);
}

enum class Clock { kCpu, kWall };

// One thread is measured by its CPU time, which neighbours on the machine disturb less.
void add(const std::string& name, const Case& c, Clock clock = Clock::kCpu) {
  auto* made = benchmark::RegisterBenchmark(name.c_str(),
                                            [c](benchmark::State& state) { golden(state, c); });
  if (clock == Clock::kWall) made->UseRealTime();
}

std::string shape(const Case& c) {
  return std::to_string(c.m) + "x" + std::to_string(c.n) + "x" + std::to_string(c.k);
}

void register_all() {
  const auto add_sgemm = [](int m, int n, int k) {
    benchmark::RegisterBenchmark(
        ("sgemm/" + std::to_string(m) + "x" + std::to_string(n) + "x" + std::to_string(k)).c_str(),
        [=](benchmark::State& state) { sgemm(state, m, n, k); });
  };
  const Case headline{.a = "i4", .b = "i4", .recipe = {}};
  add_sgemm(512, 512, 512);
  add("headline", headline);
#ifdef SYLVESTER_HAS_ONEDNN
  benchmark::RegisterBenchmark("onednn/512x512x512",
                               [](benchmark::State& state) { onednn_int8(state, 512); });
#endif

  // Every policy and width on the formats of training and on the extremes, T = 32.
  for (const CounterMode counters : {CounterMode::kNone, CounterMode::kFull}) {
    for (const auto policy :
         {AccumulatePolicy::kSaturate, AccumulatePolicy::kWrap, AccumulatePolicy::kClamp}) {
      for (const auto& [a, b] : {std::pair{"i4", "i4"},
                                 {"u4", "i4"},
                                 {"u4", "u4"},
                                 {"i4", "e3"},
                                 {"e3", "e3"},
                                 {"i6", "i6"},
                                 {"i8", "i8"},
                                 {"u8", "i8"},
                                 {"u8", "u8"}}) {
        for (int bits = 4; bits <= 24; ++bits) {
          add("table/" + std::string(to_string(counters)) + "/" + std::string(to_string(policy)) +
                  "/" + a + "x" + b + "/P" + std::to_string(bits),
              {.a = a, .b = b, .recipe = {policy, bits, 32, 24}, .counters = counters});
        }
      }
    }
  }
  // Tiles.
  for (const auto policy :
       {AccumulatePolicy::kSaturate, AccumulatePolicy::kWrap, AccumulatePolicy::kClamp}) {
    for (const int tile : {1, 2, 4, 8, 16, 64, 128, 0}) {
      add("tile/" + std::string(to_string(policy)) + "/T" + std::to_string(tile),
          {.a = "i4", .b = "i4", .recipe = {policy, 8, tile, 24}});
    }
  }
  // The GEMMs of a training step of the MLP 405-405-405-19 with batch 128.
  for (const auto& [m, n, k] : {std::tuple{128, 405, 405},
                                {405, 405, 128},
                                {128, 19, 405},
                                {128, 405, 19},
                                {19, 405, 128}}) {
    Case c = headline;
    c.m = m;
    c.n = n;
    c.k = k;
    add_sgemm(m, n, k);
    add("step/none/" + shape(c), c);
    c.counters = CounterMode::kFull;
    add("step/full/" + shape(c), c);
  }
  // Threads.
  add_sgemm(1024, 1024, 1024);
  for (const int threads : {1, 2}) {
    Case c = headline;
    c.m = c.n = c.k = 1024;
    c.threads = threads;
    add("threads/" + std::to_string(threads) + "/1024", c, Clock::kWall);
  }
}

}  // namespace
}  // namespace sylvester

extern "C" void openblas_set_num_threads(int);

int main(int argc, char** argv) {
  openblas_set_num_threads(1);
  sylvester::register_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
