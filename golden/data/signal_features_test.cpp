#include "golden/data/signal_features.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>

#include "golden/support/random.hpp"

namespace sylvester {
namespace {

using testing::ElementsAre;

std::vector<float> features_of(const std::vector<double>& signal) {
  std::vector<float> features;
  SignalFeatures(static_cast<int>(signal.size())).append(signal, features);
  EXPECT_EQ(features.size(), static_cast<std::size_t>(kSignalFeatures));
  return features;
}

/// |F[k]| by the definition.
double spectral_line(const std::vector<double>& signal, int k) {
  std::complex<double> sum = 0;
  for (std::size_t i = 0; i < signal.size(); ++i) {
    sum += std::polar(signal[i], -2 * std::numbers::pi * k * static_cast<double>(i) /
                                     static_cast<double>(signal.size()));
  }
  return std::abs(sum);
}

TEST(SignalFeatures, DescribeASmallSignal) {
  const std::vector<double> signal = {3, 1, 1, 5, 3, 2, 3, 1, 7, 4};  // mean 3
  const std::vector<float> features = features_of(signal);
  EXPECT_FLOAT_EQ(features[0], 3);
  EXPECT_FLOAT_EQ(features[1], std::sqrt(34.0F / 9));
  EXPECT_EQ(features[2], 1);
  EXPECT_EQ(features[3], 7);
  EXPECT_EQ(features[4], 1);  // as often as 3, and less
  EXPECT_EQ(features[5], 6);
  EXPECT_FLOAT_EQ(features[6], 2.0F / 9);  // 1 5, 1 7; 3 lies on neither side
  EXPECT_FLOAT_EQ(features[7], 30);
}

TEST(SignalFeatures, FindTheBinsOfSines) {
  constexpr std::array kBins = {3, 17, 40, 9, 62};
  std::vector<double> signal(125);
  for (std::size_t i = 0; i < signal.size(); ++i) {
    for (std::size_t b = 0; b < kBins.size(); ++b) {
      signal[i] += static_cast<double>(b + 1) *
                   std::sin(2 * std::numbers::pi * kBins[b] * static_cast<double>(i) / 125);
    }
  }
  const std::vector<float> features = features_of(signal);
  for (std::size_t b = 0; b < kBins.size(); ++b) {
    EXPECT_NEAR(features[8 + b], static_cast<double>(b + 1) * 62.5, 1e-4);
    EXPECT_EQ(features[13 + b], static_cast<float>(kBins[b]));
  }
}

/// Every length that a reader uses, a prime and one with several factors, against the definition.
TEST(SignalFeatures, AgreeWithTheDefinition) {
  constexpr std::uint64_t kSeed = 1;
  SCOPED_TRACE(kSeed);
  HostRandom random(kSeed);
  for (const int length : {10, 11, 90, 125, 128, 200, 512}) {
    SCOPED_TRACE(length);
    std::vector<double> signal(static_cast<std::size_t>(length));
    for (double& value : signal) value = random.below(1000) * 0.01 - 3;
    const std::vector<float> features = features_of(signal);

    const int bins = length / 2;
    std::vector<std::pair<double, int>> lines;
    double energy = 0;
    for (int k = 1; k < length; ++k) {
      const double line = spectral_line(signal, k);
      energy += line * line;
      if (k <= bins) lines.emplace_back(line, k);
    }
    EXPECT_NEAR(features[7], spectral_line(signal, 0), 1e-3);
    EXPECT_NEAR(features[18] / (energy / (length - 1)), 1, 1e-6);
    const auto expect_moments = [&](std::size_t at, const auto& value, const auto& weight) {
      double total = 0, mean = 0;
      for (const auto& line : lines) total += weight(line);
      for (const auto& line : lines) mean += weight(line) * value(line) / total;
      const auto central = [&](int power) {
        double sum = 0;
        for (const auto& line : lines) {
          sum += weight(line) * std::pow(value(line) - mean, power) / total;
        }
        return sum;
      };
      EXPECT_NEAR(features[at], mean, 1e-5 * mean);
      EXPECT_NEAR(features[at + 1], std::sqrt(central(2)), 1e-5 * mean);
      EXPECT_NEAR(features[at + 2], central(3) / std::pow(central(2), 1.5), 1e-5);
      EXPECT_NEAR(features[at + 3], central(4) / std::pow(central(2), 2) - 3, 1e-5);
    };
    const auto bin = [](const auto& line) { return static_cast<double>(line.second); };
    const auto height = [](const auto& line) { return line.first; };
    expect_moments(19, bin, height);
    expect_moments(23, height, [](const auto&) { return 1.0; });
    std::sort(lines.begin(), lines.end());
    for (std::size_t i = 0; i < 5; ++i) {
      const auto& [line, k] = lines[lines.size() - 5 + i];
      EXPECT_NEAR(features[8 + i], line, 1e-3);
      EXPECT_EQ(features[13 + i], static_cast<float>(k));
    }
  }
}

TEST(SignalFeatures, AreFiniteAtTheLimitsOfARecording) {
  for (const double value : {0.0, 1e9 * std::numbers::sqrt3, -1e9}) {
    std::vector<double> signal(512, value);
    for (const float feature : features_of(signal)) EXPECT_TRUE(std::isfinite(feature));
    for (std::size_t i = 0; i < signal.size(); i += 2) signal[i] = -value;
    for (const float feature : features_of(signal)) EXPECT_TRUE(std::isfinite(feature));
  }
}

TEST(SignalFeatures, OfSilenceAreNothing) {
  const std::vector<float> features = features_of(std::vector<double>(10, 0.0));
  EXPECT_THAT(std::vector<float>(features.begin() + 8, features.end()),
              ElementsAre(0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 0, 0, 0, 0, -3, 0, 0, 0, -3));
}

TEST(WindowFeatures, LeaveTheRestOut) {
  WindowFeatures windows(10, 4);
  for (const auto& [samples, expected] :
       {std::pair{9, 0}, std::pair{10, 1}, std::pair{13, 1}, std::pair{14, 2}, std::pair{18, 3}}) {
    std::vector<double> ramp(static_cast<std::size_t>(samples));
    for (std::size_t i = 0; i < ramp.size(); ++i) ramp[i] = static_cast<double>(i);
    const std::vector<double> still(ramp.size(), 7);
    std::vector<float> features;
    EXPECT_EQ(windows.append(std::vector{ramp, still}, features), expected);
    ASSERT_EQ(features.size(), static_cast<std::size_t>(2 * expected * kSignalFeatures));
    for (int w = 0; w < expected; ++w) {
      const float* const window = features.data() + 2 * w * kSignalFeatures;
      EXPECT_EQ(window[2], static_cast<float>(4 * w));
      EXPECT_EQ(window[kSignalFeatures + 2], 7.0F);
    }
  }
}

TEST(Magnitude, IsTheLengthOfTheVector) {
  EXPECT_THAT(magnitude(std::vector{3.0, -2.0}, std::vector{4.0, 3.0}, std::vector{12.0, 6.0}),
              ElementsAre(13.0, 7.0));
}

}  // namespace
}  // namespace sylvester
