#include "golden/numerics/wide.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "golden/numerics/simd.hpp"
#include "golden/numerics/test_random.hpp"
#include "golden/support/error.hpp"

namespace sylvester {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

struct Wide {
  std::vector<std::int16_t> mantissas;
  int exponent;
};

Wide wide(const std::vector<float>& x) {
  Wide result{std::vector<std::int16_t>(x.size()), 0};
  result.exponent = to_wide(x, result.mantissas, "x");
  return result;
}

TEST(Wide, WorkedExample) {  // WIDE-2
  const Wide result = wide({1.0F, -0.75F, 0x1p-15F});
  EXPECT_EQ(result.exponent, -14);
  EXPECT_THAT(result.mantissas, ElementsAre(16384, -12288, 0));
  EXPECT_THAT(wide({1.99999F, -1.99999F}).mantissas, ElementsAre(32767, -32767));
}

TEST(Wide, Zeros) {  // WIDE-2: all m = 0, scale 1
  const Wide result = wide({0.0F, -0.0F});
  EXPECT_EQ(result.exponent, 0);
  EXPECT_THAT(result.mantissas, ElementsAre(0, 0));
  EXPECT_EQ(wide({}).exponent, 0);
}

TEST(Wide, Subnormals) {
  const Wide result = wide({0x1p-149F, -0x3p-149F});
  EXPECT_EQ(result.exponent, -148 - 14);
  EXPECT_THAT(result.mantissas, ElementsAre(8192, -24576));
  EXPECT_EQ(wide({std::numeric_limits<float>::max()}).mantissas[0], 32767);
}

TEST(Wide, RefusesNanAndInfinity) {  // WIDE-2
  EXPECT_THAT(
      [] {
        wide({1.0F, std::numeric_limits<float>::quiet_NaN()});
      },
      ThrowsMessage<UserError>(HasSubstr("'x'")));
  EXPECT_THROW(wide({-std::numeric_limits<float>::infinity()}), UserError);
  std::vector<std::int16_t> small(1);
  EXPECT_THROW(to_wide(std::vector<float>{1, 2}, small, "x"), UserError);
}

TEST(Wide, EveryElementIsRoundedOnceToTheNearest) {  // WIDE-2
  HostRandom random = test_random();
  const std::vector<SimdLevel> levels = supported_simd_levels();
  for (std::uint32_t top = 0; top < 255; ++top) {
    force_simd_level(levels[top % levels.size()]);
    std::vector<float> x;
    for (int i = 0; i < 75; ++i) {
      // Half of them with few bits: ties.
      const std::uint32_t exponent = top - std::min(top, random.below(20));
      const std::uint32_t mask = i % 2 == 0 ? 0x807FFFFFU : 0x80600000U;
      x.push_back(std::bit_cast<float>((static_cast<std::uint32_t>(random.next()) & mask) |
                                       exponent << 23));
    }
    const Wide result = wide(x);
    float largest = 0;
    for (const float element : x) largest = std::max(largest, std::abs(element));
    if (largest == 0) continue;
    EXPECT_EQ(result.exponent, std::ilogb(largest) - 14);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double exact = std::ldexp(static_cast<double>(x[i]), -result.exponent);
      const double expected = std::clamp(std::nearbyint(exact), -32767.0, 32767.0);
      EXPECT_EQ(result.mantissas[i], expected);
    }
  }
  force_simd_level(levels.back());
}

}  // namespace
}  // namespace sylvester
