// gemm(): packs both operands, then multiplies units of rows and columns, on several threads if the
// job is large. Nothing is allocated once the workspaces have reached their size.
#include <algorithm>
#include <array>
#include <atomic>
#include <functional>

#include "golden/numerics/gemm.hpp"
#include "golden/numerics/gemm_free.hpp"
#include "golden/numerics/gemm_pack.hpp"
#include "golden/numerics/gemm_plan.hpp"
#include "golden/numerics/parallel.hpp"

namespace sylvester {
namespace {

// Below this many MACs per thread a thread costs more than it saves.
constexpr std::int64_t kMacsPerThread = 1 << 20;
// Blocks of A that are packed as one piece of work.
constexpr int kPackBlocks = 16;

/// Both operands of a job as one plan's kernel reads them, and what else that needs.
struct Packed {
  Workspace<std::uint8_t> a;
  Workspace<std::uint8_t> b;
  Workspace<std::int8_t> table;
  Workspace<std::int32_t> row_starts;
};

struct GemmWorkspace {
  Packed limiting;
  Packed free;
  FreeTiles free_tiles;
};

const Format& format_of(const PreparedOperand& operand) {
  return formats()[static_cast<std::size_t>(operand.format)];
}

struct AtomicCounters {
  std::atomic<std::uint64_t> mac_limited{0};
  std::atomic<std::uint64_t> tile_limited{0};
  std::atomic<std::uint64_t> outer_limited{0};

  void add(const GemmCounters& counters) {
    mac_limited += counters.mac_limited;
    tile_limited += counters.tile_limited;
    outer_limited += counters.outer_limited;
  }
};

/// A plan with its packed operands.
class PackedJob {
 public:
  PackedJob(const GemmJob& job, const GemmPlan& plan, const PackedLayout& layout, Packed& memory)
      : job_(job),
        plan_(plan),
        layout_(layout),
        a_(memory.a.get(layout.a_bytes())),
        b_(memory.b.get(layout.b_bytes())),
        table_(memory.table.get(product_table_bytes(plan))),
        padded_rows_(static_cast<std::size_t>(layout.blocks * kBlockRows)) {
    if (plan.row_start != 0) {
      const auto tiles = static_cast<std::size_t>((plan.steps - 1) / plan.tile_steps + 1);
      row_starts_ = memory.row_starts.get(tiles * padded_rows_);
    }
    fill_product_table(plan, format_of(*job.a), format_of(*job.b), table_);
  }

  /// False if a code is not in its format. What `skips_block` and `skips_group` (of B's units)
  /// choose stays unpacked.
  template <class SkipsBlock, class SkipsGroup>
  bool pack(int workers, SkipsBlock skips_block, SkipsGroup skips_group) {
    std::atomic<bool> in_range{true};
    const auto a_piece = [&](std::size_t piece) {
      int first = static_cast<int>(piece) * kPackBlocks;
      const int last = std::min(first + kPackBlocks, layout_.blocks);
      while (first < last && skips_block(first)) ++first;
      if (first == last) return;
      if (!pack_a(plan_, layout_, *job_.a, first, last, a_, row_starts_)) in_range = false;
    };
    const auto b_piece = [&](std::size_t piece) {
      const int group = static_cast<int>(piece);
      if (skips_group(group * layout_.group_lanes / layout_.lanes / kUnitStrips)) return;
      if (!pack_b(plan_, layout_, *job_.b, group, b_)) in_range = false;
    };
    // Each in a loop of its own: so a thread packs the rows of A that it multiplies.
    parallel_for(static_cast<std::size_t>((layout_.blocks - 1) / kPackBlocks + 1), workers,
                 std::cref(a_piece));
    parallel_for(static_cast<std::size_t>(layout_.groups), workers, std::cref(b_piece));
    return in_range;
  }

  /// Up to kUnitStrips strips from `strip` on of up to kUnitRows rows from `row` on.
  void multiply(int row, int strip, const std::uint8_t* free_tiles, GemmCounters& counters,
                GemmResult& result) const {
    const int column = strip * layout_.lanes;
    KernelTask task;
    task.plan = &plan_;
    task.a = a_ + static_cast<std::size_t>(row / kBlockRows) * layout_.a_block_bytes;
    task.b = b_ + static_cast<std::size_t>(strip) * layout_.b_strip_bytes;
    task.a_block_bytes = layout_.a_block_bytes;
    task.b_strip_bytes = layout_.b_strip_bytes;
    task.table = table_;
    task.row_starts = row_starts_ == nullptr ? nullptr : row_starts_ + row;
    task.row_starts_stride = padded_rows_;
    task.free_tiles = free_tiles;
    task.rows = std::min(kUnitRows, result.m - row);
    task.strips = std::min(kUnitStrips, layout_.strips - strip);
    task.columns = std::min(task.strips * layout_.lanes, result.n - column);
    task.values = result.values.data() +
                  static_cast<std::size_t>(row) * static_cast<std::size_t>(result.n) + column;
    task.row_length = static_cast<std::size_t>(result.n);
    task.counters = &counters;
    gemm_kernels()[static_cast<std::size_t>(plan_.kernel)].run(task);
  }

  [[nodiscard]] const PackedLayout& layout() const { return layout_; }

 private:
  const GemmJob& job_;
  const GemmPlan& plan_;
  const PackedLayout& layout_;
  std::uint8_t* a_;
  std::uint8_t* b_;
  std::int8_t* table_;
  std::size_t padded_rows_;
  std::int32_t* row_starts_ = nullptr;
};

/// Units of C, each one call of `multiply(row, group of strips, counters)`. The rows are divided
/// among the workers; units next to each other share B.
template <class Multiply>
GemmCounters multiply_units(int m, int groups, int workers, Multiply multiply) {
  const int row_units = (m - 1) / kUnitRows + 1;
  const int parts = std::min(workers, row_units);
  AtomicCounters total;
  const auto unit = [&](std::size_t number) {
    const int at = static_cast<int>(number);
    int part = 0;
    while (row_units * (part + 1) / parts * groups <= at) ++part;
    const int first = row_units * part / parts;
    const int rows = row_units * (part + 1) / parts - first;
    const int in_part = at - first * groups;
    GemmCounters counters;
    multiply((first + in_part % rows) * kUnitRows, in_part / rows, counters);
    total.add(counters);
  };
  parallel_for(static_cast<std::size_t>(row_units) * static_cast<std::size_t>(groups), workers,
               std::cref(unit));
  return {total.mac_limited, total.tile_limited, total.outer_limited};
}

}  // namespace

void gemm(const GemmJob& job, int threads, GemmResult& result) {
  check_sizes(job);
  const int most_threads = resolve_threads(threads);
  const PreparedOperand& a = *job.a;
  const PreparedOperand& b = *job.b;
  const SimdLevel level = simd_level();
  const GemmPlan plan = plan_gemm(job, level);
  const PackedLayout layout(plan, a.lines, b.lines, level);
  result.m = a.lines;
  result.n = b.lines;
  result.scale = result_scale(a, b);
  result.values.resize(static_cast<std::size_t>(result.m) * static_cast<std::size_t>(result.n));
  const std::int64_t macs = std::int64_t{result.m} * result.n * plan.k;
  const int workers =
      static_cast<int>(std::clamp<std::int64_t>(macs / kMacsPerThread, 1, most_threads));
  const int groups = (layout.strips - 1) / kUnitStrips + 1;

  static thread_local GemmWorkspace workspace;
  const FreeTiles& free = workspace.free_tiles;
  PackedJob limiting(job, plan, layout, workspace.limiting);
  GemmCounters counters;
  if (plan.family != KernelFamily::kDot && workspace.free_tiles.find(job, plan, layout, workers)) {
    const GemmPlan free_plan = plan_free_tiles(job);
    const PackedLayout free_layout(free_plan, a.lines, b.lines, level);
    PackedJob dots(job, free_plan, free_layout, workspace.free);
    const auto none = [](int) { return false; };
    if (!dots.pack(workers, none, none)) check(job);  // says which code of which operand
    limiting.pack(
        workers, [&](int block) { return free.whole_block(block); },
        [&](int group) { return free.whole_group(group); });
    const int ratio = layout.lanes / free_layout.lanes;
    counters =
        multiply_units(result.m, groups, workers, [&](int row, int group, GemmCounters& of_unit) {
          const std::uint8_t* tiles = free.tiles(group, row / kBlockRows);
          const int first = group * kUnitStrips * ratio;
          const int last = std::min(first + kUnitStrips * ratio, free_layout.strips);
          for (int strip = first; strip < last; strip += kUnitStrips) {
            dots.multiply(row, strip, tiles, of_unit, result);
          }
          limiting.multiply(row, group * kUnitStrips, tiles, of_unit, result);
        });
  } else {
    const auto none = [](int) { return false; };
    if (!limiting.pack(workers, none, none)) check(job);
    counters =
        multiply_units(result.m, groups, workers, [&](int row, int group, GemmCounters& of_unit) {
          limiting.multiply(row, group * kUnitStrips, nullptr, of_unit, result);
        });
  }
  result.counters = reported(counters, job.counters);
}

GemmResult gemm(const GemmJob& job, int threads) {
  GemmResult result;
  gemm(job, threads, result);
  return result;
}

}  // namespace sylvester
