// For the tests of this folder only: features that were derived from the recordings by another
// program, from the formulas alone.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <span>

#include "golden/data/signal_features.hpp"

namespace sylvester {

/// Features of one sample against those of the other program, channel after channel, which have
/// seven digits: half a digit of the value, and sums of rounding errors where the value is near 0.
/// Bins must be equal; a mode has only the half digit, so that it is the same sample's value.
inline void expect_derived_features(std::span<const float> features,
                                    std::span<const float> derived) {
  ASSERT_EQ(features.size(), derived.size());
  for (std::size_t i = 0; i < features.size(); ++i) {
    const std::size_t feature = i % kSignalFeatures;
    const bool is_mode = feature == 4, is_bin = feature >= 13 && feature <= 17;
    const double digit = 6e-7 * std::fabs(derived[i]);
    const double tolerance = is_bin ? 0 : is_mode ? digit : digit + 1e-6;
    EXPECT_NEAR(features[i], derived[i], tolerance)
        << "channel " << i / kSignalFeatures << ", feature " << feature;
  }
}

}  // namespace sylvester
