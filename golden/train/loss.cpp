#include "golden/train/loss.hpp"

#include <vector>

#include "golden/train/float_math.hpp"

namespace sylvester {
namespace {

// probability[c] = softmax(z/T)[c], c ascending; returns log sum exp(z/T - max) and the maximum.
struct LogSum {
  float largest;
  float log_sum;
};
LogSum softmax(const float* z, int classes, float temperature, float* probability) {
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

}  // namespace

double cross_entropy(const FloatMatrix& logits, std::span<const std::int32_t> labels,
                     FloatMatrix& gradient) {
  gradient.resize(logits.rows, logits.cols);
  const auto batch = static_cast<float>(logits.rows);
  double loss = 0.0;
  for (int i = 0; i < logits.rows; ++i) {
    float* g = gradient.row(i);
    const std::int32_t label = labels[static_cast<std::size_t>(i)];
    const LogSum log_sum = softmax(logits.row(i), logits.cols, 1.0F, g);
    loss -= static_cast<double>((logits.row(i)[label] - log_sum.largest) - log_sum.log_sum);
    g[label] -= 1.0F;
    for (int c = 0; c < logits.cols; ++c) g[c] /= batch;
  }
  return loss / logits.rows;
}

double distillation(const FloatMatrix& logits, const FloatMatrix& old_logits, float temperature,
                    FloatMatrix& gradient) {
  const int classes = old_logits.cols;
  const auto batch = static_cast<float>(logits.rows);
  std::vector<float> p_new(static_cast<std::size_t>(classes));
  std::vector<float> p_old(static_cast<std::size_t>(classes));
  double loss = 0.0;
  for (int i = 0; i < logits.rows; ++i) {
    softmax(old_logits.row(i), classes, temperature, p_old.data());
    const LogSum log_sum = softmax(logits.row(i), classes, temperature, p_new.data());
    float* g = gradient.row(i);
    for (int c = 0; c < classes; ++c) {
      const auto at = static_cast<std::size_t>(c);
      const float log_p = (logits.row(i)[c] / temperature - log_sum.largest) - log_sum.log_sum;
      loss -= static_cast<double>(p_old[at] * log_p);
      g[c] += (p_new[at] - p_old[at]) / temperature / batch;
    }
  }
  return loss / logits.rows;
}

}  // namespace sylvester
