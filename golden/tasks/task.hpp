// What a network is trained for.
#pragma once

#include <string_view>

namespace sylvester {

enum class TaskKind {
  kClassification,  ///< one label for a sample, class-incrementally (golden/continual)
  kDetection,       ///< boxes and labels of the digits of a scene
  kSegmentation,    ///< a label for each pixel of a scene
};

/// "classification", "detection", "segmentation".
std::string_view to_string(TaskKind kind);
/// Throws UserError listing the allowed names.
TaskKind task_kind(std::string_view name);

}  // namespace sylvester
