// Sums of squares of the operands' tiles, and what follows from them.
#include "golden/numerics/simd_targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "golden/numerics/gemm_free.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include <algorithm>
#include <cstring>
#include <functional>

#include "golden/numerics/gemm_free.hpp"
#include "golden/numerics/parallel.hpp"

HWY_BEFORE_NAMESPACE();
namespace sylvester {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// norms[tile] = sum of squares of the tile's codes, for formats of up to 8 bits. Codes that the
// format does not have give some number: packing refuses them.
void sum_squares(const Code* codes, int k, int tile, std::uint32_t* norms) {
  const hn::ScalableTag<std::int16_t> d16;
  const hn::ScalableTag<std::int32_t> d32;
  constexpr int lanes = static_cast<int>(hn::MaxLanes(d16));
  for (int start = 0; start < k; start += tile) {
    const int length = std::min(tile, k - start);
    auto even = hn::Zero(d32);
    auto odd = hn::Zero(d32);
    const auto add = [&](const Code* from) {
      const auto least = hn::Set(d16, -256);
      const auto vector = hn::Min(hn::Max(hn::LoadU(d16, from), least), hn::Set(d16, 256));
      even = hn::ReorderWidenMulAccumulate(d32, vector, vector, even, odd);
    };
    int i = 0;
    for (; i + lanes <= length; i += lanes) {
      hwy::Prefetch(codes + start + i + kCodesAhead);
      add(codes + start + i);
    }
    if (i < length) {
      Code rest[lanes] = {};
      std::memcpy(rest, codes + start + i, static_cast<std::size_t>(length - i) * sizeof(Code));
      add(rest);
    }
    *norms++ = static_cast<std::uint32_t>(hn::GetLane(hn::SumOfLanes(d32, hn::Add(even, odd))));
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sylvester
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sylvester {
namespace {

HWY_EXPORT(sum_squares);

// Sums of squares have 32 bits; one of short tiles costs more than the tile.
constexpr int kLongestTile = 1 << 12;
constexpr int kShortestTile = 8;
// Jobs with fewer lines or a shorter contraction have too few MACs for every code that is packed.
constexpr int kFewestLines = 64;
constexpr int kShortestContraction = 64;
// Lines of each operand that are looked at first, and the share of free tiles among their products
// that must be found: blocks have fewer than single elements.
constexpr int kSampleLines = 8;
constexpr double kSampleShare = 0.9;
// The share of the blocks' tiles that pays for packing the operands twice.
constexpr double kUsefulShare = 0.5;
// Lines whose sums are one piece of work.
constexpr int kPieceLines = 64;

void line_norms(const PreparedOperand& operand, int line, int tile, std::uint32_t* norms) {
  const auto k = static_cast<std::size_t>(operand.k_padded);
  HWY_DYNAMIC_DISPATCH(sum_squares)
  (operand.codes.data() + static_cast<std::size_t>(line) * k, operand.k_padded, tile, norms);
}

void all_norms(const PreparedOperand& operand, int tile, int tiles, int threads,
               std::uint32_t* norms) {
  const auto piece = [&](std::size_t at) {
    const int first = static_cast<int>(at) * kPieceLines;
    for (int line = first; line < std::min(first + kPieceLines, operand.lines); ++line) {
      line_norms(operand, line, tile,
                 norms + static_cast<std::size_t>(line) * static_cast<std::size_t>(tiles));
    }
  };
  parallel_for(static_cast<std::size_t>((operand.lines - 1) / kPieceLines + 1), threads,
               std::cref(piece));
}

// In place: line i of the result is the largest of the lines i·size ... i·size + size - 1.
void largest_of_lines(std::uint32_t* norms, int lines, int size, int tiles) {
  const auto length = static_cast<std::size_t>(tiles);
  for (int first = 0, to = 0; first < lines; first += size, ++to) {
    std::uint32_t* out = norms + static_cast<std::size_t>(to) * length;
    for (int line = first; line < std::min(first + size, lines); ++line) {
      const std::uint32_t* in = norms + static_cast<std::size_t>(line) * length;
      for (std::size_t t = 0; t < length; ++t) {
        out[t] = line == first ? in[t] : std::max(out[t], in[t]);
      }
    }
  }
}

}  // namespace

bool FreeTiles::find(const GemmJob& job, const GemmPlan& plan, const PackedLayout& layout,
                     int threads) {
  const PreparedOperand& a = *job.a;
  const PreparedOperand& b = *job.b;
  const auto uniform = [](const PreparedOperand& operand) {
    return formats()[static_cast<std::size_t>(operand.format)].uniform;
  };
  if (plan.outer_binds || plan.tile > kLongestTile || plan.tile < kShortestTile) return false;
  if (std::min(a.lines, b.lines) < kFewestLines || plan.k < kShortestContraction) return false;
  if (!uniform(a) || !uniform(b)) return false;
  tiles_ = (plan.k - 1) / plan.tile + 1;
  blocks_ = layout.blocks;
  const int groups = (layout.strips - 1) / kUnitStrips + 1;
  const auto length = static_cast<std::size_t>(tiles_);
  const std::uint64_t most = (std::uint64_t{1} << (plan.recipe.bits - 1)) - 1;
  const auto is_free = [&](std::uint32_t of_a, std::uint32_t of_b) {
    return std::uint64_t{of_a} * of_b <= most * most;
  };
  std::uint32_t* of_a = norms_of_a_.get(static_cast<std::size_t>(a.lines) * length);
  std::uint32_t* of_b = norms_of_b_.get(static_cast<std::size_t>(b.lines) * length);

  const int rows = std::min(kSampleLines, a.lines);
  const int columns = std::min(kSampleLines, b.lines);
  for (int i = 0; i < rows; ++i) {
    line_norms(a, i * (a.lines / rows), plan.tile, of_a + static_cast<std::size_t>(i) * length);
  }
  for (int i = 0; i < columns; ++i) {
    line_norms(b, i * (b.lines / columns), plan.tile, of_b + static_cast<std::size_t>(i) * length);
  }
  std::size_t found = 0;
  for (int i = 0; i < rows * columns; ++i) {
    const std::uint32_t* row = of_a + static_cast<std::size_t>(i / columns) * length;
    const std::uint32_t* column = of_b + static_cast<std::size_t>(i % columns) * length;
    for (std::size_t t = 0; t < length; ++t) found += is_free(row[t], column[t]) ? 1 : 0;
  }
  const auto share_of = [](std::size_t part, std::size_t whole) {
    return static_cast<double>(part) / static_cast<double>(whole);
  };
  if (share_of(found, static_cast<std::size_t>(rows * columns) * length) < kSampleShare) {
    return false;
  }

  all_norms(a, plan.tile, tiles_, threads, of_a);
  all_norms(b, plan.tile, tiles_, threads, of_b);
  largest_of_lines(of_a, a.lines, kBlockRows, tiles_);
  largest_of_lines(of_b, b.lines, kUnitStrips * layout.lanes, tiles_);
  const auto pairs = static_cast<std::size_t>(groups) * static_cast<std::size_t>(blocks_);
  flags_ = flag_memory_.get(pairs * length);
  const auto wholes = static_cast<std::size_t>(blocks_ + groups);
  whole_blocks_ = whole_memory_.get(wholes);
  whole_groups_ = whole_blocks_ + blocks_;
  std::memset(whole_blocks_, 1, wholes);
  found = 0;
  std::uint8_t* flag = flags_;
  for (int group = 0; group < groups; ++group) {
    const std::uint32_t* group_norms = of_b + static_cast<std::size_t>(group) * length;
    for (int block = 0; block < blocks_; ++block) {
      const std::uint32_t* block_norms = of_a + static_cast<std::size_t>(block) * length;
      std::size_t free = 0;
      for (std::size_t t = 0; t < length; ++t) {
        *flag = is_free(block_norms[t], group_norms[t]) ? 1 : 0;
        free += *flag++;
      }
      found += free;
      if (free != length) whole_blocks_[block] = whole_groups_[group] = 0;
    }
  }
  return share_of(found, pairs * length) >= kUsefulShare;
}

}  // namespace sylvester
#endif
