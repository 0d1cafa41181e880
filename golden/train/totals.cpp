#include "golden/train/totals.hpp"

namespace sylvester {

std::string_view to_string(GemmKind kind) {
  switch (kind) {
    case GemmKind::kForward:
      return "forward";
    case GemmKind::kInputGradient:
      return "input_gradient";
    case GemmKind::kWeightGradient:
      break;
  }
  return "weight_gradient";
}

GemmKind gemm_of(Role role) {
  switch (role) {
    case Role::kForwardInput:
    case Role::kForwardActivation:
    case Role::kForwardWeight:
      return GemmKind::kForward;
    case Role::kInputGradient:
    case Role::kBackwardWeight:
      return GemmKind::kInputGradient;
    case Role::kWeightGradient:
    case Role::kBackwardActivation:
      break;
  }
  return GemmKind::kWeightGradient;
}

void TrainTotals::add(GemmKind kind, const GemmJob& job, const GemmCounters& counters) {
  GemmTotals& total = gemm[static_cast<std::size_t>(kind)];
  const auto outputs =
      static_cast<std::uint64_t>(job.a->lines) * static_cast<std::uint64_t>(job.b->lines);
  const int tile = tile_length(job);
  ++total.gemms;
  total.macs += outputs * static_cast<std::uint64_t>(job.a->k_padded);
  total.tiles += outputs * static_cast<std::uint64_t>((job.a->k_padded + tile - 1) / tile);
  total.counters.mac_limited += counters.mac_limited;
  total.counters.tile_limited += counters.tile_limited;
  total.counters.outer_limited += counters.outer_limited;
}

void TrainTotals::add(Role role, const PreparedOperand& operand) {
  PrepareTotals& total = prepare[static_cast<std::size_t>(role)];
  ++total.operands;
  total.codes += operand.codes.size();
  total.counters.codes_at_limit += operand.counters.codes_at_limit;
  total.counters.rounded_up += operand.counters.rounded_up;
  total.counters.zero_codes += operand.counters.zero_codes;
}

std::uint64_t TrainTotals::macs() const {
  std::uint64_t sum = 0;
  for (const GemmTotals& total : gemm) sum += total.macs;
  return sum;
}

double TrainTotals::limited_tile_share() const {
  GemmTotals sum;
  for (const GemmTotals& total : gemm) {
    sum.tiles += total.tiles;
    sum.counters.tile_limited += total.counters.tile_limited;
  }
  return sum.limited_tile_share();
}

}  // namespace sylvester
