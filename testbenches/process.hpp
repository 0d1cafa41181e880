// A program run as a child process.
#pragma once

#include <string>
#include <vector>

namespace sylvester {

struct ProcessResult {
  int status = 0;      ///< exit status, or 128 + signal
  std::string output;  ///< standard output and standard error together
};

/// Runs `arguments` (the first is found on PATH) in `folder` and waits for it. Throws
/// EnvironmentError "..., install the package `package`" if there is no such program.
ProcessResult run_process(const std::vector<std::string>& arguments, const std::string& package,
                          const std::string& folder = ".");

/// Runs several processes at the same time; results in order.
std::vector<ProcessResult> run_processes(const std::vector<std::vector<std::string>>& commands,
                                         const std::string& package, const std::string& folder);

}  // namespace sylvester
