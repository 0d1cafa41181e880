// Replays a recorded job on golden, level by level, and finds what differs first.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "golden/trace/bisect.hpp"
#include "golden/trace/trace.hpp"

namespace sylvester {

/// The levels of docs/traces.md.
enum class TraceLevel {
  kFloats,  ///< float32 -> wide
  kCodes,   ///< wide -> codes and scale
  kValues,  ///< codes -> int32
};
inline constexpr int kTraceLevels = 3;
/// "floats", "codes", "values".
std::string_view to_string(TraceLevel level);

/// The first thing that differs.
struct TraceDivergence {
  std::string job;
  TraceLevel level = TraceLevel::kValues;
  std::string between;  ///< "golden and the trace", "golden and systemc", ...
  std::string operand;  ///< "a" or "b"; of level kValues ""
  std::string what;     ///< "value", "register", "code", "mantissa", or a field as "scale.num"
  /// Of an operand: line m and k, n = -1. Of a value: m, n, and k of the MAC. -1: of no element.
  int m = -1;
  int n = -1;
  int k = -1;
  std::string expected;  ///< golden's
  std::string found;
  std::string rule;                    ///< id of docs/numerics.md
  std::string explanation;             ///< a sentence, or ""
  std::optional<Bisection> bisection;  ///< of values

  [[nodiscard]] std::string sentence() const;
};

struct LevelReport {
  std::uint64_t compared = 0;   ///< elements, and fields such as a scale
  std::uint64_t different = 0;  ///< of level kFloats those that nothing explains
  // Of level kFloats: differences that are reported, not counted.
  std::uint64_t ties = 0;
  std::uint64_t mappings = 0;
  std::uint64_t clips = 0;
};

struct TraceReport {
  std::uint64_t jobs = 0;
  std::uint64_t macs = 0;
  std::array<LevelReport, kTraceLevels> levels{};
  std::optional<TraceDivergence> first;

  LevelReport& level(TraceLevel level) { return levels[static_cast<std::size_t>(level)]; }
  [[nodiscard]] std::uint64_t mismatches() const;
};

/// The operands of a job as its GEMM takes them: the recorded codes, or those that golden prepares.
struct ReplayedJob {
  GemmJob gemm;
  /// Set if golden can prepare the operand itself.
  std::optional<PrepareJob> a;
  std::optional<PrepareJob> b;
};

/// Adds what one job shows to the report. Throws UserError if the job is not one of the contract.
ReplayedJob replay(const TraceJob& job, TraceReport& report);

nlohmann::ordered_json to_json(const TraceDivergence& divergence);

}  // namespace sylvester
