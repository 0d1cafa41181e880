// Random jobs for verification: stratified over policy x rounding x block rule x raggedness.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "golden/hardware/hardware.hpp"
#include "golden/numerics/gemm.hpp"
#include "golden/numerics/prepare.hpp"
#include "golden/support/random.hpp"

namespace sylvester {

/// Two matrices to prepare and to multiply.
struct VerifyJob {
  PrepareJob a;
  PrepareJob b;
  AccumulateRecipe recipe;
};

/// What golden says about a job.
struct Expected {
  std::shared_ptr<const PreparedOperand> a;
  std::shared_ptr<const PreparedOperand> b;
  GemmResult gemm;
  [[nodiscard]] GemmJob gemm_job(const VerifyJob& job, CounterMode counters) const {
    return {a, b, job.recipe, counters};
  }
};
Expected golden_results(const VerifyJob& job);

/// How a job is ragged. A job may be ragged in several ways; it is drawn for one of them.
enum class Ragged { kOneLine, kOneColumn, kOneDeep, kShortTile, kTileRemainder, kBlockRemainder };
inline constexpr int kRaggedClasses = 6;
std::string_view to_string(Ragged ragged);  ///< "M=1", "N=1", "K=1", "K<T", ...

/// One cell of the coverage table. The rounding is that of operand A.
struct Cell {
  AccumulatePolicy policy = AccumulatePolicy::kSaturate;
  Rounding rounding = Rounding::kNearest;
  BlockRule block_rule = BlockRule::kNone;
  Ragged ragged = Ragged::kOneLine;
  friend auto operator<=>(const Cell&, const Cell&) = default;
};
std::string to_string(const Cell& cell);
/// All cells, in the order of their fields.
std::vector<Cell> all_cells();
/// Why a cell cannot be filled on this hardware; empty if it can.
std::string impossible(const HardwareParameters& hardware, const Cell& cell);
/// The cells that a job fills.
std::vector<Cell> cells_of(const HardwareParameters& hardware, const VerifyJob& job);

/// A job that fills `cell`, which must be possible on this hardware: at most three blocks in M and
/// N, K up to about 100.
VerifyJob random_job(const HardwareParameters& hardware, const Cell& cell, HostRandom& random);

/// Rows of formats() and the tile (0: the whole K) of a job that a precision table asks for.
struct JobKind {
  int a = 0;
  int b = 0;
  int tile = 0;
  friend bool operator==(const JobKind&, const JobKind&) = default;
};
/// A job of this kind, which the hardware must be built for; K up to about one tile and a half.
VerifyJob random_job(const HardwareParameters& hardware, const JobKind& kind, HostRandom& random);

/// Other things that a run should have met, by name; the values of these are counted, not fixed.
std::vector<std::string> features_of(const HardwareParameters& hardware, const VerifyJob& job,
                                     const Expected& expected);
/// All names that features_of can give.
const std::vector<std::string>& all_features();

}  // namespace sylvester
