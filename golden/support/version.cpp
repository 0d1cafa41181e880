#include "golden/support/version.hpp"

namespace sylvester {

const char* program_version() { return SYLVESTER_VERSION; }

}  // namespace sylvester
