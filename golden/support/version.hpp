// The version of the program; part of every cache key that depends on generated text.
#pragma once

namespace sylvester {

const char* program_version();

}  // namespace sylvester
