// One head: logits of the background (class 0) and of the classes for each pixel.
#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

#include "golden/support/error.hpp"
#include "golden/tasks/scene_task.hpp"
#include "golden/tasks/segmentation.hpp"

namespace sylvester {
namespace {

constexpr int kClasses = 1 + kSceneClasses;

class SegmentationTask final : public SceneTask {
 public:
  void add_heads(Network& network, int features, bool bias, HostRandom& random) override {
    const Shape shape = network.node(features).shape;
    const Shape scene = network.node(0).shape;
    if (shape.height != scene.height || shape.width != scene.width) {
      throw UserError(fmt::format(
          "the head behind the last entry: its output has {} x {} positions; allowed for "
          "segmentation: {} x {}, one for each pixel",
          shape.height, shape.width, scene.height, scene.width));
    }
    add_map_head(network, features, kClasses, bias, random);
  }

  const RowTargets& targets(const Scenes& scenes, std::span<const int> images) override {
    const auto positions = static_cast<std::ptrdiff_t>(scenes.positions());
    targets_.labels.clear();
    for (const int image : images) {
      const auto first = scenes.pixel_label.begin() + image * positions;
      targets_.labels.insert(targets_.labels.end(), first, first + positions);
    }
    targets_.divisor = static_cast<float>(targets_.labels.size());
    return targets_;
  }

  void begin_test() override { counts_ = SegmentationCounts(kClasses); }

  void test(const Scenes& scenes, int first, int /*images*/,
            const Activations& activations) override {
    const FloatMatrix& logits = activations.logits();
    const std::size_t pixel = static_cast<std::size_t>(first) * scenes.positions();
    for (int i = 0; i < logits.rows; ++i) {
      const float* row = logits.row(i);
      counts_.add(scenes.pixel_label[pixel + static_cast<std::size_t>(i)],
                  static_cast<int>(std::max_element(row, row + kClasses) - row));
    }
  }

  [[nodiscard]] TaskScore score(const Scenes& /*scenes*/) const override {
    TaskScore score;
    for (int c = 0; c < kClasses; ++c) {
      score.by_class.push_back(counts_.intersection_over_union(c));
    }
    return score;
  }

  [[nodiscard]] std::string_view metric() const override { return "mIoU"; }

 private:
  RowTargets targets_;
  SegmentationCounts counts_{kClasses};
};

}  // namespace

std::unique_ptr<SceneTask> make_segmentation() { return std::make_unique<SegmentationTask>(); }

}  // namespace sylvester
