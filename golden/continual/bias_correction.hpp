// BiC's correction of the classifier's bias towards new classes: one factor and one offset per task
// (Wu et al., "Large Scale Incremental Learning", CVPR 2019, section 4).
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "golden/support/random.hpp"
#include "golden/train/matrix.hpp"

namespace sylvester {

class BiasCorrection {
 public:
  struct Part {
    int first = 0;  ///< first class of the task
    int last = 0;   ///< one past its last class
    float alpha = 1.0F;
    float beta = 0.0F;

    friend bool operator==(const Part&, const Part&) = default;
  };

  /// The classes of a further task, `last` one past the last, uncorrected as yet.
  void add_task(int last);

  /// z = alpha·z + beta, every operation rounded to float32, in the columns of each task.
  void apply(FloatMatrix& logits) const;
  /// The derivative with respect to the logits before apply() from the one behind it.
  void apply_to_gradient(FloatMatrix& gradient) const;

  struct Fit {
    std::function<float(int epoch)> learning_rate;
    float momentum = 0.0F;
    float weight_decay = 0.0F;
    int epochs = 1;
    int batch = 128;
    /// The loss is that of softmax(logits) taken for logits, as in the published HDQT code.
    bool softmax_twice = false;
  };
  /// Learns alpha and beta of the newest task from held-out samples: the cross-entropy of the
  /// corrected logits, batches in shuffled order. logits: samples x classes, uncorrected.
  void fit(const FloatMatrix& logits, std::span<const std::int32_t> labels, const Fit& settings,
           const HostRandom& random);

  [[nodiscard]] const std::vector<Part>& parts() const { return parts_; }
  void restore(std::vector<Part> parts) { parts_ = std::move(parts); }

 private:
  std::vector<Part> parts_;
};

}  // namespace sylvester
