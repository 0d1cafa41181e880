#include "golden/continual/bias_correction.hpp"

#include <gtest/gtest.h>

#include "golden/train/loss.hpp"

namespace sylvester {
namespace {

// Two old classes and two new ones whose logits stand `offset` too high.
struct Biased {
  FloatMatrix logits;
  std::vector<std::int32_t> labels;
};
Biased biased(float factor, float offset) {
  HostRandom random(5);
  Biased data;
  data.logits.resize(200, 4);
  for (int i = 0; i < 200; ++i) {
    const int label = i % 4;
    data.labels.push_back(label);
    for (int c = 0; c < 4; ++c) {
      float z = 4.0F * (random.uniform() - 0.5F) + (c == label ? 2.0F : 0.0F);
      if (c >= 2) z = factor * z + offset;
      data.logits.row(i)[c] = z;
    }
  }
  return data;
}

BiasCorrection two_tasks() {
  BiasCorrection correction;
  correction.add_task(2);
  correction.add_task(4);
  return correction;
}

double loss_of(const BiasCorrection& correction, const Biased& data) {
  FloatMatrix logits = data.logits;
  correction.apply(logits);
  FloatMatrix gradient;
  return cross_entropy(logits, data.labels, gradient);
}

TEST(BiasCorrection, ATaskWithoutFitChangesNothing) {
  const Biased data = biased(1.0F, 0.0F);
  FloatMatrix logits = data.logits;
  two_tasks().apply(logits);
  EXPECT_EQ(logits.values, data.logits.values);
}

TEST(BiasCorrection, TakesTheOffsetOfNewClassesAway) {
  const Biased data = biased(1.5F, 3.0F);
  BiasCorrection correction = two_tasks();
  const double before = loss_of(correction, data);
  const BiasCorrection::Fit fit = {
      .learning_rate = [](int) { return 0.01F; }, .momentum = 0.9F, .epochs = 100, .batch = 32};
  correction.fit(data.logits, data.labels, fit, HostRandom(1));
  const BiasCorrection::Part& old_task = correction.parts().front();
  EXPECT_EQ(old_task.alpha, 1.0F);
  EXPECT_EQ(old_task.beta, 0.0F);
  const BiasCorrection::Part& new_task = correction.parts().back();
  EXPECT_LT(new_task.beta, -1.0F);
  EXPECT_LT(loss_of(correction, data), before - 0.2);
  // The classes stood at z = factor·y + offset: about y again.
  EXPECT_NEAR(new_task.alpha * 3.0F + new_task.beta, 0.0F, 0.5F);
}

TEST(BiasCorrection, GradientGoesThroughTheFactor) {
  BiasCorrection correction;
  correction.restore({{.first = 0, .last = 1, .alpha = 1.0F, .beta = 0.0F},
                      {.first = 1, .last = 3, .alpha = 0.5F, .beta = 7.0F}});
  FloatMatrix gradient = {.rows = 1, .cols = 3, .values = {2.0F, 4.0F, -6.0F}};
  correction.apply_to_gradient(gradient);
  EXPECT_EQ(gradient.values, (std::vector<float>{2.0F, 2.0F, -3.0F}));
  FloatMatrix old_classes = {.rows = 1, .cols = 2, .values = {2.0F, 4.0F}};
  correction.apply(old_classes);  // a teacher knows fewer classes
  EXPECT_EQ(old_classes.values, (std::vector<float>{2.0F, 9.0F}));
}

}  // namespace
}  // namespace sylvester
