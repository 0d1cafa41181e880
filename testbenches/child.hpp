// Work that needs a process of its own: SystemC elaborates one design per process.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace sylvester {

/// Runs every task in a child of this process and returns their texts in order; at most `processes`
/// at the same time, 0 = one per core. A UserError or EnvironmentError of a task is thrown again
/// here; a child that dies gives an EnvironmentError.
std::vector<std::string> run_in_children(const std::vector<std::function<std::string()>>& tasks,
                                         int processes);

}  // namespace sylvester
