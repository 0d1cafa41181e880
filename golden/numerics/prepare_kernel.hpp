// The vectorised half of prepare(): transform, largest magnitude, rounding. See prepare.hpp.
#pragma once

#include <algorithm>
#include <cstdint>

#include "golden/numerics/prepare.hpp"
#include "golden/numerics/prepare_rounder.hpp"

namespace sylvester {

struct MantissaRange {
  std::int16_t least = 0;  ///< at most 0
  std::int16_t most = 0;   ///< at least 0

  [[nodiscard]] std::int32_t largest_magnitude() const {
    return std::max<std::int32_t>(most, -std::int32_t{least});
  }
};

/// Whether all coefficients, and the sums on the way to them, fit in 16 bits.
inline bool fits_words(const MantissaRange& range, int block) {
  return range.largest_magnitude() * block <= kWideLimit;
}

/// What the kernel works on: one job, perhaps with all lines joined to one.
struct PrepareTask {
  const std::int16_t* mantissas = nullptr;
  int k = 0;
  int k_padded = 0;
  int block = 1;
  bool words = false;                   ///< fits_words of all mantissas
  const std::int16_t* signs = nullptr;  ///< k masks, 0 or -1: change the sign; or null
  const PrepareRecipe* recipe = nullptr;
  const Rounder* rounder = nullptr;
  const Quantiser* quantiser = nullptr;  ///< of the path by cells
  DrawKey key{};
  bool counted = true;
  Code* codes = nullptr;
};

/// Coefficients [first, last) of the lines [first_line, last_line); whole blocks.
struct PreparePiece {
  int first_line = 0;
  int last_line = 0;
  int first = 0;
  int last = 0;
};

struct CoefficientRange {
  MantissaRange mantissas;
  std::int32_t largest = 0;  ///< largest |coefficient|

  void add(const CoefficientRange& other);
};
struct CoefficientSums {
  std::uint64_t magnitudes = 0;  ///< S1 of SAWB-1
  Uint128 squares = 0;           ///< S2
};
/// Reads task.words.
CoefficientSums coefficient_sums(const PrepareTask& task, const PreparePiece& piece);
/// Does not read task.words.
CoefficientRange coefficient_range(const PrepareTask& task, const PreparePiece& piece);
/// Writes the codes. Counts are full, or meaningless if they are not asked for.
PrepareCounters round_coefficients(const PrepareTask& task, const PreparePiece& piece);

}  // namespace sylvester
