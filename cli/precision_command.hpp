// sylvester precision: a precision table from the multipliers of a PDQAT training.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/output.hpp"

namespace sylvester {

struct PrecisionArguments {
  std::string result;  ///< what `train --json` or --out wrote
  std::string out;     ///< the table to write
  int layers = 1;
  std::string choice = "largest";
  std::string constraint = "proximity";
  std::vector<std::string> settings;  ///< of the chosen layers; none: pdqat.bits=8
  std::uint64_t seed = 1;
};

int run_precision(const PrecisionArguments& arguments, const Output& output);

}  // namespace sylvester
