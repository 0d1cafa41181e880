// sylvester simulate: cycles of a GEMM on a configuration's hardware.
#pragma once

#include <string>

#include "cli/config_command.hpp"
#include "cli/output.hpp"

namespace sylvester {

struct SimulateArguments {
  ConfigArgument config;
  std::string gemm;       ///< "M,N,K"
  bool training = false;  ///< the two backward GEMMs of the layer too
};

int run_simulate(const SimulateArguments& arguments, const Output& output);

}  // namespace sylvester
