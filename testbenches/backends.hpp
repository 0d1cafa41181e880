// Back ends for the trainer that run every job on a model of the accelerator, cycle by cycle.
#pragma once

#include <memory>
#include <string>

#include "golden/hardware/hardware.hpp"
#include "golden/hardware/model.hpp"
#include "golden/numerics/backend.hpp"
#include "testbenches/rtl_build.hpp"

namespace sylvester {

/// Codes, largest magnitudes, results and counters are what the model gave on its streams; only the
/// scales, which are no hardware, are computed from them by the host. The jobs of a batch run back
/// to back. A job that the hardware was not built for is a UserError that names the parameter.
std::unique_ptr<Backend> make_systemc_backend(const HardwareParameters& hardware);
/// Of a model that stays the caller's and must outlive the back end; it is reset.
std::unique_ptr<Backend> make_model_backend(const std::string& name,
                                            const HardwareParameters& hardware,
                                            AcceleratorModel& model);
std::unique_ptr<Backend> make_rtl_backend(const HardwareParameters& hardware,
                                          const RtlBuildOptions& options = {});

}  // namespace sylvester
