// sylvester explore: accuracy and cycles of the configurations of a space.
#pragma once

#include <string>

#include "cli/output.hpp"

namespace sylvester {

struct ExploreArguments {
  std::string space;  ///< a TOML file
  std::string out;    ///< folder of the results
  std::string data;   ///< folder of the data sets
  int workers = 0;    ///< 0: one per core
};

int run_explore(const ExploreArguments& arguments, const Output& output);

}  // namespace sylvester
