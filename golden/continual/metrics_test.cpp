#include "golden/continual/metrics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace sylvester {
namespace {

const AccuracyRecord kRecord = {
    .accuracy = {90.0, 75.0, 60.0},
    .class_accuracy = {{100.0, 80.0}, {70.0, 90.0, 95.0, 45.0}, {80.0, 60.0, 50.0, 50.0, 60.0}}};

TEST(Metrics, CurveSummary) {
  EXPECT_DOUBLE_EQ(kRecord.average_incremental(), 75.0);
  EXPECT_DOUBLE_EQ(kRecord.final(), 60.0);
  EXPECT_TRUE(std::isnan(AccuracyRecord().final()));
  EXPECT_TRUE(std::isnan(AccuracyRecord().average_incremental()));
}

TEST(Metrics, ForgettingIsTheMeanOverAllSeenClasses) {
  EXPECT_FALSE(kRecord.forgetting(0).has_value());
  // Class 0 fell from 100 to 70, class 1 rose, classes 2 and 3 are new.
  EXPECT_DOUBLE_EQ(kRecord.forgetting(1).value(), 30.0 / 4);
  // 100-80, 90-60, 95-50, class 3 rose, class 4 is new.
  EXPECT_DOUBLE_EQ(kRecord.forgetting(2).value(), (20.0 + 30.0 + 45.0) / 5);
  EXPECT_EQ(kRecord.forgetting(), kRecord.forgetting(2));
  EXPECT_FALSE(kRecord.forgetting(3).has_value());
  EXPECT_FALSE(AccuracyRecord().forgetting().has_value());
}

// Nothing was measured of a class without test samples.
TEST(Metrics, ClassesWithoutTestSamplesCountForNothing) {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  const AccuracyRecord record = {
      .accuracy = {none, 80.0, 60.0},
      .class_accuracy = {{none}, {none, 80.0, 70.0}, {none, 60.0, 50.0, none}}};
  EXPECT_DOUBLE_EQ(record.average_incremental(), 70.0);
  EXPECT_DOUBLE_EQ(record.forgetting(1).value(), 0.0);
  EXPECT_DOUBLE_EQ(record.forgetting(2).value(), (20.0 + 20.0) / 2);
  const AccuracyRecord nothing = {.accuracy = {none, none}, .class_accuracy = {{none}, {none}}};
  EXPECT_TRUE(std::isnan(nothing.average_incremental()));
  EXPECT_FALSE(nothing.forgetting().has_value());
}

}  // namespace
}  // namespace sylvester
