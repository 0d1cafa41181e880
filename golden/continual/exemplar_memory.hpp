// The exemplar memory: the same number of training samples of every seen class, chosen by herding.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "golden/continual/herding.hpp"

namespace sylvester {

/// Features of training samples under the present network, each of length 1.
using FeaturesOf = std::function<FeatureMatrix(std::span<const int> samples)>;

class ExemplarMemory {
 public:
  /// Room for `capacity` exemplars in all.
  explicit ExemplarMemory(int capacity) : capacity_(capacity) {}

  /// Exemplars of one class of `samples` samples while `classes` classes are seen.
  [[nodiscard]] int per_class(int classes, int samples) const;

  /// After a task: classes known already keep the first of their exemplars, new ones get theirs,
  /// and all means are made anew. by_class: the training samples of every seen class.
  void update(std::span<const std::vector<int>> by_class, const FeaturesOf& features_of);

  /// By class, in the order of choice.
  [[nodiscard]] const std::vector<std::vector<int>>& exemplars() const { return exemplars_; }
  /// Normalised means of the exemplars' features, by class.
  [[nodiscard]] const std::vector<std::vector<double>>& means() const { return means_; }

  void restore(std::vector<std::vector<int>> exemplars, std::vector<std::vector<double>> means) {
    exemplars_ = std::move(exemplars);
    means_ = std::move(means);
  }

 private:
  int capacity_;
  std::vector<std::vector<int>> exemplars_;
  std::vector<std::vector<double>> means_;
};

}  // namespace sylvester
