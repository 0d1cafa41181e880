#include "golden/numerics/gemm_plan.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <set>

#include "golden/numerics/test_random.hpp"

namespace sylvester {
namespace {

constexpr std::array kPolicies = {AccumulatePolicy::kSaturate, AccumulatePolicy::kWrap,
                                  AccumulatePolicy::kClamp};

std::shared_ptr<PreparedOperand> empty_operand(const Format& row, int lines, int k) {
  auto operand = std::make_shared<PreparedOperand>();
  operand->format = format_index(row.name);
  operand->lines = lines;
  operand->k = operand->k_padded = k;
  operand->codes.resize(static_cast<std::size_t>(lines) * static_cast<std::size_t>(k));
  return operand;
}

// Codes in one of four ways, in turn: random; all at the largest; signs alternating along k; signs
// turning at half of k, so that prefixes leave the range and the whole sum comes back.
void fill(PreparedOperand& operand, HostRandom& random, int way, bool turns) {
  const Format& row = formats()[static_cast<std::size_t>(operand.format)];
  const int most = row.largest_code();
  for (std::size_t i = 0; i < operand.codes.size(); ++i) {
    const int k = static_cast<int>(i) % operand.k;
    int code = most;
    if (way == 0) code = between(random, row.is_signed ? -most : 0, most);
    if (way == 2 && row.is_signed && k % 2 == 1) code = -most;
    if (way == 3 && row.is_signed && turns && k >= operand.k / 2) code = -most;
    operand.codes[i] = static_cast<Code>(code);
  }
}

std::string describe(const GemmJob& job, SimdLevel level) {
  const auto name = [](const PreparedOperand& operand) {
    return formats()[static_cast<std::size_t>(operand.format)].name;
  };
  return name(*job.a) + " x " + name(*job.b) + " " + std::string(to_string(job.recipe.policy)) +
         " P " + std::to_string(job.recipe.bits) + " T " + std::to_string(job.recipe.tile) + " o " +
         std::to_string(job.recipe.outer_bits) + " counters " +
         std::string(to_string(job.counters)) + " " + std::string(to_string(level)) + " kernel '" +
         std::string(gemm_kernels()[static_cast<std::size_t>(plan_gemm(job, level).kernel)].name) +
         "'";
}

void expect_reference(const GemmJob& job) {
  const GemmResult expected = gemm_reference(job);
  for (const SimdLevel level : supported_simd_levels()) {
    force_simd_level(level);
    SCOPED_TRACE(describe(job, level));
    const GemmResult result = gemm(job);
    EXPECT_EQ(result.values, expected.values);
    EXPECT_EQ(result.counters, expected.counters);
  }
  force_simd_level(supported_simd_levels().back());
}

// Every kernel is taken on every level by some (formats, policy, P, counters), and there equals the
// reference on four kinds of operands and on tiles within and beyond what its lanes count to.
TEST(GemmPlan, EveryKernelOnEveryLevelEqualsTheReference) {
  HostRandom random = test_random();
  for (const SimdLevel level : supported_simd_levels()) {
    std::set<KernelId> seen;
    const auto try_all = [&](const Format& a, const Format& b, int n, int k) {
      const auto left = empty_operand(a, 5, k);
      const auto right = empty_operand(b, n, k);
      for (int bits = 4; bits <= 24; ++bits) {
        for (const AccumulatePolicy policy : kPolicies) {
          for (const CounterMode mode : {CounterMode::kNone, CounterMode::kFull}) {
            for (const int tile : {0, 32}) {
              const GemmJob job{left, right, {policy, bits, tile, 32}, mode};
              if (policy == AccumulatePolicy::kClamp && k > 33025) continue;  // beyond 32 bits
              if (!seen.insert(plan_gemm(job, level).kernel).second) continue;
              for (int way = 0; way < 4; ++way) {
                fill(*left, random, way, false);
                fill(*right, random, way, true);
                expect_reference(job);
              }
            }
          }
        }
      }
    };
    for (const Format& a : formats()) {
      for (const Format& b : formats()) try_all(a, b, 70, 300);
    }
    // Sums beyond 32 bits: not even products of one sign are left to a dot product.
    try_all(format("u8"), format("u8"), 3, 33100);
    for (std::size_t i = 0; i < gemm_kernels().size(); ++i) {
      const GemmKernel& kernel = gemm_kernels()[i];
      EXPECT_EQ(seen.contains(static_cast<KernelId>(i)),
                kernel.levels == KernelLevels::kAll ||
                    (kernel.levels == KernelLevels::kVnni) == (level == SimdLevel::kAvx512Vnni))
          << kernel.name << " on " << to_string(level);
    }
    if (HasFailure()) return;
  }
}

KernelFamily family_of(const char* a, const char* b, int k, AccumulateRecipe recipe,
                       CounterMode counters) {
  const GemmJob job{empty_operand(format(a), 1, k), empty_operand(format(b), 1, k), recipe,
                    counters};
  return plan_gemm(job, simd_level()).family;
}

TEST(GemmPlan, DotProductWhereThePolicyCannotBind) {
  // i4 x i4: products up to 49. 2·49 = 98 <= 127 < 3·49: tiles of two cannot bind 8 bits.
  for (const auto policy : kPolicies) {
    for (const auto mode : {CounterMode::kNone, CounterMode::kFull}) {
      EXPECT_EQ(family_of("i4", "i4", 64, {policy, 8, 2, 24}, mode), KernelFamily::kDot);
    }
    const bool exact_tile = policy != AccumulatePolicy::kSaturate;
    EXPECT_EQ(family_of("i4", "i4", 64, {policy, 8, 3, 24}, CounterMode::kNone),
              exact_tile ? KernelFamily::kDot : KernelFamily::kByte);
  }
  // u4 x u4: the register only grows.
  EXPECT_EQ(family_of("u4", "u4", 64, {AccumulatePolicy::kSaturate, 8, 0, 24}, CounterMode::kNone),
            KernelFamily::kDot);
  EXPECT_NE(family_of("u4", "u4", 64, {AccumulatePolicy::kSaturate, 8, 0, 24}, CounterMode::kFull),
            KernelFamily::kDot);
}

// Tiles whose largest sum is the register's largest number, one less and one more: products of 1 in
// i2 x i2, P = 4 (7), both signs.
TEST(GemmPlan, TheBoundIsTight) {
  for (const auto policy : kPolicies) {
    for (const int tile : {6, 7, 8, 9}) {
      for (const int sign : {-1, 1}) {
        for (const auto mode : {CounterMode::kNone, CounterMode::kFull}) {
          const GemmJob job{empty_operand(format("i2"), 3, 40),
                            empty_operand(format("i2"), 5, 40),
                            {policy, 4, tile, 8},
                            mode};
          auto& a = const_cast<PreparedOperand&>(*job.a);
          auto& b = const_cast<PreparedOperand&>(*job.b);
          for (Code& code : a.codes) code = 1;
          for (Code& code : b.codes) code = static_cast<Code>(sign);
          expect_reference(job);
        }
      }
    }
  }
}

// The outer accumulator at its limits: o = P (binds at once), o = 31 and 32 (the sum of two numbers
// of 32 bits).
TEST(GemmPlan, OuterLimits) {
  HostRandom random = test_random();
  for (const auto policy : kPolicies) {
    for (const auto& [bits, outer] : {std::pair{4, 4}, {8, 8}, {8, 12}, {16, 16}, {24, 24}}) {
      for (const int tile : {1, 3, 16}) {
        for (int way = 0; way < 4; ++way) {
          const GemmJob job{empty_operand(format("i8"), 3, 200),
                            empty_operand(format("i4"), 5, 200),
                            {policy, bits, tile, outer},
                            CounterMode::kFull};
          fill(const_cast<PreparedOperand&>(*job.a), random, way, false);
          fill(const_cast<PreparedOperand&>(*job.b), random, way, true);
          expect_reference(job);
        }
      }
    }
  }
  // 24-bit partial sums of 8,388,608 add up to 2^31 after 256 tiles.
  for (const auto& [outer, sign] : {std::pair{31, 1}, {32, 1}, {31, -1}, {32, -1}}) {
    const int tile = 600;
    const GemmJob job{empty_operand(format("i8"), 1, tile * 270),
                      empty_operand(format("i8"), 2, tile * 270),
                      {AccumulatePolicy::kSaturate, 24, tile, outer},
                      CounterMode::kFull};
    fill(const_cast<PreparedOperand&>(*job.a), random, 1, false);
    for (Code& code : const_cast<PreparedOperand&>(*job.b).codes) {
      code = static_cast<Code>(sign * 127);
    }
    EXPECT_GT(gemm_reference(job).counters.outer_limited, 0U);
    expect_reference(job);
  }
}

// Tiles that end anywhere in the rows of steps and in the histories of the kernels that count, from
// the widths at which wide registers begin to those at which the last of their MACs is limited.
TEST(GemmPlan, WideCountsInTilesOfAnyLength) {
  HostRandom random = test_random();
  for (const auto& [a, b] : {std::pair{"i8", "i8"}, {"u8", "i8"}, {"u8", "u8"}, {"e3", "e3"}}) {
    const auto left = empty_operand(format(a), 5, 150);
    const auto right = empty_operand(format(b), 37, 150);
    for (int way = 0; way < 4; ++way) {
      fill(*left, random, way, false);
      fill(*right, random, way, true);
      for (int bits = 8; bits <= 22; ++bits) {
        for (const int tile : {between(random, 2, 40), between(random, 2, 40), 150}) {
          for (const auto policy : {AccumulatePolicy::kSaturate, AccumulatePolicy::kWrap}) {
            expect_reference({left, right, {policy, bits, tile, 24}, CounterMode::kFull});
            if (HasFailure()) return;
          }
        }
      }
    }
  }
}

TEST(GemmPlan, FormatsFitTheBytesOfPacking) {
  for (const Format& row : formats()) {
    EXPECT_LE(row.largest(), row.is_signed ? 127 : 255) << row.name;
    EXPECT_TRUE(row.uniform || row.bits <= 4) << row.name;
  }
}

TEST(GemmMemory, ResultsAreUsedAgain) {
  HostRandom random = test_random();
  const GemmJob job{empty_operand(format("u4"), 130, 200),
                    empty_operand(format("i4"), 140, 200),
                    {},
                    CounterMode::kFull};
  fill(const_cast<PreparedOperand&>(*job.a), random, 0, false);
  fill(const_cast<PreparedOperand&>(*job.b), random, 0, false);
  GemmResult result;
  gemm(job, 2, result);
  const GemmResult first = result;
  const std::int32_t* memory = result.values.data();
  for (const int threads : {1, 2, 3}) {
    gemm(job, threads, result);
    EXPECT_EQ(result.values.data(), memory);
    EXPECT_EQ(result.values, first.values);
    EXPECT_EQ(result.counters, first.counters);
  }
}

}  // namespace
}  // namespace sylvester
