// Losses on logits, in float32 with a fixed order of evaluation, and their gradients.
#pragma once

#include <cstdint>
#include <span>

#include "golden/train/matrix.hpp"

namespace sylvester {

/// Which part of a loss counts.
struct LossTerm {
  int first_class = 0;  ///< classes below take no part
  float weight = 1.0F;  ///< factor of the loss and of its gradient
};

/// Mean over the batch of -log softmax(logits)[label] over the term's classes. `gradient` becomes
/// its derivative with respect to the logits: weight·(softmax - one-hot) / batch, 0 for classes
/// that take no part. logits: batch x classes; labels in first_class ... classes-1.
double cross_entropy(const FloatMatrix& logits, std::span<const std::int32_t> labels,
                     FloatMatrix& gradient, const LossTerm& term = {});

/// The same of softmax(logits) taken for the logits, as the second stage of BiC has it in the
/// published HDQT code.
double cross_entropy_of_softmax(const FloatMatrix& logits, std::span<const std::int32_t> labels,
                                FloatMatrix& gradient);

/// Knowledge distillation as the published HDQT code has it: mean over the batch of
/// -sum_c softmax(old/T)_c · log softmax(new/T)_c over the old classes, without the factor T^2.
/// old_logits: batch x old classes, the first columns of logits. Its derivative, times `weight`, is
/// added to `gradient`.
double distillation(const FloatMatrix& logits, const FloatMatrix& old_logits, float temperature,
                    FloatMatrix& gradient, float weight = 1.0F);

}  // namespace sylvester
