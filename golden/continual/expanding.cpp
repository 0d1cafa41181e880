#include "golden/continual/expanding.hpp"

#include <algorithm>
#include <cmath>

#include "golden/continual/settings.hpp"
#include "golden/train/layer_list.hpp"
#include "golden/train/loss.hpp"

namespace sylvester {
namespace {

// Mean Euclidean length of rows first ... last - 1 of the classifier's weights.
double mean_length(const Node& classifier, int first, int last) {
  double sum = 0.0;
  for (int row = first; row < last; ++row) {
    const float* w = classifier.weight.data() + static_cast<std::ptrdiff_t>(row) * classifier.k;
    double squares = 0.0;
    for (int i = 0; i < classifier.k; ++i) squares += static_cast<double>(w[i]) * w[i];
    sum += std::sqrt(squares);
  }
  return sum / (last - first);
}

}  // namespace

void Expanding::begin_with(int first, const Network& network) {
  part_ = {.first = first, .last = network.heads.front()};
}

void Expanding::append_part(const Task& task, int from, std::span<const std::string> layers,
                            Network& network, HostRandom& random) {
  freeze(network, 1, network.heads.front() - 1);
  const int first = static_cast<int>(network.nodes.size());
  const int features = append_layers(network, from, layers, settings().bias, random);
  for (int n = first; n < static_cast<int>(network.nodes.size()); ++n) {
    const auto from_tensors = tensors_of(network.node(part_.first + n - first));
    const auto to_tensors = tensors_of(network.node(n));
    for (std::size_t i = 0; i < to_tensors.size(); ++i) *to_tensors[i] = *from_tensors[i];
  }
  // The classifier, and the concatenation before it, leave their places in front of the new part.
  const int end = static_cast<int>(network.nodes.size());
  join_backbone(network, features, random);
  const int gone = end + 2 - static_cast<int>(network.nodes.size());
  part_ = {.first = first - gone, .last = end - gone};
  grow_classifier(network, task.classes, random);
  add_head(network, features - gone, task.classes - task.old_classes + 1, settings().bias, random);
}

double Expanding::loss(const TaskBatch& batch, Gradients& gradients) {
  double loss = Method::loss(batch, gradients);
  if (batch.task.index == 0) return loss;
  // Class 0 of the auxiliary head stands for all old ones.
  labels_.clear();
  for (const std::int32_t label : batch.labels) {
    labels_.push_back(std::max(0, label - batch.task.old_classes + 1));
  }
  loss += cross_entropy(batch.activations.logits(1), labels_, gradients.logits(1));
  return loss;
}

void Expanding::finish(const Task& task, Network& network) {
  if (task.index == 0) return;
  remove_head(network, 1);
  Node& classifier = network.node(network.heads.front());
  const double new_length = mean_length(classifier, task.old_classes, task.classes);
  if (new_length == 0.0) return;
  const auto factor = static_cast<float>(mean_length(classifier, 0, task.old_classes) / new_length);
  const auto old_weights =
      static_cast<std::ptrdiff_t>(task.old_classes) * static_cast<std::ptrdiff_t>(classifier.k);
  for (auto w = classifier.weight.begin() + old_weights; w != classifier.weight.end(); ++w) {
    *w *= factor;
  }
}

}  // namespace sylvester
