#include "golden/data/signal_features.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>

namespace sylvester {
namespace {

constexpr std::size_t kPeaks = 5;

struct Moments {
  double mean = 0;
  double deviation = 0;
  double skewness = 0;
  double kurtosis = -3;  ///< excess
};

/// Of value(i) with weight(i), i = 0 ... count-1.
template <typename Value, typename Weight>
Moments moments(std::size_t count, const Value& value, const Weight& weight) {
  Moments result;
  double total = 0, sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    total += weight(i);
    sum += weight(i) * value(i);
  }
  if (!(total > 0)) return result;
  result.mean = sum / total;
  double second = 0, third = 0, fourth = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double difference = value(i) - result.mean;
    const double square = difference * difference;
    second += weight(i) * square;
    third += weight(i) * square * difference;
    fourth += weight(i) * square * square;
  }
  const double variance = second / total;
  result.deviation = std::sqrt(variance);
  if (variance * variance > 0) {
    result.skewness = third / total / (variance * result.deviation);
    result.kurtosis = fourth / total / (variance * variance) - 3;
  }
  return result;
}

void append_moments(const Moments& m, std::vector<float>& features) {
  for (const double value : {m.mean, m.deviation, m.skewness, m.kurtosis}) {
    features.push_back(static_cast<float>(value));
  }
}

/// The most frequent of ascending values, the least of several.
double mode(const std::vector<double>& sorted) {
  double result = sorted.front();
  std::size_t most = 0;
  for (std::size_t i = 0; i < sorted.size();) {
    std::size_t end = i;
    while (end < sorted.size() && sorted[end] == sorted[i]) ++end;
    if (end - i > most) {
      most = end - i;
      result = sorted[i];
    }
    i = end;
  }
  return result;
}

/// In eight interleaved partial sums, added in pairs, then the rest: the order of NumPy for up to
/// 128 values. It matters where a sample equals the mean but for rounding.
double sum_of(std::span<const double> signal) {
  std::array<double, 8> part{};
  const std::size_t blocked = signal.size() / part.size() * part.size();
  for (std::size_t i = 0; i < blocked; ++i) part[i % part.size()] += signal[i];
  double sum =
      ((part[0] + part[1]) + (part[2] + part[3])) + ((part[4] + part[5]) + (part[6] + part[7]));
  for (std::size_t i = blocked; i < signal.size(); ++i) sum += signal[i];
  return sum;
}

double crossing_rate(std::span<const double> signal, double mean) {
  std::size_t crossings = 0;
  for (std::size_t i = 1; i < signal.size(); ++i) {
    if ((signal[i - 1] < mean && signal[i] > mean) || (signal[i - 1] > mean && signal[i] < mean)) {
      ++crossings;
    }
  }
  return static_cast<double>(crossings) / static_cast<double>(signal.size() - 1);
}

}  // namespace

SignalFeatures::SignalFeatures(int samples)
    : size_(static_cast<std::size_t>(samples)),
      root_(size_),
      spectrum_(size_),
      sorted_(size_),
      magnitude_(size_ / 2 + 1),
      order_(size_ / 2) {
  std::size_t rest = size_;
  for (std::size_t prime = 2; rest > 1; ++prime) {
    for (; rest % prime == 0; rest /= prime) factors_.push_back(prime);
  }
  butterfly_.resize(factors_.back());
  for (std::size_t i = 0; i < size_; ++i) {
    const double angle = 2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(size_);
    root_[i] = {std::cos(angle), -std::sin(angle)};
  }
}

/// Decimation in time: `factors_[level]` transforms of every so many-th value, then butterflies.
void SignalFeatures::transform(const double* in, std::size_t stride, Complex* out, std::size_t size,
                               std::size_t level) {
  if (size == 1) {
    *out = {*in, 0};
    return;
  }
  const std::size_t radix = factors_[level];
  const std::size_t part = size / radix;
  for (std::size_t r = 0; r < radix; ++r) {
    transform(in + r * stride, stride * radix, out + r * part, part, level + 1);
  }
  const std::size_t turn = size_ / size;  // steps of root_ per step of this level's root
  for (std::size_t k = 0; k < part; ++k) {
    for (std::size_t r = 0; r < radix; ++r) {
      const Complex& x = out[r * part + k];
      const Complex& w = root_[r * k * turn];
      butterfly_[r] = {x.re * w.re - x.im * w.im, x.re * w.im + x.im * w.re};
    }
    for (std::size_t q = 0; q < radix; ++q) {
      Complex sum = butterfly_[0];
      for (std::size_t r = 1; r < radix; ++r) {
        const Complex& x = butterfly_[r];
        const Complex& w = root_[r * q % radix * part * turn];
        sum.re += x.re * w.re - x.im * w.im;
        sum.im += x.re * w.im + x.im * w.re;
      }
      out[q * part + k] = sum;
    }
  }
}

void SignalFeatures::append(std::span<const double> signal, std::vector<float>& features) {
  const auto add = [&features](double value) { features.push_back(static_cast<float>(value)); };
  const auto count = static_cast<double>(size_);

  const double mean = sum_of(signal) / count;
  double squares = 0;
  for (const double value : signal) squares += (value - mean) * (value - mean);
  std::copy(signal.begin(), signal.end(), sorted_.begin());
  std::sort(sorted_.begin(), sorted_.end());
  add(mean);
  add(std::sqrt(squares / (count - 1)));
  add(sorted_.front());
  add(sorted_.back());
  add(mode(sorted_));
  add(sorted_.back() - sorted_.front());
  add(crossing_rate(signal, mean));

  transform(signal.data(), 1, spectrum_.data(), size_, 0);
  double energy = 0;
  for (std::size_t k = 0; k < size_; ++k) {
    const double square = spectrum_[k].re * spectrum_[k].re + spectrum_[k].im * spectrum_[k].im;
    if (k > 0) energy += square;
    if (k < magnitude_.size()) magnitude_[k] = std::sqrt(square);
  }
  add(magnitude_[0]);
  std::iota(order_.begin(), order_.end(), std::size_t{1});
  std::partial_sort(
      order_.begin(), order_.begin() + kPeaks, order_.end(), [this](std::size_t a, std::size_t b) {
        return magnitude_[a] > magnitude_[b] || (magnitude_[a] == magnitude_[b] && a > b);
      });
  for (std::size_t i = kPeaks; i > 0; --i) add(magnitude_[order_[i - 1]]);
  for (std::size_t i = kPeaks; i > 0; --i) add(static_cast<double>(order_[i - 1]));
  add(energy / (count - 1));

  const auto bin = [](std::size_t i) { return static_cast<double>(i + 1); };
  const auto height = [this](std::size_t i) { return magnitude_[i + 1]; };
  append_moments(moments(order_.size(), bin, height), features);
  append_moments(moments(order_.size(), height, [](std::size_t) { return 1.0; }), features);
}

int WindowFeatures::append(std::span<const std::vector<double>> channels,
                           std::vector<float>& features) {
  const auto length = static_cast<std::size_t>(samples_);
  const std::size_t recorded = channels.front().size();
  int windows = 0;
  for (std::size_t start = 0; start + length <= recorded;
       start += static_cast<std::size_t>(step_)) {
    for (const std::vector<double>& channel : channels) {
      signal_.append(std::span(channel).subspan(start, length), features);
    }
    ++windows;
  }
  return windows;
}

std::vector<double> magnitude(std::span<const double> x, std::span<const double> y,
                              std::span<const double> z) {
  std::vector<double> result(x.size());
  for (std::size_t i = 0; i < result.size(); ++i) {
    result[i] = std::sqrt(x[i] * x[i] + y[i] * y[i] + z[i] * z[i]);
  }
  return result;
}

}  // namespace sylvester
