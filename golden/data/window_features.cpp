#include "golden/data/window_features.hpp"

#include <cmath>
#include <span>

namespace sylvester {
namespace {

using Signal = std::array<double, kWindowSamples>;
constexpr std::size_t kSize = kWindowSamples;

// Levels in m/s^2. Posture: x falls with the pitch of the segment, here 31 to 46 degrees; y rises
// with its roll, here 0 to 5 degrees outward; z is gravity along the segment, here 40 to 56 degrees
// from the vertical. They part standing, sitting and lying segments.
constexpr std::array<std::array<double, kPostureLevels>, 3> kPosture = {
    {{-7.0, -6.5, -6.0, -5.5, -5.0}, {0.0, 0.2, 0.4, 0.6, 0.8}, {5.5, 6.0, 6.5, 7.0, 7.5}}};
// 25 to 50 mg, where motion detectors of wearable sensors are set: above posture sway and tremor.
constexpr std::array<double, kMovementLevels> kMovement = {0.25, 0.32, 0.4, 0.5};
// Within 40 ms; above what tremor and the sensor's noise give at rest (0.08 to 0.14, standard
// deviation), below what every gait gives.
constexpr std::array<double, kJerkLevels> kJerk = {0.18, 0.21, 0.24, 0.27};
// In rad/s: from 7 to 17 degrees per second, between a held posture and a swing.
constexpr std::array<double, kTurnLevels> kTurn = {0.12, 0.15, 0.2, 0.25, 0.3};
// In rad/s within 40 ms.
constexpr std::array<double, kTurnChangeLevels> kTurnChange = {0.05, 0.06, 0.07};

/// The distance of each sample from the mean.
Signal movement(const Signal& signal) {
  double sum = 0;
  for (const double v : signal) sum += v;
  const double mean = sum / static_cast<double>(kSize);
  Signal result;
  for (std::size_t i = 0; i < kSize; ++i) result[i] = std::fabs(signal[i] - mean);
  return result;
}

/// The distance of each sample from the one before.
Signal change(const Signal& signal) {
  Signal result{};
  for (std::size_t i = 1; i < kSize; ++i) result[i] = std::fabs(signal[i] - signal[i - 1]);
  return result;
}

/// Share of the samples above each level.
void add_shares(const Signal& signal, std::span<const double> levels, float*& out) {
  for (const double level : levels) {
    int above = 0;
    for (const double v : signal) above += v > level ? 1 : 0;
    *out++ = static_cast<float>(above) / kWindowSamples;
  }
}

double length(const Vector3& v) { return std::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]); }

}  // namespace

std::array<float, kWindowFeatures> window_features(const SensorWindow& window) {
  std::array<float, kWindowFeatures> features;
  float* out = features.data();
  for (const UnitWindow& unit : window) {
    for (std::size_t axis = 0; axis < 3; ++axis) {
      Signal signal;
      for (std::size_t i = 0; i < kSize; ++i) signal[i] = unit.acceleration[i][axis];
      add_shares(signal, kPosture[axis], out);
      add_shares(movement(signal), kMovement, out);
      add_shares(change(signal), kJerk, out);
    }
    Signal turn;
    for (std::size_t i = 0; i < kSize; ++i) turn[i] = length(unit.rate[i]);
    add_shares(turn, kTurn, out);
    add_shares(change(turn), kTurnChange, out);
  }
  return features;
}

}  // namespace sylvester
