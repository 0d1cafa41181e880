// The Verilog of one accelerator: the generated top level and the library modules that it needs.
#pragma once

#include <map>
#include <string>

#include "golden/hardware/hardware.hpp"

namespace sylvester {

struct RtlOptions {
  /// sylvester_verify_top with stall gates and probes instead of sylvester_top.
  bool verification = false;
};

/// File name -> text, one module per file. The same parameters give the same bytes. Throws
/// UserError if a parameter is out of range.
std::map<std::string, std::string> generate_rtl(const HardwareParameters& hardware,
                                                const RtlOptions& options = {});

}  // namespace sylvester
