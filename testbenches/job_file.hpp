// A batch of jobs as a JSON file: what is needed to run exactly the same cycles again.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "golden/hardware/hardware.hpp"
#include "testbenches/jobs.hpp"
#include "testbenches/stalls.hpp"

namespace sylvester {

/// Jobs that run back to back after one reset.
struct Batch {
  std::string configuration;  ///< name of the hardware, for messages
  HardwareParameters hardware;
  StallPattern stalls;
  std::vector<VerifyJob> jobs;
  bool prepares = true;  ///< false: only GEMMs, of operands that are given; no job file holds them
};

/// Faults built into the models of a run (faults.hpp); 0 = none.
struct FaultSelection {
  int rtl = 0;
  int systemc = 0;
  int closed_form = 0;
};

struct JobFile {
  Batch batch;
  FaultSelection faults;
  std::filesystem::path rtl_dir;
  std::string divergence;  ///< one sentence, for the reader of the file
};

nlohmann::ordered_json to_json(const HardwareParameters& hardware);
HardwareParameters hardware_from_json(const nlohmann::ordered_json& json);

void write_job_file(const std::filesystem::path& path, const JobFile& file);
/// Throws UserError if the file is not a job file of this version.
JobFile read_job_file(const std::filesystem::path& path);

}  // namespace sylvester
