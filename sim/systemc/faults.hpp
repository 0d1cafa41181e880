// Single faults in the SystemC model, selectable at run time: they show that the verification
// finds what is wrong and where.
#pragma once

#include <span>
#include <string_view>

namespace sylvester {

enum class SystemcFault {
  kNone,
  kSecondPassNotAdmitted,  ///< corner_turn ignores `open`
  kDifferencesReversed,    ///< transform drains its memory from the wrong end
  kDrawIndexOfLine,        ///< quantise draws with the index of k = 0
  kDeadLanesCounted,       ///< quantise counts lanes beyond the last line
  kScaleSetupShort,        ///< quantise leaves SETUP a cycle early
  kKeyRoundSkipped,        ///< draw_key starts with round 1
  kReleaseDropped,         ///< code_buffer_a ignores its second release
  kSaturationOffByOne,     ///< a limited MAC keeps a register that is one too small
  kLateTileFlush,          ///< a column begins to shift a step late
  kOuterNotCleared,        ///< edge adds the first tile to the previous block
  kOuterCountOffByOne,     ///< edge counts one limited addition too many
  kThreePasses,            ///< the code buffers leave out the fourth pass over a tile's nibbles
  kGivenIsMeasured,        ///< quantise measures a matrix although its divisor is given
  kGivenNotMeasured,       ///< quantise measures no M in the pass that makes codes
  kSignsOfDraws,           ///< draw_key makes the key of the signs from the draws' context
  kSignsNotRepeated,       ///< transform goes on with the index of k from line to line
  kCrossPassDropped,       ///< edge leaves out the pass of low nibbles of A, high nibbles of B
};

struct SystemcFaultInfo {
  SystemcFault fault;
  /// Block that a divergence must name (StreamInfo::producer).
  std::string_view block;
  std::string_view what;
  bool passes = false;  ///< of hardware with passes over nibbles
};
/// All faults, without kNone.
std::span<const SystemcFaultInfo> systemc_faults();

/// From now on all instances of this process have this fault.
void select_systemc_fault(SystemcFault fault);

namespace detail {
inline SystemcFault selected_systemc_fault = SystemcFault::kNone;
}
inline bool has_fault(SystemcFault fault) { return detail::selected_systemc_fault == fault; }

}  // namespace sylvester
