#include "golden/numerics/gemm_free.hpp"

#include <gtest/gtest.h>

#include <array>

#include "golden/numerics/test_random.hpp"

namespace sylvester {
namespace {

// `clamp` has no register that limits per MAC.
constexpr std::array kPolicies = {AccumulatePolicy::kSaturate, AccumulatePolicy::kWrap};

// Codes like those of transformed tensors: small ones, and now and then a large one.
std::shared_ptr<PreparedOperand> few_large_codes(HostRandom& random, const char* name, int lines,
                                                 int k, unsigned one_in) {
  const Format& row = format(name);
  auto operand = std::make_shared<PreparedOperand>();
  operand->format = format_index(name);
  operand->lines = lines;
  operand->k = operand->k_padded = k;
  for (int i = 0; i < lines * k; ++i) {
    const int least = row.is_signed ? -1 : 0;
    int code = between(random, least, 1);
    if (random.below(one_in) == 0) code = row.largest_code() * between(random, least, 1);
    operand->codes.push_back(static_cast<Code>(code));
  }
  return operand;
}

bool finds(FreeTiles& free, const GemmJob& job) {
  const SimdLevel level = simd_level();
  const GemmPlan plan = plan_gemm(job, level);
  if (plan.family == KernelFamily::kDot) return false;
  return free.find(job, plan, PackedLayout(plan, job.a->lines, job.b->lines, level), 1);
}

// Jobs of which some tiles are free and others not, in both policies that limit per MAC, every
// counter mode and level, with one thread and two.
TEST(FreeTiles, JobsEqualTheReference) {
  HostRandom random = test_random();
  int mixed = 0;
  for (int trial = 0; trial < 40; ++trial) {
    const int k = between(random, 64, 300);
    const char* formats_of_a[] = {"i4", "u4", "i6", "u8"};
    const char* formats_of_b[] = {"i4", "i6", "i8", "u4"};
    const char* a = formats_of_a[random.below(4)];
    const char* b = formats_of_b[random.below(4)];
    const unsigned one_in = static_cast<unsigned>(between(random, 50, 3000));
    GemmJob job;
    job.a = few_large_codes(random, a, between(random, 64, 140), k, one_in);
    job.b = few_large_codes(random, b, between(random, 64, 300), k, one_in);
    job.recipe = {kPolicies[random.below(kPolicies.size())], between(random, 5, 12),
                  between(random, 8, 70), 24};
    job.counters = CounterMode::kFull;
    GemmResult expected = gemm_reference(job);
    const GemmCounters full = expected.counters;
    for (const CounterMode mode : {CounterMode::kNone, CounterMode::kFull}) {
      job.counters = mode;
      for (const SimdLevel level : supported_simd_levels()) {
        force_simd_level(level);
        FreeTiles free;
        if (finds(free, job)) {
          int blocks = 0;
          for (int i = 0; i < (job.a->lines + kBlockRows - 1) / kBlockRows; ++i) {
            blocks += free.whole_block(i) ? 0 : 1;
          }
          mixed += blocks > 0 ? 1 : 0;
        }
        for (const int threads : {1, 2}) {
          SCOPED_TRACE(std::string(a) + " x " + b + " K " + std::to_string(k) + " P " +
                       std::to_string(job.recipe.bits) + " T " + std::to_string(job.recipe.tile) +
                       " " + std::string(to_string(level)));
          const GemmResult result = gemm(job, threads);
          EXPECT_EQ(result.values, expected.values);
          EXPECT_EQ(result.counters, reported(full, mode));
        }
      }
    }
    force_simd_level(supported_simd_levels().back());
    if (HasFailure()) return;
  }
  EXPECT_GT(mixed, 20);
}

std::shared_ptr<PreparedOperand> constant_lines(const char* name, int lines, int k, int code) {
  auto operand = std::make_shared<PreparedOperand>();
  operand->format = format_index(name);
  operand->lines = lines;
  operand->k = operand->k_padded = k;
  operand->codes.assign(static_cast<std::size_t>(lines) * static_cast<std::size_t>(k),
                        static_cast<Code>(code));
  return operand;
}

// A tile is free exactly up to the register's limit: sqrt(n·a² · n·b²) = n·a·b for constants.
TEST(FreeTiles, TheBoundIsTheLimitOfTheRegister) {
  GemmJob job{constant_lines("i8", 64, 127, 1),
              constant_lines("i8", 64, 127, 1),
              {AccumulatePolicy::kSaturate, 8, 127, 24},
              CounterMode::kFull};
  FreeTiles free;
  EXPECT_TRUE(finds(free, job));  // 127
  EXPECT_TRUE(free.whole_block(0));
  EXPECT_TRUE(free.whole_group(0));
  job.a = constant_lines("i8", 64, 128, 1);
  job.b = constant_lines("i8", 64, 128, 1);
  job.recipe.tile = 128;
  EXPECT_FALSE(finds(free, job));  // 128
  const GemmResult result = gemm(job);
  EXPECT_EQ(result.values[0], 127);
  EXPECT_EQ(result.counters.mac_limited, 64U * 64U);
}

// Codes that the format does not have are refused on this path as well.
TEST(FreeTiles, CodesOutsideTheFormatAreRefused) {
  HostRandom random = test_random();
  GemmJob job{few_large_codes(random, "i4", 64, 64, 1000),
              few_large_codes(random, "i4", 64, 64, 1000),
              {},
              CounterMode::kNone};
  FreeTiles free;
  ASSERT_TRUE(finds(free, job));
  for (const int code : {8, -8, 200, -32768, 32767}) {
    auto a = std::make_shared<PreparedOperand>(*job.a);
    a->codes[77] = static_cast<Code>(code);
    EXPECT_THROW(gemm({a, job.b, job.recipe, job.counters}), std::exception) << code;
    EXPECT_THROW(gemm({job.b, a, job.recipe, job.counters}), std::exception) << code;
  }
}

}  // namespace
}  // namespace sylvester
