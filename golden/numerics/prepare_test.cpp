#include "golden/numerics/prepare.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <set>

#include "golden/numerics/prepare_rounder.hpp"
#include "golden/numerics/simd.hpp"
#include "golden/numerics/test_random.hpp"
#include "golden/support/error.hpp"

namespace sylvester {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

const Scale kOne{};

PrepareJob make_job(const char* format_name, int lines, int k,
                    const std::vector<std::int16_t>& mantissas) {
  PrepareJob job;
  job.recipe.format = format_index(format_name);
  job.recipe.stride_line = static_cast<std::uint32_t>(k);
  job.input = {.name = "x", .lines = lines, .k = k, .mantissas = mantissas, .scale = {}};
  return job;
}

void expect_equal(const PreparedOperand& a, const PreparedOperand& b) {
  EXPECT_EQ(a.format, b.format);
  EXPECT_EQ(a.lines, b.lines);
  EXPECT_EQ(a.k, b.k);
  EXPECT_EQ(a.k_padded, b.k_padded);
  EXPECT_EQ(a.block, b.block);
  EXPECT_EQ(a.codes, b.codes);
  EXPECT_EQ(a.scale, b.scale);
  EXPECT_EQ(a.max_magnitude, b.max_magnitude);
  EXPECT_EQ(a.counters, b.counters);
}

TEST(Quantiser, WorkedExamples) {  // PRE-3
  const Format& i4 = format("i4");
  const auto numbers = [&](ScaleRule rule, int m) {
    const Quantiser q = make_quantiser(i4, rule, m, kOne);
    return std::pair{q.n, q.d};
  };
  using Pair = std::pair<std::uint64_t, std::uint64_t>;
  EXPECT_EQ(numbers(ScaleRule::kMax, 100), (Pair{7, 100}));
  EXPECT_EQ(numbers(ScaleRule::kClip, 100), (Pair{280, 3900}));
  EXPECT_EQ(numbers(ScaleRule::kPow2, 100), (Pair{1, 16}));
  EXPECT_EQ(numbers(ScaleRule::kPow2, 3), (Pair{2, 1}));
}

TEST(Quantiser, HindsightSawbAndLuq) {  // PRE-3, HND-1, SAWB-1
  const auto numbers = [&](const char* name, ScaleRule rule, const ScaleInputs& inputs) {
    const Quantiser q = make_quantiser(format(name), rule, 300, kOne, inputs);
    return std::pair{q.n, q.d};
  };
  using Pair = std::pair<std::uint64_t, std::uint64_t>;
  EXPECT_EQ(numbers("i4", ScaleRule::kHindsight, {.max_given = 200, .clip = {}}), (Pair{7, 200}));
  EXPECT_EQ(numbers("i4", ScaleRule::kHindsight, {}).second, 0U);  // PRE-2
  EXPECT_EQ(numbers("e3", ScaleRule::kLuq, {}), (Pair{127, 600}));
  // The example of SAWB-1: v = (100, 200, -300).
  const Clip clip = sawb_clip(600, 140000, 3);
  EXPECT_EQ(clip.mantissa, 44514U);
  EXPECT_EQ(clip.exponent, -8);
  EXPECT_EQ(numbers("i4", ScaleRule::kSawb, {.max_given = 0, .clip = clip}), (Pair{1792, 44514}));
  EXPECT_EQ(numbers("u4", ScaleRule::kSawb, {.max_given = 0, .clip = clip}), (Pair{1920, 44514}));
  // Alpha of LUQ is d/n: the corrected scale, the published one without its lowest level, and the
  // power of two that is not below the corrected one.
  const Format& e3 = format("e3");
  for (const int m : {1, 63, 64, 65, 1000, 32767}) {
    const auto alpha = [&](ScaleRule rule) {
      const Quantiser q = make_quantiser(e3, rule, m, kOne);
      return static_cast<double>(q.d) / static_cast<double>(q.n);
    };
    EXPECT_DOUBLE_EQ(alpha(ScaleRule::kMax), m / 64.0);
    EXPECT_DOUBLE_EQ(alpha(ScaleRule::kLuq), 2.0 * m / 127.0);
    EXPECT_DOUBLE_EQ(alpha(ScaleRule::kPow2), std::exp2(std::ceil(std::log2(m / 64.0))));
  }
}

TEST(RandomSigns, WorkedExample) {  // WHT-5
  PrepareJob job = make_job("i4", 1, 8, std::vector<std::int16_t>(8, 7));
  job.recipe.draw = {.seed = 1, .step = 2, .layer = 3, .role = 4, .repetition = 5};
  job.recipe.sign_role = 8;
  std::vector<Code> expected = {-1, -1, 1, -1, -1, 1, 1, 1};
  for (Code& code : expected) code = static_cast<Code>(7 * code);
  EXPECT_EQ(prepare(job).codes, expected);
  EXPECT_EQ(prepare_reference(job).codes, expected);
  job.recipe.format = format_index("u4");
  EXPECT_THROW(prepare(job), UserError);
}

TEST(Quantiser, SawbOfFlatTensorsIsMax) {  // SAWB-1: a clip of 0 and less
  for (const std::uint64_t v : {1U, 50U, 32767U}) {
    EXPECT_EQ(sawb_clip(6 * v, Uint128{6} * v * v, 6).mantissa, 0U);
  }
  PrepareJob flat = make_job("i4", 2, 3, {50, -50, 50, 50, -50, 50});
  flat.recipe.scale = ScaleRule::kSawb;
  const PreparedOperand sawb = prepare(flat);
  flat.recipe.scale = ScaleRule::kMax;
  expect_equal(sawb, prepare(flat));
  EXPECT_EQ(sawb.scale, make_scale(50, 7, 0));
}

TEST(Quantiser, SawbAgainstDouble) {  // SAWB-1: 12.1·rms - 12.2·mean
  HostRandom random = test_random();
  for (int i = 0; i < 2000; ++i) {
    const int count = between(random, 2, 500);
    const int most = 1 << between(random, 3, 24);
    std::uint64_t s1 = 0;
    Uint128 s2 = 0;
    for (int j = 0; j < count; ++j) {
      const auto v = static_cast<std::uint64_t>(between(random, 0, most)) >> random.below(8);
      s1 += v;
      s2 += v * v;
    }
    const double expected =
        12.1 * std::sqrt(static_cast<double>(s2) / count) - 12.2 * static_cast<double>(s1) / count;
    const Clip clip = sawb_clip(s1, s2, static_cast<std::uint64_t>(count));
    EXPECT_NEAR(std::ldexp(clip.mantissa, clip.exponent), std::max(expected, 0.0),
                0x1p-14 * std::abs(expected) + 0.07);
    EXPECT_LT(clip.mantissa, 1U << 16);
  }
  // The longest tensor of the largest coefficients: the root has 64 bits.
  const std::uint64_t n = (std::uint64_t{1} << 31) - 1;
  const std::uint64_t v = (std::uint64_t{1} << 25) - 1;
  EXPECT_EQ(sawb_clip(n * v, Uint128{n} * v * v, n).mantissa, 0U);
  const Clip sparse = sawb_clip(n / 4 * v, Uint128{n / 4} * v * v, n);
  EXPECT_NEAR(std::ldexp(sparse.mantissa, sparse.exponent), 3.0 * static_cast<double>(v), 3.1e3);
}

// The mean over all draws is |x| but for what floor(2^r·fraction) cuts off: at most 2^-r of the
// step, which is at most x, or alpha below it.
TEST(LogQuantiser, MeanOverAllDrawsIsTheValue) {  // PRE-5, PRE-6
  const Format& e3 = format("e3");
  constexpr int r = 8;
  constexpr int draws = 1 << r;
  // x in units of alpha, times 2^20.
  std::vector<std::uint64_t> values = {0,
                                       1 << 12,
                                       1 << 19,
                                       (1 << 20) - (1 << 12),
                                       1 << 20,
                                       5 << 18,
                                       3 << 19,
                                       1 << 21,
                                       639 * (std::uint64_t{1} << 20) / 10,
                                       std::uint64_t{64} << 20};
  HostRandom random = test_random();
  for (int i = 0; i < 2000; ++i) values.push_back(random.below(std::uint32_t{64} << 20));
  for (const std::uint64_t x : values) {
    std::uint64_t sum = 0;
    for (std::uint32_t draw = 0; draw < draws; ++draw) {
      const int code =
          divide_round(e3, x, std::uint64_t{1} << 20, Rounding::kStochastic, r, draw).code;
      sum += static_cast<std::uint64_t>(e3.value(code));
    }
    const double mean = static_cast<double>(sum) / draws;
    const double exact = std::ldexp(static_cast<double>(x), -20);
    EXPECT_LE(mean, exact);
    EXPECT_GE(mean, exact - std::max(exact, 1.0) / draws) << exact;
  }
}

TEST(LogQuantiser, LargestMagnitudeIsNotClipped) {  // PRE-3: x <= 64 with every rule of LUQ
  HostRandom random = test_random();
  for (int i = 0; i < 2000; ++i) {
    const int m = between(random, 1, 32767);
    for (const ScaleRule rule : {ScaleRule::kMax, ScaleRule::kPow2, ScaleRule::kLuq}) {
      const Quantiser q = make_quantiser(format("e3"), rule, m, kOne);
      EXPECT_LE(static_cast<std::uint64_t>(m) * q.n, 64 * q.d) << to_string(rule) << ", M " << m;
    }
  }
}

TEST(Quantiser, Scale) {  // PRE-3: input scale · d/n · 2^-exponent
  EXPECT_EQ(make_quantiser(format("i4"), ScaleRule::kMax, 100, {1, 3, -2}).scale,
            make_scale(100, 21, -2));
  EXPECT_EQ(make_quantiser(format("i4"), ScaleRule::kMax, 0, {5, 3, -2}).scale, (Scale{5, 3, -2}));
  Format shifted = format("i4");
  shifted.exponent = -3;
  EXPECT_EQ(make_quantiser(shifted, ScaleRule::kMax, 7, kOne).scale, (Scale{1, 1, 3}));
}

TEST(Quantiser, Pow2IsTheLeastExponent) {  // PRE-3
  for (const Format& row : formats()) {
    for (const int m : {1, 2, 3, 6, 7, 8, 14, 15, 16, 127, 128, 32767, 32767 * 1024}) {
      const Quantiser q = make_quantiser(row, ScaleRule::kPow2, m, kOne);
      const auto largest = static_cast<std::uint64_t>(row.largest());
      const auto magnitude = static_cast<std::uint64_t>(m);
      EXPECT_LE(magnitude * q.n, largest * q.d);      // M <= Q·2^e
      EXPECT_GT(2 * magnitude * q.n, largest * q.d);  // and not with e - 1
      EXPECT_TRUE(q.n == 1 || q.d == 1);
    }
  }
}

TEST(DivideRound, WorkedExamples) {  // PRE-4, PRE-5
  const Format& i4 = format("i4");
  EXPECT_EQ(divide_round(i4, 350, 100, Rounding::kNearest, 8, 0).code, 4);  // 3.5 ties to 4
  EXPECT_EQ(divide_round(i4, 250, 100, Rounding::kNearest, 8, 0).code, 2);
  EXPECT_EQ(divide_round(i4, 350, 100, Rounding::kStochastic, 8, 127).code, 4);
  EXPECT_EQ(divide_round(i4, 350, 100, Rounding::kStochastic, 8, 128).code, 3);
  // |v| = 100, M = 100 with `clip`: 7.18 is 7 without an increment; |v| = 97 goes up for R < 246.
  for (const std::uint32_t r : {0U, 255U}) {
    const Rounded clipped = divide_round(i4, 28000, 3900, Rounding::kStochastic, 8, r);
    EXPECT_EQ(clipped.code, 7);
    EXPECT_FALSE(clipped.rounded_up);
  }
  for (const std::uint32_t r : {245U, 246U}) {
    const Rounded below = divide_round(i4, 27160, 3900, Rounding::kStochastic, 8, r);
    EXPECT_EQ(below.code, r == 245 ? 7 : 6);
    EXPECT_EQ(below.rounded_up, r == 245);
  }
  const Format& e3 = format("e3");
  EXPECT_EQ(divide_round(e3, 5, 1, Rounding::kNearest, 8, 0).code, 3);
  EXPECT_EQ(divide_round(e3, 6, 1, Rounding::kNearest, 8, 0).code, 4);   // tie, odd index 3
  EXPECT_EQ(divide_round(e3, 12, 1, Rounding::kNearest, 8, 0).code, 4);  // tie, even index 4
  EXPECT_EQ(divide_round(e3, 5, 1, Rounding::kStochastic, 8, 63).code, 4);
  EXPECT_EQ(divide_round(e3, 5, 1, Rounding::kStochastic, 8, 64).code, 3);
  EXPECT_EQ(divide_round(e3, 1000, 1, Rounding::kStochastic, 8, 0).code, 7);
  EXPECT_FALSE(divide_round(e3, 1000, 1, Rounding::kStochastic, 8, 0).rounded_up);
}

TEST(DivideRound, FromTheLargestOnIsTheLargestWithoutIncrement) {  // PRE-4, CNT-1
  for (const std::uint64_t numerator : {70, 75, 1000}) {
    const Rounded above = divide_round(format("i4"), numerator, 10, Rounding::kStochastic, 8, 0);
    EXPECT_EQ(above.code, 7);
    EXPECT_FALSE(above.rounded_up);
  }
  EXPECT_EQ(divide_round(format("i4"), ~std::uint64_t{0}, 1, Rounding::kNearest, 8, 0).code, 7);
}

TEST(DivideRound, ProbabilityOfUpByEnumeration) {  // PRE-4, PRE-5: exactly floor(2^r·rem/D)/2^r
  HostRandom random = test_random();
  for (const char* name : {"i4", "u4", "i8", "e3"}) {
    const Format& row = format(name);
    for (int r = 1; r <= 16; ++r) {
      for (int i = 0; i < (r > 12 ? 3 : 12); ++i) {
        const std::uint64_t d = 1 + random.below(1 << 20);
        const std::uint64_t numerator = random.below(static_cast<std::uint32_t>(d)) +
                                        d * random.below(static_cast<std::uint32_t>(row.largest()));
        const int low = divide_round(row, numerator, d, Rounding::kStochastic, r, 0xFFFFFFFFU).code;
        const auto g = static_cast<std::uint64_t>(row.value(low));
        const auto h = static_cast<std::uint64_t>(row.value(low + 1));
        std::uint64_t ups = 0;
        for (std::uint32_t draw = 0; draw < (1U << r); ++draw) {
          const Rounded rounded = divide_round(row, numerator, d, Rounding::kStochastic, r, draw);
          ups += rounded.rounded_up ? 1 : 0;
          EXPECT_EQ(rounded.code, low + (rounded.rounded_up ? 1 : 0));
        }
        EXPECT_EQ(ups, ((numerator - g * d) << r) / ((h - g) * d));
      }
    }
  }
}

TEST(DivideRound, NearestIsNearest) {  // PRE-4, PRE-5
  HostRandom random = test_random();
  for (const Format& row : formats()) {
    for (int i = 0; i < 3000; ++i) {
      const std::int64_t d = between(random, 1, 40);
      const std::int64_t n = between(random, 0, static_cast<int>(d) * row.largest());
      const int code = divide_round(row, static_cast<std::uint64_t>(n),
                                    static_cast<std::uint64_t>(d), Rounding::kNearest, 8, 0)
                           .code;
      const std::int64_t distance = std::abs(n - d * row.value(code));
      for (const int other : {code - 1, code + 1}) {
        if (other < 0 || other > row.largest_code()) continue;
        const std::int64_t other_distance = std::abs(n - d * row.value(other));
        EXPECT_LE(distance, other_distance);
        if (distance == other_distance) {
          EXPECT_EQ(code % 2, 0);
        }
      }
    }
  }
}

TEST(Prepare, ForwardWeightsAndActivationsOfHdqt) {  // Q1: 0.975 of the maximum
  std::vector<std::int16_t> x;
  for (int i = -100; i <= 100; ++i) x.push_back(static_cast<std::int16_t>(i));
  PrepareJob job = make_job("i4", 1, 201, x);
  job.recipe.scale = ScaleRule::kClip;
  const PreparedOperand w = prepare(job);
  EXPECT_EQ(w.codes.front(), -7);
  EXPECT_EQ(w.codes.back(), 7);
  EXPECT_EQ(w.max_magnitude, 100);
  EXPECT_EQ(w.scale, make_scale(3900, 280, 0));
  EXPECT_GT(w.counters.codes_at_limit, 2U);

  std::vector<std::int16_t> positive;
  for (int i = 0; i <= 1000; ++i) positive.push_back(static_cast<std::int16_t>(i));
  job = make_job("u4", 1, 1001, positive);
  job.recipe.scale = ScaleRule::kClip;
  const PreparedOperand a = prepare(job);
  const std::set<Code> levels(a.codes.begin(), a.codes.end());
  EXPECT_EQ(levels.size(), 16U);  // 0 and 15 levels
  EXPECT_EQ(*levels.rbegin(), 15);
}

TEST(Prepare, Zeros) {  // PRE-2, CNT-1
  PrepareJob job = make_job("i4", 2, 5, std::vector<std::int16_t>(10, 0));
  job.recipe.rounding = Rounding::kStochastic;
  job.recipe.block_rule = BlockRule::kPad;
  job.recipe.block = 4;
  job.input.scale = {3, 5, 7};
  for (const PreparedOperand& zero : {prepare(job), prepare_reference(job)}) {
    EXPECT_EQ(zero.k_padded, 8);
    EXPECT_THAT(zero.codes, Each(0));
    EXPECT_EQ(zero.codes.size(), 16U);
    EXPECT_EQ(zero.scale, (Scale{3, 5, 7}));
    EXPECT_EQ(zero.counters, (PrepareCounters{0, 0, 16}));
  }
}

TEST(Prepare, StochasticIsUnbiasedAndInRange) {  // Q3, PRE-6: mean within 4 sigma
  // One value at M, the others at 10/31 of it: x = 7·10/31 = 2.258; 2^20 draws.
  constexpr int k = 1 << 20;
  std::vector<std::int16_t> x(k, 10000);
  x[0] = 31000;
  PrepareJob job = make_job("i4", 1, k, x);
  job.recipe.rounding = Rounding::kStochastic;
  job.recipe.random_bits = 16;
  job.recipe.draw.seed = 1;
  const PreparedOperand operand = prepare(job);
  double sum = 0;
  for (const Code code : operand.codes) {
    EXPECT_GE(code, -7);
    EXPECT_LE(code, 7);
    sum += code;
  }
  const double p = 7.0 * 10000 / 31000 - 2;
  const double sigma = std::sqrt(p * (1 - p) / k);
  EXPECT_NEAR((sum - 7) / (k - 1), 2 + p, 4 * sigma + 0x1p-16);
  EXPECT_EQ(operand.codes[0], 7);
}

TEST(Prepare, DrawsNameElementsNotAddresses) {  // RND-6: transposed reading gives the same codes
  HostRandom random = test_random();
  constexpr int rows = 13;
  constexpr int columns = 37;
  std::vector<std::int16_t> x;
  for (int i = 0; i < rows * columns; ++i) {
    x.push_back(static_cast<std::int16_t>(between(random, -32767, 32767)));
  }
  std::vector<std::int16_t> transposed;
  for (int j = 0; j < columns; ++j) {
    for (int i = 0; i < rows; ++i) {
      transposed.push_back(x[static_cast<std::size_t>(i * columns + j)]);
    }
  }
  PrepareJob by_row = make_job("i4", rows, columns, x);
  by_row.recipe.rounding = Rounding::kStochastic;
  by_row.recipe.index0 = 0xFFFFFFF0U;  // wraps around
  PrepareJob by_column = make_job("i4", columns, rows, transposed);
  by_column.recipe = by_row.recipe;
  by_column.recipe.stride_line = 1;
  by_column.recipe.stride_k = columns;
  const PreparedOperand a = prepare(by_row);
  const PreparedOperand b = prepare(by_column);
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < columns; ++j) {
      EXPECT_EQ(a.codes[static_cast<std::size_t>(i * columns + j)],
                b.codes[static_cast<std::size_t>(j * rows + i)]);
    }
  }
  EXPECT_EQ(a.counters, b.counters);
}

TEST(Prepare, CountersAreCountsOfTheCodes) {  // CNT-1, CNT-2
  HostRandom random = test_random();
  std::vector<std::int16_t> x;
  for (int i = 0; i < 3 * 50; ++i) x.push_back(static_cast<std::int16_t>(between(random, -99, 99)));
  PrepareJob job = make_job("i4", 3, 50, x);
  job.recipe.block_rule = BlockRule::kPad;
  job.recipe.block = 16;
  const PreparedOperand full = prepare(job);
  const auto at_limit = std::count_if(full.codes.begin(), full.codes.end(),
                                      [](Code code) { return std::abs(code) == 7; });
  EXPECT_EQ(full.counters.codes_at_limit, static_cast<std::uint64_t>(at_limit));
  EXPECT_EQ(full.counters.zero_codes,
            static_cast<std::uint64_t>(std::count(full.codes.begin(), full.codes.end(), 0)));
  EXPECT_EQ(full.counters.rounded_up, 0U);  // `nearest` makes no stochastic increments
  for (const auto mode : {CounterMode::kNone, CounterMode::kSticky}) {
    job.counters = mode;
    const PreparedOperand other = prepare(job);
    EXPECT_EQ(other.codes, full.codes);
    EXPECT_EQ(other.counters, reported(full.counters, mode));
  }
}

// Random jobs of every kind, the vectorised kernel on every level against the cells.
void compare_with_reference(HostRandom& random, int jobs, int longest) {
  for (int i = 0; i < jobs; ++i) {
    PrepareJob job;
    PrepareRecipe& recipe = job.recipe;
    job.counters = static_cast<CounterMode>(random.below(3));
    recipe.format = between(random, 0, static_cast<int>(formats().size()) - 1);
    const Format& row = formats()[static_cast<std::size_t>(recipe.format)];
    if (row.is_signed) {
      recipe.block_rule = static_cast<BlockRule>(random.below(3));
      recipe.block = 1 << between(random, 0, 10);
      if (random.below(3) == 0) recipe.sign_role = static_cast<std::uint8_t>(random.below(12));
    }
    recipe.scale = static_cast<ScaleRule>(random.below(6));
    recipe.rounding = static_cast<Rounding>(random.below(2));
    job.max_given = random.below(4) == 0 ? 0 : 1 << random.below(26);
    recipe.random_bits = between(random, 1, 16);
    recipe.draw.seed = random.below(1000);
    recipe.draw.step = random.below(1000);
    recipe.index0 = static_cast<std::uint32_t>(random.next());
    recipe.stride_line = random.below(5000);
    recipe.stride_k = random.below(3) == 0 ? 1 : random.below(5000);
    job.input.name = "x";
    job.input.lines = between(random, 1, 6);
    job.input.k = between(random, 1, longest);
    if (random.below(2) == 0) {  // lines that follow each other
      const int block = block_length(recipe.block_rule, recipe.block, job.input.k);
      recipe.stride_line =
          static_cast<std::uint32_t>(padded_length(job.input.k, block)) * recipe.stride_k;
    }
    job.input.scale = make_scale(1 + random.below(100), 1 + random.below(100), -5);
    const int most = std::min(kWideLimit, 1 << between(random, 0, 15));
    const bool adversarial = random.below(4) == 0;  // all at the largest, signs alternating
    for (int j = 0; j < job.input.lines * job.input.k; ++j) {
      int value = adversarial ? most : between(random, 0, most);
      if (row.is_signed && (adversarial ? j % 2 == 1 : random.below(2) == 1)) value = -value;
      job.input.mantissas.push_back(static_cast<std::int16_t>(value));
    }
    const PreparedOperand expected = prepare_reference(job);
    for (const SimdLevel level : supported_simd_levels()) {
      force_simd_level(level);
      SCOPED_TRACE(std::string(to_string(level)) + " " + row.name + " " +
                   std::string(to_string(recipe.scale)) + " " +
                   std::string(to_string(recipe.rounding)) + " block " +
                   std::to_string(expected.block) + " r " + std::to_string(recipe.random_bits));
      expect_equal(prepare(job), expected);
      if (::testing::Test::HasFailure()) return;
    }
  }
  force_simd_level(supported_simd_levels().back());
}

TEST(PrepareKernel, EqualsReference) {
  HostRandom random = test_random();
  compare_with_reference(random, 400, 300);
  compare_with_reference(random, 20, 3000);
}

TEST(LongPrepareKernel, EqualsReference) {
  HostRandom random = test_random();
  compare_with_reference(random, 20000, 200);
  compare_with_reference(random, 1000, 3000);
}

// The double arithmetic of the kernel at every quotient near an integer: all |v| for every M.
// Chunks whose largest coefficients differ by very little: none may be passed over that has the
// largest of all.
TEST(PrepareKernel, FindsTheLargestCoefficientAmongManyAlmostAsLarge) {
  HostRandom random = test_random();
  const SimdLevel best = simd_level();
  constexpr int kLines = 23;
  for (int round = 0; round < 40; ++round) {
    const int block = 2 << random.below(7);
    const int line = block <= 32 ? 992 : 1024;  // the last vectors are an odd number
    const int amplitude = kWideLimit - between(random, 0, 3);
    const int noise = between(random, 0, 2 * block);
    std::vector<std::int16_t> x;
    for (int start = 0; start < kLines * line; start += block) {
      const std::uint32_t row = random.below(static_cast<std::uint32_t>(block));
      const bool negative = random.below(2) == 0;
      for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(block); ++i) {
        const int m = amplitude - between(random, 0, noise);
        const bool minus = (std::popcount(row & i) % 2 != 0) != negative;
        x.push_back(static_cast<std::int16_t>(minus ? -m : m));
      }
    }
    PrepareJob job = make_job("i4", kLines, line, x);
    job.recipe.block_rule = BlockRule::kPad;
    job.recipe.block = block;
    const std::int32_t expected = prepare_reference(job).max_magnitude;
    for (const SimdLevel level : supported_simd_levels()) {
      force_simd_level(level);
      EXPECT_EQ(prepare(job).max_magnitude, expected) << "block " << block;
    }
  }
  force_simd_level(best);
}

TEST(PrepareKernel, EveryMagnitudeOfManyMaxima) {
  HostRandom random = test_random();
  for (int i = 0; i < 60; ++i) {
    const int m = i < 30 ? i + 1 : between(random, 1, 32767);
    std::vector<std::int16_t> x;
    for (int v = 0; v <= m; ++v) x.push_back(static_cast<std::int16_t>(v));
    for (const char* name : {"i4", "u4", "i8", "e3"}) {
      PrepareJob job = make_job(name, 1, m + 1, x);
      job.recipe.scale = static_cast<ScaleRule>(random.below(3));
      job.recipe.rounding = static_cast<Rounding>(random.below(2));
      job.recipe.random_bits = between(random, 1, 16);
      expect_equal(prepare(job), prepare_reference(job));
    }
  }
}

// The code of |v| by the integers of the fixed-point path, as every lane computes it.
int fixed_point_code(const Rounder& rounder, std::int64_t v, std::uint32_t r, int random_bits) {
  const FixedPoint& fixed = rounder.fixed;
  const auto u =
      static_cast<std::uint32_t>(static_cast<std::uint64_t>(v) * fixed.factor >> fixed.length);
  const std::uint32_t upper = u >> 16;
  const int fraction = 16 - fixed.integer_bits;
  std::uint32_t sum = 0;
  if (rounder.nearest) {
    const bool carries = (u & 0xFFFFU) != 0 || (upper >> fraction & 1U) != 0;
    sum = upper + (1U << fraction >> 1) - 1 + (carries ? 1 : 0);
  } else {
    const std::uint32_t x = r << (16 - random_bits) | 0x5AU % (1U << (16 - random_bits));
    sum = upper + (((x ^ rounder.draws.flip) >> rounder.draws.shift) & rounder.draws.mask);
  }
  EXPECT_LT(sum, 0x10000U);  // 16-bit lanes
  return std::min(static_cast<int>(sum >> fraction), rounder.largest_code);
}

// The proof in prepare_rounder.cpp, where it is tight: at integers, ties and the thresholds of R.
void check_fixed_point(HostRandom& random, int tensors) {
  int taken = 0;
  for (int i = 0; i < tensors; ++i) {
    const Format& row = formats()[random.below(14)];
    PrepareRecipe recipe;
    recipe.format = format_index(row.name);
    recipe.scale = static_cast<ScaleRule>(random.below(6));
    recipe.rounding = static_cast<Rounding>(random.below(2));
    recipe.random_bits = between(random, 1, 16);
    const int m = between(random, 1, 1 << between(random, 0, 25));
    const ScaleInputs inputs{
        .max_given = between(random, 1, 1 << between(random, 0, 25)),
        .clip = {.mantissa = 1 + random.below(65535), .exponent = between(random, -8, 10)}};
    const Quantiser quantiser = make_quantiser(row, recipe.scale, m, kOne, inputs);
    const Rounder rounder = make_rounder(row, recipe, quantiser, m);
    if (rounder.path != RoundPath::kFixedPoint) continue;
    ++taken;
    const auto n = static_cast<std::int64_t>(quantiser.n);
    const auto d = static_cast<std::int64_t>(quantiser.d);
    for (int j = 0; j < 40; ++j) {
      // Around a multiple of half a step.
      const std::int64_t near = between(random, 0, 2 * row.largest()) * d / (2 * n);
      const std::int64_t v =
          std::clamp<std::int64_t>(j < 30 ? near + between(random, -1, 1) : m - (j - 30), 0, m);
      const auto numerator = static_cast<std::uint64_t>(v * n);
      const std::uint64_t rest = numerator % quantiser.d;
      const auto threshold =
          static_cast<std::uint32_t>((Uint128{rest} << recipe.random_bits) / quantiser.d);
      const std::uint32_t most = (1U << recipe.random_bits) - 1;
      for (const std::uint32_t r : {0U, threshold, threshold - 1, most}) {
        if (r > most) continue;
        const int expected =
            divide_round(row, numerator, quantiser.d, recipe.rounding, recipe.random_bits, r).code;
        ASSERT_EQ(fixed_point_code(rounder, v, r, recipe.random_bits), expected)
            << row.name << " " << to_string(recipe.scale) << " " << to_string(recipe.rounding)
            << " M " << m << " v " << v << " r " << recipe.random_bits << " R " << r;
      }
    }
  }
  EXPECT_GT(taken, tensors / 4);
}

TEST(PrepareRounder, FixedPointIsExact) {
  HostRandom random = test_random();
  check_fixed_point(random, 20000);
}
TEST(LongPrepareRounder, FixedPointIsExact) {
  HostRandom random = test_random();
  check_fixed_point(random, 2000000);
}

TEST(PrepareRounder, PathOfATensor) {
  const auto path = [](const char* name, ScaleRule scale, Rounding rounding, int r, int m) {
    PrepareRecipe recipe;
    recipe.format = format_index(name);
    recipe.scale = scale;
    recipe.rounding = rounding;
    recipe.random_bits = r;
    const Format& row = format(name);
    return make_rounder(row, recipe, make_quantiser(row, scale, m, kOne), m).path;
  };
  // Every tensor of HDQT: forward operands, backward operands with transforms of 32.
  EXPECT_EQ(path("i4", ScaleRule::kClip, Rounding::kNearest, 8, 32767), RoundPath::kFixedPoint);
  EXPECT_EQ(path("u4", ScaleRule::kClip, Rounding::kNearest, 8, 32767), RoundPath::kFixedPoint);
  EXPECT_EQ(path("i4", ScaleRule::kMax, Rounding::kNearest, 8, 15 * 32), RoundPath::kFixedPoint);
  for (const int m : {1, 2, 3, 480, 32767, 32767 * 32, 32767 * 32 - 1}) {
    EXPECT_EQ(path("i4", ScaleRule::kMax, Rounding::kStochastic, 8, m), RoundPath::kFixedPoint);
  }
  EXPECT_EQ(path("i4", ScaleRule::kMax, Rounding::kStochastic, 16, 32767), RoundPath::kDouble);
  EXPECT_EQ(path("e3", ScaleRule::kMax, Rounding::kNearest, 8, 32767), RoundPath::kDouble);
  EXPECT_EQ(path("i8", ScaleRule::kClip, Rounding::kStochastic, 16, 32767 * 1024),
            RoundPath::kCells);
}

TEST(PrepareKernel, ThreadsDoNotMatter) {
  HostRandom random = test_random();
  for (const int k : {1000, 1024, 300000}) {  // lines of their own, joined lines, one line
    const int lines = 300000 / k;
    std::vector<std::int16_t> x;
    for (int i = 0; i < lines * k; ++i) {
      x.push_back(static_cast<std::int16_t>(between(random, -32767, 32767)));
    }
    PrepareJob job = make_job("i4", lines, k, x);
    job.recipe.block_rule = BlockRule::kPad;
    job.recipe.block = 64;
    job.recipe.rounding = Rounding::kStochastic;
    job.recipe.stride_line = static_cast<std::uint32_t>(padded_length(k, 64));
    const PreparedOperand expected = prepare_reference(job);
    PreparedOperand again = prepare(make_job("u8", 1, 3, {1, 2, 3}));  // memory of another job
    for (const int threads : {1, 2, 5}) {
      expect_equal(prepare(job, threads), expected);
      prepare(job, threads, again);
      expect_equal(again, expected);
    }
  }
}

TEST(PrepareRefusals, NameTheTensor) {  // FMT-3 and malformed jobs
  const auto refuses = [](PrepareJob job, const std::string& part) {
    EXPECT_THAT([&] { prepare(job); },
                ThrowsMessage<UserError>(AllOf(HasSubstr("tensor 'x'"), HasSubstr(part))));
    EXPECT_THROW(prepare_reference(job), UserError);
  };
  const PrepareJob good = make_job("u4", 1, 4, {1, 2, 3, 4});
  EXPECT_NO_THROW(prepare(good));
  PrepareJob job = good;
  job.input.mantissas[2] = -1;
  refuses(job, "negative");
  job = good;
  job.recipe.block_rule = BlockRule::kPaper;
  refuses(job, "transformed");
  job = good;
  job.input.lines = 2;
  refuses(job, "4 mantissas for 2 x 4");
  job.input.lines = 0;
  refuses(job, "at least 1 line");
  job = good;
  job.input.k = 0;
  refuses(job, "contraction length");
  job = good;
  job.recipe.random_bits = 17;
  refuses(job, "random_bits 17");
  job.recipe.random_bits = 0;
  refuses(job, "random_bits 0");
  job = good;
  job.recipe.format = 99;
  refuses(job, "format number 99");
  job = make_job("i4", 1, 4, {1, 2, 3, -32768});
  refuses(job, "-32768");
  job = make_job("i4", 1, 2048, std::vector<std::int16_t>(2048, 1));
  job.recipe.block_rule = BlockRule::kPaper;
  refuses(job, "2048 exceeds 1024");
  job.recipe.block_rule = BlockRule::kPad;
  job.recipe.block = 48;
  refuses(job, "not a power of two");
}

TEST(PrepareRefusals, Scales) {
  PrepareJob job = make_job("i4", 1, 1, {1});
  job.input.scale.num = 0;
  EXPECT_THROW(prepare(job), UserError);
  job.input.scale = {(std::uint64_t{1} << 62) + 1, 1, 0};
  job.input.mantissas[0] = 32767;
  EXPECT_THROW(prepare(job), UserError);
}

TEST(PrepareNames, RoundTrip) {
  EXPECT_EQ(scale_rule("clip"), ScaleRule::kClip);
  EXPECT_EQ(rounding("stochastic"), Rounding::kStochastic);
  EXPECT_EQ(to_string(ScaleRule::kPow2), "pow2");
  EXPECT_EQ(to_string(Rounding::kNearest), "nearest");
  EXPECT_THROW(scale_rule("mean"), UserError);
  EXPECT_THROW(rounding("up"), UserError);
}

}  // namespace
}  // namespace sylvester
