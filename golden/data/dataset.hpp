// Labelled feature vectors with the subject that each came from.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace sylvester {

/// `samples` x `features`, row-major float32, un-normalised as the publisher gives them
/// (pixels are scaled to 0 ... 1).
struct Dataset {
  std::string name;
  int features = 0;  ///< channels * height * width; a sample is in the order row, column, channel
  int channels = 0;
  int height = 1;
  int width = 1;
  int classes = 0;       ///< labels are 0 ... classes-1
  std::vector<float> x;  ///< samples * features
  std::vector<std::int32_t> label;
  std::vector<std::int32_t>
      subject;  ///< the publisher's numbers, from 1; empty if the set has none

  /// Where the publisher splits the set: the first so many samples are for training, the others
  /// for testing. 0 = the publisher gives no split; then the set is split by subject.
  int publisher_training_samples = 0;
  /// Channels, height, width of one sample, row-major; all 0 if the features are not an image.
  std::array<int, 3> image{};

  [[nodiscard]] int samples() const { return static_cast<int>(label.size()); }
};

/// A training and a test part with a common feature standardisation already applied and labels
/// renumbered in the order in which the classes are learned.
struct Split {
  Dataset train;
  Dataset test;

  std::vector<int> class_order;             ///< class_order[new label] = the publisher's label
  std::vector<std::int32_t> test_subjects;  ///< ascending; empty for a publisher's split
  std::vector<double> mean;                 ///< per feature, of the training part;
  std::vector<double> deviation;            ///< both empty if the features were left as they are
};

}  // namespace sylvester
