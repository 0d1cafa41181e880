// What detection and segmentation differ in: heads, targets, measure.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "golden/continual/settings.hpp"
#include "golden/data/canvas.hpp"
#include "golden/support/random.hpp"
#include "golden/tasks/task.hpp"
#include "golden/train/pass.hpp"
#include "golden/train/row_loss.hpp"

namespace sylvester {

/// What a test gave, in percent; nothing for classes that no test image has.
struct TaskScore {
  std::vector<std::optional<double>> by_class;

  /// Over the classes that have a value.
  [[nodiscard]] double mean() const;
};

class SceneTask {
 public:
  virtual ~SceneTask() = default;

  /// Heads behind the last layer. Throws UserError if it has no shape for them.
  virtual void add_heads(Network& network, int features, bool bias, HostRandom& random) = 0;
  /// What the heads are to answer for a batch, for row_loss(); until the next call.
  virtual const RowTargets& targets(const Scenes& scenes, std::span<const int> images) = 0;

  /// Forgets earlier tests.
  virtual void begin_test() = 0;
  /// Images first, first + 1, ... of a test, of which `activations` holds the answers.
  virtual void test(const Scenes& scenes, int first, int images,
                    const Activations& activations) = 0;
  /// Of all images since begin_test().
  [[nodiscard]] virtual TaskScore score(const Scenes& scenes) const = 0;
  /// Name of the measure.
  [[nodiscard]] virtual std::string_view metric() const = 0;
};

/// Of one of the two tasks with scenes. `box_weight`: factor of the boxes' loss in detection.
std::unique_ptr<SceneTask> make_scene_task(TaskKind kind, float box_weight);

/// Its parts; each in a file of its own.
std::unique_ptr<SceneTask> make_detection(float box_weight);
std::unique_ptr<SceneTask> make_segmentation();

/// Input, layers, heads. Throws UserError naming the entry that does not fit.
Network make_scene_network(SceneTask& task, std::span<const std::string> layers, bool bias,
                           HostRandom& random);

}  // namespace sylvester
