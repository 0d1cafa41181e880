#include "golden/data/embedded.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

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
            "f20168ad0a59bdf95fa605cd00d8c9fae8615db93d189c9911f6c0fd2eea388f");
}

TEST(Embedded, HasTheStatedShapeAndVariesEverywhere) {
  const Dataset dataset = embedded_dataset();
  EXPECT_EQ(dataset.samples(), 12 * 10 * 48);
  EXPECT_EQ(dataset.features, 99);
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

/// A sine of known frequency in one channel must show up in that channel's nine values.
TEST(WindowFeatures, DescribeAKnownSignal) {
  SensorWindow window{};
  constexpr int kBin = 10;  // cycles per window
  for (std::size_t i = 0; i < kWindowSamples; ++i) {
    const double wave = 2.0 * sine_of_turns(kBin * static_cast<double>(i) / kWindowSamples + 0.01);
    window[0].acceleration[i] = {3.0 + wave, 1.0 - wave, 0.0};
    window[1].acceleration[i] = {wave, 0.0, 0.0};
  }
  const auto features = window_features(window);
  EXPECT_NEAR(features[0], 3.0, 1e-6);                                              // mean
  EXPECT_NEAR(features[1], 2.0 / std::sqrt(2.0) * std::sqrt(128.0 / 127.0), 1e-6);  // deviation
  EXPECT_NEAR(features[2], 1.0, 0.02);                                              // least
  EXPECT_NEAR(features[3], 5.0, 0.02);                                              // greatest
  // Difference of neighbours of a sine: amplitude 2 * 2 sin(pi f).
  EXPECT_NEAR(features[4], 4.0 * std::sin(M_PI * kBin / 128.0) / std::sqrt(2.0), 0.01);
  EXPECT_NEAR(features[5], 19.0 / 127.0, 0.011);  // crossings
  EXPECT_EQ(features[6], 10.0F);                  // largest line
  EXPECT_NEAR(features[7], 2.0, 1e-6);            // its amplitude
  EXPECT_NEAR(features[8], 10.0, 1e-5);           // centroid
  const std::size_t cross = 2 * 5 * 9;
  EXPECT_NEAR(features[cross], -1.0, 1e-6);  // x and y of the first unit oppose
  EXPECT_EQ(features[cross + 1], 0.0F);      // z is constant
  EXPECT_THAT(features, testing::Each(testing::Truly([](float v) { return std::isfinite(v); })));
}

}  // namespace
}  // namespace sylvester
