// For tests: a small data set that every method learns in a moment.
#pragma once

#include <cstdint>
#include <vector>

#include "golden/data/dataset.hpp"
#include "golden/support/random.hpp"

namespace sylvester {

inline constexpr int kFeatures = 12;
inline constexpr int kClasses = 5;

// Clusters of uniform noise around one centre per class.
inline Dataset clusters(int per_class, std::uint64_t seed) {
  HostRandom centres(1);
  HostRandom noise(seed);
  std::vector<float> centre(kFeatures * kClasses);
  for (float& value : centre) value = 2.0F * centres.uniform() - 1.0F;
  Dataset dataset;
  dataset.name = "clusters";
  dataset.set_shape(1, 1, kFeatures);
  dataset.classes = kClasses;
  for (int i = 0; i < per_class * kClasses; ++i) {
    const int label = i % kClasses;
    dataset.label.push_back(label);
    for (int f = 0; f < kFeatures; ++f) {
      dataset.x.push_back(centre[static_cast<std::size_t>(label * kFeatures + f)] +
                          1.2F * (noise.uniform() - 0.5F));
    }
  }
  return dataset;
}

// The same for images of 6 x 5 with 2 channels, whose classes differ by a small pattern somewhere
// in the image.
inline Dataset images(int per_class, std::uint64_t seed) {
  constexpr int height = 6;
  constexpr int width = 5;
  constexpr int channels = 2;
  constexpr int pattern = 3;
  HostRandom patterns(1);
  HostRandom random(seed);
  std::vector<float> shapes(kClasses * pattern * pattern * channels);
  for (float& value : shapes) value = patterns.below(2) == 0 ? -1.0F : 1.0F;
  Dataset dataset;
  dataset.name = "images";
  dataset.set_shape(height, width, channels);
  dataset.classes = kClasses;
  for (int i = 0; i < per_class * kClasses; ++i) {
    const int label = i % kClasses;
    dataset.label.push_back(label);
    const auto top = static_cast<int>(random.below(height - pattern + 1));
    const auto left = static_cast<int>(random.below(width - pattern + 1));
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        for (int c = 0; c < channels; ++c) {
          const int row = y - top;
          const int column = x - left;
          const bool inside = row >= 0 && row < pattern && column >= 0 && column < pattern;
          const int at = ((label * pattern + row) * pattern + column) * channels + c;
          dataset.x.push_back(0.6F * (random.uniform() - 0.5F) +
                              (inside ? shapes[static_cast<std::size_t>(at)] : 0.0F));
        }
      }
    }
  }
  return dataset;
}

inline Split image_split() {
  Split split;
  split.train = images(60, 2);
  split.test = images(30, 3);
  return split;
}

inline Split small_split() {
  Split split;
  split.train = clusters(40, 2);
  split.test = clusters(20, 3);
  return split;
}

}  // namespace sylvester
