// Everything that decides a class-incremental run, apart from the data.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "golden/continual/method.hpp"
#include "golden/pdqat/settings.hpp"
#include "golden/train/network.hpp"
#include "golden/train/recipe.hpp"
#include "golden/train/sgd.hpp"
#include "golden/train/weights_file.hpp"

namespace sylvester {

struct TrainSettings {
  TrainRecipe recipe;
  /// layer_list.hpp. The default is HDQT's FCNet: two hidden layers as wide as the input.
  std::vector<std::string> layers = {"dense input", "relu", "dense input", "relu"};
  bool bias = false;
  SgdSettings sgd;
  std::vector<int> milestones;  ///< epochs, from 0, at whose start the learning rate drops
  float decay = 0.1F;           ///< its factor then
  int epochs = 100;             ///< per task
  /// After these, of every task, epochs in float32 but for the weights (LUQ's fine-tuning, FNT);
  /// with TrainMode::kQuantised and no forward transform.
  int fnt_epochs = 0;
  float fnt_learning_rate = 0.02F;  ///< in their middle, see fine_tuning_rate
  int batch = 128;                  ///< the last batch of an epoch may be smaller
  std::uint32_t seed = 1;           ///< weights, order of samples, stochastic rounding

  ContinualMethod method = ContinualMethod::kIcarl;
  int classes_per_task = 2;  ///< all classes or more: plain training. The last task may have fewer
  int memory = 200;          ///< exemplars in all, memory/(seen classes) of each class; 0: none
  float temperature = 2.0F;  ///< of the distillation
  float lwf_weight = 3.0F;   ///< of LwF's distillation
  float held_out = 0.1F;     ///< share of the exemplars that BiC's second stage takes
  bool softmax_twice = false;  ///< BiC's second stage as in the published code
  int shared_layers = 2;       ///< entries of `layers` that MEMO's tasks have in common

  PdqatSettings pdqat;  ///< recipe.mode kPdqat

  int test_batch = 128;     ///< samples that share a scale in evaluation
  int exemplar_batch = 64;  ///< the same for features that choose exemplars and make their means
  int test_samples_per_class = 0;  ///< evaluate on the first so many of each class; 0: all
  std::uint64_t max_steps = 0;     ///< stop training after so many updates; 0: no limit
  std::optional<Network> initial;  ///< to begin with instead of drawn weights; its classifier has
                                   ///< the classes of the first task
  /// The same, from a file: those of the network of the first task, or null.
  std::shared_ptr<const InitialWeights> initial_weights;
};

/// Of an epoch of a task, from 0.
inline float learning_rate(const TrainSettings& settings, int epoch) {
  float rate = settings.sgd.learning_rate;
  for (const int milestone : settings.milestones) {
    if (epoch >= milestone) rate *= settings.decay;
  }
  return rate;
}

/// Of step `step` of the `steps` of a task's fine-tuning: from the rate of the last epoch before it
/// up to fnt_learning_rate in the middle and down again, equally steep.
inline float fine_tuning_rate(const TrainSettings& settings, std::uint64_t step,
                              std::uint64_t steps) {
  const auto last = static_cast<double>(learning_rate(settings, settings.epochs - 1));
  const double place = (static_cast<double>(step) + 0.5) / static_cast<double>(steps);  // 0 ... 1
  const double height = place < 0.5 ? 2.0 * place : 2.0 - 2.0 * place;
  return static_cast<float>(last +
                            (static_cast<double>(settings.fnt_learning_rate) - last) * height);
}

}  // namespace sylvester
