// Scenes of several handwritten digits, made by the program from the images of MNIST: the set
// mnist-canvas, for tasks beyond classification.
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

#include "golden/data/dataset.hpp"

namespace sylvester {

inline constexpr int kCanvasSize = 64;     ///< rows and columns of a scene
inline constexpr int kSceneClasses = 10;   ///< labels, without the background
inline constexpr int kMostDigits = 3;      ///< of a scene; at least one
inline constexpr int kSmallestDigit = 20;  ///< rows and columns to which an image is scaled
inline constexpr int kLargestDigit = 36;
inline constexpr float kInk = 0.25F;         ///< the least brightness, 0 ... 1, of a digit's pixels
inline constexpr double kMostOverlap = 0.1;  ///< of the smaller of two boxes
inline constexpr int kMostScenes = 50000;

/// A rectangle in pixels, right and bottom edges exclusive.
struct Box {
  float left = 0.0F;
  float top = 0.0F;
  float right = 0.0F;
  float bottom = 0.0F;

  [[nodiscard]] float area() const { return (right - left) * (bottom - top); }
  friend bool operator==(const Box&, const Box&) = default;
};

/// Area of the part that two boxes share.
float intersection(const Box& a, const Box& b);

struct SceneObject {
  int label = 0;  ///< 0 ... kSceneClasses-1
  Box box;        ///< the smallest one around its ink

  friend bool operator==(const SceneObject&, const SceneObject&) = default;
};

struct Scenes {
  int height = kCanvasSize;
  int width = kCanvasSize;
  std::vector<float> x;  ///< images x height x width, standardised
  /// images x height x width: 0 background, 1 + label where a digit has ink.
  std::vector<std::uint8_t> pixel_label;
  std::vector<std::vector<SceneObject>> objects;  ///< by image

  [[nodiscard]] int images() const { return static_cast<int>(objects.size()); }
  [[nodiscard]] std::size_t positions() const {
    return static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
  }
};

struct SceneSplit {
  Scenes train;
  Scenes test;
  double mean = 0.0;  ///< of the brightness in the training part, by which both are standardised
  double deviation = 0.0;
};

struct CanvasOptions {
  std::uint64_t seed = 1;
  int train_images = 2000;  ///< 1 ... kMostScenes
  int test_images = 500;    ///< 1 ... kMostScenes

  friend auto operator<=>(const CanvasOptions&, const CanvasOptions&) = default;
};

/// Scenes of both parts: those for training from the publisher's training images of `digits`, those
/// for testing from its test images. Per scene 1 ... kMostDigits digits are tried: an image and a
/// size, both drawn, bilinear scaling, a drawn place such that the box lies within the scene and
/// covers at most kMostOverlap of the smaller of it and any box before; after 50 draws the digit is
/// left out. Pixels are the larger of what lies over each other, and belong to the digit that gives
/// the larger value. Scene i of a part depends on the seed, the part and i alone.
/// Throws UserError: a number of scenes out of range, samples that are no images of digits, a
/// part without images that have ink.
SceneSplit make_scenes(const Dataset& digits, const CanvasOptions& options);

}  // namespace sylvester
