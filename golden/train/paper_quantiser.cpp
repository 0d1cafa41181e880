#include "golden/train/paper_quantiser.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace sylvester {
namespace {

float largest_magnitude(std::span<const float> x) {
  float largest = 0.0F;
  for (const float value : x) largest = std::max(largest, std::fabs(value));
  return largest;
}

// Nearest, ties to even, for |x| < 2^22: the sum has no fraction bits.
float round_even(float x) {
  constexpr float round = 0x1.8p23F;
  return (x + round) - round;
}

float quantise_clipped(std::span<const float> x, float low, float high, float scale,
                       std::span<Code> codes) {
  const float divisor = scale + kPaperEpsilon;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const float clipped = std::min(std::max(x[i], low), high);
    codes[i] = static_cast<Code>(static_cast<std::int32_t>(round_even(clipped / divisor)));
  }
  return scale;
}

float signed_levels(int bits) { return static_cast<float>((1 << (bits - 1)) - 1); }

}  // namespace

float paper_quantise_forward(std::span<const float> x, int bits, std::span<Code> codes) {
  const float mx = 0.975F * largest_magnitude(x);
  const bool negative = std::any_of(x.begin(), x.end(), [](float value) { return value < 0.0F; });
  if (negative) return quantise_clipped(x, -mx, mx, mx / signed_levels(bits), codes);
  return quantise_clipped(x, 0.0F, mx, mx / static_cast<float>((1 << bits) - 1), codes);
}

float paper_quantise_nearest(std::span<const float> x, int bits, std::span<Code> codes) {
  const float mx = largest_magnitude(x);
  return quantise_clipped(x, -mx, mx, mx / signed_levels(bits), codes);
}

float paper_quantise_stochastic(std::span<const float> x, int bits, const DrawContext& context,
                                std::span<Code> codes, std::uint32_t index0) {
  const float mx = std::min(largest_magnitude(x), 1e8F);
  const float scale = mx / signed_levels(bits);
  const float divisor = scale + kPaperEpsilon;
  const DrawKey key = draw_key(context);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const float magnitude = std::min(std::fabs(x[i]), mx) / divisor;
    const auto below = static_cast<std::int32_t>(magnitude);
    const float fraction = magnitude - static_cast<float>(below);
    const std::uint32_t word = draw_word(key, index0 + static_cast<std::uint32_t>(i));
    const float u = static_cast<float>(word >> 8) * 0x1p-24F;
    const std::int32_t code = below + (u < fraction ? 1 : 0);
    codes[i] = static_cast<Code>(x[i] < 0.0F ? -code : code);
  }
  return scale;
}

void paper_transform(std::span<float> x, int block) {
  const auto length = static_cast<std::size_t>(block);
  for (std::size_t d = 1; d < length; d *= 2) {
    for (std::size_t start = 0; start < x.size(); start += 2 * d) {
      for (std::size_t i = start; i < start + d; ++i) {
        const float a = x[i];
        const float b = x[i + d];
        x[i] = a + b;
        x[i + d] = a - b;
      }
    }
  }
}

}  // namespace sylvester
