#include "sim/systemc/faults.hpp"

#include <array>

namespace sylvester {

std::span<const SystemcFaultInfo> systemc_faults() {
  static constexpr std::array<SystemcFaultInfo, 17> kFaults{{
      {SystemcFault::kSecondPassNotAdmitted, "corner_turn",
       "the second pass is not held back until the divisor is known"},
      {SystemcFault::kDifferencesReversed, "transform",
       "the differences of a block leave in reversed order"},
      {SystemcFault::kDrawIndexOfLine, "quantise", "all elements of a line share one draw"},
      {SystemcFault::kDeadLanesCounted, "quantise", "lanes beyond the last line are counted"},
      {SystemcFault::kScaleSetupShort, "quantise", "the divisor's set-up is one cycle short"},
      {SystemcFault::kKeyRoundSkipped, "draw_key",
       "the first round of the key schedule is skipped"},
      {SystemcFault::kGivenIsMeasured, "quantise",
       "a matrix whose divisor is given is measured first"},
      {SystemcFault::kGivenNotMeasured, "quantise", "no M is measured beside the codes"},
      {SystemcFault::kSignsOfDraws, "draw_key transform",
       "the random signs have the key of the draws"},
      {SystemcFault::kSignsNotRepeated, "transform",
       "every group of lines has random signs of its own"},
      {SystemcFault::kReleaseDropped, "code_buffer_a", "the second release of a job is lost"},
      {SystemcFault::kSaturationOffByOne, "systolic_array",
       "a limited MAC leaves a register that is one too small"},
      {SystemcFault::kThreePasses, "code_buffer_a code_buffer_b",
       "the fourth pass over a tile's nibbles is left out", true},
      {SystemcFault::kCrossPassDropped, "edge",
       "low nibbles of A times high ones of B are not added", true},
      {SystemcFault::kLateTileFlush, "systolic_array", "columns begin to shift one step late"},
      {SystemcFault::kOuterNotCleared, "edge",
       "the first tile of a line is added to the previous line's sum"},
      {SystemcFault::kOuterCountOffByOne, "edge", "one limited outer addition too many is counted"},
  }};
  return kFaults;
}

void select_systemc_fault(SystemcFault fault) { detail::selected_systemc_fault = fault; }

}  // namespace sylvester
