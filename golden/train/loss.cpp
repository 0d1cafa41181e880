#include "golden/train/loss.hpp"

#include <algorithm>
#include <vector>

#include "golden/train/softmax.hpp"

namespace sylvester {
double cross_entropy(const FloatMatrix& logits, std::span<const std::int32_t> labels,
                     FloatMatrix& gradient, const LossTerm& term) {
  gradient.resize(logits.rows, logits.cols);
  const int first = term.first_class;
  const auto batch = static_cast<float>(logits.rows);
  double loss = 0.0;
  for (int i = 0; i < logits.rows; ++i) {
    float* g = gradient.row(i);
    const std::int32_t label = labels[static_cast<std::size_t>(i)];
    std::fill(g, g + first, 0.0F);
    const LogSum log_sum = softmax(logits.row(i) + first, logits.cols - first, 1.0F, g + first);
    loss -= static_cast<double>((logits.row(i)[label] - log_sum.largest) - log_sum.log_sum);
    g[label] -= 1.0F;
    for (int c = first; c < logits.cols; ++c) g[c] = term.weight * (g[c] / batch);
  }
  return static_cast<double>(term.weight) * (loss / logits.rows);
}

double cross_entropy_of_softmax(const FloatMatrix& logits, std::span<const std::int32_t> labels,
                                FloatMatrix& gradient) {
  FloatMatrix probability;
  probability.resize(logits.rows, logits.cols);
  for (int i = 0; i < logits.rows; ++i) {
    softmax(logits.row(i), logits.cols, 1.0F, probability.row(i));
  }
  const double loss = cross_entropy(probability, labels, gradient);
  for (int i = 0; i < logits.rows; ++i) {
    const float* p = probability.row(i);
    float* g = gradient.row(i);
    float mean = 0.0F;
    for (int c = 0; c < logits.cols; ++c) mean += p[c] * g[c];
    for (int c = 0; c < logits.cols; ++c) g[c] = p[c] * (g[c] - mean);
  }
  return loss;
}

double distillation(const FloatMatrix& logits, const FloatMatrix& old_logits, float temperature,
                    FloatMatrix& gradient, float weight) {
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
      g[c] += weight * ((p_new[at] - p_old[at]) / temperature / batch);
    }
  }
  return static_cast<double>(weight) * (loss / logits.rows);
}

}  // namespace sylvester
