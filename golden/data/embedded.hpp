// The data set that comes with the program: wearable motion sensors, made by the model in
// motion.hpp and reduced to features by window_features.hpp. It needs no file and no licence, and
// its bytes are the same on every machine (a test pins their SHA-256).
#pragma once

#include "golden/data/dataset.hpp"

namespace sylvester {

inline constexpr int kEmbeddedSubjects = 10;
inline constexpr int kEmbeddedWindows = 48;  ///< per activity and subject

/// 12 activities x 10 subjects x 48 windows = 5760 samples of 94 features; subjects 1 ... 10.
/// Order: activity, subject, window.
Dataset embedded_dataset();

}  // namespace sylvester
