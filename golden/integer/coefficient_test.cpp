// Rules INT-4 and INT-8 of docs/numerics.md.
#include "golden/integer/coefficient.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "golden/integer/float_boundary.hpp"
#include "golden/support/random.hpp"

namespace sylvester {
namespace {

double real(const Coefficient& x) { return std::ldexp(x.mantissa, x.exponent); }

TEST(IntCoefficient, RoundsToSixteenBits) {
  EXPECT_EQ(make_coefficient(3, 4), (Coefficient{3, 4}));
  EXPECT_EQ(make_coefficient(0x1FFFF, 0), (Coefficient{0x8000, 2}));
  EXPECT_EQ(make_coefficient(-0x10001, 0), (Coefficient{-0x8001, 1}));  // a tie
  EXPECT_EQ(make_coefficient(0, 9), Coefficient{});
  EXPECT_EQ(coefficient_of(0.01F), (Coefficient{41943, -22}));
  EXPECT_EQ(coefficient_of(-0.5F), (Coefficient{-32768, -16}));
  EXPECT_EQ(coefficient_of(0.0F), Coefficient{});
}

TEST(IntCoefficient, ReciprocalsAreRoundedDownToSixteenBits) {
  EXPECT_EQ(reciprocal(1), (Coefficient{1, 0}));
  EXPECT_EQ(reciprocal(128), (Coefficient{1, -7}));
  EXPECT_EQ(reciprocal(96), (Coefficient{43690, -22}));
  for (std::uint64_t n = 1; n < 5000; ++n) {
    const double relative = real(reciprocal(n)) * static_cast<double>(n) - 1.0;
    ASSERT_LE(relative, 0.0);
    ASSERT_GT(relative, -0x1p-15) << n;
  }
}

TEST(IntCoefficient, RootsAreExact) {
  for (std::uint64_t root = 0; root < 3000; ++root) {
    ASSERT_EQ(integer_root(root * root), root);
    if (root == 0) continue;
    ASSERT_EQ(integer_root(root * root - 1), root - 1);
  }
  EXPECT_EQ(integer_root(std::numeric_limits<std::uint64_t>::max()), 0xFFFFFFFFU);
}

TEST(IntCoefficient, InverseRootsAreWithinFourteenBits) {
  HostRandom random(11);
  for (int i = 0; i < 20000; ++i) {
    const int bits = 1 + static_cast<int>(random.uniform() * 100);
    const int exponent = static_cast<int>(random.uniform() * 200) - 100;
    const auto word = static_cast<std::uint64_t>(random.uniform() * 0x1p31);
    const Uint128 mantissa =
        (Uint128{1} << (bits - 1)) |
        (Uint128{word} << (bits > 32 ? bits - 33 : 0)) % (Uint128{1} << (bits - 1));
    const double value = std::ldexp(static_cast<double>(mantissa), exponent);
    const double result = real(inverse_root({mantissa, exponent}));
    ASSERT_NEAR(result * std::sqrt(value), 1.0, 0x1p-14) << value;
  }
  EXPECT_EQ(inverse_root({}), Coefficient{});
  EXPECT_EQ(real(inverse_root({1, 0})), 1.0);
  EXPECT_EQ(real(inverse_root({1, -1})), real(inverse_root({2, -2})));
}

TEST(IntCoefficient, SumsOfFarNumbersKeepTheLargerOne) {
  const WideNumber near = sum({3, 0}, {1, -2});
  EXPECT_DOUBLE_EQ(std::ldexp(static_cast<double>(near.mantissa), near.exponent), 3.25);
  const WideNumber far = sum({3, 0}, {1, -1000});
  EXPECT_DOUBLE_EQ(std::ldexp(static_cast<double>(far.mantissa), far.exponent), 3.0);
  const WideNumber other = sum({1, -1000}, {3, 0});
  EXPECT_DOUBLE_EQ(std::ldexp(static_cast<double>(other.mantissa), other.exponent), 3.0);
}

TEST(IntCoefficient, ShiftsRoundAsTheySay) {
  EXPECT_EQ(shift_nearest(5, -1, 100), 3);
  EXPECT_EQ(shift_nearest(-5, -1, 100), -2);
  EXPECT_EQ(shift_nearest(5, 3, 100), 40);
  EXPECT_EQ(shift_nearest(5, 5, 100), 100);
  EXPECT_EQ(shift_nearest(-5, 70, 100), -100);
  EXPECT_EQ(shift_nearest(5, -70, 100), 0);
  EXPECT_EQ(shift_down(-5, -1), -2);
  EXPECT_EQ(shift_down(5, -1), 2);
  EXPECT_EQ(shift_down(-5, 2), -20);
  EXPECT_EQ(shift_down(-5, -80), 0);
}

}  // namespace
}  // namespace sylvester
