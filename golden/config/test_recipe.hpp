// For tests: what the trainer makes of a preset in configs/.
#pragma once

#include <string>

#include "golden/config/config.hpp"
#include "golden/config/convert.hpp"

namespace sylvester {

inline TrainRecipe preset_recipe(const std::string& name) {
  return train_recipe(Config::load(name));
}

}  // namespace sylvester
