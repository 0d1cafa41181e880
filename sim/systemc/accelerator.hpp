// The accelerator as SystemC modules, one per block of docs/architecture.md, behind the cycle-level
// interface. This header needs no SystemC.
#pragma once

#include <memory>
#include <string>

#include "golden/hardware/model.hpp"

namespace sylvester {

/// A model in reset state. SystemC allows new modules only before the first cycle of a process, so
/// all instances have to be made before any of them runs; an instance that is destroyed is kept and
/// handed out again for equal hardware. A request that neither can serve throws EnvironmentError.
/// Throws UserError if the parameters are out of range. Not thread-safe: SystemC has one kernel per
/// process.
std::unique_ptr<AcceleratorModel> make_systemc_accelerator(const HardwareParameters& hardware,
                                                           const std::string& instance_name);

}  // namespace sylvester
