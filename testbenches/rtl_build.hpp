// From hardware parameters to a Verilated shared object: generate, Verilator, C++ compiler, cache.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "golden/hardware/hardware.hpp"

namespace sylvester {

struct RtlBuildOptions {
  /// Generate for these parameters instead and reach the wanted ones by overriding parameters of
  /// the top level when Verilator elaborates it.
  std::optional<HardwareParameters> base = {};
  /// Parameters of the top level by name, on top of those that follow from `base`.
  std::map<std::string, std::string> overrides = {};
  /// Take the Verilog of this folder instead (delivered_rtl.hpp).
  std::filesystem::path rtl_dir = {};
  /// The test-only build in which one of the faults of faults.hpp can be selected at run time.
  bool faults = false;
  /// A build that can write a VCD of all signals (slow).
  bool trace = false;
};

/// File name -> text of everything that Verilator reads.
std::map<std::string, std::string> rtl_sources(const HardwareParameters& hardware,
                                               const RtlBuildOptions& options);

/// Path of the shared object (harness/rtl_abi.hpp) of this hardware, built if the cache has none.
/// Throws EnvironmentError if Verilator or the compiler is missing, UserError if Verilator refuses
/// the files of `rtl_dir`.
std::filesystem::path build_rtl(const HardwareParameters& hardware,
                                const RtlBuildOptions& options = {});

/// $XDG_CACHE_HOME/sylvester or ~/.cache/sylvester.
std::filesystem::path cache_folder();

/// How many shared objects this process has compiled, cache hits not counted.
int rtl_builds();

}  // namespace sylvester
