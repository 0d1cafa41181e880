#include "golden/support/random.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace sylvester {
namespace {

TEST(HostRandom, IsSplitMix64) {
  HostRandom random(1234567);  // values of the authors' reference program
  EXPECT_EQ(random.next(), 6457827717110365317ULL);
  EXPECT_EQ(random.next(), 3203168211198807973ULL);
  EXPECT_EQ(random.next(), 9817491932198370423ULL);
}

TEST(HostRandom, BelowIsUniformAndInRange) {
  HostRandom random(1);
  std::array<int, 7> count{};
  for (int i = 0; i < 70000; ++i) ++count[random.below(7)];
  for (const int c : count) EXPECT_NEAR(c, 10000, 500);  // 5 standard deviations
  EXPECT_EQ(random.below(0), 0U);
  EXPECT_EQ(random.below(1), 0U);
}

TEST(HostRandom, UniformStaysBelowOne) {
  HostRandom random(2);
  double sum = 0;
  for (int i = 0; i < 100000; ++i) {
    const float value = random.uniform();
    ASSERT_GE(value, 0.0F);
    ASSERT_LT(value, 1.0F);
    const double wide = random.uniform_double();
    ASSERT_GE(wide, 0.0);
    ASSERT_LT(wide, 1.0);
    sum += value + wide;
  }
  EXPECT_NEAR(sum / 200000, 0.5, 0.005);
}

TEST(HostRandom, ForksAreDistinctAndLeaveTheParentAlone) {
  const HostRandom parent(3);
  HostRandom first = parent.fork(1), again = parent.fork(1), second = parent.fork(2);
  const std::uint64_t value = first.next();
  EXPECT_EQ(again.next(), value);
  EXPECT_NE(second.next(), value);
  EXPECT_NE(HostRandom(3).next(), value);
  EXPECT_NE(HostRandom(4).fork(1).next(), value);
}

TEST(HostRandom, ShufflesToEveryPermutationEqually) {
  HostRandom random(4);
  std::array<int, 27> count{};
  for (int i = 0; i < 60000; ++i) {
    const std::vector<int> order = permutation(3, random);
    ++count[static_cast<std::size_t>(order[0] * 9 + order[1] * 3 + order[2])];
  }
  EXPECT_EQ(std::count(count.begin(), count.end(), 0), 21);  // 6 of 27 triples are permutations
  for (const int c : count) {
    if (c != 0) {
      EXPECT_NEAR(c, 10000, 500);
    }
  }
}

}  // namespace
}  // namespace sylvester
