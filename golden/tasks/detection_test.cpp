#include "golden/tasks/detection.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "golden/support/random.hpp"

namespace sylvester {
namespace {

constexpr Grid kGrid{.rows = 8, .cols = 8, .cell_height = 8.0F, .cell_width = 8.0F};

Box square(float left, float top, float size) {
  return {.left = left, .top = top, .right = left + size, .bottom = top + size};
}

TEST(Detection, OverlapIsIntersectionOverUnion) {
  EXPECT_EQ(overlap(square(0, 0, 2), square(0, 0, 2)), 1.0F);
  EXPECT_FLOAT_EQ(overlap(square(0, 0, 2), square(1, 1, 2)), 1.0F / 7.0F);
  EXPECT_EQ(overlap(square(0, 0, 2), square(2, 0, 2)), 0.0F);
  EXPECT_EQ(overlap(square(0, 0, 0), square(0, 0, 0)), 0.0F);
  EXPECT_EQ(intersection(square(0, 0, 4), square(1, 2, 1)), 1.0F);
}

// What a cell learns is what its answer is taken for.
TEST(Detection, AnswersThatAreTheTargetsGiveTheObjects) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    HostRandom random(seed);
    std::vector<SceneObject> objects;
    for (int i = 0; i < 3; ++i) {  // in columns of cells of their own
      const auto number = [&](std::uint32_t most) {
        return static_cast<float>(random.below(most + 1));
      };
      const float left = 20.0F * static_cast<float>(i) + number(4);
      const float top = number(40);
      const Box box{.left = left,
                    .top = top,
                    .right = left + 6.0F + number(6),
                    .bottom = top + 10.0F + number(12)};
      objects.push_back({.label = static_cast<int>(random.below(10)), .box = box});
    }
    RowTargets targets;
    append_targets(kGrid, {}, targets);  // an image without objects
    append_targets(kGrid, objects, targets);
    ASSERT_EQ(targets.labels.size(), 128U);
    FloatMatrix logits;
    logits.resize(128, 11);
    for (std::size_t cell = 0; cell < 128; ++cell) {
      for (int c = 0; c < 11; ++c) {
        logits.row(static_cast<int>(cell))[c] = targets.labels[cell] == c ? 9.0F : 0.0F;
      }
    }
    EXPECT_TRUE(detections_of(kGrid, 0, logits, targets.values, 0).empty());
    const std::vector<Detection> found = detections_of(kGrid, 1, logits, targets.values, 64);
    ASSERT_EQ(found.size(), 3U);
    for (const SceneObject& object : objects) {
      const bool is_there = std::ranges::any_of(found, [&](const Detection& d) {
        return d.image == 1 && d.label == object.label && d.score > 0.99F &&
               overlap(d.box, object.box) > 0.999F;
      });
      EXPECT_TRUE(is_there);
    }
  }
}

TEST(Detection, TheFirstObjectHasTheCell) {
  RowTargets targets;
  append_targets(kGrid,
                 std::vector<SceneObject>{{.label = 3, .box = square(16, 8, 8)},
                                          {.label = 4, .box = square(17, 8, 8)}},
                 targets);
  EXPECT_EQ(targets.labels[8 + 2], 4);
  EXPECT_EQ(std::ranges::count(targets.labels, 0), 63);
  EXPECT_EQ(std::ranges::count(targets.counts, 1), 1);
  EXPECT_EQ(targets.counts[10], 1);
  EXPECT_EQ(targets.values.row(10)[0], 0.0F);
  EXPECT_EQ(targets.values.row(10)[2], 0.0F);  // log 1
}

TEST(Detection, NumbersBeyondTheSceneStayInIt) {
  FloatMatrix logits;
  logits.resize(64, 11);
  for (int cell = 0; cell < 64; ++cell) logits.row(cell)[0] = 20.0F;
  logits.row(63)[5] = 40.0F;
  FloatMatrix boxes;
  boxes.resize(64, kBoxNumbers);
  for (int i = 0; i < kBoxNumbers; ++i) boxes.row(63)[i] = i < 2 ? -1e30F : 1e30F;
  const std::vector<Detection> found = detections_of(kGrid, 0, logits, boxes, 0);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].label, 4);
  EXPECT_EQ(found[0].box, square(0, 0, 64));
}

TEST(Detection, SuppressionKeepsTheBestOfEachLabel) {
  const Detection best{.image = 0, .label = 1, .score = 0.9F, .box = square(0, 0, 10)};
  const Detection near{.image = 0, .label = 1, .score = 0.8F, .box = square(1, 0, 10)};
  const Detection far{.image = 0, .label = 1, .score = 0.7F, .box = square(6, 0, 10)};
  const Detection other{.image = 0, .label = 2, .score = 0.6F, .box = square(0, 0, 10)};
  EXPECT_EQ(suppressed({other, near, far, best}), (std::vector<Detection>{best, far, other}));
}

// Two objects; scores 0.9 right, 0.8 wrong, 0.7 right: precisions 1, 1/2, 2/3 at recalls 1/2, 1/2,
// 1; the envelope is 1 up to recall 1/2, then 2/3.
TEST(Detection, AveragePrecisionIsTheAreaBelowTheEnvelope) {
  const std::vector<std::vector<SceneObject>> objects = {
      {{.label = 3, .box = square(0, 0, 10)}, {.label = 5, .box = square(30, 30, 10)}},
      {{.label = 3, .box = square(20, 20, 10)}}};
  std::vector<Detection> detections = {
      {.image = 1, .label = 3, .score = 0.7F, .box = square(20, 20, 10)},
      {.image = 0, .label = 3, .score = 0.9F, .box = square(0, 1, 10)},
      {.image = 0, .label = 3, .score = 0.8F, .box = square(40, 40, 10)}};
  EXPECT_NEAR(average_precision(detections, objects, 3).value(),
              100.0 * (0.5 * 1.0 + 0.5 * 2.0 / 3.0), 1e-9);
  EXPECT_EQ(average_precision(detections, objects, 5).value(), 0.0);  // none found
  EXPECT_FALSE(average_precision(detections, objects, 4).has_value());

  // The second detection of an object is wrong: precisions 1, 1/2, 1/3, 2/4.
  detections.push_back({.image = 0, .label = 3, .score = 0.85F, .box = square(0, 0, 10)});
  EXPECT_NEAR(average_precision(detections, objects, 3).value(), 100.0 * (0.5 + 0.25), 1e-9);

  // Right behind wrong ones lifts what is before it.
  const std::vector<Detection> late = {
      {.image = 0, .label = 3, .score = 0.9F, .box = square(50, 0, 10)},
      {.image = 0, .label = 3, .score = 0.8F, .box = square(0, 0, 10)},
      {.image = 1, .label = 3, .score = 0.7F, .box = square(20, 20, 10)}};
  EXPECT_NEAR(average_precision(late, objects, 3).value(), 100.0 * 2.0 / 3.0, 1e-9);

  // Another label, another image, too small an overlap: all wrong.
  const std::vector<Detection> wrong = {
      {.image = 0, .label = 5, .score = 0.9F, .box = square(0, 0, 10)},
      {.image = 1, .label = 3, .score = 0.8F, .box = square(0, 0, 10)},
      {.image = 0, .label = 3, .score = 0.7F, .box = square(4, 0, 10)}};
  EXPECT_EQ(average_precision(wrong, objects, 3).value(), 0.0);
}

// An overlap of exactly one half is right.
TEST(Detection, HalfAnOverlapIsEnough) {
  const std::vector<std::vector<SceneObject>> objects = {{{.label = 0, .box = square(0, 0, 8)}}};
  const std::vector<Detection> half = {
      {.image = 0,
       .label = 0,
       .score = 0.5F,
       .box = {.left = 0.0F, .top = 0.0F, .right = 8.0F, .bottom = 4.0F}}};
  EXPECT_EQ(average_precision(half, objects, 0).value(), 100.0);
}

}  // namespace
}  // namespace sylvester
