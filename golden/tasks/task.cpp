#include "golden/tasks/task.hpp"

#include "golden/numerics/names.hpp"

namespace sylvester {
namespace {

constexpr NameTable<TaskKind, 3> kTaskNames{{{TaskKind::kClassification, "classification"},
                                             {TaskKind::kDetection, "detection"},
                                             {TaskKind::kSegmentation, "segmentation"}}};

}  // namespace

std::string_view to_string(TaskKind kind) { return name_of(kTaskNames, kind); }
TaskKind task_kind(std::string_view name) { return find_name(kTaskNames, "task", name); }

}  // namespace sylvester
