// The table of configuration keys. schema.hpp is the interface to it.
#pragma once

#include <vector>

#include "golden/config/schema.hpp"

namespace sylvester {

std::vector<KeyDeclaration> make_declared_keys();

}  // namespace sylvester
