#include "golden/train/row_loss.hpp"

#include <algorithm>
#include <cstddef>

#include "golden/train/softmax.hpp"

namespace sylvester {

double row_cross_entropy(const FloatMatrix& logits, std::span<const std::int32_t> labels,
                         float divisor, FloatMatrix& gradient) {
  gradient.resize(logits.rows, logits.cols);
  double loss = 0.0;
  for (int i = 0; i < logits.rows; ++i) {
    float* g = gradient.row(i);
    const std::int32_t label = labels[static_cast<std::size_t>(i)];
    if (label == kIgnored) {
      std::fill_n(g, logits.cols, 0.0F);
      continue;
    }
    const LogSum log_sum = softmax(logits.row(i), logits.cols, 1.0F, g);
    loss -= static_cast<double>((logits.row(i)[label] - log_sum.largest) - log_sum.log_sum);
    g[label] -= 1.0F;
    for (int c = 0; c < logits.cols; ++c) g[c] /= divisor;
  }
  return loss / static_cast<double>(divisor);
}

double row_squared_error(const FloatMatrix& values, const FloatMatrix& targets,
                         std::span<const std::uint8_t> counts, float weight, float divisor,
                         FloatMatrix& gradient) {
  gradient.resize(values.rows, values.cols);
  double loss = 0.0;
  for (int i = 0; i < values.rows; ++i) {
    float* g = gradient.row(i);
    if (counts[static_cast<std::size_t>(i)] == 0) {
      std::fill_n(g, values.cols, 0.0F);
      continue;
    }
    for (int c = 0; c < values.cols; ++c) {
      const float error = values.row(i)[c] - targets.row(i)[c];
      loss += 0.5 * static_cast<double>(error * error);
      g[c] = weight * (error / divisor);
    }
  }
  return static_cast<double>(weight) * (loss / static_cast<double>(divisor));
}

double row_loss(const RowTargets& targets, const Activations& activations, Gradients& gradients) {
  const double loss = row_cross_entropy(activations.logits(0), targets.labels, targets.divisor,
                                        gradients.logits(0));
  if (targets.values.rows == 0) return loss;
  return loss + row_squared_error(activations.logits(1), targets.values, targets.counts,
                                  targets.value_weight, targets.divisor, gradients.logits(1));
}

}  // namespace sylvester
