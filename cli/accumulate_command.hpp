// sylvester accumulate: what a narrow accumulator does to the product of two given matrices.
#pragma once

#include <string>

#include "cli/output.hpp"

namespace sylvester {

struct AccumulateArguments {
  std::string a;  ///< .npy, M x K
  std::string b;  ///< .npy, K x N
  int bits = 8;
  int tile = 32;
  int outer_bits = 24;
  std::string policy = "all";
  std::string format = "i4";  ///< for matrices of floats, which are quantised first
};

int run_accumulate(const AccumulateArguments& arguments, const Output& output);

}  // namespace sylvester
