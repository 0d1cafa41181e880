// Rules INT-1, INT-2, INT-3 and INT-6 of docs/numerics.md.
#include "golden/integer/fit.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "golden/integer/test_tensors.hpp"
#include "golden/support/error.hpp"

namespace sylvester {
namespace {

std::vector<std::int32_t> fitted(const IntTensor& in, int bits, int& exponent) {
  IntTensor out;
  fit(in, bits, test_draws(1), out);
  exponent = out.exponent;
  return out.values;
}

TEST(IntFit, RoundingIsUnbiasedOverAllDraws) {
  for (int value = -1023; value <= 1023; ++value) {
    for (const int shift : {0, 1, 3, 8}) {
      std::int64_t sum = 0;
      for (std::uint32_t top = 0; top < 256; ++top) {
        const std::int64_t rounded = shift_stochastic(value, shift, top << 24);
        ASSERT_LE(std::abs(rounded * (1 << shift) - value), (1 << shift) - 1);
        sum += rounded * (1 << shift);
      }
      ASSERT_EQ(sum, 256 * value) << value << " >> " << shift;
    }
  }
}

TEST(IntFit, LongShiftsReadTheUpperBits) {
  const std::int64_t value = (std::int64_t{5} << 40) + (std::int64_t{1} << 39);
  EXPECT_EQ(shift_stochastic(value, 40, 0x7FFFFFFFU), 6);
  EXPECT_EQ(shift_stochastic(value, 40, 0x80000000U), 5);
  EXPECT_EQ(shift_stochastic(-value, 40, 0), -6);
  EXPECT_EQ(shift_stochastic(std::numeric_limits<std::int64_t>::max(), 63, 0xFFFFFFFEU), 1);
  EXPECT_EQ(shift_stochastic(std::numeric_limits<std::int64_t>::max(), 63, 0xFFFFFFFFU), 0);
}

TEST(IntFit, ExampleOfTheContract) {
  // Magnitudes 300 and 5 have 9 bits: 8 bits with the sign need a shift by 2.
  int exponent = 0;
  IntTensor in;
  in.resize(1, 2);
  in.exponent = -3;
  in.values = {-300, 5};
  const std::vector<std::int32_t> out = fitted(in, 8, exponent);
  EXPECT_EQ(exponent, -1);
  EXPECT_EQ(out[0], -75);
  EXPECT_TRUE(out[1] == 1 || out[1] == 2);
}

TEST(IntFit, ValuesThatHaveTheBitsStay) {
  int exponent = 0;
  IntTensor in;
  in.resize(1, 3);
  in.exponent = 4;
  in.values = {127, -127, 3};
  EXPECT_EQ(fitted(in, 8, exponent), in.values);
  EXPECT_EQ(exponent, 4);
  in.values = {0, 0, 0};
  EXPECT_EQ(fitted(in, 8, exponent), in.values);
  EXPECT_EQ(exponent, 0);
}

TEST(IntFit, TheTopCodeIsLimited) {
  int exponent = 0;
  IntTensor in;
  in.resize(1, 1);
  in.values = {255};  // 127.5 of step 2
  for (std::uint32_t seed = 0; seed < 20; ++seed) {
    IntTensor out;
    fit(in, 8, test_draws(seed), out);
    EXPECT_EQ(out.values[0], 127);
  }
  in.values = {std::numeric_limits<std::int32_t>::max()};
  EXPECT_EQ(fitted(in, 32, exponent), in.values);
}

TEST(IntFit, MeanOverManyElementsIsTheValue) {
  IntTensor in;
  in.resize(1, 100000);
  std::ranges::fill(in.values, 1000 * 128 + 37);
  in.values[0] = 1 << 22;  // 16 bits: a shift by 8
  IntTensor out;
  fit(in, 16, test_draws(7), out);
  double sum = 0.0;
  for (std::size_t i = 1; i < out.values.size(); ++i) sum += out.values[i];
  const double value = (1000 * 128 + 37) / 256.0;
  EXPECT_NEAR(sum / 99999, value, 5 * 0.5 / std::sqrt(99999));
}

TEST(IntFit, DrawsAreThoseOfTheContract) {
  const DrawKey key = draw_key({.seed = 1, .step = 2, .layer = 3, .role = 4, .repetition = 5});
  std::array<std::uint32_t, kDrawBlock> words{};
  draw_words(key, 65535 - 3, words);
  for (std::uint32_t i = 0; i < kDrawBlock; ++i) {
    ASSERT_EQ(words[i], draw_word(key, 65535 - 3 + i)) << i;
  }
}

TEST(IntFit, OutputMayBeTheInput) {
  HostRandom random(3);
  IntTensor in = tensor_of(noise(1000, random), 10);
  IntTensor out;
  fit(in, 8, test_draws(2), out);
  fit(in, 8, test_draws(2), in);
  EXPECT_EQ(in.values, out.values);
  EXPECT_EQ(in.exponent, out.exponent);
}

// The profile of reference C.2 of the paper: significands at the tensor's largest exponent, then
// INT-3.
struct Mapped {
  std::vector<std::int32_t> codes;
  int exponent;
};
Mapped map(const std::vector<float>& x, int bits = 8) {
  IntTensor out;
  fit(tensor_of(x, 1), bits, test_draws(1), out);
  return {out.values, out.exponent};
}

TEST(IntFit, FloatsMapAsThePaperHasIt) {
  Mapped mapped = map({1.0F});
  EXPECT_EQ(mapped.codes[0], 64);
  EXPECT_EQ(mapped.exponent, -6);
  mapped = map({1.9999999F});  // rounds up to 128, which there is not, or down
  EXPECT_EQ(mapped.codes[0], 127);
  EXPECT_EQ(mapped.exponent, -6);
  mapped = map({1.0F, -0x1p-20F});
  EXPECT_EQ(mapped.codes[0], 64);
  EXPECT_TRUE(mapped.codes[1] == 0 || mapped.codes[1] == -1);
  mapped = map({0.0F, -0.0F});
  EXPECT_EQ(mapped.codes, (std::vector<std::int32_t>{0, 0}));
  EXPECT_EQ(mapped.exponent, 0);
  EXPECT_EQ(map({1.0F, 0x1p-24F}).codes[1], 0);  // cut off
}

TEST(IntFit, SubnormalFloatsKeepTheirValue) {
  const IntTensor words = tensor_of({0x1p-149F, -0x1p-127F, 0x1.8p-126F}, 1);
  EXPECT_EQ(reals(words), (std::vector<double>{0x1p-149, -0x1p-127, 0x1.8p-126}));
  EXPECT_EQ(words.exponent, -149);
}

TEST(IntFit, FloatsOfFewBitsComeBackAsTheyWere) {
  HostRandom random(5);
  IntTensor weights;
  fit(tensor_of(noise(500, random), 1), kNarrowBits, test_draws(3), weights);
  std::vector<float> floats;
  to_floats(weights, floats);
  IntTensor again;
  fit(tensor_of(floats, 1), kNarrowBits, test_draws(4), again);
  EXPECT_EQ(reals(again), reals(weights));
}

TEST(IntFit, NumbersThatAreNotFiniteAreRefused) {
  EXPECT_THROW(tensor_of({1.0F, std::numeric_limits<float>::infinity()}, 1), UserError);
  EXPECT_THROW(tensor_of({std::numeric_limits<float>::quiet_NaN()}, 1), UserError);
}

}  // namespace
}  // namespace sylvester
