// gemm(): packs both operands, then multiplies units of rows and columns, on several threads if the
// job is large. Nothing is allocated once the workspaces have reached their size.
#include <algorithm>
#include <array>
#include <atomic>

#include "golden/numerics/gemm.hpp"
#include "golden/numerics/gemm_pack.hpp"
#include "golden/numerics/gemm_plan.hpp"
#include "golden/numerics/parallel.hpp"

namespace sylvester {
namespace {

// Below this many MACs per thread a thread costs more than it saves.
constexpr std::int64_t kMacsPerThread = 1 << 20;
// Blocks of A that are packed as one piece of work.
constexpr int kPackBlocks = 16;

struct GemmWorkspace {
  Workspace<std::uint8_t> a;
  Workspace<std::uint8_t> b;
  Workspace<std::int8_t> table;
  Workspace<std::int32_t> row_starts;
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

  static thread_local GemmWorkspace workspace;
  std::uint8_t* packed_a = workspace.a.get(layout.a_bytes());
  std::uint8_t* packed_b = workspace.b.get(layout.b_bytes());
  std::int8_t* table = workspace.table.get(product_table_bytes(plan));
  std::int32_t* row_starts = nullptr;
  const auto padded_rows = static_cast<std::size_t>(layout.blocks * kBlockRows);
  if (plan.row_start != 0) {
    const auto tiles = static_cast<std::size_t>((plan.steps - 1) / plan.tile_steps + 1);
    row_starts = workspace.row_starts.get(tiles * padded_rows);
  }
  fill_product_table(plan, format_of(a), format_of(b), table);

  const std::int64_t macs = std::int64_t{result.m} * result.n * plan.k;
  const int workers =
      static_cast<int>(std::clamp<std::int64_t>(macs / kMacsPerThread, 1, most_threads));

  const int a_pieces = (layout.blocks - 1) / kPackBlocks + 1;
  std::atomic<bool> in_range{true};
  const auto pack = [&](std::size_t piece) {
    const int at = static_cast<int>(piece);
    bool good = true;
    if (at < a_pieces) {
      const int first = at * kPackBlocks;
      good = pack_a(plan, layout, a, first, std::min(first + kPackBlocks, layout.blocks), packed_a,
                    row_starts);
    } else {
      good = pack_b(plan, layout, b, at - a_pieces, packed_b);
    }
    if (!good) in_range = false;
  };
  parallel_for(static_cast<std::size_t>(a_pieces + layout.groups), workers, std::ref(pack));
  if (!in_range) check(job);  // says which code of which operand

  const int row_units = (result.m - 1) / kUnitRows + 1;
  const int strip_units = (layout.strips - 1) / kUnitStrips + 1;
  const GemmKernel& kernel = gemm_kernels()[static_cast<std::size_t>(plan.kernel)];
  AtomicCounters total;
  const auto multiply = [&](std::size_t unit) {
    // Units next to each other share B.
    const int row = static_cast<int>(unit) % row_units * kUnitRows;
    const int strip = static_cast<int>(unit) / row_units * kUnitStrips;
    const int column = strip * layout.lanes;
    GemmCounters counters;
    KernelTask task;
    task.plan = &plan;
    task.a = packed_a + static_cast<std::size_t>(row / kBlockRows) * layout.a_block_bytes;
    task.b = packed_b + static_cast<std::size_t>(strip) * layout.b_strip_bytes;
    task.a_block_bytes = layout.a_block_bytes;
    task.b_strip_bytes = layout.b_strip_bytes;
    task.table = table;
    task.row_starts = row_starts == nullptr ? nullptr : row_starts + row;
    task.row_starts_stride = padded_rows;
    task.rows = std::min(kUnitRows, result.m - row);
    task.strips = std::min(kUnitStrips, layout.strips - strip);
    task.columns = std::min(task.strips * layout.lanes, result.n - column);
    task.values = result.values.data() +
                  static_cast<std::size_t>(row) * static_cast<std::size_t>(result.n) + column;
    task.row_length = static_cast<std::size_t>(result.n);
    task.counters = &counters;
    kernel.run(task);
    total.add(counters);
  };
  parallel_for(static_cast<std::size_t>(row_units) * static_cast<std::size_t>(strip_units), workers,
               std::ref(multiply));
  const GemmCounters full{total.mac_limited, total.tile_limited, total.outer_limited};
  result.counters = reported(full, job.counters);
}

GemmResult gemm(const GemmJob& job, int threads) {
  GemmResult result;
  gemm(job, threads, result);
  return result;
}

}  // namespace sylvester
