#include "golden/tasks/detection.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "golden/train/float_math.hpp"
#include "golden/train/softmax.hpp"

namespace sylvester {
namespace {

constexpr float kMostNumber = 8.0F;  // of a box: e^8 cells are wider than any scene

std::size_t as_size(int value) { return static_cast<std::size_t>(value); }

void sort_by_score(std::vector<Detection>& detections) {
  std::ranges::stable_sort(detections, std::ranges::greater(), &Detection::score);
}

Box box_of(const Grid& grid, int row, int col, const float* numbers) {
  const auto number = [&](int i) { return std::clamp(numbers[i], -kMostNumber, kMostNumber); };
  const float x = (static_cast<float>(col) + 0.5F + number(0)) * grid.cell_width;
  const float y = (static_cast<float>(row) + 0.5F + number(1)) * grid.cell_height;
  const float half_width = 0.5F * (exp_float(number(2)) * grid.cell_width);
  const float half_height = 0.5F * (exp_float(number(3)) * grid.cell_height);
  const float right = static_cast<float>(grid.cols) * grid.cell_width;
  const float bottom = static_cast<float>(grid.rows) * grid.cell_height;
  return {.left = std::clamp(x - half_width, 0.0F, right),
          .top = std::clamp(y - half_height, 0.0F, bottom),
          .right = std::clamp(x + half_width, 0.0F, right),
          .bottom = std::clamp(y + half_height, 0.0F, bottom)};
}

// Area below the envelope of precisions, 0 ... 1. right: of the detections in their order.
double area_below(const std::vector<bool>& right, int objects) {
  std::vector<double> precision(right.size());
  int found = 0;
  for (std::size_t i = 0; i < right.size(); ++i) {
    found += right[i] ? 1 : 0;
    precision[i] = static_cast<double>(found) / static_cast<double>(i + 1);
  }
  double largest = 0.0;
  double area = 0.0;
  for (std::size_t i = right.size(); i-- > 0;) {
    largest = std::max(largest, precision[i]);
    if (right[i]) area += largest;  // recall rises by 1/objects here
  }
  return area / objects;
}

}  // namespace

void append_targets(const Grid& grid, std::span<const SceneObject> objects, RowTargets& targets) {
  const std::size_t first = targets.labels.size();
  targets.labels.resize(first + as_size(grid.cells()), 0);
  targets.counts.resize(targets.labels.size(), 0);
  targets.values.resize(static_cast<int>(targets.labels.size()), kBoxNumbers);
  std::fill_n(targets.values.row(static_cast<int>(first)), as_size(grid.cells()) * kBoxNumbers,
              0.0F);
  for (const SceneObject& object : objects) {
    const Box& box = object.box;
    const float x = 0.5F * (box.left + box.right) / grid.cell_width;
    const float y = 0.5F * (box.top + box.bottom) / grid.cell_height;
    const int col = std::min(static_cast<int>(x), grid.cols - 1);
    const int row = std::min(static_cast<int>(y), grid.rows - 1);
    const std::size_t at = first + as_size(row * grid.cols + col);
    if (targets.labels[at] != 0) continue;
    targets.labels[at] = 1 + object.label;
    targets.counts[at] = 1;
    float* numbers = targets.values.row(static_cast<int>(at));
    numbers[0] = x - (static_cast<float>(col) + 0.5F);
    numbers[1] = y - (static_cast<float>(row) + 0.5F);
    numbers[2] = log_float((box.right - box.left) / grid.cell_width);
    numbers[3] = log_float((box.bottom - box.top) / grid.cell_height);
  }
}

float overlap(const Box& a, const Box& b) {
  const float common = intersection(a, b);
  return common > 0.0F ? common / (a.area() + b.area() - common) : 0.0F;
}

std::vector<Detection> detections_of(const Grid& grid, int image, const FloatMatrix& logits,
                                     const FloatMatrix& boxes, int first_row) {
  std::vector<Detection> detections;
  std::vector<float> probability(as_size(logits.cols));
  for (int cell = 0; cell < grid.cells(); ++cell) {
    softmax(logits.row(first_row + cell), logits.cols, 1.0F, probability.data());
    for (int c = 1; c < logits.cols; ++c) {
      const float score = probability[as_size(c)];
      if (!(score >= kLeastScore)) continue;
      detections.push_back(
          {.image = image,
           .label = c - 1,
           .score = score,
           .box = box_of(grid, cell / grid.cols, cell % grid.cols, boxes.row(first_row + cell))});
    }
  }
  return suppressed(std::move(detections));
}

std::vector<Detection> suppressed(std::vector<Detection> detections) {
  sort_by_score(detections);
  std::vector<Detection> kept;
  for (const Detection& detection : detections) {
    const bool hidden = std::ranges::any_of(kept, [&](const Detection& other) {
      return other.label == detection.label && other.image == detection.image &&
             overlap(other.box, detection.box) > kSuppressingOverlap;
    });
    if (!hidden) kept.push_back(detection);
  }
  return kept;
}

std::optional<double> average_precision(std::span<const Detection> detections,
                                        std::span<const std::vector<SceneObject>> objects,
                                        int label) {
  int count = 0;
  std::vector<std::vector<bool>> found;  // by image and object
  for (const std::vector<SceneObject>& of_image : objects) {
    count += static_cast<int>(std::ranges::count(of_image, label, &SceneObject::label));
    found.emplace_back(of_image.size());
  }
  if (count == 0) return std::nullopt;
  std::vector<Detection> of_label;
  std::ranges::copy_if(detections, std::back_inserter(of_label),
                       [&](const Detection& d) { return d.label == label; });
  sort_by_score(of_label);
  std::vector<bool> right;
  for (const Detection& detection : of_label) {
    const std::vector<SceneObject>& of_image = objects[as_size(detection.image)];
    float most = 0.0F;
    std::size_t best = 0;
    for (std::size_t i = 0; i < of_image.size(); ++i) {
      const float common =
          of_image[i].label == label ? overlap(detection.box, of_image[i].box) : 0.0F;
      if (common > most) {
        most = common;
        best = i;
      }
    }
    std::vector<bool>& of_found = found[as_size(detection.image)];
    const bool is_right = most >= kRightOverlap && !of_found[best];
    if (is_right) of_found[best] = true;
    right.push_back(is_right);
  }
  return 100.0 * area_below(right, count);
}

}  // namespace sylvester
