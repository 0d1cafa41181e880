// The hand-written Verilog of rtl_gen/verilog, embedded into the program when it is built.
#pragma once

#include <map>
#include <string>

namespace sylvester {

// File name, relative to rtl_gen/verilog -> text.
const std::map<std::string, std::string>& verilog_library();

}  // namespace sylvester
