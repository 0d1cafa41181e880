// Daily and Sports Activities (K. Altun, B. Barshan, O. Tuncel, Pattern Recognition 43(10), 2010):
// 19 activities of 8 subjects, 5 units with accelerometer, gyroscope and magnetometer, 25 Hz.
#pragma once

#include <filesystem>
#include <optional>

#include "golden/data/dataset.hpp"

namespace sylvester {

/// 405 features: 15 sensors x the 27 of signal_features.hpp of the sensor's magnitude in a segment
/// of 125 samples. Order: activity, subject, segment. From the first that `folder` has of
///   dsads_features_405.csv   the features, then label 1 ... 19 and subject 1 ... 8
///   aAA/pP/sSS.txt           the publisher's segments, also below data/: 125 rows of 45 numbers;
///                            19 activities x 60 segments of every subject that a01/ has
/// None if it has neither. Throws UserError.
std::optional<Dataset> read_dsads(const std::filesystem::path& folder);

}  // namespace sylvester
