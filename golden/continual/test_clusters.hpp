// For tests: a small data set that every method learns in a moment, and settings for it.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "golden/continual/settings.hpp"
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

inline Split small_split() {
  Split split;
  split.train = clusters(40, 2);
  split.test = clusters(20, 3);
  return split;
}

inline TrainSettings small_settings(TrainRecipe recipe) {
  TrainSettings settings;
  settings.recipe = std::move(recipe);
  settings.layers = {"dense 17", "relu", "dense 20", "relu"};
  settings.epochs = 6;
  settings.batch = 16;
  settings.sgd.learning_rate = 0.05F;
  settings.memory = 20;
  return settings;
}

}  // namespace sylvester
