// Single faults in the closed form, selectable at run time: they show that the comparison of cycle
// counts finds a wrong schedule.
#pragma once

#include <span>
#include <string_view>

namespace sylvester {

struct CyclesFault {
  int number;             ///< 1, 2, ...; 0 is no fault
  std::string_view part;  ///< "prepare" or "gemm": the count that it changes
  std::string_view what;
  bool passes = false;  ///< of hardware with passes over nibbles
};

inline constexpr int kDivideThenMix = 1;
inline constexpr int kTransformKeepsDifferences = 2;
inline constexpr int kShortTileNotStretched = 3;
inline constexpr int kReleaseOneEarly = 4;
inline constexpr int kNoDeskew = 5;
inline constexpr int kPassesNotRepeated = 6;
inline constexpr int kGivenReadTwice = 7;

std::span<const CyclesFault> cycles_faults();

}  // namespace sylvester
