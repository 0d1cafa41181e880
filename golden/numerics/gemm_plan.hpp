// How gemm() computes a job: which kernel, on which packed operands, and what happens to a tile.
// Values and counters are those of gemm_reference; every choice below carries its proof.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "golden/numerics/gemm.hpp"

namespace sylvester {

/// Rows of C that share the loads of B in a kernel.
constexpr int kBlockRows = 4;
/// Rows and strips (vectors of columns) of a unit of work.
constexpr int kUnitRows = 32;
constexpr int kUnitStrips = 4;

/// Kernels do steps in rows of as many or less.
constexpr int kFreeStepsMultiple = 4;

struct KernelTask;

/// Type of a lane, which holds one register; it decides how the operands are packed.
enum class KernelFamily {
  kByte,  ///< int8 lanes. A: offset of a row of the product table. B: index into that row
  kWord,  ///< int16 lanes. A: value, twice in 32 bits. B: value times 2^scale
  kWide,  ///< int32 lanes. A, B: values in the lower half of a lane, scaled
  kDot,   ///< int32 lanes. A, B: four successive k in the bytes of a lane
};

/// Levels on which plans choose a kernel.
enum class KernelLevels { kAll, kVnni, kNotVnni };

/// One entry of the dispatcher.
struct GemmKernel {
  std::string_view name;
  KernelFamily family;
  bool counts;  ///< counts limited MACs
  KernelLevels levels;
  void (*run)(const KernelTask&);
};

/// All kernels; a plan names one of them.
enum class KernelId {
  kByteSaturate,
  kByteSaturateTwice,
  kByteSaturateCount,
  kByteWrapCount,
  kWordSaturate,
  kWordClip,
  kWordSaturateCount,
  kWordClipCount,
  kWordWrapCount,
  kWordMaskCount,
  kWordGrowCount,
  kWordCarryCount,
  kWideSaturate,
  kWideClip,
  kWideSaturateCount,
  kWideClipCount,
  kWideWrapCount,
  kDotUnsignedA,
  kDotUnsignedB,
};
std::span<const GemmKernel> gemm_kernels();

struct GemmPlan {
  KernelId kernel = KernelId::kDotUnsignedA;
  KernelFamily family = KernelFamily::kDot;
  AccumulateRecipe recipe;
  bool counted = false;
  int k = 0;  ///< K'
  // A step is one k, or four of them in a dot product. Tiles start at multiples of tile_steps.
  int tile = 0;        ///< T in k
  int tile_steps = 0;  ///< T in steps
  int steps = 0;       ///< K' in steps
  int segment = 0;     ///< steps after which counts must be emptied
  int free_steps = 0;  ///< first steps of a tile in which no MAC can be limited, if used
  // Packing.
  int a_scale = 0;             ///< A's values are multiplied by 2^a_scale
  int b_scale = 0;             ///< the same for B
  std::uint8_t b_flip = 0;     ///< bytes of B are stored xor this
  std::int32_t row_start = 0;  ///< registers start at this times the sum of A over row and tile
  // Tables of the byte kernels: products times 2^table_scale, limited to table_limit.
  int table_scale = 0;
  std::int32_t table_limit = 0;
  // From a lane to the partial sum of a tile: ((lane - start) << shift_left) >> shift_right.
  std::int32_t start = 0;  ///< lanes start a tile at this (and at row_start)
  int shift_left = 0;
  int shift_right = 0;
  bool clamps = false;        ///< ACC-5 can change the partial sum
  bool outer_binds = false;   ///< ACC-6 can limit
  bool outer_narrow = false;  ///< 16 bits hold the outer accumulator

  [[nodiscard]] int steps_per_k() const { return family == KernelFamily::kDot ? 4 : 1; }
};

/// The plan of a checked job on a SIMD level.
GemmPlan plan_gemm(const GemmJob& job, SimdLevel level);
/// The plan of those tiles of the job in which no MAC is limited: dot products.
GemmPlan plan_free_tiles(const GemmJob& job);

/// What a kernel works on: up to kUnitRows rows and kUnitStrips strips of C, all of K.
struct KernelTask {
  const GemmPlan* plan = nullptr;
  const std::uint8_t* a = nullptr;  ///< [block of rows][step][row]
  const std::uint8_t* b = nullptr;  ///< [strip][step][lane]
  std::size_t a_block_bytes = 0;
  std::size_t b_strip_bytes = 0;
  const std::int8_t* table = nullptr;        ///< byte kernels: rows of 16 products
  const std::int32_t* row_starts = nullptr;  ///< [tile][row], or null
  std::size_t row_starts_stride = 0;         ///< rows of a tile
  /// [block of rows][tile], 1 where no MAC is limited (golden/numerics/gemm_free.hpp), or null.
  /// Dot products then do only these tiles and write C; the other kernels do the others and add.
  const std::uint8_t* free_tiles = nullptr;
  int rows = 0;                      ///< live rows
  int strips = 0;                    ///< with at least one live column each
  int columns = 0;                   ///< live columns
  std::int32_t* values = nullptr;    ///< top left element of C
  std::size_t row_length = 0;        ///< N
  GemmCounters* counters = nullptr;  ///< sums are added; full counts
};

}  // namespace sylvester
