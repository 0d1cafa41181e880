#include "sim/cycles/faults.hpp"

#include <array>

namespace sylvester {

std::span<const CyclesFault> cycles_faults() {
  static constexpr std::array<CyclesFault, 7> kFaults{{
      {kDivideThenMix, "prepare", "division and mixer stages follow each other"},
      {kTransformKeepsDifferences, "prepare", "the last differences of a block take no time"},
      {kShortTileNotStretched, "gemm", "a tile shorter than the array takes only its length"},
      {kReleaseOneEarly, "gemm", "a released bank is writable one cycle early"},
      {kNoDeskew, "gemm", "columns leave the array without being aligned"},
      {kPassesNotRepeated, "gemm", "a tile of nibbles takes three passes", true},
      {kGivenReadTwice, "prepare", "a matrix with a given divisor is read twice"},
  }};
  return kFaults;
}

}  // namespace sylvester
