// Where a recorded result leaves the contract: the first multiply-accumulate that differs, and the
// change of the rules, if there is one, under which the recorded values are right.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "golden/numerics/gemm.hpp"

namespace sylvester {

/// What happened to one output element, MAC by MAC.
struct ElementTrail {
  std::vector<std::int32_t> products;   ///< K'
  std::vector<std::int64_t> registers;  ///< after each MAC
  std::vector<std::int64_t> outer;      ///< after each tile
  [[nodiscard]] std::int64_t value() const { return outer.back(); }
};
/// The trail of C[m][n] on golden's cells.
ElementTrail element_trail(const GemmJob& job, int m, int n);

/// What a trace or a model says about one element; the lists may be empty.
struct RecordedElement {
  int m = 0;
  int n = 0;
  std::optional<std::int64_t> value;
  std::span<const std::int32_t> registers;
  std::span<const std::int32_t> outer;
};

/// One element up to the first MAC at which the recorded values leave golden's.
struct Bisection {
  int m = 0;
  int n = 0;
  int k = 0;
  /// Golden's accumulators around the MAC of k: the register of the tile, and the sum of the tiles
  /// before and, if k ends a tile, after it.
  std::int64_t product = 0;
  std::int64_t register_before = 0;
  std::int64_t register_after = 0;
  std::int64_t outer_before = 0;
  std::int64_t outer_after = 0;
  /// The recorded register after this MAC, or the one that the explanation gives.
  std::optional<std::int64_t> found_register;
  std::string rule;  ///< id of docs/numerics.md
  /// How k is known.
  enum class Certainty {
    kRecorded,   ///< the trace has the registers
    kMeasured,   ///< by jobs of the first products on a model
    kExplained,  ///< by a change of the rules that gives the recorded values
    kTile,       ///< the trace has the outer accumulators: k is the last one of the tile
    kLast,       ///< only the result is known: k is the last one
  } certainty = Certainty::kLast;
  std::string explanation;  ///< a sentence; empty if there is none
};

/// The rule of a MAC under a policy: "ACC-2", "ACC-3", "ACC-4".
std::string mac_rule(AccumulatePolicy policy);

/// The first of `elements`, which all differ from golden. The others help to explain it.
Bisection bisect(const GemmJob& job, std::span<const RecordedElement> elements);

/// "recorded", "measured", "explained", "tile", "last".
std::string_view to_string(Bisection::Certainty certainty);

}  // namespace sylvester
