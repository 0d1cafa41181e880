#include "golden/support/statistics.hpp"

#include <cmath>
#include <numbers>
#include <stdexcept>
#include <vector>

namespace sylvester {
namespace {

// P(|T| < sqrt(degrees) tan(angle)): Abramowitz and Stegun, Handbook of Mathematical Functions,
// 26.7.3 and 26.7.4. The finite sums are exact for whole degrees of freedom.
double probability_within(double angle, std::size_t degrees) {
  const double square = std::cos(angle) * std::cos(angle);
  const bool odd = degrees % 2 == 1;
  double term = odd ? std::cos(angle) : 1.0;
  double sum = 0;
  for (std::size_t power = odd ? 1 : 0; power + 2 <= degrees; power += 2) {
    sum += term;
    const auto next = static_cast<double>(power + 2);
    term *= square * (next - 1) / next;
  }
  const double part = std::sin(angle) * sum;
  return odd ? 2 / std::numbers::pi * (angle + part) : part;
}

}  // namespace

Spread spread(std::span<const double> values) {
  Spread result{.n = values.size()};
  if (values.empty()) return result;
  const auto n = static_cast<double>(values.size());
  for (const double value : values) result.mean += value / n;
  if (values.size() < 2) return result;
  double squares = 0;
  for (const double value : values) squares += (value - result.mean) * (value - result.mean);
  result.deviation = std::sqrt(squares / (n - 1));
  return result;
}

PairedDifference paired_difference(std::span<const double> a, std::span<const double> b,
                                   double coverage) {
  if (a.size() != b.size()) throw std::invalid_argument("paired_difference: lengths differ");
  std::vector<double> differences(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) differences[i] = a[i] - b[i];
  const Spread s = spread(differences);
  PairedDifference result{.n = s.n, .mean = s.mean, .half_width = {}};
  if (s.n >= 2) {
    result.half_width =
        student_t(coverage, s.n - 1) * s.deviation / std::sqrt(static_cast<double>(s.n));
  }
  return result;
}

double student_t(double coverage, std::size_t degrees) {
  if (degrees < 1 || !(coverage > 0 && coverage < 1)) {
    throw std::invalid_argument("student_t: degrees of freedom or coverage out of range");
  }
  double low = 0;
  double high = std::numbers::pi / 2;
  for (;;) {
    const double middle = (low + high) / 2;
    if (middle <= low || middle >= high) break;
    (probability_within(middle, degrees) < coverage ? low : high) = middle;
  }
  return std::sqrt(static_cast<double>(degrees)) * std::tan(low);
}

}  // namespace sylvester
