#include "golden/data/canvas.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>

#include <fmt/format.h>

#include "golden/support/error.hpp"
#include "golden/support/random.hpp"

namespace sylvester {
namespace {

// Sub-stream of the run seed; split.cpp has 1 and 2.
constexpr std::uint64_t kSceneStream = 3;
constexpr int kMostDraws = 50;

std::size_t as_size(int value) { return static_cast<std::size_t>(value); }

// A digit as it is painted, and where its ink lies in it.
struct Sprite {
  int size = 0;  ///< rows and columns
  int label = 0;
  std::vector<float> pixels;
  int left = 0;
  int top = 0;
  int width = 0;  ///< 0: no ink
  int height = 0;

  [[nodiscard]] float at(int row, int column) const { return pixels[as_size(row * size + column)]; }
};

// Where output position i of `size` lies between the `length` input positions: pixel centres on
// pixel centres, edges repeated.
struct Between {
  int first = 0;
  int second = 0;
  double share = 0.0;  ///< of the second
};
Between between(int i, int size, int length) {
  const int numerator = std::clamp((2 * i + 1) * length - size, 0, 2 * size * (length - 1));
  const int first = numerator / (2 * size);
  return {.first = first,
          .second = std::min(first + 1, length - 1),
          .share = static_cast<double>(numerator % (2 * size)) / (2 * size)};
}

Sprite sprite_of(const Dataset& digits, std::size_t sample, int size) {
  const float* image = digits.x.data() + sample * as_size(digits.features);
  Sprite sprite;
  sprite.size = size;
  sprite.label = digits.label[sample];
  int right = -1, bottom = -1;
  sprite.left = sprite.top = size;
  for (int r = 0; r < size; ++r) {
    const Between rows = between(r, size, digits.height);
    for (int c = 0; c < size; ++c) {
      const Between columns = between(c, size, digits.width);
      const auto in_row = [&](int row) {
        const float* line = image + static_cast<std::ptrdiff_t>(row) * digits.width;
        return static_cast<double>(line[columns.first]) * (1.0 - columns.share) +
               static_cast<double>(line[columns.second]) * columns.share;
      };
      const auto value = static_cast<float>(in_row(rows.first) * (1.0 - rows.share) +
                                            in_row(rows.second) * rows.share);
      sprite.pixels.push_back(value);
      if (value < kInk) continue;
      sprite.left = std::min(sprite.left, c);
      sprite.top = std::min(sprite.top, r);
      right = std::max(right, c);
      bottom = std::max(bottom, r);
    }
  }
  if (right >= 0) {
    sprite.width = right - sprite.left + 1;
    sprite.height = bottom - sprite.top + 1;
  }
  return sprite;
}

bool has_room(const Box& box, const std::vector<SceneObject>& others) {
  return std::ranges::all_of(others, [&](const SceneObject& other) {
    const float smaller = std::min(box.area(), other.box.area());
    return static_cast<double>(intersection(box, other.box)) <=
           kMostOverlap * static_cast<double>(smaller);
  });
}

// A digit and the place of its ink, or nothing if there was no room.
struct Placed {
  Sprite sprite;
  int left = 0;
  int top = 0;

  [[nodiscard]] Box box() const {
    return {.left = static_cast<float>(left),
            .top = static_cast<float>(top),
            .right = static_cast<float>(left + sprite.width),
            .bottom = static_cast<float>(top + sprite.height)};
  }
};
std::optional<Placed> draw_digit(const Dataset& digits, std::size_t first, std::uint32_t samples,
                                 const std::vector<SceneObject>& others, HostRandom& random) {
  for (int draw = 0; draw < kMostDraws; ++draw) {
    const std::size_t sample = first + random.below(samples);
    const int size =
        kSmallestDigit + static_cast<int>(random.below(kLargestDigit - kSmallestDigit + 1));
    Placed placed{.sprite = sprite_of(digits, sample, size)};
    const auto place = [&](int length) {
      return static_cast<int>(random.below(static_cast<std::uint32_t>(kCanvasSize - length + 1)));
    };
    placed.left = place(placed.sprite.width);
    placed.top = place(placed.sprite.height);
    if (placed.sprite.width > 0 && has_room(placed.box(), others)) return placed;
  }
  return std::nullopt;
}

void paint(const Placed& placed, float* x, std::uint8_t* labels) {
  const Sprite& sprite = placed.sprite;
  for (int r = 0; r < sprite.size; ++r) {
    const int y = placed.top - sprite.top + r;
    if (y < 0 || y >= kCanvasSize) continue;
    for (int c = 0; c < sprite.size; ++c) {
      const int column = placed.left - sprite.left + c;
      if (column < 0 || column >= kCanvasSize) continue;
      const float value = sprite.at(r, c);
      const auto at = as_size(y * kCanvasSize + column);
      if (value <= x[at]) continue;
      x[at] = value;
      if (value >= kInk) labels[at] = static_cast<std::uint8_t>(1 + sprite.label);
    }
  }
}

// Of the samples first ... first + samples.
Scenes scenes_of(const Dataset& digits, std::size_t first, std::size_t samples, int images,
                 const HostRandom& random) {
  Scenes scenes;
  scenes.x.assign(as_size(images) * scenes.positions(), 0.0F);
  scenes.pixel_label.assign(scenes.x.size(), 0);
  scenes.objects.resize(as_size(images));
  for (std::size_t i = 0; i < as_size(images); ++i) {
    HostRandom of_image = random.fork(i);
    std::vector<SceneObject>& objects = scenes.objects[i];
    const std::uint32_t count = 1 + of_image.below(kMostDigits);
    for (std::uint32_t n = 0; n < count; ++n) {
      const auto placed =
          draw_digit(digits, first, static_cast<std::uint32_t>(samples), objects, of_image);
      if (!placed) continue;
      paint(*placed, scenes.x.data() + i * scenes.positions(),
            scenes.pixel_label.data() + i * scenes.positions());
      objects.push_back({.label = placed->sprite.label, .box = placed->box()});
    }
    if (objects.empty()) {
      throw UserError(
          fmt::format("data set '{}': {} images in a row have no pixel of {} or more, "
                      "a scene needs one digit",
                      digits.name, kMostDraws, kInk));
    }
  }
  return scenes;
}

void check(const Dataset& digits, const CanvasOptions& options) {
  for (const auto& [key, images] : {std::pair("data.train_images", options.train_images),
                                    std::pair("data.test_images", options.test_images)}) {
    if (images < 1 || images > kMostScenes) {
      throw UserError(fmt::format("{}: value {}; allowed: 1...{}", key, images, kMostScenes));
    }
  }
  if (digits.channels != 1 || !digits.is_image() || digits.classes != kSceneClasses) {
    throw UserError(
        fmt::format("data set '{}': scenes are made from images of one channel and {} classes",
                    digits.name, kSceneClasses));
  }
  if (digits.publisher_training_samples < 1 ||
      digits.publisher_training_samples >= digits.samples()) {
    throw UserError(fmt::format(
        "data set '{}': scenes need images for training and images for testing", digits.name));
  }
}

}  // namespace

float intersection(const Box& a, const Box& b) {
  const float width = std::min(a.right, b.right) - std::max(a.left, b.left);
  const float height = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
  return width > 0.0F && height > 0.0F ? width * height : 0.0F;
}

SceneSplit make_scenes(const Dataset& digits, const CanvasOptions& options) {
  check(digits, options);
  const HostRandom random = HostRandom(options.seed).fork(kSceneStream);
  const auto trained = as_size(digits.publisher_training_samples);
  SceneSplit split;
  split.train = scenes_of(digits, 0, trained, options.train_images, random.fork(0));
  split.test = scenes_of(digits, trained, as_size(digits.samples()) - trained, options.test_images,
                         random.fork(1));
  const auto count = static_cast<double>(split.train.x.size());
  double sum = 0.0;
  for (const float value : split.train.x) sum += static_cast<double>(value);
  split.mean = sum / count;
  double squares = 0.0;
  for (const float value : split.train.x) {
    const double difference = static_cast<double>(value) - split.mean;
    squares += difference * difference;
  }
  split.deviation = std::sqrt(squares / count);  // above 0: a scene has ink and background
  for (Scenes* scenes : {&split.train, &split.test}) {
    for (float& value : scenes->x) {
      value = static_cast<float>((static_cast<double>(value) - split.mean) / split.deviation);
    }
  }
  return split;
}

}  // namespace sylvester
