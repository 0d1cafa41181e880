// Description of the accelerator's top level (docs/architecture.md): which blocks there are, how
// their streams join, and where the descriptor fields go.
#pragma once

#include "golden/hardware/hardware.hpp"
#include "golden/hardware/streams.hpp"
#include "rtl_gen/description.hpp"

namespace sylvester::rtl {

inline constexpr const char* kTopName = "sylvester_top";
inline constexpr const char* kVerifyTopName = "sylvester_verify_top";

/// Payload width as an expression of the top level's parameters.
Expression stream_width(Stream stream);

/// Verilog parameters of the hardware, with ranges; the last one is HardwareHash.
std::vector<Parameter> top_parameters(const HardwareParameters& hardware);

/// The verification top has a stall gate in every stream and a probe of each.
Module describe_top(const HardwareParameters& hardware, bool verification);

}  // namespace sylvester::rtl
