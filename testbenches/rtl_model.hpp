// The generated Verilog of any hardware parameters as a model that runs in this process.
#pragma once

#include <filesystem>
#include <memory>

#include "golden/hardware/model.hpp"
#include "testbenches/rtl_build.hpp"

namespace sylvester {

/// Verilated RTL behind the interface of all models.
class RtlAccelerator : public AcceleratorModel {
 public:
  /// Bit per stream that can be observed and stalled: all, or those at the host's side.
  [[nodiscard]] virtual std::uint32_t observed() const = 0;
  /// Selects a fault of a build with RtlBuildOptions::faults; 0 = none.
  virtual void select_fault(int fault) = 0;
  /// Writes a VCD of all signals from now on; needs RtlBuildOptions::trace.
  virtual void open_trace(const std::filesystem::path& file) = 0;
};

/// Generates, compiles (or finds in the cache) and loads the RTL. Throws UserError if the RTL names
/// another hardware than `hardware`, EnvironmentError if a tool is missing.
std::unique_ptr<RtlAccelerator> make_rtl_accelerator(const HardwareParameters& hardware,
                                                     const RtlBuildOptions& options = {});

}  // namespace sylvester
