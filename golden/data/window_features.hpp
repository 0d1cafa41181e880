// Features in the time and frequency domain of one sensor window, for the embedded data set.
//
// Per unit five channels: acceleration x, y, z, its magnitude, and the magnitude of the rate of
// turn; per channel nine values:
//   mean, standard deviation (n-1), least, greatest, root mean square of the first difference,
//   rate of mean crossings, bin of the largest spectral line, its amplitude, spectral centroid
// then nine correlations: acceleration xy, yz, zx of each unit, and between the units those of the
// acceleration's magnitude, of the rate's magnitude and of the acceleration z.
// The spectrum is the discrete Fourier transform of the mean-free channel, bins 1 ... 64.
#pragma once

#include <array>

#include "golden/data/motion.hpp"

namespace sylvester {

inline constexpr int kUnitChannels = 5;
inline constexpr int kChannelFeatures = 9;
inline constexpr int kCrossFeatures = 9;
/// 99: deliberately not a multiple of 8, so that padding and ragged tiles are in every run.
inline constexpr int kWindowFeatures =
    kSensorUnits * kUnitChannels * kChannelFeatures + kCrossFeatures;

/// Order: unit, channel, value; then the correlations. Same bits on every machine.
std::array<float, kWindowFeatures> window_features(const SensorWindow& window);

}  // namespace sylvester
