// Counters of a training run, summed over its jobs.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "golden/numerics/gemm.hpp"
#include "golden/numerics/role.hpp"

namespace sylvester {

/// The three GEMMs of a layer with input X [B, I], weight W [O, I], output gradient G [B, O].
enum class GemmKind : std::uint8_t {
  kForward = 0,         ///< Y = X W^T, contraction over I
  kInputGradient = 1,   ///< dX = G W, contraction over O
  kWeightGradient = 2,  ///< dW = G^T X, contraction over B
};
inline constexpr int kGemmKinds = 3;

/// "forward", "input_gradient", "weight_gradient".
std::string_view to_string(GemmKind kind);
/// The GEMM that a role is an operand of.
GemmKind gemm_of(Role role);

struct GemmTotals {
  std::uint64_t gemms = 0;
  std::uint64_t macs = 0;   ///< M·N·K', padding of a transform included
  std::uint64_t tiles = 0;  ///< M·N·ceil(K'/T)
  GemmCounters counters;

  /// Limited tiles / tiles, 0 ... 1; 0 without tiles.
  [[nodiscard]] double limited_tile_share() const {
    return tiles == 0 ? 0.0
                      : static_cast<double>(counters.tile_limited) / static_cast<double>(tiles);
  }
  friend bool operator==(const GemmTotals&, const GemmTotals&) = default;
};

struct PrepareTotals {
  std::uint64_t operands = 0;
  std::uint64_t codes = 0;  ///< lines·K'
  PrepareCounters counters;

  friend bool operator==(const PrepareTotals&, const PrepareTotals&) = default;
};

/// Of training steps, or of the passes of a teacher; evaluation is not counted.
struct TrainTotals {
  std::array<GemmTotals, kGemmKinds> gemm;    ///< by GemmKind
  std::array<PrepareTotals, kRoles> prepare;  ///< by Role

  void add(GemmKind kind, const GemmJob& job, const GemmCounters& counters);
  void add(Role role, const PreparedOperand& operand);
  [[nodiscard]] std::uint64_t macs() const;
  /// Limited tiles of all three GEMMs / their tiles, 0 ... 1; 0 without tiles.
  [[nodiscard]] double limited_tile_share() const;

  friend bool operator==(const TrainTotals&, const TrainTotals&) = default;
};

}  // namespace sylvester
