// sylvester explore: accuracy and cycles of the configurations of a space.
#pragma once

#include <string>

#include "cli/config_command.hpp"
#include "cli/output.hpp"

namespace sylvester {

struct ExploreArguments {
  ConfigArgument space;  ///< a TOML file, and settings of all points
  std::string out;       ///< folder of the results
  std::string data;      ///< folder of the data sets
  int workers = 0;       ///< 0: one per core
};

int run_explore(const ExploreArguments& arguments, const Output& output);

}  // namespace sylvester
