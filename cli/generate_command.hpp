// sylvester generate: the Verilog of a configuration with everything that a synthesis flow needs.
#pragma once

#include <string>

#include "cli/config_command.hpp"
#include "cli/output.hpp"

namespace sylvester {

int run_generate(const ConfigArgument& config, const std::string& folder, const Output& output);

}  // namespace sylvester
