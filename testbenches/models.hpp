// The models of one configuration, made once per process.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "golden/hardware/hardware.hpp"
#include "testbenches/job_file.hpp"
#include "testbenches/rtl_model.hpp"
#include "testbenches/runner.hpp"

namespace sylvester {

struct ModelOptions {
  bool systemc = true;
  bool rtl = true;
  FaultSelection faults;
  std::filesystem::path rtl_dir;  ///< Verilog files instead of generated ones
};

class Models {
 public:
  /// Throws UserError and EnvironmentError as the models do.
  Models(const HardwareParameters& hardware, const ModelOptions& options);
  [[nodiscard]] std::span<const NamedModel> list() const { return list_; }
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  std::unique_ptr<RtlAccelerator> rtl_;
  std::unique_ptr<AcceleratorModel> systemc_;
  std::vector<NamedModel> list_;
};

}  // namespace sylvester
