#include "golden/data/window_features.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "golden/data/sine.hpp"

namespace sylvester {
namespace {

using Channel = std::array<double, kWindowSamples>;
constexpr std::size_t kSize = kWindowSamples;
constexpr std::size_t kLines = kSize / 2;  // bins 1 ... kLines
static_assert((kSize & (kSize - 1)) == 0, "the transform is radix 2");

double mean_of(const Channel& channel) {
  double sum = 0;
  for (const double v : channel) sum += v;
  return sum / static_cast<double>(kSize);
}

/// |DFT| of the mean-free channel, bins 1 ... 64, as amplitudes (2/n).
std::array<double, kLines> spectrum(const Channel& channel, double mean) {
  static const auto kTwiddle = [] {
    std::array<std::pair<double, double>, kLines> table;
    for (std::size_t i = 0; i < kLines; ++i) {
      const double turns = static_cast<double>(i) / static_cast<double>(kSize);
      table[i] = {cosine_of_turns(turns), -sine_of_turns(turns)};
    }
    return table;
  }();

  std::array<double, kSize> re{}, im{};
  for (std::size_t i = 0, reversed = 0; i < kSize; ++i) {
    re[reversed] = channel[i] - mean;
    std::size_t bit = kSize / 2;
    for (; bit != 0 && (reversed & bit) != 0; bit /= 2) reversed ^= bit;
    reversed |= bit;
  }
  for (std::size_t half = 1; half < kSize; half *= 2) {
    const std::size_t stride = kLines / half;
    for (std::size_t start = 0; start < kSize; start += 2 * half) {
      for (std::size_t k = 0; k < half; ++k) {
        const auto [c, s] = kTwiddle[k * stride];
        const std::size_t a = start + k, b = a + half;
        const double tr = c * re[b] - s * im[b];
        const double ti = c * im[b] + s * re[b];
        re[b] = re[a] - tr;
        im[b] = im[a] - ti;
        re[a] += tr;
        im[a] += ti;
      }
    }
  }
  std::array<double, kLines> amplitude;
  for (std::size_t i = 0; i < kLines; ++i) {
    const double r = re[i + 1], m = im[i + 1];
    amplitude[i] = std::sqrt(r * r + m * m) * (2.0 / static_cast<double>(kSize));
  }
  return amplitude;
}

void add_channel(const Channel& channel, float*& out) {
  const double mean = mean_of(channel);
  double squares = 0, steps = 0;
  int crossings = 0;
  for (std::size_t i = 0; i < kSize; ++i) {
    squares += (channel[i] - mean) * (channel[i] - mean);
    if (i == 0) continue;
    const double difference = channel[i] - channel[i - 1];
    steps += difference * difference;
    if ((channel[i] >= mean) != (channel[i - 1] >= mean)) ++crossings;
  }
  constexpr double kSteps = static_cast<double>(kSize - 1);
  const auto [least, greatest] = std::minmax_element(channel.begin(), channel.end());

  const std::array<double, kLines> lines = spectrum(channel, mean);
  double total = 0, weighted = 0;
  std::size_t largest = 0;
  for (std::size_t i = 0; i < kLines; ++i) {
    total += lines[i];
    weighted += lines[i] * static_cast<double>(i + 1);
    if (lines[i] > lines[largest]) largest = i;
  }

  for (const double value :
       {mean, std::sqrt(squares / kSteps), *least, *greatest, std::sqrt(steps / kSteps),
        crossings / kSteps, static_cast<double>(largest + 1), lines[largest],
        total > 0 ? weighted / total : 0.0}) {
    *out++ = static_cast<float>(value);
  }
}

float correlation(const Channel& a, const Channel& b) {
  const double mean_a = mean_of(a), mean_b = mean_of(b);
  double aa = 0, bb = 0, ab = 0;
  for (std::size_t i = 0; i < kSize; ++i) {
    const double da = a[i] - mean_a, db = b[i] - mean_b;
    aa += da * da;
    bb += db * db;
    ab += da * db;
  }
  const double scale = std::sqrt(aa * bb);
  return scale > 0 ? static_cast<float>(ab / scale) : 0.0F;
}

double length(const Vector3& v) { return std::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]); }

}  // namespace

std::array<float, kWindowFeatures> window_features(const SensorWindow& window) {
  std::array<std::array<Channel, kUnitChannels>, kSensorUnits> channels;
  for (std::size_t u = 0; u < kSensorUnits; ++u) {
    for (std::size_t i = 0; i < kSize; ++i) {
      const Vector3& acceleration = window[u].acceleration[i];
      for (std::size_t axis = 0; axis < 3; ++axis) channels[u][axis][i] = acceleration[axis];
      channels[u][3][i] = length(acceleration);
      channels[u][4][i] = length(window[u].rate[i]);
    }
  }
  std::array<float, kWindowFeatures> features;
  float* out = features.data();
  for (const auto& unit : channels) {
    for (const Channel& channel : unit) add_channel(channel, out);
  }
  for (const auto& unit : channels) {
    *out++ = correlation(unit[0], unit[1]);
    *out++ = correlation(unit[1], unit[2]);
    *out++ = correlation(unit[2], unit[0]);
  }
  for (const std::size_t channel : {3U, 4U, 2U}) {
    *out++ = correlation(channels[0][channel], channels[1][channel]);
  }
  return features;
}

}  // namespace sylvester
