// One-stage detection on a grid of cells: what a cell learns, what its outputs mean, and the
// measure of detections.
//
// A head gives, for each cell, logits of the background (class 0) and of the classes (1 + label),
// another one four numbers: the offset of the box's centre from the centre of the cell to the right
// and downwards, and the logarithms of width and height, all relative to the cell.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "golden/data/canvas.hpp"
#include "golden/train/matrix.hpp"
#include "golden/train/row_loss.hpp"

namespace sylvester {

inline constexpr int kBoxNumbers = 4;
inline constexpr float kLeastScore = 0.05F;         ///< of a detection
inline constexpr float kSuppressingOverlap = 0.5F;  ///< intersection over union that suppresses
inline constexpr float kRightOverlap = 0.5F;  ///< intersection over union of a right detection

/// Cells of equal size that cover a scene.
struct Grid {
  int rows = 0;
  int cols = 0;
  float cell_height = 0.0F;  ///< pixels
  float cell_width = 0.0F;

  [[nodiscard]] int cells() const { return rows * cols; }
};

/// The cell in which the centre of an object's box lies has the object, the first one of several.
/// Appends the rows of an image's cells: label 0 or 1 + label of the object, whose box counts.
void append_targets(const Grid& grid, std::span<const SceneObject> objects, RowTargets& targets);

struct Detection {
  int image = 0;
  int label = 0;
  float score = 0.0F;  ///< probability of the label in its cell
  Box box;

  friend bool operator==(const Detection&, const Detection&) = default;
};

/// Intersection over union, 0 ... 1; 0 of boxes without area.
float overlap(const Box& a, const Box& b);

/// Of one image: each class whose probability in a cell is kLeastScore or more, cells in order,
/// then non-maximum suppression. logits, boxes: the image's rows of the two heads. Boxes are those
/// that the numbers say, cut off at the scene's edges; of numbers beyond ±8 the nearest.
std::vector<Detection> detections_of(const Grid& grid, int image, const FloatMatrix& logits,
                                     const FloatMatrix& boxes, int first_row);

/// By score, the larger first, equal ones in their order: leaves out what overlaps one of the same
/// label that stays by more than kSuppressingOverlap.
std::vector<Detection> suppressed(std::vector<Detection> detections);

/// Average precision of a label in percent, at an overlap of kRightOverlap, as Pascal VOC defines
/// it since 2010 (Everingham and others, "The Pascal visual object classes challenge: a
/// retrospective", IJCV 2015): detections by score, the larger first, equal ones in their order; a
/// detection is right if the object of its image and label that it overlaps most is overlapped by
/// kRightOverlap or more and was not found before; precision at a recall is the largest one at it
/// or at a larger recall; the area below it over all recalls. Nothing without objects of the label.
std::optional<double> average_precision(std::span<const Detection> detections,
                                        std::span<const std::vector<SceneObject>> objects,
                                        int label);

}  // namespace sylvester
