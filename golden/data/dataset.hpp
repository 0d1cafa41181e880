// Labelled feature vectors with the subject that each came from.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sylvester {

/// `samples` x `features`, row-major float32, un-normalised as the publisher gives them
/// (pixels are scaled to 0 ... 1).
struct Dataset {
  std::string name;
  int features = 0;  ///< channels * height * width; a sample is in the order row, column, channel
  int channels = 0;  ///< of what is no image: all features
  int height = 1;
  int width = 1;
  int classes = 0;  ///< labels are 0 ... classes-1
  /// The publisher's number of each label; empty: the label itself.
  std::vector<int> class_number;
  std::vector<float> x;  ///< samples * features
  std::vector<std::int32_t> label;
  std::vector<std::int32_t> subject;  ///< the publisher's numbers; empty if the set has none

  /// Where the publisher splits the set: the first so many samples are for training, the others
  /// for testing. 0 = the publisher gives no split; then the set is split by subject.
  int publisher_training_samples = 0;
  /// Per channel, the constants by which the field standardises an image; both empty: those of
  /// the training part.
  std::vector<double> channel_mean;
  std::vector<double> channel_deviation;

  void set_shape(int new_height, int new_width, int new_channels) {
    height = new_height;
    width = new_width;
    channels = new_channels;
    features = height * width * channels;
  }
  [[nodiscard]] bool is_image() const { return height * width > 1; }
  [[nodiscard]] int samples() const { return static_cast<int>(label.size()); }
};

/// A training and a test part with a common standardisation already applied and labels renumbered
/// in the order in which the classes are learned.
struct Split {
  Dataset train;
  Dataset test;

  std::vector<int> class_order;             ///< class_order[new label] = label of the whole set
  std::vector<std::int32_t> test_subjects;  ///< ascending; empty for a publisher's split
  std::vector<double> mean;                 ///< per feature, per channel of an image;
  std::vector<double> deviation;            ///< both empty if the features were left as they are
};

}  // namespace sylvester
