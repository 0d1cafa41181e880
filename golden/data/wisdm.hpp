// The two sets of the WISDM laboratory, Fordham University. Accelerometer, 20 Hz.
//   2011, "Activity Prediction" v1.1: 6 activities of 36 users with a phone in the pocket
//   (J. Kwapisz, G. Weiss, S. Moore, "Activity Recognition using Cell Phone Accelerometers",
//   SensorKDD 2010)
//   2019, "Smartphone and Smartwatch Activity and Biometrics": 18 activities of 51 subjects
//   (G. Weiss, K. Yoneda, T. Hayajneh, IEEE Access 7, 2019)
#pragma once

#include <filesystem>
#include <optional>

#include "golden/data/dataset.hpp"

namespace sylvester {

/// From the first that `folder` or its sub-folder WISDM_ar_v1.1 or wisdm-dataset has of
///   WISDM_ar_v1.1_raw.txt                      2011: user,activity,time,x,y,z;
///   arff_files/phone/accel/data_16NN_*.arff    2019, the publisher's 91 features of each window
///   raw/phone/accel/data_16NN_*.txt            2019: subject,activity,time,x,y,z;
/// The last two also below phone/accel/ or in `folder` itself, so that the folder of another sensor
/// can be given.
///
/// Recordings are cut into windows of 200 samples (10 s), 200 apart, as the publishers cut them,
/// inside each run of records of one person and activity; 108 features: the 27 of
/// signal_features.hpp of x, y, z and the magnitude. Times are not looked at. Publishers' files
/// have some damaged records: up to 1 in 1000 of a file is left out, more are an error. Class
/// numbers: 2011 Walking 1, Jogging 2, Upstairs 3, Downstairs 4, Sitting 5, Standing 6; 2019 the
/// letter's place in the alphabet, A 1 ... S 19 without N. An arff file with the same rows as an
/// earlier one is left out.
/// None if none of the files is there. Throws UserError.
std::optional<Dataset> read_wisdm(const std::filesystem::path& folder);

}  // namespace sylvester
