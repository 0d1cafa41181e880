#include "golden/numerics/accumulate.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "golden/support/error.hpp"

namespace sylvester {
namespace {

using P = AccumulatePolicy;

struct Expected {
  std::int32_t product, value;
  bool limited;
};

void expect_sequence(P policy, const std::vector<Expected>& steps) {
  std::int32_t acc = 0;
  for (const Expected& step : steps) {
    const Limited result = accumulate(policy, 8, acc, step.product);
    EXPECT_EQ(result.value, step.value) << to_string(policy);
    EXPECT_EQ(result.limited, step.limited) << to_string(policy);
    acc = result.value;
  }
}

TEST(Accumulate, WorkedExample) {  // ACC-2 ... ACC-4
  expect_sequence(P::kSaturate, {{100, 100, false}, {100, 127, true}, {-100, 27, false}});
  expect_sequence(P::kWrap, {{100, 100, false}, {100, -56, true}, {-100, 100, true}});
  expect_sequence(P::kClamp, {{100, 100, false}, {100, 200, false}, {-100, 100, false}});
}

TEST(Accumulate, SaturateHasTheAsymmetricRange) {  // ACC-2
  for (int bits = 4; bits <= 24; ++bits) {
    const std::int32_t half = 1 << (bits - 1);
    EXPECT_EQ(accumulate(P::kSaturate, bits, half - 1, 0).limited, false);
    EXPECT_EQ(accumulate(P::kSaturate, bits, half - 1, 1).value, half - 1);
    EXPECT_EQ(accumulate(P::kSaturate, bits, -half, 0).limited, false);
    EXPECT_EQ(accumulate(P::kSaturate, bits, -half, -1).value, -half);
    EXPECT_TRUE(accumulate(P::kSaturate, bits, -half, -1).limited);
    EXPECT_EQ(accumulate(P::kSaturate, bits, half - 1, -(2 * half - 1)).value, -half);
  }
}

TEST(Accumulate, WrapIsCongruent) {  // ACC-3
  for (int bits = 4; bits <= 24; ++bits) {
    const std::int32_t half = 1 << (bits - 1);
    for (const std::int32_t acc : {-half, -1, 0, half - 1}) {
      for (const std::int32_t product : {-65025, -half, -1, 0, 1, half, 65025}) {
        const Limited result = accumulate(P::kWrap, bits, acc, product);
        EXPECT_GE(result.value, -half);
        EXPECT_LT(result.value, half);
        EXPECT_EQ((result.value - (acc + product)) % (2 * half), 0);
        EXPECT_EQ(result.limited, result.value != acc + product);
      }
    }
  }
}

TEST(Accumulate, LeavingTheTile) {  // ACC-5: clamp is symmetric
  EXPECT_EQ(leave_tile(P::kClamp, 8, 128).value, 127);
  EXPECT_EQ(leave_tile(P::kClamp, 8, -128).value, -127);
  EXPECT_TRUE(leave_tile(P::kClamp, 8, -128).limited);
  EXPECT_FALSE(leave_tile(P::kClamp, 8, -127).limited);
  EXPECT_EQ(leave_tile(P::kSaturate, 8, -128).value, -128);
  EXPECT_EQ(leave_tile(P::kWrap, 8, -128).value, -128);
}

TEST(Accumulate, Outer) {  // ACC-6
  EXPECT_EQ(add_outer(24, 127, 105).value, 232);
  EXPECT_EQ(add_outer(8, 100, 100).value, 127);
  EXPECT_EQ(add_outer(8, -100, -100).value, -128);
  EXPECT_TRUE(add_outer(8, -100, -100).limited);
  EXPECT_EQ(add_outer(32, 2147483647, 1).value, 2147483647);
  EXPECT_TRUE(add_outer(32, 2147483647, 1).limited);
  EXPECT_FALSE(add_outer(32, 2147483647, 0).limited);
}

TEST(Accumulate, ExactRegister) {  // ACC-4: bitlen(T·largest product) + 1
  EXPECT_EQ(exact_register_bits(32, 105), 13);
  EXPECT_EQ(exact_register_bits(1, 1), 2);
  EXPECT_EQ(exact_register_bits(65535, 65025), 33);
}

TEST(Accumulate, PolicyNames) {
  EXPECT_EQ(accumulate_policy("wrap"), P::kWrap);
  EXPECT_EQ(to_string(P::kSaturate), "saturate");
  EXPECT_THROW(accumulate_policy("round"), UserError);
}

}  // namespace
}  // namespace sylvester
