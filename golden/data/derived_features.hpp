// For the tests of this folder only: features that were derived from the recordings by another
// program, from the formulas alone.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

#include "golden/data/signal_features.hpp"

namespace sylvester {

/// Expects the features of one sample to be those of the other program, channel after channel.
/// These have seven digits: half a digit of the value is allowed, and 1e-6 for sums of rounding
/// errors where the value is near 0. Bins must be equal. Returns how many modes and crossing rates
/// differ: where magnitudes are equal but for rounding, or a sample and the mean, the last bit
/// decides.
inline int expect_derived_features(std::span<const float> features,
                                   std::span<const float> derived) {
  EXPECT_EQ(features.size(), derived.size());
  int decided_otherwise = 0;
  for (std::size_t i = 0; i < std::min(features.size(), derived.size()); ++i) {
    const std::size_t feature = i % kSignalFeatures;
    const double digit = 6e-7 * std::fabs(derived[i]);
    const double difference = std::fabs(features[i] - derived[i]);
    if (feature == 4 || feature == 6) {
      if (difference > digit) ++decided_otherwise;
      continue;
    }
    const bool is_bin = feature >= 13 && feature <= 17;
    EXPECT_LE(difference, is_bin ? 0 : digit + 1e-6)
        << features[i] << " and " << derived[i] << ", channel " << i / kSignalFeatures
        << ", feature " << feature;
  }
  return decided_otherwise;
}

}  // namespace sylvester
