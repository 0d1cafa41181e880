// What `sylvester generate` delivers: RTL, a self-checking testbench with vectors, and the files
// that Icarus Verilog, Yosys and FuseSoC need. It stands alone: nothing of the project is needed.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "golden/hardware/hardware.hpp"
#include "rtl_gen/vectors.hpp"

namespace sylvester {

/// Path inside the package -> content.
using GeneratedFiles = std::map<std::string, std::string>;

/// The same parameters and jobs give the same bytes.
GeneratedFiles generate_package(const HardwareParameters& hardware, const SampleJobs& jobs);
/// With sample_jobs(hardware).
GeneratedFiles generate_package(const HardwareParameters& hardware);

/// Writes all files or nothing. The folder may be new, empty, or hold an earlier package without
/// other files, which is replaced. Throws UserError otherwise, and as throw_path_error does if
/// writing fails.
void write_package(const GeneratedFiles& files, const std::filesystem::path& folder);

}  // namespace sylvester
