#include "testbenches/stalls.hpp"

#include <array>
#include <string>

#include "golden/support/error.hpp"

namespace sylvester {
namespace {

constexpr std::array<std::string_view, kStallKinds> kNames = {"none", "random", "bursts", "single"};
/// The draw's layer field: keeps stalls apart from the draws of the jobs.
constexpr std::uint16_t kStallLayer = 0x5354;
constexpr int kBurstLog2 = 4;

// Chances in 256.
constexpr std::uint32_t kOften = 64;
constexpr std::uint32_t kNearlyAlways = 216;
constexpr std::uint32_t kSeldom = 12;

}  // namespace

std::string_view to_string(StallKind kind) { return kNames[static_cast<std::size_t>(kind)]; }

StallKind stall_kind(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<StallKind>(i);
  }
  throw UserError("stall pattern '" + std::string(name) +
                  "' is unknown; allowed: none, random, bursts, single");
}

StallPattern::StallPattern(StallKind kind, std::uint32_t seed)
    : kind_(kind),
      seed_(seed),
      single_(kind == StallKind::kSingle ? static_cast<int>(seed % kStreams) : -1),
      stall_key_(draw_key({.seed = seed, .layer = kStallLayer, .role = 0})),
      host_key_(draw_key({.seed = seed, .layer = kStallLayer, .role = 1})) {}

std::uint32_t StallPattern::mask(const DrawKey& key, std::uint64_t cycle, bool host) const {
  const auto time =
      static_cast<std::uint32_t>(kind_ == StallKind::kBursts ? cycle >> kBurstLog2 : cycle);
  std::uint32_t result = 0;
  for (std::uint32_t s = 0; s < kStreams; ++s) {
    std::uint32_t chance = kOften;
    if (kind_ == StallKind::kSingle) {
      chance = static_cast<int>(s) == single_ && !host ? kNearlyAlways : kSeldom;
    }
    if (draw(key, time * kStreams + s, 8) < chance) result |= 1U << s;
  }
  return result;
}

std::uint32_t StallPattern::stall(std::uint64_t cycle) const {
  return kind_ == StallKind::kNone ? 0 : mask(stall_key_, cycle, false);
}

std::uint32_t StallPattern::host_pause(std::uint64_t cycle) const {
  return kind_ == StallKind::kNone ? 0 : mask(host_key_, cycle, true);
}

}  // namespace sylvester
