#include "golden/numerics/counters.hpp"

#include <algorithm>

#include "golden/numerics/names.hpp"

namespace sylvester {
namespace {

constexpr NameTable<CounterMode, 3> kModeNames{
    {{CounterMode::kNone, "none"}, {CounterMode::kSticky, "sticky"}, {CounterMode::kFull, "full"}}};

// CNT-2.
std::uint64_t reported(std::uint64_t full, CounterMode mode) {
  switch (mode) {
    case CounterMode::kNone:
      return 0;
    case CounterMode::kSticky:
      return std::min<std::uint64_t>(full, 1);
    case CounterMode::kFull:
      break;
  }
  return full;
}

}  // namespace

std::string_view to_string(CounterMode mode) { return name_of(kModeNames, mode); }

CounterMode counter_mode(std::string_view name) {
  return find_name(kModeNames, "counter mode", name);
}

PrepareCounters reported(const PrepareCounters& full, CounterMode mode) {
  return {.codes_at_limit = reported(full.codes_at_limit, mode),
          .rounded_up = reported(full.rounded_up, mode),
          .zero_codes = reported(full.zero_codes, mode)};
}

GemmCounters reported(const GemmCounters& full, CounterMode mode) {
  return {.mac_limited = reported(full.mac_limited, mode),
          .tile_limited = reported(full.tile_limited, mode),
          .outer_limited = reported(full.outer_limited, mode)};
}

}  // namespace sylvester
