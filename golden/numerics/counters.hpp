// Counters of jobs (docs/numerics.md, rules CNT-*).
#pragma once

#include <cstdint>
#include <string_view>

namespace sylvester {

/// How much is counted. Values of tensors never depend on it.
enum class CounterMode {
  kNone,    ///< every counter is 0
  kSticky,  ///< every counter is 0 or 1: whether it happened at all
  kFull,
};

std::string_view to_string(CounterMode mode);
CounterMode counter_mode(std::string_view name);

struct PrepareCounters {
  std::uint64_t codes_at_limit = 0;  ///< |code| at the format's largest, after limiting
  std::uint64_t rounded_up = 0;      ///< stochastic increments
  std::uint64_t zero_codes = 0;

  friend bool operator==(const PrepareCounters&, const PrepareCounters&) = default;
};

struct GemmCounters {
  std::uint64_t mac_limited = 0;    ///< MACs whose register differs from the exact acc + product
  std::uint64_t tile_limited = 0;   ///< tiles with such a MAC, or clamped on leaving
  std::uint64_t outer_limited = 0;  ///< additions of a tile that hit the outer limit

  friend bool operator==(const GemmCounters&, const GemmCounters&) = default;
};

/// Full counts -> the counts that `mode` reports.
PrepareCounters reported(const PrepareCounters& full, CounterMode mode);
GemmCounters reported(const GemmCounters& full, CounterMode mode);

}  // namespace sylvester
