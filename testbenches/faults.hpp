// Single faults in the generated Verilog, selectable at run time in a test-only build: they show
// that the verification finds what is wrong and where.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

namespace sylvester {

/// One replaced piece of Verilog. `original` stands exactly once in `file`.
struct RtlFault {
  int number;             ///< 1, 2, ...
  std::string_view file;  ///< of rtl_gen/verilog
  /// Block or blocks, one of which a divergence must name (StreamInfo::producer, or draw_key).
  std::string_view block;
  std::string_view what;      ///< what the hardware does wrong
  std::string_view original;  ///< an expression
  std::string_view mutated;   ///< what stands there while the fault is selected
  bool passes = false;        ///< of hardware with passes over nibbles
};
std::span<const RtlFault> rtl_faults();

/// Makes every fault selectable: each expression becomes a choice between itself and its mutation.
/// Adds the package that holds the selector. Faults in files that `sources` does not have are left
/// out. Throws std::logic_error if a piece of text is not found exactly once.
void insert_faults(std::map<std::string, std::string>& sources);

}  // namespace sylvester
