// sylvester train: the training that a configuration describes, on one of the back ends.
#pragma once

#include <string>

#include "cli/config_command.hpp"
#include "cli/output.hpp"
#include "cli/train_trace.hpp"

namespace sylvester {

struct TrainArguments {
  ConfigArgument config;
  std::string init;                ///< .npz file of the weights to begin with; empty: drawn ones
  std::string data;                ///< folder of the data set; empty: the embedded one
  std::string backend = "golden";  ///< golden, systemc, rtl
  int seeds = 1;                   ///< runs with train.seed, train.seed + 1, ...
  std::string out;                 ///< folder for result and weights; empty: none
  bool resume = false;             ///< go on with the unfinished run in `out`
  double state_seconds = 30;       ///< between two states of a seed in `out`
  TraceArguments trace;
};

int run_train(const TrainArguments& arguments, const Output& output);

}  // namespace sylvester
