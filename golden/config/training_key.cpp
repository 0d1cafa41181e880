#include "golden/config/training_key.hpp"

#include "golden/support/sha256.hpp"

namespace sylvester {

TrainingKey training_key(const Config& config, const std::string& data_hash) {
  return {.numerics_hash = to_hex(config.numerics_hash()),
          .counters = config.text("hardware.counters"),
          .seed = static_cast<std::uint32_t>(config.integer("train.seed")),
          .data_hash = data_hash};
}

}  // namespace sylvester
