// Mean and spread of a few runs, and what pairs of runs say about a difference.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace sylvester {

struct Spread {
  std::size_t n = 0;
  double mean = 0;       ///< 0 for no value
  double deviation = 0;  ///< sample standard deviation (divisor n - 1); 0 for fewer than two values
};

Spread spread(std::span<const double> values);

/// Mean of pairwise differences with its confidence interval, mean ± half_width.
struct PairedDifference {
  std::size_t n = 0;
  double mean = 0;
  std::optional<double> half_width;  ///< none for fewer than two pairs
};

/// Differences a[i] - b[i], taken as normally distributed (paired t-interval). `coverage` as for
/// student_t. Throws std::invalid_argument if the lengths differ.
PairedDifference paired_difference(std::span<const double> a, std::span<const double> b,
                                   double coverage = 0.95);

/// The t with P(|T| < t) = coverage, T of Student's t-distribution with `degrees` >= 1 degrees of
/// freedom, 0 < coverage < 1. Throws std::invalid_argument outside of that.
double student_t(double coverage, std::size_t degrees);

}  // namespace sylvester
