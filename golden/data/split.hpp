// Training and test parts of a data set, as class-incremental learning needs them.
#pragma once

#include <cstdint>

#include "golden/data/dataset.hpp"

namespace sylvester {

enum class Normalisation {
  automatic,    ///< `standardise` for sets with subjects, `none` for images
  standardise,  ///< (x - mean)/deviation of the training part, limited to +-clip; constant -> 0
  none,
};

struct SplitOptions {
  std::uint64_t seed = 1;  ///< decides the test subjects and the class order
  int test_subjects = 0;   ///< 1 ... subjects-1; 0 = default_test_subjects, the only value
                           ///< where the publisher splits
  Normalisation normalisation = Normalisation::automatic;
  double clip = 3.0;            ///< limit of a standardised value, in deviations; > 0
  bool shuffle_classes = true;  ///< false: class_order is 0, 1, 2 ...
};

/// Persons to test on if nobody says otherwise: all but the rounded-up 80 % (HDQT's rule), one at
/// least:
/// DSADS 1 of 8, HAPT 6 of 30, embedded 2 of 10.
int default_test_subjects(int subjects);

/// Splits by the publisher's rule if the set has one, by subject otherwise; samples keep their
/// order. Labels become positions in the class order, a permutation drawn from the seed.
/// Mean and deviation (divisor n) are summed in double, sample after sample.
/// Throws UserError: test_subjects out of range, a class that no training sample has, clip <= 0.
Split make_split(Dataset dataset, const SplitOptions& options);

/// make_split by subject with everything else at its default.
Split subject_split(Dataset dataset, int test_subjects, std::uint64_t seed);

}  // namespace sylvester
