#include "testbenches/models.hpp"

#include "sim/systemc/accelerator.hpp"
#include "sim/systemc/faults.hpp"

namespace sylvester {

Models::Models(const HardwareParameters& hardware, const ModelOptions& options) {
  const FaultSelection& faults = options.faults;
  if (options.rtl) {
    RtlBuildOptions build;
    build.rtl_dir = options.rtl_dir;
    build.faults = faults.rtl != 0;
    rtl_ = make_rtl_accelerator(hardware, build);
    if (faults.rtl != 0) rtl_->select_fault(faults.rtl);
  }
  if (options.systemc) {
    select_systemc_fault(static_cast<SystemcFault>(faults.systemc));
    systemc_ = make_systemc_accelerator(hardware, "systemc");
    list_.push_back({"systemc", systemc_.get()});
  }
  if (rtl_) list_.push_back({"rtl", rtl_.get(), rtl_->observed()});
}

std::vector<std::string> Models::names() const {
  std::vector<std::string> names;
  for (const auto& model : list_) names.push_back(model.name);
  return names;
}

}  // namespace sylvester
