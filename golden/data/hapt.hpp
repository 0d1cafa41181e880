// Smartphone-based recognition of human activities and postural transitions, version 2.1 (J.-L.
// Reyes-Ortiz, L. Oneto, A. Sama, X. Parra, D. Anguita, Neurocomputing 171, 2016): 12 activities of
// 30 users, accelerometer and gyroscope at the waist, 50 Hz.
#pragma once

#include <filesystem>
#include <optional>

#include "golden/data/dataset.hpp"

namespace sylvester {

/// From the first that `folder` has of
///   Train/X_train.txt, y_train.txt, subject_id_train.txt, and the same in Test/ with test
///                           the publisher's 561 features, training part first
///   hapt_features_216.csv   the features of the next line, then label 1 ... 12 and user 1 ... 30
///   RawData/labels.txt      with acc_expEE_userUU.txt and gyro_expEE_userUU.txt beside it, also
///                           in `folder` itself. Windows of 128 samples, step 64, inside each run
///                           of labels.txt, in its order; 216 features: the 27 of
///                           signal_features.hpp of acceleration x, y, z, rate of turn x, y, z
///                           and the magnitudes of both
/// None if it has nothing of these. The publisher's division in training and test users is not
/// used: a split by subject is made of all 30. Throws UserError.
std::optional<Dataset> read_hapt(const std::filesystem::path& folder);

}  // namespace sylvester
