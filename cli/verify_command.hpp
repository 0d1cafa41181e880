// sylvester verify: golden = SystemC = RTL in values, counters and cycles.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/output.hpp"

namespace sylvester {

struct VerifyArguments {
  std::vector<std::string> configs;  ///< files or presets; none: the verification suite
  std::vector<std::string> overrides;
  int jobs = 200;
  std::uint64_t seed = 1;
  int processes = 0;
  std::string rtl;     ///< folder of Verilog instead of the generated
  std::string replay;  ///< job file of an earlier failure
  std::string failures = "verify-failures";
  std::string trace;           ///< what a trainer has recorded, instead of random jobs
  std::string models = "all";  ///< that replay the trace: all, systemc, none
};

int run_verify(const VerifyArguments& arguments, const Output& output);

}  // namespace sylvester
