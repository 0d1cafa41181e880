// The C++ harness of testbenches/harness, embedded into the program when it is built: it is
// compiled at run time together with the Verilated model of a generated design.
#pragma once

#include <map>
#include <string>

namespace sylvester {

// File name, relative to testbenches/harness -> text.
const std::map<std::string, std::string>& harness_sources();

}  // namespace sylvester
