#include "golden/train/dorefa_quantiser.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "golden/train/float_math.hpp"

namespace sylvester {
namespace {

constexpr int kPartBits = 4;  // of a code of 8 bits

// To the nearest integer, ties to even; |x| <= 255.
Code round_to_even(float x) {
  constexpr float kRound = 0x1.8p23F;  // adding it rounds so
  return static_cast<Code>((x + kRound) - kRound);
}

}  // namespace

DorefaFormats dorefa_formats(int bits) {
  if (bits == 1) return {format_index("u2"), format_index("i2"), 1};
  if (bits == 2) return {format_index("u2"), format_index("i3"), 1};
  return {format_index("u4"), format_index("i5"), bits == 8 ? 2 : 1};
}

void dorefa_activations(std::span<const float> x, int bits, std::span<Code> codes) {
  const auto n = static_cast<float>(dorefa_levels(bits));
  for (std::size_t i = 0; i < x.size(); ++i) {
    const float positive = x[i] > 0.0F ? x[i] : 0.0F;
    codes[i] = round_to_even((positive < 1.0F ? positive : 1.0F) * n);
  }
}

void normalise(std::span<const float> w, NormalisedWeights& weights) {
  weights.t.resize(w.size());
  weights.at = 0;
  weights.largest = 0.0F;
  double sum = 0.0;
  for (std::size_t i = 0; i < w.size(); ++i) {
    weights.t[i] = tanh_float(w[i]);
    sum += static_cast<double>(std::fabs(w[i]));
  }
  for (std::size_t i = 0; i < w.size(); ++i) {
    if (std::fabs(weights.t[i]) > weights.largest) {
      weights.largest = std::fabs(weights.t[i]);
      weights.at = i;
    }
  }
  weights.mean = static_cast<float>(sum / static_cast<double>(w.size()));
}

void dorefa_weights(const NormalisedWeights& weights, int bits, std::span<Code> codes) {
  const int levels = dorefa_levels(bits);
  const auto n = static_cast<float>(levels);
  const bool zero = weights.largest == 0.0F;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const float u = zero ? 0.5F : weights.t[i] / 2.0F / weights.largest + 0.5F;
    codes[i] = static_cast<Code>(2 * round_to_even(u * n) - levels);
  }
}

void high_precision_weights(const NormalisedWeights& weights, std::vector<float>& values) {
  values.resize(weights.t.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = weights.largest == 0.0F ? 0.0F : weights.t[i] / weights.largest * weights.mean;
  }
}

void normalisation_gradient(const NormalisedWeights& weights, std::span<float> gradient) {
  if (weights.largest == 0.0F) {
    std::ranges::fill(gradient, 0.0F);
    return;
  }
  const double factor = static_cast<double>(weights.mean) / static_cast<double>(weights.largest);
  double sum = 0.0;  // of g·t: T is in every element's denominator
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    sum += static_cast<double>(gradient[i]) * static_cast<double>(weights.t[i]);
  }
  const double of_largest = sum / static_cast<double>(weights.t[weights.at]);
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    const auto t = static_cast<double>(weights.t[i]);
    const double g = static_cast<double>(gradient[i]) - (i == weights.at ? of_largest : 0.0);
    gradient[i] = static_cast<float>(factor * g * (1.0 - t * t));
  }
}

float dorefa_scale(float mean, int bits) {
  if (mean == 0.0F || !std::isfinite(mean)) return mean;
  int exponent = 0;
  const float fraction = std::frexp(mean, &exponent);  // exact
  constexpr int kMantissa = 24;
  const auto mantissa = static_cast<std::uint32_t>(std::ldexp(fraction, kMantissa));
  const auto n = static_cast<std::uint64_t>(dorefa_levels(bits));
  return to_float(make_scale(mantissa, n * n, exponent - kMantissa));
}

void activation_part(std::span<const Code> codes, int part, std::span<Code> out) {
  constexpr int kMask = (1 << kPartBits) - 1;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    out[i] = static_cast<Code>(part == 0 ? codes[i] >> kPartBits : codes[i] & kMask);
  }
}

void weight_part(std::span<const Code> codes, int part, std::span<Code> out) {
  constexpr int kLargest = (1 << kPartBits) - 1;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const int unsigned_code = (codes[i] + dorefa_levels(2 * kPartBits)) / 2;  // c
    const int bits = part == 0 ? unsigned_code >> kPartBits : unsigned_code & kLargest;
    out[i] = static_cast<Code>(2 * bits - kLargest);
  }
}

}  // namespace sylvester
