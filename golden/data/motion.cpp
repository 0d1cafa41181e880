#include "golden/data/motion.hpp"

#include <cmath>

#include "golden/data/sine.hpp"

namespace sylvester {
namespace {

constexpr double kGravity = 9.81;
constexpr double kTwoPi = 6.283185307179586;

/// Movement of one body segment in an activity. The frame of the segment: x forward, y to the
/// left, z up along the segment when standing.
struct SegmentMotion {
  double pitch = 0, roll = 0;     // posture, turns; pitch 0.25 = segment horizontal
  double swing1 = 0, swing2 = 0;  // pitch amplitude at 1 and 2 times the cycle, turns
  double sideways = 0;            // roll amplitude at the cycle, turns
  double twist = 0;               // yaw amplitude at the cycle, turns
  double bounce1 = 0, bounce2 = 0, bounce3 = 0;  // vertical acceleration harmonics
  double surge1 = 0, surge2 = 0;                 // forward acceleration harmonics
  double sway1 = 0;                              // lateral acceleration
  double impact = 0;                             // peak of the impact pulse
  double tremor = 0.04;  // broadband movement and vibration, standard deviation
};

struct Activity {
  std::string_view name;
  double cycle = 0;   // cycles per second
  double wander = 0;  // unsteadiness of the cycle: random walk of the rate per sample
  int impacts = 2;    // impact pulses per cycle
  double fidget = 0;  // chance of a posture change in a window
  double lift = 0;    // chance of a vertical start or stop in a window
  SegmentMotion wrist, thigh;
};

// Chosen to be plausible, not fitted to any recording.
constexpr std::array<Activity, kActivities> kActivityTable = {{
    {.name = "lying",
     .cycle = 0.25,  // breathing
     .wander = 0.01,
     .fidget = 0.25,
     .wrist = {.pitch = 0.24, .roll = 0.09, .swing1 = 0.002, .bounce1 = 0.03},
     .thigh = {.pitch = 0.26, .roll = 0.06, .swing1 = 0.001, .bounce1 = 0.02}},
    {.name = "sitting",
     .cycle = 0.27,
     .wander = 0.01,
     .fidget = 0.4,
     .wrist = {.pitch = 0.19, .roll = 0.02, .swing1 = 0.003, .bounce1 = 0.04},
     .thigh = {.pitch = 0.21, .roll = -0.01, .swing1 = 0.001, .bounce1 = 0.02}},
    {.name = "standing",
     .cycle = 0.35,
     .wander = 0.02,
     .fidget = 0.3,
     .wrist = {.pitch = 0.02, .roll = 0.01, .swing1 = 0.004, .bounce1 = 0.05, .tremor = 0.06},
     .thigh = {.pitch = 0.00, .roll = 0.00, .swing1 = 0.003, .bounce1 = 0.04, .tremor = 0.05}},
    {.name = "riding an elevator",
     .cycle = 0.35,
     .wander = 0.02,
     .fidget = 0.2,
     .lift = 0.85,
     .wrist = {.pitch = 0.03, .roll = 0.01, .swing1 = 0.004, .bounce1 = 0.05, .tremor = 0.08},
     .thigh = {.pitch = 0.00, .roll = 0.00, .swing1 = 0.003, .bounce1 = 0.04, .tremor = 0.07}},
    {.name = "sweeping",
     .cycle = 0.75,
     .wander = 0.03,
     .fidget = 0.5,
     .wrist = {.pitch = 0.10,
               .roll = 0.03,
               .swing1 = 0.04,
               .swing2 = 0.02,
               .sideways = 0.03,
               .twist = 0.05,
               .bounce1 = 0.5,
               .surge1 = 1.8,
               .surge2 = 0.6,
               .sway1 = 1.2,
               .tremor = 0.3},
     .thigh = {.pitch = 0.02,
               .swing1 = 0.035,
               .swing2 = 0.012,
               .sideways = 0.01,
               .twist = 0.02,
               .bounce1 = 0.6,
               .bounce2 = 1.0,
               .surge1 = 0.6,
               .surge2 = 0.5,
               .sway1 = 0.5,
               .impact = 1.2,
               .tremor = 0.2}},
    {.name = "walking",
     .cycle = 0.92,
     .wander = 0.006,
     .wrist = {.pitch = 0.03,
               .swing1 = 0.05,
               .swing2 = 0.01,
               .sideways = 0.01,
               .twist = 0.02,
               .bounce1 = 0.4,
               .bounce2 = 1.6,
               .bounce3 = 0.2,
               .surge1 = 0.9,
               .surge2 = 0.5,
               .sway1 = 0.4,
               .impact = 0.8,
               .tremor = 0.2},
     .thigh = {.pitch = 0.01,
               .swing1 = 0.065,
               .swing2 = 0.018,
               .sideways = 0.01,
               .twist = 0.01,
               .bounce1 = 0.9,
               .bounce2 = 2.4,
               .bounce3 = 0.7,
               .surge1 = 0.8,
               .surge2 = 1.3,
               .sway1 = 0.6,
               .impact = 3.0,
               .tremor = 0.3}},
    {.name = "ascending stairs",
     .cycle = 0.74,
     .wander = 0.010,
     .wrist = {.pitch = 0.06,
               .swing1 = 0.025,
               .swing2 = 0.012,
               .sideways = 0.01,
               .twist = 0.02,
               .bounce1 = 0.5,
               .bounce2 = 1.4,
               .bounce3 = 0.2,
               .surge1 = 0.6,
               .surge2 = 0.5,
               .sway1 = 0.4,
               .impact = 0.6,
               .tremor = 0.2},
     .thigh = {.pitch = 0.065,
               .swing1 = 0.085,
               .swing2 = 0.030,
               .sideways = 0.01,
               .twist = 0.01,
               .bounce1 = 1.1,
               .bounce2 = 2.0,
               .bounce3 = 0.6,
               .surge1 = 1.0,
               .surge2 = 1.1,
               .sway1 = 0.7,
               .impact = 2.0,
               .tremor = 0.3}},
    {.name = "descending stairs",
     .cycle = 1.10,
     .wander = 0.010,
     .wrist = {.pitch = 0.04,
               .swing1 = 0.02,
               .swing2 = 0.012,
               .sideways = 0.01,
               .twist = 0.02,
               .bounce1 = 0.5,
               .bounce2 = 2.0,
               .bounce3 = 0.3,
               .surge1 = 0.6,
               .surge2 = 0.6,
               .sway1 = 0.5,
               .impact = 1.4,
               .tremor = 0.25},
     .thigh = {.pitch = 0.035,
               .swing1 = 0.035,
               .swing2 = 0.020,
               .sideways = 0.01,
               .twist = 0.01,
               .bounce1 = 1.0,
               .bounce2 = 2.9,
               .bounce3 = 0.9,
               .surge1 = 0.7,
               .surge2 = 1.3,
               .sway1 = 0.8,
               .impact = 4.2,
               .tremor = 0.35}},
    {.name = "running",
     .cycle = 1.38,
     .wander = 0.006,
     .wrist = {.pitch = 0.20,
               .swing1 = 0.06,
               .swing2 = 0.02,
               .sideways = 0.02,
               .twist = 0.04,
               .bounce1 = 1.0,
               .bounce2 = 6.0,
               .bounce3 = 0.5,
               .surge1 = 3.0,
               .surge2 = 2.0,
               .sway1 = 1.5,
               .impact = 2.0,
               .tremor = 0.5},
     .thigh = {.pitch = 0.04,
               .swing1 = 0.09,
               .swing2 = 0.02,
               .sideways = 0.015,
               .twist = 0.02,
               .bounce1 = 2.0,
               .bounce2 = 7.5,
               .bounce3 = 1.5,
               .surge1 = 2.5,
               .surge2 = 3.5,
               .sway1 = 1.5,
               .impact = 9.0,
               .tremor = 0.7}},
    {.name = "cycling",
     .cycle = 1.10,
     .wander = 0.010,
     .wrist = {.pitch = 0.15,
               .roll = 0.01,
               .swing1 = 0.010,
               .swing2 = 0.005,
               .sideways = 0.010,
               .bounce1 = 0.4,
               .bounce2 = 0.5,
               .surge1 = 0.6,
               .sway1 = 0.5,
               .tremor = 0.6},
     .thigh = {.pitch = 0.17,
               .swing1 = 0.050,
               .swing2 = 0.008,
               .sideways = 0.006,
               .twist = 0.01,
               .bounce1 = 0.9,
               .bounce2 = 0.5,
               .surge1 = 0.8,
               .surge2 = 0.3,
               .sway1 = 0.4,
               .tremor = 0.5}},
    {.name = "rowing",
     .cycle = 0.72,
     .wander = 0.008,
     .wrist = {.pitch = 0.19,
               .roll = 0.02,
               .swing1 = 0.025,
               .swing2 = 0.01,
               .sideways = 0.01,
               .twist = 0.01,
               .bounce1 = 0.6,
               .bounce2 = 0.5,
               .surge1 = 1.6,
               .surge2 = 0.7,
               .sway1 = 0.4,
               .tremor = 0.3},
     .thigh = {.pitch = 0.18,
               .swing1 = 0.045,
               .swing2 = 0.012,
               .sideways = 0.01,
               .twist = 0.01,
               .bounce1 = 0.7,
               .bounce2 = 0.4,
               .surge1 = 1.2,
               .surge2 = 0.6,
               .sway1 = 0.3,
               .tremor = 0.25}},
    {.name = "jumping",
     .cycle = 2.3,
     .wander = 0.015,
     .impacts = 1,
     .wrist = {.pitch = 0.12,
               .swing1 = 0.05,
               .swing2 = 0.02,
               .sideways = 0.03,
               .twist = 0.02,
               .bounce1 = 6.0,
               .bounce2 = 2.0,
               .surge1 = 1.5,
               .surge2 = 0.8,
               .sway1 = 0.8,
               .impact = 4.0,
               .tremor = 0.6},
     .thigh = {.pitch = 0.03,
               .swing1 = 0.04,
               .swing2 = 0.02,
               .sideways = 0.01,
               .twist = 0.01,
               .bounce1 = 8.0,
               .bounce2 = 3.0,
               .surge1 = 1.5,
               .surge2 = 0.8,
               .sway1 = 0.7,
               .impact = 10.0,
               .tremor = 0.7}},
}};

// How much people and windows differ. Half ranges unless stated; they set the difficulty.
constexpr double kLegLengthSpread = 0.12;  // of the nominal leg length
constexpr double kVigourSpread = 0.25;
constexpr double kCadenceStyleSpread = 0.07;
constexpr double kAmplitudeStyleSpread = 0.18;
constexpr double kHarmonicSpread = 0.5;
constexpr double kHarmonicPhaseSpread = 0.12;  // turns
constexpr double kPostureStyleSpread = 0.015;  // turns: 5 degrees
constexpr double kMountingSpread = 0.06;       // turns: 22 degrees
constexpr double kBiasSpread = 0.2;            // m/s^2
constexpr double kGainSpread = 0.03;
constexpr double kWindowCadenceSpread = 0.09;
constexpr double kWindowAmplitudeSpread = 0.2;
constexpr double kWindowHarmonicSpread = 0.3;
constexpr double kWindowTremorSpread = 0.4;
constexpr double kWindowPostureSpread = 0.01;  // turns
constexpr double kWindowDrift = 0.008;         // turns over the window
constexpr double kSlipSpread = 0.012;          // turns
constexpr double kAccelerometerNoise = 0.04;   // standard deviation, m/s^2: 4 mg
constexpr double kGyroscopeNoise = 0.015;      // standard deviation, rad/s
constexpr double kHoldChance = 0.25;           // of windows in which the hand holds something
constexpr double kHoldPitch = 0.16;            // turns
constexpr double kHoldRoll = 0.12;             // turns
constexpr double kHoldSwing = 0.5;             // factor of the wrist's movement
constexpr double kFidgetPitch = 0.04;          // turns
constexpr double kLiftAcceleration = 0.9;      // m/s^2

double around(double centre, double half_range, HostRandom& random) {
  return centre + half_range * (2.0 * random.uniform_double() - 1.0);
}

/// Nearly normal, variance 1, |value| < 3.47: sum of four uniform 16-bit parts of one draw.
double noise(HostRandom& random) {
  const std::uint64_t bits = random.next();
  const double sum = static_cast<double>((bits & 0xFFFF) + (bits >> 16 & 0xFFFF) +
                                         (bits >> 32 & 0xFFFF) + (bits >> 48));
  constexpr double kMean = 2.0 * 65535.0;
  constexpr double kDeviation = 37837.227;  // 65536 / sqrt(12) * sqrt(4)
  return (sum - kMean) / kDeviation;
}

using Matrix3 = std::array<Vector3, 3>;

/// Rotation by yaw about z, then pitch about y, then roll about x; angles in turns.
Matrix3 rotation(const Vector3& angle) {
  const double sy = sine_of_turns(angle[0]), cy = cosine_of_turns(angle[0]);
  const double sp = sine_of_turns(angle[1]), cp = cosine_of_turns(angle[1]);
  const double sr = sine_of_turns(angle[2]), cr = cosine_of_turns(angle[2]);
  return {{{cp * cy, cp * sy, -sp},
           {sr * sp * cy - cr * sy, sr * sp * sy + cr * cy, sr * cp},
           {cr * sp * cy + sr * sy, cr * sp * sy - sr * cy, cr * cp}}};
}

Vector3 rotated(const Matrix3& m, const Vector3& v) {
  Vector3 out;
  for (std::size_t i = 0; i < 3; ++i) out[i] = m[i][0] * v[0] + m[i][1] * v[1] + m[i][2] * v[2];
  return out;
}

/// A pulse once per turn, 1 at 0, of zero mean: ((1 + cos)/2)^6 less its mean 924/4096.
double impact_pulse(double turns) {
  const double c = 0.5 * (1.0 + cosine_of_turns(turns));
  const double c2 = c * c;
  return c2 * c2 * c2 - 924.0 / 4096.0;
}

/// A smooth bump, 1 at `centre`, 0 beyond `half_width`.
double bump(double time, double centre, double half_width) {
  const double d = (time - centre) / half_width;
  if (d <= -1.0 || d >= 1.0) return 0.0;
  const double c = 1.0 - d * d;
  return c * c;
}

/// A smooth step from 0 to 1 around `centre`.
double step(double time, double centre, double half_width) {
  const double d = (time - centre) / half_width;
  if (d <= -1.0) return 0.0;
  if (d >= 1.0) return 1.0;
  return 0.5 + 0.25 * d * (3.0 - d * d);
}

/// What happens once in a window, if at all.
struct Event {
  double size = 0;
  double time = 0;
  double half_width = 1;
};

}  // namespace

std::array<std::string_view, kActivities> activity_names() {
  std::array<std::string_view, kActivities> names;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = kActivityTable[i].name;
  return names;
}

Person::Person(const HostRandom& source) {
  HostRandom random = source;
  // A pendulum's rate: the cadence falls with the square root of the leg length.
  cadence_ = 1.0 / std::sqrt(around(1.0, kLegLengthSpread, random));
  amplitude_ = around(1.0, kVigourSpread, random);
  for (Mounting& mounting : mounting_) {
    for (double& angle : mounting.angle) angle = around(0.0, kMountingSpread, random);
    for (double& bias : mounting.bias) bias = around(0.0, kBiasSpread, random);
    mounting.gain = around(1.0, kGainSpread, random);
  }
  for (ActivityStyle& style : style_) {
    style.cadence = around(1.0, kCadenceStyleSpread, random);
    style.amplitude = around(1.0, kAmplitudeStyleSpread, random);
    style.hold_pitch = around(0.0, kHoldPitch, random);
    style.hold_roll = around(0.0, kHoldRoll, random);
    for (Style& unit : style.unit) {
      for (double& gain : unit.gain) gain = around(1.0, kHarmonicSpread, random);
      for (double& offset : unit.offset) offset = around(0.0, kHarmonicPhaseSpread, random);
      unit.pitch = around(0.0, kPostureStyleSpread, random);
      unit.roll = around(0.0, kPostureStyleSpread, random);
    }
  }
}

SensorWindow Person::record(int activity, HostRandom random) const {
  const Activity& nominal = kActivityTable[static_cast<std::size_t>(activity)];
  const ActivityStyle& style = style_[static_cast<std::size_t>(activity)];
  constexpr double kDuration = kWindowSamples / kSampleRate;

  const double cycle =
      nominal.cycle * cadence_ * style.cadence * around(1.0, kWindowCadenceSpread, random);
  const double amplitude =
      amplitude_ * style.amplitude * around(1.0, kWindowAmplitudeSpread, random);

  // Phase of the cycle at every sample; the rate wanders and is pulled back to `cycle`.
  std::array<double, kWindowSamples> phase;
  double turns = random.uniform_double();
  double rate = cycle;
  for (double& p : phase) {
    p = turns;
    turns += rate / kSampleRate;
    rate += nominal.wander * noise(random) + 0.05 * (cycle - rate);
  }

  // The whole body goes up or down with an elevator; posture changes are of one segment.
  Event lift;
  if (random.uniform_double() < nominal.lift) {
    const double direction = random.below(2) == 0 ? -1.0 : 1.0;
    lift = {direction * kLiftAcceleration * around(1.0, 0.5, random),
            kDuration * random.uniform_double(), around(1.0, 0.3, random)};
  }

  SensorWindow window;
  for (std::size_t u = 0; u < kSensorUnits; ++u) {
    const SegmentMotion& segment = u == 0 ? nominal.wrist : nominal.thigh;
    Style own = style.unit[u];
    for (double& gain : own.gain) gain *= around(1.0, kWindowHarmonicSpread, random);
    const bool holds = random.uniform_double() < kHoldChance && u == 0;
    if (holds) {
      for (double& gain : own.gain) gain *= kHoldSwing;
      own.pitch += style.hold_pitch;
      own.roll += style.hold_roll;
    }
    const double tremor = segment.tremor * around(1.0, kWindowTremorSpread, random);
    const Mounting& mounting = mounting_[u];

    Event fidget;
    if (random.uniform_double() < nominal.fidget) {
      fidget = {around(0.0, kFidgetPitch, random), kDuration * random.uniform_double(),
                around(0.5, 0.2, random)};
    }
    const double pitch0 = segment.pitch + own.pitch + around(0.0, kWindowPostureSpread, random);
    const double roll0 = segment.roll + own.roll + around(0.0, kWindowPostureSpread, random);
    const double drift = around(0.0, kWindowDrift, random) / kWindowSamples;
    Vector3 strap = mounting.angle;
    for (double& angle : strap) angle += around(0.0, kSlipSpread, random);
    const Matrix3 to_sensor = rotation(strap);

    // Harmonic `index` of this person's style, at a multiple of the cycle.
    const auto harmonic = [&](double size, std::size_t index, double multiple, double at) {
      if (size == 0.0) return 0.0;
      return size * amplitude * own.gain[index] * sine_of_turns(multiple * at + own.offset[index]);
    };

    // The angles one sample earlier give the rates; the first sample repeats the second's rate.
    Vector3 before{};
    for (std::size_t i = 0; i < kWindowSamples; ++i) {
      const double time = static_cast<double>(i) / kSampleRate;
      const double p = phase[i];
      const double pitch = pitch0 + drift * static_cast<double>(i) +
                           fidget.size * step(time, fidget.time, fidget.half_width) +
                           harmonic(segment.swing1, 0, 1, p) + harmonic(segment.swing2, 1, 2, p);
      const double roll = roll0 + harmonic(segment.sideways, 2, 1, p);
      const double yaw = harmonic(segment.twist, 3, 1, p);

      // Gravity in the segment's frame, then the movement of the segment itself.
      const double cos_pitch = cosine_of_turns(pitch);
      Vector3 acceleration = {-kGravity * sine_of_turns(pitch),
                              kGravity * cos_pitch * sine_of_turns(roll),
                              kGravity * cos_pitch * cosine_of_turns(roll)};
      acceleration[0] += harmonic(segment.surge1, 4, 1, p) + harmonic(segment.surge2, 5, 2, p);
      acceleration[1] += harmonic(segment.sway1, 6, 1, p);
      acceleration[2] += harmonic(segment.bounce1, 7, 1, p) + harmonic(segment.bounce2, 8, 2, p) +
                         harmonic(segment.bounce3, 9, 3, p) +
                         segment.impact * amplitude * impact_pulse(nominal.impacts * p) +
                         lift.size * bump(time, lift.time, lift.half_width);
      for (double& a : acceleration) a += tremor * noise(random);

      const Vector3 angles = {roll, pitch, yaw};
      Vector3 angular_rate{};
      for (std::size_t axis = 0; axis < 3; ++axis) {
        if (i > 0) angular_rate[axis] = (angles[axis] - before[axis]) * (kSampleRate * kTwoPi);
      }
      before = angles;

      Vector3 measured = rotated(to_sensor, acceleration);
      for (std::size_t axis = 0; axis < 3; ++axis) {
        measured[axis] = mounting.gain * measured[axis] + mounting.bias[axis] +
                         kAccelerometerNoise * noise(random);
      }
      Vector3 turning = rotated(to_sensor, angular_rate);
      for (double& r : turning) r += kGyroscopeNoise * noise(random);
      window[u].acceleration[i] = measured;
      window[u].rate[i] = turning;
    }
    window[u].rate[0] = window[u].rate[1];
  }
  return window;
}

}  // namespace sylvester
