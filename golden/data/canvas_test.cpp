#include "golden/data/canvas.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "golden/data/load.hpp"
#include "golden/data/test_digits.hpp"
#include "golden/data/test_files.hpp"

namespace sylvester {
namespace {

using testing::HasSubstr;

// What every scene must be.
void expect_scenes(const Scenes& scenes, double mean, double deviation) {
  const auto brightness = [&](float x) { return static_cast<double>(x) * deviation + mean; };
  for (std::size_t i = 0; i < scenes.objects.size(); ++i) {
    const std::vector<SceneObject>& objects = scenes.objects[i];
    const float* x = scenes.x.data() + i * scenes.positions();
    const std::uint8_t* labels = scenes.pixel_label.data() + i * scenes.positions();
    ASSERT_GE(objects.size(), 1U);
    ASSERT_LE(objects.size(), static_cast<std::size_t>(kMostDigits));
    std::set<int> known = {0};
    for (const SceneObject& object : objects) {
      known.insert(1 + object.label);
      const Box& box = object.box;
      EXPECT_GE(std::min(box.left, box.top), 0.0F);
      EXPECT_LE(std::max(box.right, box.bottom), static_cast<float>(kCanvasSize));
      EXPECT_GT(box.area(), 0.0F);
      for (const SceneObject& other : objects) {
        if (&other == &object) continue;
        EXPECT_LE(intersection(box, other.box),
                  1.000001 * kMostOverlap * std::min(box.area(), other.box.area()));
      }
    }
    for (int row = 0; row < kCanvasSize; ++row) {
      for (int column = 0; column < kCanvasSize; ++column) {
        const auto at = static_cast<std::size_t>(row * kCanvasSize + column);
        const int label = labels[at];
        ASSERT_TRUE(known.contains(label));
        // Ink is what is bright, and ink lies in a box of its label.
        EXPECT_EQ(label != 0, brightness(x[at]) >= static_cast<double>(kInk) - 1e-6);
        if (label == 0) continue;
        EXPECT_TRUE(std::ranges::any_of(objects, [&](const SceneObject& o) {
          const auto r = static_cast<float>(row), c = static_cast<float>(column);
          return 1 + o.label == label && c >= o.box.left && c < o.box.right && r >= o.box.top &&
                 r < o.box.bottom;
        }));
      }
    }
  }
}

TEST(Canvas, ScenesHaveDigitsBoxesAndPixels) {
  const Dataset digits = drawn_digits(5, 1);
  const SceneSplit split = make_scenes(digits, {.seed = 3, .train_images = 60, .test_images = 20});
  EXPECT_EQ(split.train.images(), 60);
  EXPECT_EQ(split.test.images(), 20);
  expect_scenes(split.train, split.mean, split.deviation);
  expect_scenes(split.test, split.mean, split.deviation);
  std::set<std::size_t> counts;
  std::set<float> heights;
  for (const auto& objects : split.train.objects) {
    counts.insert(objects.size());
    for (const SceneObject& object : objects) heights.insert(object.box.bottom - object.box.top);
  }
  EXPECT_EQ(counts, (std::set<std::size_t>{1, 2, 3}));
  EXPECT_GT(heights.size(), 5U);
  double sum = 0.0, squares = 0.0;
  for (const float value : split.train.x) {
    sum += static_cast<double>(value);
    squares += static_cast<double>(value) * static_cast<double>(value);
  }
  const auto count = static_cast<double>(split.train.x.size());
  EXPECT_NEAR(sum / count, 0.0, 1e-5);
  EXPECT_NEAR(squares / count, 1.0, 1e-5);
}

TEST(Canvas, SeedAndPlaceDecideAScene) {
  const Dataset digits = drawn_digits(5, 1);
  const SceneSplit few = make_scenes(digits, {.seed = 3, .train_images = 4, .test_images = 2});
  const SceneSplit more = make_scenes(digits, {.seed = 3, .train_images = 9, .test_images = 2});
  const SceneSplit other = make_scenes(digits, {.seed = 4, .train_images = 4, .test_images = 2});
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(few.train.objects[i], more.train.objects[i]);
  EXPECT_EQ(few.test.objects, more.test.objects);
  EXPECT_NE(few.train.objects, other.train.objects);
  EXPECT_NE(few.train.objects[0], few.test.objects[0]);
}

TEST(Canvas, TrainingAndTestPartHaveTheirOwnImages) {
  Dataset digits = drawn_digits(2, 1);
  for (std::size_t i = 20; i < 40; ++i) digits.label[i] = 7;
  const SceneSplit split = make_scenes(digits, {.seed = 1, .train_images = 30, .test_images = 10});
  std::set<int> trained;
  for (const auto& objects : split.train.objects) {
    for (const SceneObject& object : objects) trained.insert(object.label);
  }
  EXPECT_GT(trained.size(), 5U);
  for (const auto& objects : split.test.objects) {
    for (const SceneObject& object : objects) EXPECT_EQ(object.label, 7);
  }
}

TEST(Canvas, RefusesWhatIsNoDigits) {
  const auto error = [](const Dataset& digits, const CanvasOptions& options = {}) {
    return user_error([&] { make_scenes(digits, options); });
  };
  const Dataset digits = drawn_digits(1, 1);
  EXPECT_EQ(error(digits, {.train_images = 0}), "data.train_images: value 0; allowed: 1...50000");
  EXPECT_EQ(error(digits, {.test_images = 50001}),
            "data.test_images: value 50001; allowed: 1...50000");
  Dataset dark = digits;
  std::ranges::fill(dark.x, 0.2F);
  EXPECT_THAT(error(dark), HasSubstr("have no pixel of 0.25 or more"));
  Dataset colours = digits;
  colours.set_shape(14, 28, 2);
  EXPECT_THAT(error(colours), HasSubstr("images of one channel"));
  Dataset whole = digits;
  whole.publisher_training_samples = 0;
  EXPECT_THAT(error(whole), HasSubstr("images for testing"));
}

TEST(Canvas, ReadsTheFilesOfMnist) {
  const TestFolder folder;
  EXPECT_THAT(user_error([&] { load_dataset("mnist-canvas", folder.path()); }),
              HasSubstr("no file of data set 'mnist-canvas'; looked for train-images-idx3-ubyte"));
  const auto image_file = [] {
    return std::string("\0\0\x08\x03\0\0\0\x01\0\0\0\x02\0\0\0\x02", 16) + std::string(4, 'x');
  };
  const std::string labels("\0\0\x08\x01\0\0\0\x01\x07", 9);
  std::filesystem::create_directory(folder.path() / "mnist");
  for (const char* part : {"train", "t10k"}) {
    folder.write(std::string("mnist/") + part + "-images-idx3-ubyte", image_file());
    folder.write(std::string("mnist/") + part + "-labels-idx1-ubyte", labels);
  }
  const Dataset digits = load_dataset("mnist-canvas", folder.path());
  EXPECT_EQ(digits.name, "mnist-canvas");
  EXPECT_EQ(digits.samples(), 2);
  EXPECT_EQ(digits.publisher_training_samples, 1);
}

}  // namespace
}  // namespace sylvester
