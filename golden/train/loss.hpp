// Losses on logits, in float32 with a fixed order of evaluation, and their gradients.
#pragma once

#include <cstdint>
#include <span>

#include "golden/train/matrix.hpp"

namespace sylvester {

/// Mean over the batch of -log softmax(logits)[label]. `gradient` becomes its derivative with
/// respect to the logits: (softmax - one-hot) / batch. logits: batch x classes; labels in
/// 0 ... classes-1.
double cross_entropy(const FloatMatrix& logits, std::span<const std::int32_t> labels,
                     FloatMatrix& gradient);

/// Knowledge distillation as HDQT's iCaRL has it: mean over the batch of
/// -sum_c softmax(old/T)_c · log softmax(new/T)_c over the old classes, without the factor T^2.
/// old_logits: batch x old classes, the first columns of logits. Its derivative is added to
/// `gradient`.
double distillation(const FloatMatrix& logits, const FloatMatrix& old_logits, float temperature,
                    FloatMatrix& gradient);

}  // namespace sylvester
