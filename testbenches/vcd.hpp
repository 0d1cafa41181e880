// All boundaries of one or several models as a waveform (VCD, IEEE 1364-2005 clause 18).
#pragma once

#include <deque>
#include <filesystem>
#include <string>
#include <vector>

#include "testbenches/runner.hpp"

namespace sylvester {

/// One scope per model with valid, ready and data of each stream, and the stall bits; ten time
/// units per cycle, values change with the cycle's beginning.
void write_vcd(const std::filesystem::path& path, const HardwareParameters& hardware,
               const std::vector<std::string>& models, const std::deque<Frame>& frames);

}  // namespace sylvester
