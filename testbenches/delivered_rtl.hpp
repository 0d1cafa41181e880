// RTL as `sylvester generate` delivers it has no stall gates and no probes: a wrapper around its
// top level makes the streams at the host's side comparable.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "golden/hardware/hardware.hpp"

namespace sylvester {

/// Bit per stream between the host and the accelerator.
std::uint32_t host_streams();

/// The accelerator's Verilog files of a folder and the folders below it: those that the top level
/// needs, directly or not. With sylvester_verify_top.v all boundaries can be observed; with
/// sylvester_top.v a wrapper of that name is added and only the host's streams can. Throws
/// UserError if there is neither.
struct DeliveredRtl {
  std::map<std::string, std::string> sources;
  std::uint32_t observed = 0;  ///< bit per stream
};
DeliveredRtl read_delivered_rtl(const HardwareParameters& hardware,
                                const std::filesystem::path& folder);

}  // namespace sylvester
