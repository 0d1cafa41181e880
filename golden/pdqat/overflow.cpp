#include "golden/pdqat/overflow.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

namespace sylvester {
namespace {

struct Peak {
  std::int32_t sum = 0;
  int end = 0;  ///< of the prefix
};

// Of products first ... last - 1; check(GemmJob) has bounded the sum by 32 bits.
Peak peak_of(const Code* a, const Code* b, int first, int last, bool whole) {
  Peak peak{.sum = 0, .end = first};
  std::int32_t sum = 0;
  for (int k = first; k < last; ++k) {
    sum += std::int32_t{a[k]} * b[k];
    if (!whole && std::abs(sum) > std::abs(peak.sum)) peak = {.sum = sum, .end = k + 1};
  }
  return whole ? Peak{.sum = sum, .end = last} : peak;
}

}  // namespace

double overflow_hinge(const GemmJob& job, double weight, std::vector<float>* slope) {
  const PreparedOperand& a = *job.a;
  const PreparedOperand& b = *job.b;
  const int length = a.k_padded;
  const int tile = tile_length(job);
  const int tiles = (length + tile - 1) / tile;
  const auto limit = static_cast<double>((std::int64_t{1} << (job.recipe.bits - 1)) - 1);
  const bool whole = job.recipe.policy == AccumulatePolicy::kClamp;
  const double count = static_cast<double>(a.lines) * b.lines * tiles;
  const auto step = static_cast<float>(weight / (limit * count));
  double sum = 0.0;
  for (int m = 0; m < a.lines; ++m) {
    const Code* row = a.codes.data() + static_cast<std::ptrdiff_t>(m) * length;
    for (int n = 0; n < b.lines; ++n) {
      const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(n) * length;
      for (int first = 0; first < length; first += tile) {
        const Peak peak =
            peak_of(row, b.codes.data() + at, first, std::min(length, first + tile), whole);
        const double beyond = std::abs(static_cast<double>(peak.sum)) / limit - 1.0;
        if (beyond <= 0.0) continue;
        sum += beyond;
        if (slope == nullptr) continue;
        const float sign = peak.sum > 0 ? step : -step;
        for (int k = first; k < peak.end; ++k) {
          (*slope)[static_cast<std::size_t>(at + k)] += sign * static_cast<float>(row[k]);
        }
      }
    }
  }
  return sum / count;
}

}  // namespace sylvester
