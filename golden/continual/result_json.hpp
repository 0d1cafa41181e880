// A training run's result as JSON: what `train --json` prints of a seed.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "golden/continual/class_incremental.hpp"

namespace sylvester {

/// Accuracies in percent; the network itself is left out.
nlohmann::ordered_json to_json(const TrainResult& result);

}  // namespace sylvester
