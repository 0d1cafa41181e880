#include "golden/continual/exemplar_memory.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace sylvester {
namespace {

// Sample i has the feature vector (cos i°, sin i°): herding begins with the one nearest to the
// mean.
FeatureMatrix features_of(std::span<const int> samples) {
  FeatureMatrix features{.rows = static_cast<int>(samples.size()), .cols = 2, .values = {}};
  for (const int sample : samples) {
    const double angle = sample * 3.14159265358979 / 180;
    features.values.push_back(std::cos(angle));
    features.values.push_back(std::sin(angle));
  }
  return features;
}

TEST(ExemplarMemory, OldClassesShrinkAndNewOnesAreChosen) {
  ExemplarMemory memory(6);
  std::vector<std::vector<int>> by_class = {{0, 10, 20, 30, 40}};
  memory.update(by_class, features_of);
  ASSERT_EQ(memory.exemplars().size(), 1U);
  ASSERT_EQ(memory.exemplars()[0].size(), 5U);  // no more than there are
  EXPECT_EQ(memory.exemplars()[0].front(), 20);
  const std::vector<int> first = memory.exemplars()[0];

  by_class.push_back({90, 100, 110, 120});
  memory.update(by_class, features_of);
  EXPECT_EQ(memory.exemplars()[0], std::vector<int>(first.begin(), first.begin() + 3));
  EXPECT_EQ(memory.exemplars()[1].size(), 3U);
  ASSERT_EQ(memory.means().size(), 2U);
  EXPECT_GT(memory.means()[0][0], 0.9);
  EXPECT_GT(memory.means()[1][1], 0.9);
  EXPECT_EQ(memory.per_class(4, 100), 1);
}

}  // namespace
}  // namespace sylvester
