#include "golden/numerics/gemm.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "golden/numerics/backend.hpp"
#include "golden/numerics/test_random.hpp"
#include "golden/support/error.hpp"

namespace sylvester {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

enum class Codes { kRandom, kMaxima, kAlternating, kPrefix, kSparse };
constexpr std::array kCodes = {Codes::kRandom, Codes::kMaxima, Codes::kAlternating, Codes::kPrefix,
                               Codes::kSparse};
constexpr std::array kPolicies = {AccumulatePolicy::kSaturate, AccumulatePolicy::kWrap,
                                  AccumulatePolicy::kClamp};
constexpr std::array kModes = {CounterMode::kNone, CounterMode::kSticky, CounterMode::kFull};

std::shared_ptr<PreparedOperand> operand_of(HostRandom& random, std::string_view format_name,
                                            int lines, int k, Codes codes, bool turns) {
  const Format& row = format(format_name);
  const int most = row.largest_code();
  auto operand = std::make_shared<PreparedOperand>();
  operand->format = format_index(format_name);
  operand->lines = lines;
  operand->k = k;
  operand->k_padded = k;
  for (int line = 0; line < lines; ++line) {
    for (int i = 0; i < k; ++i) {
      int code = between(random, row.is_signed ? -most : 0, most);
      if (codes == Codes::kMaxima) code = most;
      if (codes == Codes::kAlternating) code = row.is_signed && i % 2 == 1 ? -most : most;
      // Sums that leave the range and come back: a prefix overflows, the whole sum does not.
      if (codes == Codes::kPrefix) code = row.is_signed && turns && i >= k / 2 ? -most : most;
      if (codes == Codes::kSparse && random.below(3) != 0) code = 0;
      operand->codes.push_back(static_cast<Code>(code));
    }
  }
  return operand;
}

std::shared_ptr<PreparedOperand> constant(std::string_view format_name, int lines, int k,
                                          int code) {
  HostRandom random(1);
  auto operand = operand_of(random, format_name, lines, k, Codes::kMaxima, false);
  std::fill(operand->codes.begin(), operand->codes.end(), static_cast<Code>(code));
  return operand;
}

GemmJob constant_job(int k, AccumulateRecipe recipe, int a = 15, int b = 7) {
  return {constant(a > 7 ? "u4" : "i4", 1, k, a), constant("i4", 1, k, b), recipe,
          CounterMode::kFull};
}

void expect_equal(const GemmResult& a, const GemmResult& b) {
  EXPECT_EQ(a.m, b.m);
  EXPECT_EQ(a.n, b.n);
  EXPECT_EQ(a.values, b.values);
  EXPECT_EQ(a.scale, b.scale);
  EXPECT_EQ(a.counters, b.counters);
}

std::string describe(const GemmJob& job) {
  return std::to_string(job.a->lines) + "x" + std::to_string(job.b->lines) + "x" +
         std::to_string(job.a->k) + " formats " + std::to_string(job.a->format) + "," +
         std::to_string(job.b->format) + " " + std::string(to_string(job.recipe.policy)) + " P " +
         std::to_string(job.recipe.bits) + " T " + std::to_string(job.recipe.tile) + " o " +
         std::to_string(job.recipe.outer_bits) + " counters " +
         std::string(to_string(job.counters)) + " " + std::string(to_string(simd_level()));
}

// The kernel on every level, in every counter mode, with the given numbers of threads.
void compare_with_reference(GemmJob job, std::initializer_list<int> threads) {
  job.counters = CounterMode::kFull;
  GemmResult expected = gemm_reference(job);
  const GemmCounters full = expected.counters;
  for (const CounterMode mode : kModes) {
    job.counters = mode;
    expected.counters = reported(full, mode);
    for (const SimdLevel level : supported_simd_levels()) {
      force_simd_level(level);
      for (const int count : threads) {
        SCOPED_TRACE(describe(job) + " threads " + std::to_string(count));
        expect_equal(gemm(job, count), expected);
      }
    }
  }
  force_simd_level(supported_simd_levels().back());
}

TEST(Gemm, HdqtForwardExamples) {  // ACC-6 and the paper's forward pass: clamp per tile of 32
  const AccumulateRecipe recipe{AccumulatePolicy::kClamp, 8, 32, 24};
  EXPECT_THAT(gemm(constant_job(33, recipe)).values, ElementsAre(232));
  EXPECT_THAT(gemm(constant_job(32, recipe)).values, ElementsAre(127));
  const AccumulateRecipe wide{AccumulatePolicy::kClamp, 16, 32, 24};
  EXPECT_THAT(gemm(constant_job(33, wide)).values, ElementsAre(3465));
  EXPECT_THAT(gemm(constant_job(32, wide)).values, ElementsAre(3360));
}

TEST(Gemm, HdqtBackwardClampsOnce) {  // T = 0: one tile
  const AccumulateRecipe recipe{AccumulatePolicy::kClamp, 8, 0, 24};
  const GemmResult result = gemm(constant_job(64, recipe, 7, 7));
  EXPECT_THAT(result.values, ElementsAre(127));
  EXPECT_EQ(result.counters, (GemmCounters{0, 1, 0}));
}

TEST(Gemm, WorkedExample) {  // ACC-2 ... ACC-4 through the kernels, products 100, 100, -100
  for (const auto& [policy, value, macs] : {std::tuple{AccumulatePolicy::kSaturate, 27, 1U},
                                            {AccumulatePolicy::kWrap, 100, 2U},
                                            {AccumulatePolicy::kClamp, 100, 0U}}) {
    auto a = constant("i8", 1, 3, 10);
    auto b = constant("i8", 1, 3, 10);
    b->codes[2] = -10;
    const GemmJob job{a, b, {policy, 8, 0, 24}, CounterMode::kFull};
    for (const GemmResult& result : {gemm(job), gemm_reference(job)}) {
      EXPECT_THAT(result.values, ElementsAre(value));
      EXPECT_EQ(result.counters, (GemmCounters{macs, macs > 0 ? 1U : 0U, 0}));
    }
  }
}

TEST(Gemm, OuterLimitIsCounted) {  // ACC-6
  const AccumulateRecipe recipe{AccumulatePolicy::kClamp, 8, 1, 8};
  const GemmResult result = gemm(constant_job(4, recipe, 7, 7));  // 49, 98, 127*, 127*
  EXPECT_THAT(result.values, ElementsAre(127));
  EXPECT_EQ(result.counters, (GemmCounters{0, 0, 2}));
}

TEST(Gemm, ScaleOfTheResult) {  // GEMM-4
  auto a = constant("i4", 1, 8, 1);
  auto b = constant("i4", 1, 8, 1);
  a->scale = {7, 15, -3};
  b->scale = {5, 21, 1};
  a->block = b->block = 8;
  EXPECT_EQ(gemm({a, b, {}, CounterMode::kNone}).scale, (Scale{1, 9, -5}));
}

TEST(Gemm, TransformedOperandsGiveThePlainProduct) {  // WHT-4, GEMM-4: exact without rounding
  // Coefficients up to 127 are codes of i8 with scale 1 if M = 127.
  HostRandom random = test_random();
  for (const int k : {4, 6, 12, 20}) {
    PrepareJob job;
    job.recipe.format = format_index("i8");
    job.recipe.block_rule = BlockRule::kPaper;
    job.input.lines = 3;
    job.input.k = k;
    const int block = block_length(BlockRule::kPaper, 0, k);
    std::vector<std::vector<std::int16_t>> x(2);
    std::array<std::shared_ptr<PreparedOperand>, 2> operands;
    for (std::size_t side = 0; side < 2; ++side) {
      for (int i = 0; i < 3 * k; ++i) {
        x[side].push_back(static_cast<std::int16_t>(between(random, -7, 7)));
      }
      // The transform of (a, 0, ..., 0) is a in every place: M = 127 for certain.
      std::fill_n(x[side].begin(), block, std::int16_t{0});
      x[side][0] = 127;
      job.input.mantissas = x[side];
      operands[side] = std::make_shared<PreparedOperand>(prepare(job));
      EXPECT_EQ(operands[side]->scale, Scale{});
    }
    const GemmResult result =
        gemm({operands[0], operands[1], {AccumulatePolicy::kClamp, 24, 0, 32}, CounterMode::kFull});
    for (std::size_t m = 0; m < 3; ++m) {
      for (std::size_t n = 0; n < 3; ++n) {
        int plain = 0;
        for (std::size_t i = 0; i < static_cast<std::size_t>(k); ++i) {
          plain +=
              x[0][m * static_cast<std::size_t>(k) + i] * x[1][n * static_cast<std::size_t>(k) + i];
        }
        EXPECT_EQ(to_float(result.values[m * 3 + n], to_float(result.scale)),
                  static_cast<float>(plain));
      }
    }
  }
}

TEST(GemmKernel, EveryWidthPolicyModeAndLevel) {
  HostRandom random = test_random();
  for (int bits = 4; bits <= 24; ++bits) {
    for (const AccumulatePolicy policy : kPolicies) {
      for (const Codes codes : kCodes) {
        const int k = between(random, 1, 150);
        GemmJob job;
        job.a = operand_of(random, random.below(2) == 0 ? "i4" : "u4", between(random, 1, 19), k,
                           codes, false);
        job.b = operand_of(random, "i4", between(random, 1, 90), k, codes, true);
        job.recipe = {policy, bits, random.below(3) == 0 ? 0 : between(random, 1, 70),
                      between(random, bits, 32)};
        compare_with_reference(job, {1});
        if (HasFailure()) return;
      }
    }
  }
}

TEST(GemmKernel, EveryPairOfFormats) {
  HostRandom random = test_random();
  for (const Format& a : formats()) {
    for (const Format& b : formats()) {
      const int k = between(random, 1, 60);
      const int bits = between(random, 4, 24);
      const Codes codes = kCodes[random.below(kCodes.size())];
      GemmJob job;
      job.a = operand_of(random, a.name, between(random, 1, 9), k, codes, false);
      job.b = operand_of(random, b.name, between(random, 1, 70), k, codes, true);
      job.recipe = {kPolicies[random.below(3)], bits, between(random, 0, 40),
                    between(random, bits, 32)};
      compare_with_reference(job, {1});
      if (HasFailure()) return;
    }
  }
}

TEST(GemmKernel, LongTiles) {  // lanes and counts are emptied in the middle of a tile
  HostRandom random = test_random();
  for (const AccumulatePolicy policy : kPolicies) {
    for (const int bits : {8, 14, 15, 16, 24}) {
      for (const Codes codes : {Codes::kMaxima, Codes::kPrefix, Codes::kAlternating}) {
        GemmJob job;
        job.a = operand_of(random, "u4", 1, 40000, codes, false);
        job.b = operand_of(random, "i4", 2, 40000, codes, true);
        job.recipe = {policy, bits, 0, std::max(bits, 24)};
        compare_with_reference(job, {1});
        if (HasFailure()) return;
      }
    }
  }
}

TEST(GemmKernel, WhereLanesGetNarrow) {  // P and products around 16 bits, worst operands
  HostRandom random = test_random();
  const std::array<std::pair<const char*, const char*>, 5> pairs = {
      {{"i8", "i8"}, {"u8", "i8"}, {"u8", "u8"}, {"e3", "u8"}, {"i7", "i8"}}};
  for (const auto& [a, b] : pairs) {
    for (int bits = 12; bits <= 17; ++bits) {
      for (const AccumulatePolicy policy : kPolicies) {
        for (const Codes codes : {Codes::kMaxima, Codes::kAlternating, Codes::kPrefix}) {
          GemmJob job;
          job.a = operand_of(random, a, 3, 40, codes, false);
          job.b = operand_of(random, b, 5, 40, codes, true);
          job.recipe = {policy, bits, between(random, 0, 40), 24};
          compare_with_reference(job, {1});
          if (HasFailure()) return;
        }
      }
    }
  }
}

TEST(GemmKernel, MoreLimitedMacsInATileThan16BitsCount) {
  for (const AccumulatePolicy policy : {AccumulatePolicy::kSaturate, AccumulatePolicy::kWrap}) {
    GemmJob job = constant_job(70000, {policy, 4, 0, 24});
    compare_with_reference(job, {1});
    EXPECT_GT(gemm(job).counters.mac_limited, 65535U);
  }
}

void every_width_with_threads(std::initializer_list<int> widths) {
  HostRandom random = test_random();
  // More than 2^21 MACs, so that two threads really share the rows.
  const auto a = operand_of(random, "u4", 131, 129, Codes::kRandom, false);
  const auto b = operand_of(random, "i4", 130, 129, Codes::kRandom, true);
  for (const int bits : widths) {
    for (const AccumulatePolicy policy : kPolicies) {
      compare_with_reference({a, b, {policy, bits, 32, 24}, CounterMode::kFull}, {1, 2});
      if (::testing::Test::HasFailure()) return;
    }
  }
}

TEST(GemmKernel, Threads) { every_width_with_threads({8, 16}); }

TEST(LongGemmKernel, EveryWidthWithThreads) {
  every_width_with_threads(
      {4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24});
}

TEST(LongGemmKernel, RandomJobs) {
  HostRandom random = test_random();
  for (int i = 0; i < 3000; ++i) {
    const int k = between(random, 1, 200);
    const int bits = between(random, 4, 24);
    const Codes codes = kCodes[random.below(kCodes.size())];
    const auto name = [&] { return formats()[random.below(15)].name; };
    GemmJob job;
    job.a = operand_of(random, name(), between(random, 1, 30), k, codes, false);
    job.b = operand_of(random, name(), between(random, 1, 140), k, codes, true);
    job.recipe = {kPolicies[random.below(3)], bits, between(random, 0, 100),
                  between(random, bits, 32)};
    compare_with_reference(job, {1, 2});
    if (HasFailure()) return;
  }
}

TEST(Gemm, ColumnsAndRowsAreIndependent) {  // GEMM-2
  HostRandom random = test_random();
  const auto a = operand_of(random, "u4", 9, 100, Codes::kRandom, false);
  const auto b = operand_of(random, "i4", 33, 100, Codes::kRandom, true);
  const GemmResult whole = gemm({a, b, {}, CounterMode::kFull});
  GemmCounters sum;
  for (int m = 0; m < 9; ++m) {
    for (int n = 0; n < 33; ++n) {
      auto row = std::make_shared<PreparedOperand>(*a);
      auto column = std::make_shared<PreparedOperand>(*b);
      row->lines = column->lines = 1;
      row->codes.assign(a->codes.begin() + m * 100, a->codes.begin() + (m + 1) * 100);
      column->codes.assign(b->codes.begin() + n * 100, b->codes.begin() + (n + 1) * 100);
      const GemmResult one = gemm({row, column, {}, CounterMode::kFull});
      EXPECT_EQ(one.values[0], whole.values[static_cast<std::size_t>(m * 33 + n)]);
      sum.mac_limited += one.counters.mac_limited;
      sum.tile_limited += one.counters.tile_limited;
      sum.outer_limited += one.counters.outer_limited;
    }
  }
  EXPECT_EQ(sum, whole.counters);
}

TEST(GemmRefusals, OneSentenceEach) {  // GEMM-3
  const auto refuses = [](const GemmJob& job, const std::string& part) {
    EXPECT_THAT([&] { gemm(job); }, ThrowsMessage<UserError>(HasSubstr(part)));
    EXPECT_THROW(gemm_reference(job), UserError);
  };
  const GemmJob good = constant_job(8, {});
  EXPECT_NO_THROW(gemm(good));
  refuses({nullptr, good.b, {}, CounterMode::kFull}, "operand A is missing");
  refuses({good.a, nullptr, {}, CounterMode::kFull}, "operand B is missing");
  refuses({good.a, constant("i4", 1, 9, 1), {}, CounterMode::kFull}, "do not match");
  const auto with = [&](int bits, int tile, int outer) {
    GemmJob job = good;
    job.recipe.bits = bits;
    job.recipe.tile = tile;
    job.recipe.outer_bits = outer;
    return job;
  };
  refuses(with(3, 32, 24), "bits 3 is not in 4...24");
  refuses(with(25, 32, 32), "bits 25");
  refuses(with(8, -1, 24), "tile -1");
  refuses(with(8, 32, 7), "outer_bits 7 is not in 8...32");
  refuses(with(8, 32, 33), "outer_bits 33");
  const auto changed = [&](auto change) {
    auto a = std::make_shared<PreparedOperand>(*good.a);
    change(*a);
    return GemmJob{a, good.b, {}, CounterMode::kFull};
  };
  refuses(changed([](PreparedOperand& a) { a.codes[3] = 16; }), "code 16 does not exist");
  refuses(changed([](PreparedOperand& a) { a.codes[3] = -1; }), "code -1 does not exist");
  refuses(changed([](PreparedOperand& a) { a.codes.pop_back(); }), "7 codes for 1 x 8");
  refuses(changed([](PreparedOperand& a) { a.lines = 0; }), "0 lines");
  refuses(changed([](PreparedOperand& a) { a.block = 3; }), "block 3");
  refuses(changed([](PreparedOperand& a) { a.block = 2; }), "do not match");
  refuses(changed([](PreparedOperand& a) { a.format = -1; }), "format number -1");
  refuses(changed([](PreparedOperand& a) { a.k_padded = 16; }), "K' 16");
  refuses(changed([](PreparedOperand& a) { a.scale.num = 0; }), "scale");
  EXPECT_THROW(gemm(good, -1), UserError);
}

TEST(GemmRefusals, ClampBeyond32Bits) {
  GemmJob job{constant("u8", 1, 33026, 1),
              constant("u8", 1, 33026, 1),
              {AccumulatePolicy::kClamp, 8, 0, 24},
              CounterMode::kFull};
  EXPECT_THAT([&] { gemm(job); }, ThrowsMessage<UserError>(HasSubstr("33 bits")));
  job.recipe.tile = 33025;
  EXPECT_NO_THROW(gemm(job));
}

TEST(Simd, Levels) {
  const auto levels = supported_simd_levels();
  EXPECT_EQ(levels.front(), SimdLevel::kBaseline);
  for (const SimdLevel level : levels) {
    force_simd_level(level);
    EXPECT_EQ(simd_level(), level);
  }
  for (const auto level :
       {SimdLevel::kSse4, SimdLevel::kAvx2, SimdLevel::kAvx512, SimdLevel::kAvx512Vnni}) {
    if (std::find(levels.begin(), levels.end(), level) == levels.end()) {
      EXPECT_THROW(force_simd_level(level), UserError);
    }
  }
}

TEST(GoldenBackend, ResultsInJobOrder) {
  HostRandom random = test_random();
  for (const int threads : {1, 2, 0}) {
    const auto backend = make_golden_backend(threads);
    EXPECT_EQ(backend->name(), "golden");
    std::vector<PrepareJob> prepares;
    for (int i = 0; i < 7; ++i) {
      PrepareJob job;
      job.recipe.format = format_index("i4");
      job.recipe.rounding = Rounding::kStochastic;
      job.input = {.name = "x", .lines = 5 + i, .k = 70, .mantissas = {}, .scale = {}};
      for (int j = 0; j < (5 + i) * 70; ++j) {
        job.input.mantissas.push_back(static_cast<std::int16_t>(between(random, -999, 999)));
      }
      prepares.push_back(job);
    }
    const auto operands = backend->prepare(prepares);
    std::vector<GemmJob> gemms;
    for (std::size_t i = 0; i < operands.size(); ++i) {
      EXPECT_EQ(operands[i].codes, prepare_reference(prepares[i]).codes);
      gemms.push_back({std::make_shared<PreparedOperand>(operands[i]),
                       std::make_shared<PreparedOperand>(operands[0]),
                       {},
                       CounterMode::kFull});
    }
    const auto results = backend->gemm(gemms);
    for (std::size_t i = 0; i < gemms.size(); ++i) {
      expect_equal(results[i], gemm_reference(gemms[i]));
    }
    EXPECT_TRUE(backend->gemm({}).empty());
    prepares[3].input.name = "third";
    prepares[3].input.lines = 0;
    prepares[5].input.lines = 0;
    EXPECT_THAT([&] { backend->prepare(prepares); },
                ThrowsMessage<UserError>(HasSubstr("'third'")));
  }
  EXPECT_THROW(make_golden_backend(-2), UserError);
}

}  // namespace
}  // namespace sylvester
