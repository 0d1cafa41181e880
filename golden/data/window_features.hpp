// Features of one sensor window, for the embedded data set: what the comparators of a motion
// detector give, shares of the window's time during which a signal is above a level.
//
// Per unit, for each axis of the acceleration: the signal itself (posture), its distance from the
// window's mean (movement) and its change from sample to sample (jerk); then the magnitude of the
// rate of turn and its change.
//
// All features lie in 0 ... 1, and the levels lie where the activities differ, so that no feature
// has far outliers: standardised, its values use most of a 4-bit code's range, also at rest or in a
// posture that is held. (Means, deviations and spectral lines of the same windows have long tails:
// one scale for all then leaves small codes, whose sums hardly ever reach an 8-bit limit.)
#pragma once

#include <array>

#include "golden/data/motion.hpp"

namespace sylvester {

inline constexpr int kPostureLevels = 5;
inline constexpr int kMovementLevels = 4;
inline constexpr int kJerkLevels = 4;
inline constexpr int kTurnLevels = 5;
inline constexpr int kTurnChangeLevels = 3;
/// 94: deliberately not a multiple of 8, so that padding and ragged tiles are in every run.
inline constexpr int kWindowFeatures =
    kSensorUnits *
    (3 * (kPostureLevels + kMovementLevels + kJerkLevels) + kTurnLevels + kTurnChangeLevels);

/// Order: unit; axis, level of posture, movement, jerk; level of turn, change of turn. Multiples of
/// 1/kWindowSamples: the same bits on every machine.
std::array<float, kWindowFeatures> window_features(const SensorWindow& window);

}  // namespace sylvester
