// The gradient of a weight matrix, as an executor leaves it for the update of the weights.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sylvester {

/// Row-major like the weights; empty: they are not trained. Either floats, or the integers of a
/// GEMM with the float of their scale: element = fl(fl(integer)·scale), rule SCL-4, `scale` finite.
/// The update converts them as it reads them, which saves a pass over memory. Memory is used again
/// by the next step.
struct WeightGradient {
  std::vector<float> floats;
  std::vector<std::int32_t> integers;  ///< empty: `floats` holds the gradient
  float scale = 1.0F;

  /// Makes it one of floats, to be written.
  float* as_floats(std::size_t size) {
    integers.clear();
    floats.resize(size);
    return floats.data();
  }
  /// Makes it that of weights that are not trained.
  void clear() {
    integers.clear();
    floats.clear();
  }
  [[nodiscard]] bool empty() const { return integers.empty() && floats.empty(); }
  /// The elements, wherever they are.
  [[nodiscard]] std::vector<float> values() const {
    std::vector<float> result = floats;
    if (integers.empty()) return result;
    result.clear();
    for (const std::int32_t integer : integers) {
      result.push_back(static_cast<float>(integer) * scale);
    }
    return result;
  }
};

}  // namespace sylvester
