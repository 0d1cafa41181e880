#include "golden/continual/herding.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "golden/support/random.hpp"

namespace sylvester {
namespace {

FeatureMatrix random_features(int rows, int cols) {
  HostRandom random(11);
  FloatMatrix x;
  x.resize(rows, cols);
  for (float& value : x.values) value = random.uniform() - 0.3F;
  FeatureMatrix features;
  append_normalised(x, features);
  return features;
}

TEST(Herding, FeaturesHaveLengthOne) {
  FloatMatrix x;
  x.resize(2, 2);
  x.values = {3.0F, 4.0F, 0.0F, 0.0F};
  FeatureMatrix features;
  append_normalised(x, features);
  append_normalised(x, features);
  EXPECT_EQ(features.rows, 4);
  EXPECT_NEAR(features.row(2)[0], 0.6, 1e-8);
  EXPECT_NEAR(features.row(2)[1], 0.8, 1e-8);
  EXPECT_EQ(features.row(3)[1], 0.0);
}

TEST(Herding, FirstChoiceIsNearestToTheMean) {
  const FeatureMatrix features = {.rows = 4, .cols = 1, .values = {0.0, 10.0, 6.0, 4.0}};
  // The mean is 5: 6 and 4 tie, the earlier wins; then (6 + 4)/2 = 5; then 0 -> 10/3, 10 -> 20/3.
  EXPECT_EQ(herd(features, 4), (std::vector<int>{2, 3, 0, 1}));
  EXPECT_EQ(herd(features, 2), (std::vector<int>{2, 3}));
  EXPECT_EQ(herd(features, 9).size(), 4U);
  EXPECT_TRUE(herd(features, 0).empty());
}

// The formula as the paper states it: argmin |mean - (row + sum of chosen)/k|.
TEST(Herding, EqualsTheFormulaOfThePaper) {
  const FeatureMatrix features = random_features(40, 6);
  std::vector<double> mean(6, 0.0);
  for (int i = 0; i < 40; ++i) {
    for (std::size_t j = 0; j < 6; ++j) mean[j] += features.row(i)[j] / 40;
  }
  std::vector<int> expected;
  std::vector<double> sum(6, 0.0);
  for (int k = 1; k <= 15; ++k) {
    int best = -1;
    double best_distance = 0.0;
    for (int i = 0; i < 40; ++i) {
      if (std::find(expected.begin(), expected.end(), i) != expected.end()) continue;
      double distance = 0.0;
      for (std::size_t j = 0; j < 6; ++j) {
        distance += std::pow(mean[j] - (features.row(i)[j] + sum[j]) / k, 2);
      }
      if (best < 0 || distance < best_distance) {
        best = i;
        best_distance = distance;
      }
    }
    expected.push_back(best);
    for (std::size_t j = 0; j < 6; ++j) sum[j] += features.row(best)[j];
  }
  EXPECT_EQ(herd(features, 15), expected);
}

TEST(Herding, FewerExemplarsAreTheFirstOfMore) {
  const FeatureMatrix features = random_features(40, 6);
  std::vector<int> many = herd(features, 20);
  many.resize(8);
  EXPECT_EQ(herd(features, 8), many);
}

TEST(Herding, MeanHasLengthOne) {
  const std::vector<double> mean =
      exemplar_mean({.rows = 2, .cols = 2, .values = {1.0, 0.0, 0.0, 1.0}});
  EXPECT_NEAR(mean[0], std::sqrt(0.5), 1e-15);
  EXPECT_NEAR(mean[1], std::sqrt(0.5), 1e-15);
  EXPECT_EQ(exemplar_mean({.rows = 1, .cols = 2, .values = {0.0, 0.0}}),
            (std::vector<double>{0.0, 0.0}));
}

TEST(Herding, NearestMeanTakesTheLowerClassOnATie) {
  const FeatureMatrix features = {.rows = 3, .cols = 1, .values = {0.9, 0.5, -3.0}};
  EXPECT_EQ(nearest_mean(features, {{0.0}, {1.0}}), (std::vector<int>{1, 0, 0}));
}

}  // namespace
}  // namespace sylvester
