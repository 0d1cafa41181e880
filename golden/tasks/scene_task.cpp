#include "golden/tasks/scene_task.hpp"

#include <limits>

#include <fmt/format.h>

#include "golden/support/error.hpp"
#include "golden/train/layer_list.hpp"

namespace sylvester {

double TaskScore::mean() const {
  double sum = 0.0;
  int classes = 0;
  for (const std::optional<double>& value : by_class) {
    if (!value) continue;
    sum += *value;
    ++classes;
  }
  return classes == 0 ? std::numeric_limits<double>::quiet_NaN() : sum / classes;
}

std::unique_ptr<SceneTask> make_scene_task(TaskKind kind, float box_weight) {
  return kind == TaskKind::kDetection ? make_detection(box_weight) : make_segmentation();
}

Network make_scene_network(SceneTask& task, std::span<const std::string> layers, bool bias,
                           HostRandom& random) {
  try {
    Network network = make_input({.height = kCanvasSize, .width = kCanvasSize, .channels = 1});
    const int features = append_layers(network, 0, layers, bias, random);
    task.add_heads(network, features, bias, random);
    return network;
  } catch (const UserError& error) {
    throw UserError(fmt::format("network.layers: {}", error.what()));
  }
}

}  // namespace sylvester
