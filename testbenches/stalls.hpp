// When boundaries stall and when the host offers or takes beats: pure functions of
// (seed, stream, cycle), so that every model of a run sees the same.
#pragma once

#include <cstdint>
#include <string_view>

#include "golden/hardware/streams.hpp"
#include "golden/numerics/draw.hpp"

namespace sylvester {

enum class StallKind {
  kNone,    ///< never; sources always offer, sinks always take
  kRandom,  ///< every boundary and the host, one cycle in four
  kBursts,  ///< as kRandom, in bursts of 16 cycles
  kSingle,  ///< one boundary nearly always, the others seldom
};
inline constexpr int kStallKinds = 4;
std::string_view to_string(StallKind kind);
StallKind stall_kind(std::string_view name);

class StallPattern {
 public:
  StallPattern() = default;
  StallPattern(StallKind kind, std::uint32_t seed);

  [[nodiscard]] StallKind kind() const { return kind_; }
  [[nodiscard]] std::uint32_t seed() const { return seed_; }
  /// Stall vector of a cycle, bit per stream.
  [[nodiscard]] std::uint32_t stall(std::uint64_t cycle) const;
  /// Streams for which the host neither begins to offer a beat nor takes one in this cycle.
  [[nodiscard]] std::uint32_t host_pause(std::uint64_t cycle) const;

 private:
  [[nodiscard]] std::uint32_t mask(const DrawKey& key, std::uint64_t cycle, bool host) const;

  StallKind kind_ = StallKind::kNone;
  std::uint32_t seed_ = 0;
  int single_ = -1;  ///< the boundary of kSingle
  DrawKey stall_key_{};
  DrawKey host_key_{};
};

}  // namespace sylvester
