// Random numbers of the property tests: a new seed in every run, printed, repeatable.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>

#include "golden/support/random.hpp"

namespace sylvester {

/// SYLVESTER_TEST_SEED=N repeats the run that printed N.
inline HostRandom test_random() {
  const char* given = std::getenv("SYLVESTER_TEST_SEED");
  const std::uint64_t seed = given != nullptr ? std::stoull(given) : std::random_device{}();
  std::cout << "SYLVESTER_TEST_SEED=" << seed << "\n";
  return HostRandom(seed);
}

inline int between(HostRandom& random, int least, int most) {
  return least + static_cast<int>(random.below(static_cast<std::uint32_t>(most - least + 1)));
}

}  // namespace sylvester
