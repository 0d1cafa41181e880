// What the result of a training depends on: the name under which it may be kept and used again.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "golden/config/config.hpp"

namespace sylvester {

/// Everything that the result of a training depends on: configurations that differ in other keys,
/// such as those of the array, share it.
struct TrainingKey {
  std::string numerics_hash;  ///< of the configuration with this seed
  std::string counters;       ///< hardware.counters decides what is counted
  std::uint32_t seed = 0;
  std::string data_hash;

  friend auto operator<=>(const TrainingKey&, const TrainingKey&) = default;
};

/// The key of a configuration's training with its own seed.
TrainingKey training_key(const Config& config, const std::string& data_hash);

}  // namespace sylvester
