// For tests: a set of images like that of handwritten digits, drawn from a seed.
#pragma once

#include <cstdint>

#include "golden/data/canvas.hpp"
#include "golden/data/dataset.hpp"
#include "golden/support/random.hpp"

namespace sylvester {

/// 28 x 28 pixels; label l is a bright rectangle 8 + l/2 columns wide and 18 - l rows high, with
/// some noise. Every `step`-th label, per_class images each for training and for testing.
inline Dataset drawn_digits(int per_class, std::uint64_t seed, int step = 1) {
  HostRandom random(seed);
  Dataset digits;
  digits.name = "drawn digits";
  digits.set_shape(28, 28, 1);
  digits.classes = kSceneClasses;
  const int classes = (kSceneClasses - 1) / step + 1;
  for (int i = 0; i < 2 * per_class * classes; ++i) {
    const int label = i % classes * step;
    digits.label.push_back(label);
    for (int y = 0; y < 28; ++y) {
      for (int x = 0; x < 28; ++x) {
        const bool ink = y >= 5 && y < 23 - label && x >= 6 && x < 14 + label / 2;
        digits.x.push_back(ink ? 0.5F + 0.5F * random.uniform() : 0.0F);
      }
    }
  }
  digits.publisher_training_samples = per_class * classes;
  return digits;
}

}  // namespace sylvester
