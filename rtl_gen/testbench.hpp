// The self-checking testbench of a delivered package.
#pragma once

#include <string>
#include <string_view>

#include "golden/hardware/hardware.hpp"
#include "rtl_gen/vectors.hpp"

namespace sylvester {

/// Where the package keeps the beats of a stream, one hexadecimal number per line.
std::string vector_file(std::string_view stream);

/// Text of module sylvester_tb (SystemVerilog subset of Icarus Verilog 11).
std::string testbench(const HardwareParameters& hardware, const StreamVectors& vectors);

}  // namespace sylvester
