#include "golden/data/split.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "golden/support/error.hpp"
#include "golden/support/random.hpp"

namespace sylvester {
namespace {

// Sub-streams of the run seed: the choice of persons does not depend on the number of classes.
constexpr std::uint64_t kSubjectStream = 1;
constexpr std::uint64_t kClassStream = 2;

Dataset without_samples(const Dataset& dataset) {
  Dataset part;
  part.name = dataset.name;
  part.features = dataset.features;
  part.classes = dataset.classes;
  part.image = dataset.image;
  return part;
}

/// Takes the first samples away as the training part; the set's memory is reused, because MNIST
/// has 220 MB.
void split_as_published(Dataset&& dataset, Split& split) {
  const auto cut = static_cast<std::size_t>(dataset.publisher_training_samples);
  const auto width = static_cast<std::size_t>(dataset.features);
  split.test = without_samples(dataset);
  split.test.x.assign(dataset.x.begin() + static_cast<std::ptrdiff_t>(cut * width),
                      dataset.x.end());
  split.test.label.assign(dataset.label.begin() + static_cast<std::ptrdiff_t>(cut),
                          dataset.label.end());
  split.train = std::move(dataset);
  split.train.publisher_training_samples = 0;
  split.train.x.resize(cut * width);
  split.train.label.resize(cut);
}

void split_by_subject(const Dataset& dataset, const SplitOptions& options, Split& split) {
  const std::set<std::int32_t> distinct(dataset.subject.begin(), dataset.subject.end());
  std::vector<std::int32_t> subjects(distinct.begin(), distinct.end());
  const auto count = static_cast<int>(subjects.size());
  if (count < 2) {
    throw UserError(fmt::format("data set '{}' has {} subjects, a split by subject needs 2 or more",
                                dataset.name, count));
  }
  const int tests =
      options.test_subjects == 0 ? default_test_subjects(count) : options.test_subjects;
  if (tests < 1 || tests >= count) {
    throw UserError(
        fmt::format("data.test_subjects: value {}; allowed with data set '{}': 1...{}, and 0 for a "
                    "fifth of them",
                    tests, dataset.name, count - 1));
  }
  HostRandom random = HostRandom(options.seed).fork(kSubjectStream);
  shuffle(std::span<std::int32_t>(subjects), random);
  split.test_subjects.assign(subjects.begin(), subjects.begin() + tests);
  std::sort(split.test_subjects.begin(), split.test_subjects.end());

  split.train = without_samples(dataset);
  split.test = without_samples(dataset);
  const auto width = static_cast<std::size_t>(dataset.features);
  for (std::size_t i = 0; i < dataset.label.size(); ++i) {
    const bool held_out = std::binary_search(split.test_subjects.begin(), split.test_subjects.end(),
                                             dataset.subject[i]);
    Dataset& part = held_out ? split.test : split.train;
    const float* row = dataset.x.data() + i * width;
    part.x.insert(part.x.end(), row, row + width);
    part.label.push_back(dataset.label[i]);
    part.subject.push_back(dataset.subject[i]);
  }
}

void order_classes(const SplitOptions& options, Split& split) {
  const int classes = split.train.classes;
  HostRandom random = HostRandom(options.seed).fork(kClassStream);
  if (options.shuffle_classes) {
    split.class_order = permutation(classes, random);
  } else {
    split.class_order.resize(static_cast<std::size_t>(classes));
    std::iota(split.class_order.begin(), split.class_order.end(), 0);
  }
  std::vector<std::int32_t> position(static_cast<std::size_t>(classes));
  for (int i = 0; i < classes; ++i) {
    position[static_cast<std::size_t>(split.class_order[static_cast<std::size_t>(i)])] = i;
  }
  for (Dataset* part : {&split.train, &split.test}) {
    for (std::int32_t& label : part->label) label = position[static_cast<std::size_t>(label)];
  }
}

void require_all_classes(const Split& split) {
  std::vector<int> samples(static_cast<std::size_t>(split.train.classes));
  for (const std::int32_t label : split.train.label) ++samples[static_cast<std::size_t>(label)];
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (samples[i] == 0) {
      throw UserError(
          fmt::format("data set '{}': no training sample of class {} is left after the "
                      "split, every class needs one; choose another seed or fewer test "
                      "subjects",
                      split.train.name, i));
    }
  }
}

/// Mean and deviation of every feature of the training part. Sums are of differences from the
/// first sample, so a constant feature has exactly zero deviation.
void measure(Split& split) {
  const Dataset& train = split.train;
  const auto width = static_cast<std::size_t>(train.features);
  const auto samples = static_cast<std::size_t>(train.samples());
  const auto count = static_cast<double>(samples);
  split.mean.assign(width, 0.0);
  split.deviation.assign(width, 0.0);
  for (std::size_t i = 0; i < samples; ++i) {
    for (std::size_t j = 0; j < width; ++j) {
      split.mean[j] += static_cast<double>(train.x[i * width + j]) - train.x[j];
    }
  }
  for (std::size_t j = 0; j < width; ++j) split.mean[j] = train.x[j] + split.mean[j] / count;
  for (std::size_t i = 0; i < samples; ++i) {
    for (std::size_t j = 0; j < width; ++j) {
      const double difference = train.x[i * width + j] - split.mean[j];
      split.deviation[j] += difference * difference;
    }
  }
  for (double& deviation : split.deviation) deviation = std::sqrt(deviation / count);
}

void standardise(Dataset& part, const Split& split, double clip) {
  const auto width = static_cast<std::size_t>(part.features);
  for (std::size_t i = 0; i < part.x.size(); ++i) {
    const std::size_t j = i % width;
    if (split.deviation[j] == 0.0) {
      part.x[i] = 0.0F;
      continue;
    }
    const double value = (part.x[i] - split.mean[j]) / split.deviation[j];
    part.x[i] = static_cast<float>(std::clamp(value, -clip, clip));
  }
}

}  // namespace

int default_test_subjects(int subjects) { return std::max(1, subjects - (4 * subjects + 4) / 5); }

Split make_split(Dataset dataset, const SplitOptions& options) {
  if (!(options.clip > 0)) {
    throw UserError(
        fmt::format("clip = {}, allowed is a number of deviations above 0", options.clip));
  }
  const bool image = dataset.image != std::array<int, 3>{};
  Split split;
  if (dataset.publisher_training_samples > 0) {
    if (options.test_subjects != 0) {
      throw UserError(
          fmt::format("data.test_subjects: value {}; allowed with data set '{}', which has no "
                      "subjects: 0",
                      options.test_subjects, dataset.name));
    }
    split_as_published(std::move(dataset), split);
  } else {
    split_by_subject(dataset, options, split);
  }
  require_all_classes(split);
  order_classes(options, split);
  if (options.normalisation == Normalisation::standardise ||
      (options.normalisation == Normalisation::automatic && !image)) {
    measure(split);
    standardise(split.train, split, options.clip);
    standardise(split.test, split, options.clip);
  }
  return split;
}

Split subject_split(Dataset dataset, int test_subjects, std::uint64_t seed) {
  SplitOptions options;
  options.seed = seed;
  options.test_subjects = test_subjects;
  dataset.publisher_training_samples = 0;
  return make_split(std::move(dataset), options);
}

}  // namespace sylvester
