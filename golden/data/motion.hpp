// A model of two motion sensors, at the wrist and at the thigh, worn by people who do everyday
// activities. It makes the raw windows of the embedded data set.
//
// A body segment swings in pitch and roll about a posture, with harmonics of the movement's cycle
// (the stride, the pedal turn, the stroke); gravity turns into the segment's frame; bounce and
// heel-strike impacts add linear acceleration; the gyroscope sees the rate of the swing. A person
// has a leg length (cadence), vigour (amplitude), style (harmonics, phases and posture of each
// activity) and straps the sensors on at an angle of his or her own; a window has its own cadence,
// amplitude and starting phase, slow drift, slip of the strap, and noise. In some windows the hand
// holds something: a class then has two modes, which a few stored examples do not cover well.
//
// Angles are in turns, accelerations in m/s^2, rates in rad/s, times in seconds.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "golden/support/random.hpp"

namespace sylvester {

inline constexpr int kWindowSamples = 128;
inline constexpr double kSampleRate = 25.0;  ///< Hz; a window lasts 5.12 s
inline constexpr int kSensorUnits = 2;       ///< wrist, thigh
inline constexpr int kActivities = 12;

using Vector3 = std::array<double, 3>;

/// What one unit measures in a window, in its own frame.
struct UnitWindow {
  std::array<Vector3, kWindowSamples> acceleration;  ///< m/s^2, gravity included
  std::array<Vector3, kWindowSamples> rate;          ///< rad/s
};

using SensorWindow = std::array<UnitWindow, kSensorUnits>;

/// Names of the activities, by label.
std::array<std::string_view, kActivities> activity_names();

/// One person: body, style in each activity, and how the sensors are strapped on.
class Person {
 public:
  explicit Person(const HostRandom& source);

  /// A window of this person's `activity` (0 ... kActivities-1); `random` decides the rest.
  [[nodiscard]] SensorWindow record(int activity, HostRandom random) const;

 private:
  static constexpr int kStyleHarmonics = 10;

  /// How a person's segment differs from the nominal movement of an activity.
  struct Style {
    std::array<double, kStyleHarmonics> gain;    ///< factors of the harmonics
    std::array<double, kStyleHarmonics> offset;  ///< phases of the harmonics, turns
    double pitch;                                ///< turns
    double roll;                                 ///< turns
  };
  struct ActivityStyle {
    double cadence;     ///< factor
    double amplitude;   ///< factor
    double hold_pitch;  ///< of the hand when it holds something, turns
    double hold_roll;
    std::array<Style, kSensorUnits> unit;
  };
  struct Mounting {
    Vector3 angle;  ///< yaw, pitch, roll of the strap, turns
    Vector3 bias;   ///< m/s^2
    double gain;    ///< of the accelerometer
  };

  double cadence_;    ///< factor, from the leg length
  double amplitude_;  ///< factor
  std::array<ActivityStyle, kActivities> style_;
  std::array<Mounting, kSensorUnits> mounting_;
};

}  // namespace sylvester
