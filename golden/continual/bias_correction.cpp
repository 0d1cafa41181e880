#include "golden/continual/bias_correction.hpp"

#include <algorithm>
#include <cstring>

#include "golden/train/float_loops.hpp"
#include "golden/train/loss.hpp"

namespace sylvester {

void BiasCorrection::add_task(int last) {
  parts_.push_back({.first = parts_.empty() ? 0 : parts_.back().last, .last = last});
}

void BiasCorrection::apply(FloatMatrix& logits) const {
  for (int i = 0; i < logits.rows; ++i) {
    float* row = logits.row(i);
    for (const Part& part : parts_) {
      for (int c = part.first; c < std::min(part.last, logits.cols); ++c) {
        row[c] = part.alpha * row[c] + part.beta;
      }
    }
  }
}

void BiasCorrection::apply_to_gradient(FloatMatrix& gradient) const {
  for (int i = 0; i < gradient.rows; ++i) {
    float* row = gradient.row(i);
    for (const Part& part : parts_) {
      for (int c = part.first; c < std::min(part.last, gradient.cols); ++c) row[c] *= part.alpha;
    }
  }
}

void BiasCorrection::fit(const FloatMatrix& logits, std::span<const std::int32_t> labels,
                         const Fit& settings, const HostRandom& random) {
  Part& part = parts_.back();
  MomentumRule rule = {.rate = 0.0F, .momentum = settings.momentum, .decay = settings.weight_decay};
  float velocity[2] = {0.0F, 0.0F};
  FloatMatrix corrected;
  FloatMatrix gradient;
  std::vector<std::int32_t> batch_labels;
  for (int epoch = 0; epoch < settings.epochs; ++epoch) {
    rule.rate = settings.learning_rate(epoch);
    HostRandom order_random = random.fork(static_cast<std::uint64_t>(epoch));
    const std::vector<int> order = permutation(logits.rows, order_random);
    for (int start = 0; start < logits.rows; start += settings.batch) {
      const int size = std::min(settings.batch, logits.rows - start);
      corrected.resize(size, logits.cols);
      batch_labels.clear();
      for (int i = 0; i < size; ++i) {
        const int sample = order[static_cast<std::size_t>(start + i)];
        std::memcpy(corrected.row(i), logits.row(sample),
                    static_cast<std::size_t>(logits.cols) * sizeof(float));
        batch_labels.push_back(labels[static_cast<std::size_t>(sample)]);
      }
      apply(corrected);
      if (settings.softmax_twice) {
        cross_entropy_of_softmax(corrected, batch_labels, gradient);
      } else {
        cross_entropy(corrected, batch_labels, gradient);
      }
      float slope[2] = {0.0F, 0.0F};  // of alpha, of beta
      for (int i = 0; i < size; ++i) {
        const float* raw = logits.row(order[static_cast<std::size_t>(start + i)]);
        for (int c = part.first; c < part.last; ++c) {
          slope[0] += gradient.row(i)[c] * raw[c];
          slope[1] += gradient.row(i)[c];
        }
      }
      float values[2] = {part.alpha, part.beta};
      momentum_update(rule, slope, 2, velocity, values);
      part.alpha = values[0];
      part.beta = values[1];
    }
  }
}

}  // namespace sylvester
