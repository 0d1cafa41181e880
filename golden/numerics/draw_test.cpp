#include "golden/numerics/draw.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <set>
#include <vector>

#include "golden/numerics/test_random.hpp"

namespace sylvester {
namespace {

// ------------------------------------------------------------------ the rules

// RND-2 with w = 16, written out.
TEST(Draw, RoundByHand) {
  // x = 0x0080, y = 0x4001, k = 5: ror(x, 7) = 1; 1 + 0x4001 = 0x4002; xor 5 = 0x4007.
  // rol(y, 2) = 0x0005; xor 0x4007 = 0x4002.
  EXPECT_EQ(draw_round(0x00804001U, 5), 0x40074002U);
  // Addition modulo 2^16: ror(0xFFFF, 7) = 0xFFFF, + 1 = 0.
  EXPECT_EQ(draw_round(0xFFFF0001U, 0), 0x00000004U);
}

TEST(Draw, KeyRoundByHand) {  // RND-2 with w = 32
  // x = 0x100, y = 0x20000001, k = 2: ror(x, 8) = 1; sum 0x20000002; xor 2 = 0x20000000.
  // rol(y, 3) = 0x00000009; xor x = 0x20000009.
  const KeyState state = key_round({.x = 0x100, .y = 0x20000001U}, 2);
  EXPECT_EQ(state.x, 0x20000000U);
  EXPECT_EQ(state.y, 0x20000009U);
}

TEST(Draw, WorkedExample) {  // RND-4, RND-5
  const DrawContext context = {.seed = 1, .step = 2, .layer = 3, .role = 4, .repetition = 5};
  const KeyState first = key_step({}, 0, context);
  EXPECT_EQ(first.x, 0x9CA6AD91U);
  EXPECT_EQ(first.y, 0xB63C0FBBU);
  const DrawKey key = draw_key(context);
  EXPECT_EQ(key, (DrawKey{0xE705, 0xF01F, 0x6DCB, 0x1A8A, 0x3D84, 0x1F08, 0xA271, 0xF986, 0xE795,
                          0xDA32}));
  EXPECT_EQ(draw_word(key, 0), 0xB5019426U);
  EXPECT_EQ(draw_word(key, 65535), 0x70FCA2FDU);
  EXPECT_EQ(draw_word(key, 65536), 0x516BA055U);
  EXPECT_EQ(draw(key, 0, 8), 181U);
  EXPECT_EQ(draw(key, 65535, 8), 112U);
  EXPECT_EQ(draw(key, 65536, 8), 81U);
}

// RND-1, RND-3 and RND-4 once more, as one loop.
std::uint32_t word_by_text(const DrawContext& context, std::uint32_t n) {
  const std::uint32_t w[3] = {context.seed, context.step,
                              context.layer * 65536U + context.role * 256U + context.repetition};
  std::uint32_t x = 0x53594C56;
  std::uint32_t y = 0x45535445;
  std::uint32_t keys[10];
  for (std::uint32_t j = 0; j <= 33; ++j) {
    if (j == 0 || j == 8 || j == 16) x ^= w[j / 8];
    x = ((x >> 8 | x << 24) + y) ^ j;
    y = (y << 3 | y >> 29) ^ x;
    if (j >= 24) keys[j - 24] = x >> 16;
  }
  std::uint32_t a = n >> 16;
  std::uint32_t b = n & 0xFFFF;
  for (const std::uint32_t k : keys) {
    a = ((((a >> 7 | a << 9) & 0xFFFF) + b) & 0xFFFF) ^ k;
    b = ((b << 2 | b >> 14) & 0xFFFF) ^ a;
  }
  return a << 16 | b;
}

TEST(Draw, FollowsTheText) {
  HostRandom random = test_random();
  for (int i = 0; i < 2000; ++i) {
    const DrawContext context = {.seed = static_cast<std::uint32_t>(random.next()),
                                 .step = static_cast<std::uint32_t>(random.next()),
                                 .layer = static_cast<std::uint16_t>(random.next()),
                                 .role = static_cast<std::uint8_t>(random.next()),
                                 .repetition = static_cast<std::uint8_t>(random.next())};
    const auto index = static_cast<std::uint32_t>(random.next());
    const DrawKey key = draw_key(context);
    EXPECT_EQ(draw_word(key, index), word_by_text(context, index));
    for (int r = 1; r <= 16; ++r) {
      EXPECT_EQ(draw(key, index, r), draw_word(key, index) >> (32 - r));  // RND-5
    }
  }
}

TEST(Draw, MixerIsABijection) {  // RND-4: no two indices share a word (2^20 of them)
  const DrawKey key = draw_key({.seed = 3});
  std::vector<std::uint32_t> words;
  for (std::uint32_t i = 0; i < (1U << 20); ++i) words.push_back(draw_word(key, i));
  std::sort(words.begin(), words.end());
  EXPECT_EQ(std::adjacent_find(words.begin(), words.end()), words.end());
}

// ------------------------------------------------------------------ quality
//
// Every statistic below is a z value: approximately standard normal for ideal random numbers. The
// threshold |z| < kLimit fails for one ideal statistic with probability 5.7e-7; there are about
// 200 chi-square statistics (false alarm of all together 1.2e-4) and 2 x 2048 avalanche entries
// (2.4e-3 for kLimit; they use kEntryLimit: 4096 · 2.0e-9 = 8e-6). The contexts of the quick tests
// are fixed, so that a pass stays a pass; LongDrawQuality takes new ones with |z| < 6.5 (8e-11).
constexpr double kLimit = 5.0;
constexpr double kEntryLimit = 6.0;
constexpr double kLongLimit = 6.5;

// Chi-square over equally likely cells, as z (Wilson and Hilferty's cube root).
double chi_square_z(const std::vector<std::uint32_t>& cells, double total) {
  const double expected = total / static_cast<double>(cells.size());
  double chi = 0;
  for (const std::uint32_t count : cells) {
    chi += (count - expected) * (count - expected) / expected;
  }
  const double degrees = static_cast<double>(cells.size()) - 1;
  const double spread = 2 / (9 * degrees);
  return (std::cbrt(chi / degrees) - (1 - spread)) / std::sqrt(spread);
}

constexpr std::uint32_t kDraws = 1U << 19;
constexpr std::uint32_t kMost32 = 0xFFFFFFFFU;

double uniformity_z(const DrawContext& context, int bits, std::uint32_t first,
                    std::uint32_t stride) {
  const DrawKey key = draw_key(context);
  std::vector<std::uint32_t> cells(std::size_t{1} << bits, 0);
  const std::uint32_t draws = std::min(kDraws, kMost32 / stride);  // no index twice
  for (std::uint32_t i = 0; i < draws; ++i) ++cells[draw(key, first + i * stride, bits)];
  return chi_square_z(cells, draws);
}

// Pairs (draw of a, draw of b) over 2^(2·bits) cells.
double pair_z(const DrawContext& a, const DrawContext& b, std::uint32_t step,
              std::uint32_t distance, int bits) {
  const DrawKey key_a = draw_key(a);
  const DrawKey key_b = draw_key(b);
  std::vector<std::uint32_t> cells(std::size_t{1} << (2 * bits), 0);
  for (std::uint32_t i = 0; i < kDraws; ++i) {
    const std::uint32_t index = i * step;
    ++cells[draw(key_a, index, bits) << bits | draw(key_b, index + distance, bits)];
  }
  return chi_square_z(cells, kDraws);
}

// Contexts as a training run has them: small numbers.
std::vector<DrawContext> usual_contexts() {
  std::vector<DrawContext> contexts;
  for (std::uint32_t i = 0; i < 5; ++i) {
    contexts.push_back({.seed = i,
                        .step = i * 97,
                        .layer = static_cast<std::uint16_t>(i % 3),
                        .role = static_cast<std::uint8_t>(i + 1),
                        .repetition = 0});
  }
  return contexts;
}

void expect_uniform(const std::vector<DrawContext>& contexts, double limit) {
  for (const DrawContext& context : contexts) {
    for (const int bits : {1, 4, 8, 12}) {
      for (const std::uint32_t stride : {1U, 128U, 405U, 65536U}) {
        EXPECT_LT(std::abs(uniformity_z(context, bits, 0, stride)), limit)
            << "seed " << context.seed << " bits " << bits << " stride " << stride;
      }
    }
  }
}

void expect_independent(const std::vector<DrawContext>& contexts, double limit) {
  for (const DrawContext& context : contexts) {
    // Neighbours, lines of usual lengths, halves of the index. Pairs do not overlap for step 2.
    EXPECT_LT(std::abs(pair_z(context, context, 2, 1, 8)), limit) << "neighbours";
    for (const std::uint32_t line : {10U, 64U, 128U, 405U, 512U, 1024U, 65536U, 0x80000000U}) {
      EXPECT_LT(std::abs(pair_z(context, context, 1, line, 8)), limit) << "lines of " << line;
    }
    const auto against = [&](const char* what, auto change) {
      DrawContext other = context;
      change(other);
      EXPECT_LT(std::abs(pair_z(context, other, 1, 0, 8)), limit) << what;
    };
    against("operands (roles)", [](DrawContext& c) { c.role ^= 1; });
    against("roles 3 apart",
            [](DrawContext& c) { c.role = static_cast<std::uint8_t>(c.role + 3); });
    against("repetitions", [](DrawContext& c) { ++c.repetition; });
    against("layers", [](DrawContext& c) { ++c.layer; });
    against("steps", [](DrawContext& c) { ++c.step; });
    against("far steps", [](DrawContext& c) { c.step += 1U << 31; });
    against("seeds", [](DrawContext& c) { ++c.seed; });
    against("far seeds", [](DrawContext& c) { c.seed ^= 1U << 31; });
    against("seed and step exchanged", [](DrawContext& c) {
      ++c.seed;
      std::swap(c.seed, c.step);
    });
  }
}

// One element over many values of one field of the context.
void expect_uniform_over_contexts(double limit, const DrawContext& base) {
  const auto over = [&](const char* what, std::uint32_t count, auto set) {
    std::vector<std::uint32_t> cells(256, 0);
    for (std::uint32_t i = 0; i < count; ++i) {
      DrawContext context = base;
      set(context, i);
      ++cells[draw(draw_key(context), 12345, 8)];
    }
    EXPECT_LT(std::abs(chi_square_z(cells, count)), limit) << what;
  };
  over("seeds", 1U << 16, [](DrawContext& c, std::uint32_t i) { c.seed = i; });
  over("steps", 1U << 16, [](DrawContext& c, std::uint32_t i) { c.step = i; });
  over("layers", 1U << 16,
       [](DrawContext& c, std::uint32_t i) { c.layer = static_cast<std::uint16_t>(i); });
  over("roles and repetitions", 1U << 16, [](DrawContext& c, std::uint32_t i) {
    c.role = static_cast<std::uint8_t>(i >> 8);
    c.repetition = static_cast<std::uint8_t>(i);
  });
}

// Flipping one input bit flips every one of the 16 bits that draws come from half of the time.
// Returns the largest |z| over (input bit, output bit).
double avalanche_z(HostRandom& random, int input_bits, int trials,
                   const std::function<std::uint32_t(const DrawContext&, std::uint32_t, int)>& at) {
  std::vector<int> flips(static_cast<std::size_t>(input_bits) * 16, 0);
  for (int trial = 0; trial < trials; ++trial) {
    const DrawContext context = {.seed = static_cast<std::uint32_t>(random.next() >> 32),
                                 .step = static_cast<std::uint32_t>(random.next() >> 32),
                                 .layer = static_cast<std::uint16_t>(random.below(65536)),
                                 .role = static_cast<std::uint8_t>(random.below(256)),
                                 .repetition = static_cast<std::uint8_t>(random.below(256))};
    const auto index = static_cast<std::uint32_t>(random.next() >> 32);
    const std::uint32_t before = at(context, index, -1);
    for (int bit = 0; bit < input_bits; ++bit) {
      const std::uint32_t changed = before ^ at(context, index, bit);
      for (int out = 0; out < 16; ++out) {
        flips[static_cast<std::size_t>(bit * 16 + out)] +=
            static_cast<int>(changed >> (16 + out) & 1);
      }
    }
  }
  double worst = 0;
  for (const int count : flips) {
    worst = std::max(worst, std::abs(count - trials / 2.0) / (std::sqrt(trials) / 2));
  }
  return worst;
}

std::uint32_t with_index_bit(const DrawContext& context, std::uint32_t index, int bit) {
  return draw_word(draw_key(context), bit < 0 ? index : index ^ 1U << bit);
}

std::uint32_t with_context_bit(const DrawContext& context, std::uint32_t index, int bit) {
  DrawContext changed = context;
  if (bit >= 64) {
    const std::uint32_t word = (std::uint32_t{context.layer} << 16 |
                                std::uint32_t{context.role} << 8 | context.repetition) ^
                               1U << (bit - 64);
    changed.layer = static_cast<std::uint16_t>(word >> 16);
    changed.role = static_cast<std::uint8_t>(word >> 8);
    changed.repetition = static_cast<std::uint8_t>(word);
  } else if (bit >= 32) {
    changed.step ^= 1U << (bit - 32);
  } else if (bit >= 0) {
    changed.seed ^= 1U << bit;
  }
  return draw_word(draw_key(changed), index);
}

TEST(DrawQuality, Uniform) { expect_uniform({usual_contexts()[0], usual_contexts()[3]}, kLimit); }

TEST(DrawQuality, PairsAreIndependent) {
  expect_independent({usual_contexts()[1], usual_contexts()[4]}, kLimit);
}

TEST(DrawQuality, UniformOverContexts) { expect_uniform_over_contexts(kLimit, {}); }

TEST(DrawQuality, AvalancheOfIndex) {
  HostRandom random(2);
  EXPECT_LT(avalanche_z(random, 32, 4096, with_index_bit), kEntryLimit);
}

TEST(DrawQuality, AvalancheOfContext) {
  HostRandom random(3);
  EXPECT_LT(avalanche_z(random, 96, 4096, with_context_bit), kEntryLimit);
}

TEST(LongDrawQuality, NewContexts) {
  HostRandom random = test_random();
  std::vector<DrawContext> contexts = usual_contexts();
  for (int i = 0; i < 5; ++i) {
    contexts.push_back({.seed = static_cast<std::uint32_t>(random.next() >> 32),
                        .step = random.below(100000),
                        .layer = static_cast<std::uint16_t>(random.below(20)),
                        .role = static_cast<std::uint8_t>(random.below(7)),
                        .repetition = static_cast<std::uint8_t>(random.below(4))});
  }
  expect_uniform(contexts, kLongLimit);
  expect_independent(contexts, kLongLimit);
  for (const DrawContext& context : contexts) expect_uniform_over_contexts(kLongLimit, context);
  EXPECT_LT(avalanche_z(random, 32, 1 << 16, with_index_bit), kLongLimit);
  EXPECT_LT(avalanche_z(random, 96, 1 << 15, with_context_bit), kLongLimit);
}

}  // namespace
}  // namespace sylvester
