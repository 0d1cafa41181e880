#include "golden/data/split.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <span>

#include "golden/support/error.hpp"
#include "golden/support/random.hpp"

namespace sylvester {
namespace {

// Sub-streams of the run seed: the choice of persons does not depend on the number of classes.
constexpr std::uint64_t kSubjectStream = 1;
constexpr std::uint64_t kClassStream = 2;

using Samples = std::vector<std::size_t>;  ///< sample numbers of the whole set, ascending

int class_number(const Dataset& dataset, int label) {
  return dataset.class_number.empty() ? label
                                      : dataset.class_number[static_cast<std::size_t>(label)];
}

void require_known(const std::vector<int>& dropped, const std::set<int>& known, const char* key,
                   const char* what, const Dataset& dataset) {
  for (const int number : dropped) {
    if (known.contains(number)) continue;
    throw UserError(
        known.empty() ? fmt::format("{}: value {}; allowed with data set '{}', which has no {}: []",
                                    key, number, dataset.name, what)
                      : fmt::format("{}: value {}; allowed with data set '{}': its {} {}", key,
                                    number, dataset.name, what, fmt::join(known, ", ")));
  }
}

bool contains(const std::vector<int>& numbers, int number) {
  return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

/// The labels of the whole set that are kept, ascending.
std::vector<int> kept_labels(const Dataset& dataset, const SplitOptions& options) {
  std::vector<int> labels;
  std::set<int> numbers;
  for (int label = 0; label < dataset.classes; ++label) {
    const int number = class_number(dataset, label);
    numbers.insert(number);
    if (!contains(options.drop_classes, number)) labels.push_back(label);
  }
  require_known(options.drop_classes, numbers, "data.drop_classes", "classes", dataset);
  if (labels.empty()) {
    throw UserError(
        fmt::format("data.drop_classes: names all classes of data set '{}'; at least one is needed",
                    dataset.name));
  }
  return labels;
}

/// The samples of kept classes and subjects.
Samples kept_samples(const Dataset& dataset, const SplitOptions& options,
                     const std::vector<int>& labels) {
  require_known(options.drop_subjects,
                std::set<int>(dataset.subject.begin(), dataset.subject.end()), "data.drop_subjects",
                "subjects", dataset);
  Samples samples;
  for (std::size_t i = 0; i < dataset.label.size(); ++i) {
    if (!std::binary_search(labels.begin(), labels.end(), dataset.label[i])) continue;
    if (!dataset.subject.empty() && contains(options.drop_subjects, dataset.subject[i])) continue;
    samples.push_back(i);
  }
  return samples;
}

struct Parts {
  Samples train;
  Samples test;
};

Parts parts_as_published(const Dataset& dataset, const SplitOptions& options,
                         const Samples& samples) {
  if (options.test_subjects != 0) {
    throw UserError(
        fmt::format("data.test_subjects: value {}; allowed with data set '{}', which has no "
                    "subjects: 0",
                    options.test_subjects, dataset.name));
  }
  const auto cut = std::lower_bound(samples.begin(), samples.end(),
                                    static_cast<std::size_t>(dataset.publisher_training_samples));
  return {.train = {samples.begin(), cut}, .test = {cut, samples.end()}};
}

Parts parts_by_subject(const Dataset& dataset, const SplitOptions& options, const Samples& samples,
                       std::vector<std::int32_t>& test_subjects) {
  std::set<std::int32_t> distinct;
  for (const std::size_t i : samples) distinct.insert(dataset.subject[i]);
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
  test_subjects.assign(subjects.begin(), subjects.begin() + tests);
  std::sort(test_subjects.begin(), test_subjects.end());

  Parts parts;
  for (const std::size_t i : samples) {
    const bool held_out =
        std::binary_search(test_subjects.begin(), test_subjects.end(), dataset.subject[i]);
    (held_out ? parts.test : parts.train).push_back(i);
  }
  return parts;
}

/// Keeps the first `limit` samples of each class.
void limit_classes(const Dataset& dataset, int limit, Samples& samples) {
  std::vector<int> taken(static_cast<std::size_t>(dataset.classes));
  std::erase_if(samples, [&](std::size_t i) {
    return ++taken[static_cast<std::size_t>(dataset.label[i])] > limit;
  });
}

void require_samples(const Dataset& dataset, const std::vector<int>& labels, const Parts& parts) {
  std::vector<bool> trained(static_cast<std::size_t>(dataset.classes));
  for (const std::size_t i : parts.train)
    trained[static_cast<std::size_t>(dataset.label[i])] = true;
  if (parts.test.empty()) {
    throw UserError(
        fmt::format("data set '{}': no test sample is left, at least one is needed", dataset.name));
  }
  for (const int label : labels) {
    if (trained[static_cast<std::size_t>(label)]) continue;
    throw UserError(
        fmt::format("data set '{}': no training sample of class {} is left after the "
                    "split, every class needs one; choose another seed or fewer test "
                    "subjects, or add it to data.drop_classes",
                    dataset.name, class_number(dataset, label)));
  }
}

/// The labels in the order in which they are learned.
std::vector<int> class_order(std::vector<int> labels, const SplitOptions& options) {
  if (options.shuffle_classes) {
    HostRandom random = HostRandom(options.seed).fork(kClassStream);
    shuffle(std::span<int>(labels), random);
  }
  return labels;
}

Dataset part_of(const Dataset& dataset, const Samples& samples, const std::vector<int>& order) {
  Dataset part;
  part.name = dataset.name;
  part.set_shape(dataset.height, dataset.width, dataset.channels);
  part.classes = static_cast<int>(order.size());
  std::vector<std::int32_t> position(static_cast<std::size_t>(dataset.classes));
  for (std::size_t i = 0; i < order.size(); ++i) {
    position[static_cast<std::size_t>(order[i])] = static_cast<std::int32_t>(i);
    part.class_number.push_back(class_number(dataset, order[i]));
  }
  const auto width = static_cast<std::size_t>(dataset.features);
  part.x.reserve(samples.size() * width);
  part.label.reserve(samples.size());
  for (const std::size_t i : samples) {
    const float* row = dataset.x.data() + i * width;
    part.x.insert(part.x.end(), row, row + width);
    part.label.push_back(position[static_cast<std::size_t>(dataset.label[i])]);
    if (!dataset.subject.empty()) part.subject.push_back(dataset.subject[i]);
  }
  return part;
}

/// Value i of the set's x is standardised with the others of group i % groups.
std::size_t group_count(const Dataset& dataset) {
  return static_cast<std::size_t>(dataset.is_image() ? dataset.channels : dataset.features);
}

/// Calls visit(group, value) for every value, sample after sample.
template <typename Values, typename Visit>
void for_each_value(Values& x, std::size_t groups, const Visit& visit) {
  for (std::size_t at = 0; at < x.size(); at += groups) {
    for (std::size_t group = 0; group < groups; ++group) visit(group, x[at + group]);
  }
}

/// Mean and deviation of every group of the training part. Sums are of differences from a group's
/// first value, so a constant feature has exactly zero deviation.
void measure(Split& split) {
  const Dataset& train = split.train;
  const std::size_t groups = group_count(train);
  const auto count = static_cast<double>(train.x.size() / groups);
  split.mean.assign(groups, 0.0);
  split.deviation.assign(groups, 0.0);
  for_each_value(train.x, groups, [&](std::size_t group, float x) {
    split.mean[group] += static_cast<double>(x) - train.x[group];
  });
  for (std::size_t group = 0; group < groups; ++group) {
    split.mean[group] = train.x[group] + split.mean[group] / count;
  }
  for_each_value(train.x, groups, [&](std::size_t group, float x) {
    const double difference = x - split.mean[group];
    split.deviation[group] += difference * difference;
  });
  for (double& deviation : split.deviation) deviation = std::sqrt(deviation / count);
}

void standardise(Dataset& part, const Split& split, double clip) {
  const double limit = part.is_image() ? HUGE_VAL : clip;
  for_each_value(part.x, group_count(part), [&](std::size_t group, float& x) {
    const double deviation = split.deviation[group];
    const double value = deviation == 0.0 ? 0.0 : (x - split.mean[group]) / deviation;
    x = static_cast<float>(std::clamp(value, -limit, limit));
  });
}

}  // namespace

int default_test_subjects(int subjects) { return std::max(1, subjects - (4 * subjects + 4) / 5); }

Split make_split(const Dataset& dataset, const SplitOptions& options) {
  if (!(options.clip > 0)) {
    throw UserError(
        fmt::format("clip = {}, allowed is a number of deviations above 0", options.clip));
  }
  Split split;
  const std::vector<int> labels = kept_labels(dataset, options);
  const Samples samples = kept_samples(dataset, options, labels);
  Parts parts = dataset.publisher_training_samples > 0
                    ? parts_as_published(dataset, options, samples)
                    : parts_by_subject(dataset, options, samples, split.test_subjects);
  require_samples(dataset, labels, parts);
  if (options.samples_per_class > 0) {
    limit_classes(dataset, options.samples_per_class, parts.train);
  }
  split.class_order = class_order(labels, options);
  split.train = part_of(dataset, parts.train, split.class_order);
  split.test = part_of(dataset, parts.test, split.class_order);
  if (options.normalisation == Normalisation::standardise) {
    if (dataset.channel_mean.empty()) {
      measure(split);
    } else {
      split.mean = dataset.channel_mean;
      split.deviation = dataset.channel_deviation;
    }
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
  return make_split(dataset, options);
}

}  // namespace sylvester
