// Two heads: logits and box numbers of each cell (detection.hpp).
#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

#include "golden/support/error.hpp"
#include "golden/tasks/detection.hpp"
#include "golden/tasks/scene_task.hpp"

namespace sylvester {
namespace {

class DetectionTask final : public SceneTask {
 public:
  explicit DetectionTask(float box_weight) { targets_.value_weight = box_weight; }

  void add_heads(Network& network, int features, bool bias, HostRandom& random) override {
    const Shape shape = network.node(features).shape;
    const Shape scene = network.node(0).shape;
    if (scene.height % shape.height != 0 || scene.width % shape.width != 0) {
      throw UserError(fmt::format(
          "the heads behind the last entry: its output has {} x {} positions; allowed for "
          "detection: a grid of equal cells, divisors of {} x {}",
          shape.height, shape.width, scene.height, scene.width));
    }
    grid_ = {.rows = shape.height,
             .cols = shape.width,
             .cell_height = static_cast<float>(scene.height / shape.height),
             .cell_width = static_cast<float>(scene.width / shape.width)};
    add_map_head(network, features, 1 + kSceneClasses, bias, random);
    add_map_head(network, features, kBoxNumbers, bias, random);
  }

  const RowTargets& targets(const Scenes& scenes, std::span<const int> images) override {
    targets_.labels.clear();
    targets_.counts.clear();
    for (const int image : images) {
      append_targets(grid_, scenes.objects[static_cast<std::size_t>(image)], targets_);
    }
    const auto objects = std::ranges::count(targets_.counts, 1);
    targets_.divisor = static_cast<float>(std::max<std::ptrdiff_t>(objects, 1));
    return targets_;
  }

  void begin_test() override { detections_.clear(); }

  void test(const Scenes& /*scenes*/, int first, int images,
            const Activations& activations) override {
    for (int i = 0; i < images; ++i) {
      const std::vector<Detection> found = detections_of(grid_, first + i, activations.logits(0),
                                                         activations.logits(1), i * grid_.cells());
      detections_.insert(detections_.end(), found.begin(), found.end());
    }
  }

  [[nodiscard]] TaskScore score(const Scenes& scenes) const override {
    TaskScore score;
    for (int c = 0; c < kSceneClasses; ++c) {
      score.by_class.push_back(average_precision(detections_, scenes.objects, c));
    }
    return score;
  }

  [[nodiscard]] std::string_view metric() const override { return "mAP@0.5"; }

 private:
  Grid grid_;
  RowTargets targets_;
  std::vector<Detection> detections_;
};

}  // namespace

std::unique_ptr<SceneTask> make_detection(float box_weight) {
  return std::make_unique<DetectionTask>(box_weight);
}

}  // namespace sylvester
