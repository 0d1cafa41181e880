// PAMAP2 physical activity monitoring (A. Reiss, D. Stricker, "Introducing a New Benchmarked
// Dataset for Activity Monitoring", ISWC 2012): 9 subjects, inertial units at hand, chest and
// ankle, 100 Hz.
#pragma once

#include <filesystem>
#include <optional>

#include "golden/data/dataset.hpp"

namespace sylvester {

/// subject101.dat ... subject109.dat of `folder`/Protocol, /PAMAP2_Dataset/Protocol or `folder`:
/// 54 columns (time, activity, heart rate, 3 units x 17). Subjects become 1 ... 9, classes are the
/// protocol's 12 activities; activity 0, transitions, is left out.
///
/// Windows of 512 samples (5.12 s), 100 apart, as the publishers cut them, inside each run of one
/// activity. 243 features: 3 units x accelerometer (+-16 g), gyroscope, magnetometer x the 27 of
/// signal_features.hpp of the magnitude. A value that the radio link lost (NaN) lies on the line
/// between its neighbours in the run, or has the value of the only neighbour; a run is left out if
/// more than a tenth of a sensor's samples are lost.
/// The heart rate, which is given at every tenth sample only, the temperature, the second
/// accelerometer (+-6 g, saturates) and the orientation (invalid, says the publisher) are not used.
/// None if no such file is there. Throws UserError.
std::optional<Dataset> read_pamap2(const std::filesystem::path& folder);

}  // namespace sylvester
