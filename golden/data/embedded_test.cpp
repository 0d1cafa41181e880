#include "golden/data/embedded.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "golden/data/content_hash.hpp"
#include "golden/data/motion.hpp"
#include "golden/data/sine.hpp"
#include "golden/data/split.hpp"
#include "golden/data/window_features.hpp"

namespace sylvester {
namespace {

/// Nearest class mean on standardised features: a floor for what a network reaches.
double nearest_mean_accuracy(const Split& split) {
  const auto width = static_cast<std::size_t>(split.train.features);
  const auto classes = static_cast<std::size_t>(split.train.classes);
  std::vector<double> mean(classes * width), count(classes);
  for (std::size_t i = 0; i < split.train.label.size(); ++i) {
    const auto label = static_cast<std::size_t>(split.train.label[i]);
    count[label] += 1;
    for (std::size_t j = 0; j < width; ++j) {
      mean[label * width + j] += split.train.x[i * width + j];
    }
  }
  for (std::size_t i = 0; i < mean.size(); ++i) mean[i] /= count[i / width];
  int right = 0;
  for (std::size_t i = 0; i < split.test.label.size(); ++i) {
    std::size_t best = 0;
    double least = std::numeric_limits<double>::max();
    for (std::size_t c = 0; c < classes; ++c) {
      double distance = 0;
      for (std::size_t j = 0; j < width; ++j) {
        const double d = split.test.x[i * width + j] - mean[c * width + j];
        distance += d * d;
      }
      if (distance < least) {
        least = distance;
        best = c;
      }
    }
    if (static_cast<std::int32_t>(best) == split.test.label[i]) ++right;
  }
  return static_cast<double>(right) / split.test.samples();
}

/// The bytes are the same with every compiler and on every machine. A new hash means a new data
/// set: every published number that was measured on it changes.
TEST(Embedded, HasThePinnedContent) {
  EXPECT_EQ(content_hash(embedded_dataset()),
            "f2290acb81b2c1b5c425e70e7931595cb49c7589e390b24d4f0435d9e974fcde");
}

TEST(Embedded, HasTheStatedShapeAndVariesEverywhere) {
  const Dataset dataset = embedded_dataset();
  EXPECT_EQ(dataset.samples(), 12 * 10 * 48);
  EXPECT_EQ(dataset.features, 94);
  EXPECT_EQ(dataset.classes, 12);
  EXPECT_EQ(dataset.subject.size(), dataset.label.size());
  std::array<std::array<int, kEmbeddedSubjects>, kActivities> cells{};
  for (std::size_t i = 0; i < dataset.label.size(); ++i) {
    ++cells[static_cast<std::size_t>(dataset.label[i])]
           [static_cast<std::size_t>(dataset.subject[i] - 1)];
  }
  for (const auto& activity : cells) EXPECT_THAT(activity, testing::Each(kEmbeddedWindows));

  EXPECT_TRUE(std::all_of(dataset.x.begin(), dataset.x.end(),
                          [](float value) { return std::isfinite(value); }));
  const Split split = subject_split(dataset, 2, 1);
  EXPECT_THAT(split.deviation, testing::Each(testing::Gt(0.0)));
  // No feature has far outliers: that is what fills the operands' codes.
  EXPECT_THAT(split.train.x, testing::Each(testing::AllOf(testing::Gt(-2.5F), testing::Lt(2.5F))));
}

/// Neither trivial nor hopeless: the point of the set is that methods differ on it.
TEST(Embedded, HasAMiddlingDifficulty) {
  const Dataset dataset = embedded_dataset();
  double sum = 0;
  constexpr int kSeeds = 5;
  for (int seed = 1; seed <= kSeeds; ++seed) {
    sum += nearest_mean_accuracy(subject_split(dataset, 2, static_cast<std::uint64_t>(seed)));
  }
  EXPECT_GT(sum / kSeeds, 0.70);
  EXPECT_LT(sum / kSeeds, 0.95);
}

TEST(Motion, SineAgreesWithTheLibrary) {
  for (int i = -4000; i <= 4000; ++i) {
    const double turns = i / 997.0;
    EXPECT_NEAR(sine_of_turns(turns), std::sin(turns * 6.283185307179586), 2e-9);
    EXPECT_NEAR(cosine_of_turns(turns), std::cos(turns * 6.283185307179586), 2e-9);
  }
  EXPECT_EQ(sine_of_turns(0.0), 0.0);
  EXPECT_EQ(sine_of_turns(0.5), 0.0);
}

TEST(Motion, MeasuresGravityAtRest) {
  const HostRandom source(3);
  const Person person(source);
  const SensorWindow window = person.record(0, HostRandom(4));  // lying
  for (const UnitWindow& unit : window) {
    for (const Vector3& a : unit.acceleration) {
      // 9.81 with the sensor's gain (3 %) and bias (0.2 per axis), breathing and noise.
      EXPECT_NEAR(std::sqrt(a[0] * a[0] + a[1] * a[1] + a[2] * a[2]), 9.81, 1.5);
    }
  }
}

TEST(Motion, RepeatsAWindowAndTellsPeopleApart) {
  const HostRandom source(3);
  const Person person(source);
  const auto once = window_features(person.record(5, HostRandom(4)));
  EXPECT_EQ(window_features(person.record(5, HostRandom(4))), once);
  EXPECT_NE(window_features(person.record(5, HostRandom(5))), once);
  EXPECT_NE(window_features(Person(HostRandom(6)).record(5, HostRandom(4))), once);
}

/// Signals whose time above a level is known.
TEST(WindowFeatures, AreSharesOfTheTimeAboveALevel) {
  SensorWindow window{};
  for (std::size_t i = 0; i < kWindowSamples; ++i) {
    // x: above its highest level in a quarter of the time; y: steps of 0.25 up and down about 0.3;
    // z: at rest above all levels.
    window[0].acceleration[i] = {i < 32 ? -4.0 : -8.0, i % 2 == 0 ? 0.175 : 0.425, 9.81};
    window[1].rate[i] = {0.0, i < 64 ? 0.18 : 0.0, 0.0};
  }
  const auto features = window_features(window);
  constexpr int kAxis = kPostureLevels + kMovementLevels + kJerkLevels;
  const auto group = [&](int first, int size) {
    return std::vector<float>(features.begin() + first, features.begin() + first + size);
  };
  using testing::Each;
  using testing::ElementsAre;
  EXPECT_THAT(group(0, kPostureLevels), Each(0.25F));
  EXPECT_THAT(group(kPostureLevels, kMovementLevels), Each(1.0F));  // -7 is the mean
  EXPECT_THAT(group(kPostureLevels + kMovementLevels, kJerkLevels), Each(1.0F / 128));
  EXPECT_THAT(group(kAxis, kPostureLevels), ElementsAre(1.0F, 0.5F, 0.5F, 0.0F, 0.0F));
  EXPECT_THAT(group(kAxis + kPostureLevels, kMovementLevels), Each(0.0F));
  EXPECT_THAT(group(kAxis + kPostureLevels + kMovementLevels, kJerkLevels),
              ElementsAre(127.0F / 128, 127.0F / 128, 127.0F / 128, 0.0F));
  EXPECT_THAT(group(2 * kAxis, kPostureLevels), Each(1.0F));
  EXPECT_THAT(group(2 * kAxis + kPostureLevels, kMovementLevels + kJerkLevels), Each(0.0F));
  const int turn = kWindowFeatures - kTurnLevels - kTurnChangeLevels;
  EXPECT_THAT(group(turn, kTurnLevels), ElementsAre(0.5F, 0.5F, 0.0F, 0.0F, 0.0F));
  EXPECT_THAT(group(turn + kTurnLevels, kTurnChangeLevels), Each(1.0F / 128));
}

}  // namespace
}  // namespace sylvester
