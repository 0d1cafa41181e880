#include "golden/tasks/segmentation.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "golden/tasks/scene_task.hpp"

namespace sylvester {
namespace {

TEST(Segmentation, IntersectionOverUnionByHand) {
  SegmentationCounts counts(4);
  const int labels[] = {0, 0, 0, 1, 1, 2};
  const int answers[] = {0, 0, 1, 1, 3, 0};
  for (int i = 0; i < 6; ++i) counts.add(labels[i], answers[i]);
  EXPECT_EQ(counts.intersection_over_union(0).value(), 100.0 * 2 / 4);
  EXPECT_EQ(counts.intersection_over_union(1).value(), 100.0 * 1 / 3);
  EXPECT_EQ(counts.intersection_over_union(2).value(), 0.0);
  EXPECT_FALSE(counts.intersection_over_union(3).has_value());  // no pixel has it
}

TEST(Segmentation, MeansAreOverClassesThatAreThere) {
  EXPECT_EQ((TaskScore{.by_class = {50.0, {}, 100.0, {}}}.mean()), 75.0);
  EXPECT_TRUE(std::isnan(TaskScore{.by_class = {{}, {}}}.mean()));
}

}  // namespace
}  // namespace sylvester
