// Softmax in float32, every operation rounded on its own, channels in ascending order.
#pragma once

#include "golden/train/float_math.hpp"

namespace sylvester {

/// log(sum over c of exp(z[c]/T)) = largest + log_sum.
struct LogSum {
  float largest;  ///< of z[c]/T
  float log_sum;
};

/// probability[c] = e[c]/(e[0] + e[1] + ...), e[c] = exp(z[c]/T - largest). `probability` may be z;
/// there is at least one class.
inline LogSum softmax(const float* z, int classes, float temperature, float* probability) {
  float largest = z[0] / temperature;
  for (int c = 0; c < classes; ++c) {
    probability[c] = z[c] / temperature;
    largest = probability[c] > largest ? probability[c] : largest;
  }
  float sum = 0.0F;
  for (int c = 0; c < classes; ++c) {
    probability[c] = exp_float(probability[c] - largest);
    sum += probability[c];
  }
  for (int c = 0; c < classes; ++c) probability[c] /= sum;
  return {.largest = largest, .log_sum = log_float(sum)};
}

}  // namespace sylvester
