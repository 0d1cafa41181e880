// Work that needs a process of its own: SystemC elaborates one design per process.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace sylvester {

/// Says that so many more steps of a task's work are done.
using StepReport = std::function<void(std::size_t steps)>;
using ChildTask = std::function<std::string(const StepReport& done)>;

/// Runs every task in a child of this process and returns their texts in order; at most `processes`
/// at the same time, 0 = one per core. What tasks report arrives at `done` in this process. A
/// UserError or EnvironmentError of a task is thrown again here; a child that dies gives an
/// EnvironmentError.
std::vector<std::string> run_in_children(const std::vector<ChildTask>& tasks, int processes,
                                         const StepReport& done = {});

}  // namespace sylvester
