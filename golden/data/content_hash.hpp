// The identity of a data set's content, for reports, caches and tests.
#pragma once

#include <string>

#include "golden/data/dataset.hpp"

namespace sylvester {

/// SHA-256 over little-endian 32-bit words: the float32 features, then labels, then subjects.
std::string content_hash(const Dataset& dataset);

}  // namespace sylvester
