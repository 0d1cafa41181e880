// Training and test parts of a data set, as class-incremental learning needs them.
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

#include "golden/data/dataset.hpp"

namespace sylvester {

enum class Normalisation {
  /// (x - mean)/deviation of the training part, constant -> 0. Features: each by itself, limited
  /// to +-clip. Images: each channel, without a limit, by the set's constants if it has some.
  standardise,
  none,
};

struct SplitOptions {
  std::uint64_t seed = 1;          ///< decides the test subjects and the class order
  int test_subjects = 0;           ///< 1 ... subjects-1; 0 = default_test_subjects, the only value
                                   ///< where the publisher splits
  std::vector<int> drop_subjects;  ///< the publisher's numbers of those to leave out
  std::vector<int> drop_classes;
  int samples_per_class = 0;  ///< train on the first so many of each class; 0: all
  Normalisation normalisation = Normalisation::standardise;
  double clip = 3.0;            ///< limit of a standardised feature, in deviations; > 0
  bool shuffle_classes = true;  ///< false: the classes keep their order

  friend auto operator<=>(const SplitOptions&, const SplitOptions&) = default;
};

/// Persons to test on if nobody says otherwise: all but the rounded-up 80 % (HDQT's rule), one at
/// least:
/// DSADS 1 of 8, HAPT 6 of 30, embedded 2 of 10.
int default_test_subjects(int subjects);

/// Leaves out what is to be dropped, then splits by the publisher's rule if the set has one, by
/// subject otherwise; samples keep their order. Labels become positions in the class order, a
/// permutation drawn from the seed. Mean and deviation (divisor n) are of the samples that
/// samples_per_class leaves, summed in double, sample after sample.
/// Throws UserError: test_subjects out of range, a dropped subject or class that the set does not
/// have, nothing left to train or to test on, a class that no training sample has, clip <= 0.
Split make_split(const Dataset& dataset, const SplitOptions& options);

/// make_split by subject with everything else at its default.
Split subject_split(Dataset dataset, int test_subjects, std::uint64_t seed);

}  // namespace sylvester
