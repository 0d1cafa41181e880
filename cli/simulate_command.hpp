// sylvester simulate: cycles of a GEMM, or of a network layer by layer, on a configuration's
// hardware.
#pragma once

#include <string>

#include "cli/config_command.hpp"
#include "cli/output.hpp"

namespace sylvester {

struct SimulateArguments {
  ConfigArgument config;
  std::string gemm;       ///< "M,N,K"; or empty, then:
  std::string input;      ///< of a sample of the network: "N" or "HxWxC"
  int classes = 0;        ///< of the network
  bool training = false;  ///< the two backward GEMMs of each layer too
};

int run_simulate(const SimulateArguments& arguments, const Output& output);

}  // namespace sylvester
