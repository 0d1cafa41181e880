// For tests: tensors from real numbers, and back.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "golden/integer/draws.hpp"
#include "golden/integer/float_boundary.hpp"
#include "golden/integer/tensor.hpp"
#include "golden/support/random.hpp"

namespace sylvester {

inline Draws test_draws(std::uint32_t seed) {
  return {.key = draw_key({.seed = seed}), .index0 = 0};
}

inline IntTensor tensor_of(const std::vector<float>& values, int rows) {
  IntTensor tensor;
  words_of(values, rows, static_cast<int>(values.size()) / rows, "test", tensor);
  return tensor;
}

inline std::vector<double> reals(const IntTensor& tensor) {
  std::vector<double> result;
  for (const std::int32_t value : tensor.values) {
    result.push_back(std::ldexp(static_cast<double>(value), tensor.exponent));
  }
  return result;
}

// Roughly normal, of deviation 1.
inline std::vector<float> noise(std::size_t count, HostRandom& random) {
  std::vector<float> values(count);
  for (float& value : values) {
    value = -6.0F;
    for (int i = 0; i < 12; ++i) value += random.uniform();
  }
  return values;
}

// |a - b| / |b|, Euclidean.
template <typename A, typename B>
double distance(const std::vector<A>& a, const std::vector<B>& b) {
  double difference = 0.0;
  double norm = 0.0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    difference += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
    norm += std::pow(static_cast<double>(b[i]), 2);
  }
  return std::sqrt(difference / norm);
}

}  // namespace sylvester
