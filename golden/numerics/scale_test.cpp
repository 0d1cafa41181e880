#include "golden/numerics/scale.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

#include "golden/numerics/test_random.hpp"
#include "golden/support/error.hpp"

namespace sylvester {
namespace {

TEST(Scale, CanonicalForm) {  // SCL-1
  EXPECT_EQ(make_scale(70, 315, 0), (Scale{2 / 2, 9, 1}));
  EXPECT_EQ(make_scale(12, 40, -3), (Scale{3, 5, -4}));
  EXPECT_EQ(make_scale(1, 1024, 10), (Scale{1, 1, 0}));
}

TEST(Scale, ProductExample) {  // SCL-2
  EXPECT_EQ(multiply({7, 15, -3}, make_scale(10, 21, 0)), (Scale{1, 9, -2}));
}

TEST(Scale, RefusesWhatDoesNotFit) {  // SCL-2
  const std::uint64_t large = (std::uint64_t{1} << 62) + 1;
  EXPECT_EQ(make_scale((std::uint64_t{1} << 63) - 1, 1, 0).num, (std::uint64_t{1} << 63) - 1);
  EXPECT_THROW(make_scale((std::uint64_t{1} << 63) + 1, 1, 0), UserError);
  EXPECT_THROW(make_scale(1, (std::uint64_t{1} << 63) + 1, 0), UserError);
  EXPECT_THROW(multiply({large, 1, 0}, {3, 1, 0}), UserError);
  EXPECT_EQ(multiply({large, 1, 0}, {1, large, 0}), (Scale{1, 1, 0}));  // reduced first
  EXPECT_THROW(make_scale(0, 1, 0), UserError);
  EXPECT_THROW(make_scale(1, 0, 0), UserError);
  EXPECT_THROW(make_scale(1, 1, std::numeric_limits<std::int64_t>::max()), UserError);
  EXPECT_THROW(make_scale(1, 1, std::numeric_limits<std::int64_t>::min()), UserError);
  EXPECT_THROW(multiply({1, 1, 2147483647}, {1, 1, 2147483647}), UserError);
}

TEST(Scale, EqualScalesHaveEqualFields) {
  HostRandom random = test_random();
  for (int i = 0; i < 2000; ++i) {
    const std::uint64_t num = 1 + random.below(100000);
    const std::uint64_t den = 1 + random.below(100000);
    const std::uint64_t factor = 1 + random.below(1 << 20);
    const Scale scale = make_scale(num, den, -7);
    EXPECT_EQ(scale, make_scale(Uint128{num} * factor, Uint128{den} * factor, -7));
    EXPECT_EQ(scale, make_scale(Uint128{num} << 20, Uint128{den} << 13, -14));
    EXPECT_EQ(scale.num & scale.den & 1, 1U);
    EXPECT_EQ(std::gcd(scale.num, scale.den), 1U);
  }
}

TEST(ScaleToFloat, Edges) {  // SCL-3
  EXPECT_EQ(to_float(Scale{1, 1, 0}), 1.0F);
  EXPECT_EQ(to_float(Scale{1, 3, 0}), 1.0F / 3.0F);
  EXPECT_EQ(to_float(Scale{1, 1, -149}), 0x1p-149F);
  EXPECT_EQ(to_float(Scale{1, 1, -150}), 0.0F);       // a tie, to the even 0
  EXPECT_EQ(to_float(Scale{3, 1, -151}), 0x1p-149F);  // above half
  EXPECT_EQ(to_float(Scale{3, 1, -150}), 0x1p-148F);  // 1.5 units: a tie, to the even 2
  EXPECT_EQ(to_float(Scale{1, 1, 127}), 0x1p127F);
  EXPECT_TRUE(std::isinf(to_float(Scale{1, 1, 128})));
  EXPECT_TRUE(std::isinf(to_float(Scale{(1 << 25) - 1, 1, 103})));  // rounds up to 2^128
  EXPECT_EQ(to_float(Scale{(1 << 24) - 1, 1, 104}), std::numeric_limits<float>::max());
  EXPECT_EQ(to_float(Scale{1, 1, -2147483647}), 0.0F);
  EXPECT_TRUE(std::isinf(to_float(Scale{1, 1, 2147483647})));
}

TEST(ScaleToFloat, IsTheNearestFloat) {  // SCL-3: no other float is nearer; ties go to even
  HostRandom random = test_random();
  for (int i = 0; i < 20000; ++i) {
    // Up to 40 bits, so that num·2^24 and den·(24-bit mantissa) are exact in 128 bits.
    const Scale scale = make_scale((random.next() >> (24 + random.below(39))) | 1,
                                   (random.next() >> (24 + random.below(39))) | 1, 0);
    const float f = to_float(scale);
    int exponent = 0;
    const float fraction = std::frexp(f, &exponent);
    const auto mantissa = static_cast<std::uint64_t>(std::ldexp(fraction, 24));  // f = m·2^(e-24)
    // |num/den - m·2^(e-24)| <= half of 2^(e-24)  <=>  |num·2^(24-e) - m·den| * 2 <= den.
    const int shift = 24 - exponent;
    __extension__ typedef __int128 Int128;
    const Int128 left = static_cast<Int128>(scale.num) << (shift > 0 ? shift : 0);
    const Int128 unit = static_cast<Int128>(scale.den) << (shift < 0 ? -shift : 0);
    const Int128 distance = left - static_cast<Int128>(mantissa) * unit;
    const Int128 twice = 2 * (distance < 0 ? -distance : distance);
    EXPECT_TRUE(twice < unit || (twice == unit && mantissa % 2 == 0))
        << scale.num << "/" << scale.den << " -> " << f;
  }
}

TEST(ScaleToFloat, Elements) {                       // SCL-4
  EXPECT_EQ(to_float(16777217, 1.0F), 16777216.0F);  // c itself is rounded
  EXPECT_EQ(to_float(-3, 0.5F), -1.5F);
  const auto bits = [](float x) { return std::bit_cast<std::uint32_t>(x); };
  EXPECT_EQ(bits(to_float(0, std::numeric_limits<float>::infinity())), 0x7FC00000U);
  EXPECT_EQ(bits(to_float(-1, to_float(Scale{1, 1, -200}))), 0x80000000U);
  EXPECT_EQ(bits(to_float(0, 1.0F)), 0U);
  EXPECT_EQ(to_float(7, to_float(Scale{1, 3, 0})), 7.0F * (1.0F / 3.0F));
}

}  // namespace
}  // namespace sylvester
