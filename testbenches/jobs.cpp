#include "testbenches/jobs.hpp"

#include <algorithm>
#include <bit>
#include <optional>
#include <stdexcept>

#include "golden/hardware/descriptors.hpp"

namespace sylvester {
namespace {

constexpr std::array<std::string_view, kRaggedClasses> kRaggedNames = {
    "M=1", "N=1", "K=1", "K<T", "K mod T", "K mod block"};
constexpr int kLongestK = 100;
constexpr int kMostTableK = 1000;  // of a job with the tile of a precision table
constexpr int kLongestBlock = 64;
constexpr int kMostBlocks = 3;

std::uint32_t unsigned_of(int value) { return static_cast<std::uint32_t>(value); }
/// Uniform in lo ... hi.
int between(HostRandom& random, int lo, int hi) {
  return lo + static_cast<int>(random.below(unsigned_of(hi - lo + 1)));
}
bool one_in(HostRandom& random, std::uint32_t n) { return random.below(n) == 0; }

int block_of(const PrepareJob& job) {
  return block_length(job.recipe.block_rule, job.recipe.block, job.input.k);
}

/// Mantissas of a matrix. The shapes differ in how the products of a tile add up.
void fill(WideMatrix& matrix, const Format& format, int block, HostRandom& random, int shape) {
  const auto k = static_cast<std::size_t>(matrix.k);
  for (std::size_t line = 0; line < static_cast<std::size_t>(matrix.lines); ++line) {
    // Impulses, once per block: their transform is flat, with the impulse's sign at column 0.
    const int impulse = between(random, 20000, kWideLimit);
    const bool negative_line = one_in(random, 2);
    for (std::size_t i = 0; i < k; ++i) {
      int value = 0;
      switch (shape) {
        case 0:  // uniform over the whole range
          value = between(random, -kWideLimit, kWideLimit);
          break;
        case 1:  // large, one sign per line: sums run to the limit
          value = between(random, 16000, kWideLimit) * (negative_line ? -1 : 1);
          break;
        case 2:  // flat after the transform
          value = i % static_cast<std::size_t>(block) == 0 ? impulse : 0;
          if (negative_line) value = -value;
          break;
        case 3:  // mostly small, a few large
          value = one_in(random, 8) ? between(random, -kWideLimit, kWideLimit)
                                    : between(random, -900, 900);
          break;
        default:  // sparse, at most 2 Q: untransformed, odd numbers are ties
          value =
              one_in(random, 3) ? between(random, -2 * format.largest(), 2 * format.largest()) : 0;
          if (i == 0) value = 2 * format.largest();
          break;
      }
      matrix.mantissas[line * k + i] =
          static_cast<std::int16_t>(format.is_signed ? value : std::abs(value));
    }
  }
}

const Format& row(int format) { return formats()[static_cast<std::size_t>(format)]; }

/// A listed format of powers of two.
bool shifts_by(const PrepareJob& job) {
  const Format& format = row(job.recipe.format);
  return !format.uniform && shifts(format);
}

int random_format(HostRandom& random, std::vector<int> allowed, bool transformed) {
  if (transformed) {
    std::erase_if(allowed, [](int format) { return !row(format).is_signed; });
  }
  // Half of the time one of the widest, as a user would have it.
  if (one_in(random, 2)) {
    int most = 0;
    for (const int format : allowed) most = std::max(most, value_bits(row(format)));
    std::erase_if(allowed, [most](int format) { return value_bits(row(format)) < most; });
  }
  return allowed[random.below(unsigned_of(static_cast<int>(allowed.size())))];
}

/// Two thirds of the operands measure first; with a given scale they need not.
ScaleRule random_scale(HostRandom& random) {
  constexpr std::array kRules = {ScaleRule::kMax,  ScaleRule::kClip,     ScaleRule::kPow2,
                                 ScaleRule::kLuq,  ScaleRule::kMax,      ScaleRule::kClip,
                                 ScaleRule::kSawb, ScaleRule::kHindsight};
  return kRules[random.below(static_cast<std::uint32_t>(kRules.size()))];
}

/// M_given: mostly near the largest magnitude, so that some of the elements saturate; else of any
/// size, 0 included.
std::int32_t random_maximum(const PrepareJob& job, HostRandom& random) {
  const int block = block_of(job);
  if (one_in(random, 6)) return 0;
  if (one_in(random, 4)) return between(random, 1, (block << 21) - 1) >> random.below(24);
  return std::max(1, static_cast<int>(prepare_reference(job).max_magnitude *
                                      std::int64_t{between(random, 2, 12)} / 8));
}

PrepareJob random_operand(const HardwareParameters& hardware, const char* name, int lines, int k,
                          BlockRule rule, int block, Rounding rounding,
                          const std::vector<int>& allowed, HostRandom& random) {
  PrepareJob job;
  const bool transformed = block_length(rule, block, k) > 1;
  job.recipe.format = random_format(random, allowed, transformed);
  job.recipe.block_rule = rule;
  job.recipe.block = block;
  job.recipe.scale = random_scale(random);
  job.recipe.rounding = rounding;
  job.recipe.random_bits = hardware.random_bits;
  job.recipe.draw = {.seed = static_cast<std::uint32_t>(random.next()),
                     .step = random.below(100000),
                     .layer = static_cast<std::uint16_t>(random.below(64)),
                     .role = static_cast<std::uint8_t>(random.below(7)),
                     .repetition = static_cast<std::uint8_t>(random.below(2))};
  const auto length = unsigned_of(padded_length(k, block_length(rule, block, k)));
  if (one_in(random, 2)) {  // as the tensor lies
    job.recipe.index0 = 0;
    job.recipe.stride_line = length;
    job.recipe.stride_k = 1;
  } else {  // transposed, somewhere in a larger tensor, past the wrap of the index
    job.recipe.index0 = static_cast<std::uint32_t>(random.next());
    job.recipe.stride_line = 1;
    job.recipe.stride_k = unsigned_of(lines);
  }
  job.counters = hardware.counters;
  job.input.name = name;
  job.input.lines = lines;
  job.input.k = k;
  job.input.mantissas.assign(static_cast<std::size_t>(lines) * static_cast<std::size_t>(k), 0);
  job.input.scale = make_scale(1, 1, between(random, -20, 0));
  // A sixteenth of the operands is all zero, the shapes share the rest.
  if (!one_in(random, 16)) {
    int shape = one_in(random, 2) ? (transformed ? 2 : 1) : between(random, 0, 4);
    if (rounding == Rounding::kNearest && one_in(random, 4)) shape = 4;  // ties matter
    fill(job.input, row(job.recipe.format), block_length(rule, block, k), random, shape);
  }
  if (job.recipe.scale == ScaleRule::kHindsight) job.max_given = random_maximum(job, random);
  return job;
}

int random_block(const HardwareParameters& hardware, const Cell& cell, HostRandom& random) {
  if (cell.block_rule == BlockRule::kNone) return 1;
  const int longest = std::min(hardware.block_max, kLongestBlock);
  const int steps = std::bit_width(unsigned_of(longest)) - 1;
  const int least = cell.ragged == Ragged::kBlockRemainder ? 1 : 0;
  return 1 << between(random, least, std::max(least, steps));
}

int random_k(const Cell& cell, int block, HostRandom& random) {
  if (cell.ragged == Ragged::kOneDeep) return 1;
  const int k = between(random, 2, kLongestK);
  // Now and then a multiple, so that the paper's rule finds its block.
  const bool multiple = cell.block_rule == BlockRule::kPaper && k > block && one_in(random, 2);
  return multiple && cell.ragged != Ragged::kBlockRemainder ? k - k % block : k;
}

/// A recipe's tile for this cell; nothing if this K' does not allow one.
std::optional<int> random_tile(const HardwareParameters& hardware, const Cell& cell, int k_padded,
                               HostRandom& random) {
  const int most = std::min(k_padded, hardware.tile_max);
  switch (cell.ragged) {
    case Ragged::kShortTile:
      if (k_padded > hardware.tile_max) return std::nullopt;
      return k_padded + between(random, 1, 40);
    case Ragged::kTileRemainder: {
      if (most < 2) return std::nullopt;
      const int tile = between(random, 2, most);
      if (k_padded % tile == 0) return std::nullopt;
      return tile;
    }
    default:
      if (k_padded <= hardware.tile_max && one_in(random, 6)) return 0;
      if (one_in(random, 10)) return 1;
      return one_in(random, 2) ? between(random, 1, most) : std::min(most, 32);
  }
}

}  // namespace

std::string_view to_string(Ragged ragged) { return kRaggedNames[static_cast<std::size_t>(ragged)]; }

std::string to_string(const Cell& cell) {
  std::string text(to_string(cell.policy));
  text += ", " + std::string(to_string(cell.rounding));
  text += ", " + std::string(to_string(cell.block_rule));
  text += ", " + std::string(to_string(cell.ragged));
  return text;
}

std::vector<Cell> all_cells() {
  std::vector<Cell> cells;
  for (int policy = 0; policy < 3; ++policy) {
    for (int rounding = 0; rounding < 2; ++rounding) {
      for (int rule = 0; rule < 3; ++rule) {
        for (int ragged = 0; ragged < kRaggedClasses; ++ragged) {
          cells.push_back({static_cast<AccumulatePolicy>(policy), static_cast<Rounding>(rounding),
                           static_cast<BlockRule>(rule), static_cast<Ragged>(ragged)});
        }
      }
    }
  }
  return cells;
}

std::string impossible(const HardwareParameters& hardware, const Cell& cell) {
  if (cell.policy != hardware.policy) {
    return "no verified hardware has the policy " + std::string(to_string(cell.policy));
  }
  if (cell.ragged == Ragged::kBlockRemainder && cell.block_rule == BlockRule::kNone) {
    return "without a transform there is no block";
  }
  if (cell.ragged == Ragged::kTileRemainder && hardware.tile_max < 2) {
    return "tile_max is 1 on all verified hardware";
  }
  return "";
}

std::vector<Cell> cells_of(const HardwareParameters& hardware, const VerifyJob& job) {
  const int k_padded = padded_length(job.a.input.k, block_of(job.a));
  const int tile = job.recipe.tile == 0 ? k_padded : job.recipe.tile;
  std::array<bool, kRaggedClasses> ragged{};
  const auto mark = [&](Ragged which, bool is) { ragged[static_cast<std::size_t>(which)] = is; };
  mark(Ragged::kOneLine, job.a.input.lines == 1);
  mark(Ragged::kOneColumn, job.b.input.lines == 1);
  mark(Ragged::kOneDeep, job.a.input.k == 1);
  mark(Ragged::kShortTile, k_padded < tile);
  mark(Ragged::kTileRemainder, k_padded > tile && k_padded % tile != 0);
  mark(Ragged::kBlockRemainder, job.a.recipe.block_rule != BlockRule::kNone &&
                                    job.a.recipe.block > 1 &&
                                    job.a.input.k % job.a.recipe.block != 0);
  std::vector<Cell> cells;
  for (int i = 0; i < kRaggedClasses; ++i) {
    if (!ragged[static_cast<std::size_t>(i)]) continue;
    cells.push_back(
        {hardware.policy, job.a.recipe.rounding, job.a.recipe.block_rule, static_cast<Ragged>(i)});
  }
  return cells;
}

VerifyJob random_job(const HardwareParameters& hardware, const Cell& cell, HostRandom& random) {
  // Sizes are drawn until the tile fits; a possible cell needs a few attempts.
  for (int attempt = 0; attempt < 10000; ++attempt) {
    const int m =
        cell.ragged == Ragged::kOneLine ? 1 : between(random, 1, kMostBlocks * hardware.rows);
    const int n =
        cell.ragged == Ragged::kOneColumn ? 1 : between(random, 1, kMostBlocks * hardware.cols);
    const int block = random_block(hardware, cell, random);
    const int k = random_k(cell, block, random);
    if (cell.ragged == Ragged::kBlockRemainder && k % block == 0) continue;
    const int k_padded = padded_length(k, block_length(cell.block_rule, block, k));
    const auto tile = random_tile(hardware, cell, k_padded, random);
    if (!tile) continue;

    VerifyJob job;
    job.recipe = {hardware.policy, hardware.bits, *tile, hardware.outer_bits};
    const Rounding other = static_cast<Rounding>(random.below(2));
    job.a = random_operand(hardware, "A", m, k, cell.block_rule, block, cell.rounding,
                           a_formats(hardware.modes), random);
    job.b = random_operand(hardware, "B", n, k, cell.block_rule, block, other,
                           b_formats(hardware.modes), random);
    if (hardware.signs && block_of(job.a) > 1 && one_in(random, 2)) {
      job.a.recipe.sign_role = static_cast<std::uint8_t>(between(random, 1, 255));
      job.b.recipe.sign_role = static_cast<std::uint8_t>(between(random, 1, 255));
    }
    if (!nibbles_refusal(hardware, row(job.a.recipe.format), row(job.b.recipe.format),
                         *tile == 0 ? k_padded : std::min(*tile, k_padded))
             .empty()) {
      continue;
    }
    return job;
  }
  throw std::logic_error("no job for the cell " + to_string(cell));
}

VerifyJob random_job(const HardwareParameters& hardware, const JobKind& kind, HostRandom& random) {
  const int m = between(random, 1, kMostBlocks * hardware.rows);
  const int n = between(random, 1, kMostBlocks * hardware.cols);
  const int longest = kind.tile == 0
                          ? std::min(hardware.tile_max, kLongestK)
                          : std::clamp(kind.tile + kind.tile / 2, kLongestK, kMostTableK);
  const int k = between(random, 1, longest);
  VerifyJob job;
  job.recipe = {hardware.policy, hardware.bits, kind.tile, hardware.outer_bits};
  const auto operand = [&](const char* name, int lines, int format) {
    const auto rounding = static_cast<Rounding>(random.below(2));
    return random_operand(hardware, name, lines, k, BlockRule::kNone, 1, rounding, {format},
                          random);
  };
  job.a = operand("A", m, kind.a);
  job.b = operand("B", n, kind.b);
  return job;
}

Expected golden_results(const VerifyJob& job) {
  // Full counts: what of them the hardware reports is decided where they are compared.
  PrepareJob a = job.a;
  PrepareJob b = job.b;
  a.counters = CounterMode::kFull;
  b.counters = CounterMode::kFull;
  Expected expected;
  expected.a = std::make_shared<PreparedOperand>(prepare(a));
  expected.b = std::make_shared<PreparedOperand>(prepare(b));
  expected.gemm = gemm_reference(expected.gemm_job(job, CounterMode::kFull));
  return expected;
}

const std::vector<std::string>& all_features() {
  static const std::vector<std::string> names = {"limited MAC or tile",
                                                 "limited outer addition",
                                                 "code at the limit",
                                                 "rounded up",
                                                 "all-zero operand",
                                                 "unsigned A",
                                                 "scale max",
                                                 "scale clip",
                                                 "scale pow2",
                                                 "scale luq",
                                                 "scale sawb",
                                                 "scale hindsight",
                                                 "given divisor saturates",
                                                 "M_given = 0",
                                                 "one pass over a matrix of several groups",
                                                 "random signs",
                                                 "transform without signs",
                                                 "A shifts B",
                                                 "B shifts A",
                                                 "stochastic powers of two",
                                                 "passes over nibbles",
                                                 "passes over several tiles of a chunk",
                                                 "passes over a rest of a tile",
                                                 "limited tile of passes",
                                                 "several m-blocks",
                                                 "several n-blocks",
                                                 "several k-chunks",
                                                 "A kept for its n-blocks",
                                                 "B kept for the whole job",
                                                 "several tiles",
                                                 "tile of the whole K",
                                                 "tile of 1",
                                                 "last m-block partly filled",
                                                 "last n-block partly filled",
                                                 "last group partly filled"};
  return names;
}

std::vector<std::string> features_of(const HardwareParameters& hardware, const VerifyJob& job,
                                     const Expected& expected) {
  std::vector<std::string> found;
  const auto add = [&](const char* name, bool is) {
    if (is) found.emplace_back(name);
  };
  const auto& counters = expected.gemm.counters;
  const int m = job.a.input.lines;
  const int n = job.b.input.lines;
  const int k = expected.a->k_padded;
  const int tile = job.recipe.tile == 0 ? k : std::min(job.recipe.tile, k);
  const bool nibbles = needs_nibbles(row(job.a.recipe.format), row(job.b.recipe.format));
  const int depth = hardware.buffers.code_chunk;
  const int chunk = nibbles ? depth / tile * tile : depth;
  const auto has_scale = [&](ScaleRule rule) {
    return job.a.recipe.scale == rule || job.b.recipe.scale == rule;
  };
  add("limited MAC or tile", counters.mac_limited + counters.tile_limited > 0);
  add("limited outer addition", counters.outer_limited > 0);
  add("code at the limit",
      expected.a->counters.codes_at_limit + expected.b->counters.codes_at_limit > 0);
  add("rounded up", expected.a->counters.rounded_up + expected.b->counters.rounded_up > 0);
  add("all-zero operand", expected.a->max_magnitude == 0 || expected.b->max_magnitude == 0);
  add("unsigned A", !formats()[static_cast<std::size_t>(job.a.recipe.format)].is_signed);
  add("scale max", has_scale(ScaleRule::kMax));
  add("scale clip", has_scale(ScaleRule::kClip));
  add("scale pow2", has_scale(ScaleRule::kPow2));
  add("scale luq", has_scale(ScaleRule::kLuq));
  add("scale sawb", has_scale(ScaleRule::kSawb));
  add("scale hindsight", has_scale(ScaleRule::kHindsight));
  const auto given = [&](const PrepareJob& operand, const PreparedOperand& prepared) {
    const ScaleRule rule = operand.recipe.scale;
    const bool is = rule == ScaleRule::kHindsight || rule == ScaleRule::kSawb;
    add("given divisor saturates",
        is && prepared.counters.codes_at_limit > 0 &&
            (rule == ScaleRule::kSawb || prepared.max_magnitude > operand.max_given));
    add("M_given = 0",
        rule == ScaleRule::kHindsight && operand.max_given == 0 && prepared.max_magnitude > 0);
    add("one pass over a matrix of several groups", is && operand.input.lines > hardware.lanes);
  };
  given(job.a, *expected.a);
  given(job.b, *expected.b);
  add("random signs", job.a.recipe.sign_role != 0);
  add("transform without signs", expected.a->block > 1 && job.a.recipe.sign_role == 0);
  const bool a_shifts = shifts_by(job.a);
  const bool b_shifts = shifts_by(job.b);
  add("A shifts B", a_shifts);
  add("B shifts A", b_shifts && !a_shifts);
  add("stochastic powers of two", (a_shifts && expected.a->counters.rounded_up > 0) ||
                                      (b_shifts && expected.b->counters.rounded_up > 0));
  add("passes over nibbles", nibbles);
  add("passes over several tiles of a chunk", nibbles && k >= 2 * tile && chunk >= 2 * tile);
  add("passes over a rest of a tile", nibbles && k % tile != 0);
  add("limited tile of passes", nibbles && counters.tile_limited > 0);
  add("several m-blocks", m > hardware.rows);
  add("several n-blocks", n > hardware.cols);
  add("several k-chunks", k > chunk);
  add("A kept for its n-blocks", k <= chunk && n > hardware.cols);
  add("B kept for the whole job", k <= chunk && n <= hardware.cols && m > hardware.rows);
  add("several tiles", tile < k);
  add("tile of the whole K", tile == k);
  add("tile of 1", tile == 1 && k > 1);
  add("last m-block partly filled", m % hardware.rows != 0);
  add("last n-block partly filled", n % hardware.cols != 0);
  add("last group partly filled", m % hardware.lanes != 0 || n % hardware.lanes != 0);
  return found;
}

}  // namespace sylvester
