// Rules INT-5 and INT-12 of docs/numerics.md.
#include "golden/integer/combine.hpp"

#include <gtest/gtest.h>

#include "golden/integer/fit.hpp"
#include "golden/integer/sgd.hpp"
#include "golden/integer/test_tensors.hpp"

namespace sylvester {
namespace {

IntTensor filled(std::vector<std::int32_t> values, int exponent) {
  IntTensor tensor;
  tensor.resize(1, static_cast<int>(values.size()));
  tensor.values = std::move(values);
  tensor.exponent = exponent;
  return tensor;
}

TEST(IntCombine, SumsAreExactWhereTheyFit) {
  const IntTensor a = filled({5, -7, 0}, -2);
  const IntTensor b = filled({3, 1, 100}, 1);
  const std::array<Term, 2> terms = {
      {{.tensor = &a, .factor = {3, 0}}, {.tensor = &b, .factor = {-1, 1}}}};
  IntTensor out;
  combine(terms, 16, test_draws(1), out);
  EXPECT_EQ(out.exponent, -2);
  EXPECT_EQ(out.values, (std::vector<std::int32_t>{15 - 48, -21 - 16, -1600}));
}

TEST(IntCombine, NumbersFarApartDoNotOverflow) {
  const IntTensor large = filled({2147483647, -2147483647}, 400);
  const IntTensor small = filled({2147483647, 1}, -400);
  const std::array<Term, 2> terms = {
      {{.tensor = &small, .factor = {65535, 0}}, {.tensor = &large, .factor = {65535, 0}}}};
  IntTensor out;
  combine(terms, 32, test_draws(1), out);
  EXPECT_NEAR(reals(out)[0] / std::ldexp(2147483647.0 * 65535.0, 400), 1.0, 1e-9);
  EXPECT_DOUBLE_EQ(reals(out)[1], -reals(out)[0]);
}

TEST(IntCombine, ZerosOfAnyExponentChangeNothing) {
  const IntTensor zero = filled({0, 0}, 100000);
  const IntTensor a = filled({1, -2}, -30);
  const std::array<Term, 2> terms = {{{.tensor = &zero}, {.tensor = &a}}};
  IntTensor out;
  combine(terms, 16, test_draws(1), out);
  EXPECT_EQ(reals(out), reals(a));
  const std::array<Term, 2> nothing = {{{.tensor = &zero}, {.tensor = &zero}}};
  combine(nothing, 16, test_draws(1), out);
  EXPECT_EQ(out.values, (std::vector<std::int32_t>{0, 0}));
  EXPECT_EQ(out.exponent, 0);
}

// How a number is split into mantissa and exponent does not matter: a state in float32 is enough.
TEST(IntCombine, ResultsDependOnTheValuesOnly) {
  HostRandom random(2);
  for (int round = 0; round < 50; ++round) {
    IntTensor w;
    IntTensor v;
    fit(tensor_of(noise(40, random), 1), 12, test_draws(9), w);
    fit(tensor_of(noise(40, random), 1), 13, test_draws(8), v);
    IntTensor shifted = v;
    for (std::int32_t& value : shifted.values) value *= 8;
    shifted.exponent -= 3;
    const IntSgdRule rule = {.rate = coefficient_of(0.05F),
                             .momentum = coefficient_of(0.9F),
                             .decay = coefficient_of(2e-4F)};
    const IntTensor g = tensor_of(noise(40, random), 1);
    IntTensor w2 = w;
    momentum_update(rule, g, test_draws(5), test_draws(6), v, w);
    momentum_update(rule, g, test_draws(5), test_draws(6), shifted, w2);
    ASSERT_EQ(reals(w), reals(w2));
    ASSERT_EQ(reals(v), reals(shifted));
  }
}

TEST(IntSgd, FollowsMomentumAndDecay) {
  HostRandom random(4);
  const std::vector<float> start = noise(2000, random);
  const IntSgdRule rule = {.rate = coefficient_of(0.1F),
                           .momentum = coefficient_of(0.9F),
                           .decay = coefficient_of(0.01F)};
  IntTensor w;
  fit(tensor_of(start, 1), kNarrowBits, test_draws(1), w);
  IntTensor v = filled(std::vector<std::int32_t>(2000, 0), 0);
  std::vector<double> w_real = reals(w);
  std::vector<double> v_real(2000, 0.0);
  for (std::uint32_t step = 0; step < 20; ++step) {
    const std::vector<float> gradient = noise(2000, random);
    momentum_update(rule, tensor_of(gradient, 1), test_draws(100 + step), test_draws(200 + step), v,
                    w);
    for (std::size_t i = 0; i < 2000; ++i) {
      v_real[i] = 0.9 * v_real[i] + double{gradient[i]} + 0.01 * w_real[i];
      w_real[i] -= 0.1 * v_real[i];
    }
  }
  EXPECT_LT(distance(reals(v), v_real), 1e-3);
  EXPECT_LT(distance(reals(w), w_real), 1e-3);
}

TEST(IntSgd, UpdatesBelowOneUnitActOnAverage) {
  IntTensor w = filled(std::vector<std::int32_t>(4000, 20000), 0);
  IntTensor v = filled(std::vector<std::int32_t>(4000, 0), 0);
  const IntTensor g = filled(std::vector<std::int32_t>(4000, 1), 0);
  const IntSgdRule rule = {.rate = {1, -4}, .momentum = {}, .decay = {}};
  for (std::uint32_t step = 0; step < 16; ++step) {
    momentum_update(rule, g, test_draws(step), test_draws(50 + step), v, w);
  }
  double mean = 0.0;
  for (const double value : reals(w)) mean += value / 4000;
  EXPECT_NEAR(mean, 19999.0, 0.1);
}

TEST(IntSgd, NumbersStayThoseOfFloat32) {
  IntTensor w = filled({1, -3}, -160);
  IntTensor v = filled({0, 0}, 0);
  const IntTensor g = filled({0, 0}, 0);
  momentum_update({.rate = {1, -4}, .momentum = {1, 0}, .decay = {1, 0}}, g, test_draws(1),
                  test_draws(2), v, w);
  EXPECT_GE(w.exponent, kLeastExponent);
  EXPECT_GE(v.exponent, kLeastExponent);
}

}  // namespace
}  // namespace sylvester
