// Random hardware and jobs for the tests of sim, small enough for thousands of runs.
#pragma once

#include <algorithm>
#include <memory>

#include "golden/hardware/descriptors.hpp"
#include "golden/numerics/gemm.hpp"
#include "golden/numerics/prepare.hpp"
#include "golden/support/random.hpp"

namespace sylvester::test {

inline int between(HostRandom& random, int least, int most) {
  return least + static_cast<int>(random.below(static_cast<std::uint32_t>(most - least + 1)));
}

/// Every parameter is drawn; every latency over its whole range.
inline HardwareParameters random_hardware(HostRandom& random) {
  HardwareParameters hardware;
  hardware.rows = between(random, 1, 6);
  hardware.cols = between(random, 1, 6);
  hardware.bits = between(random, 4, 10);
  hardware.policy = static_cast<AccumulatePolicy>(random.below(3));
  hardware.outer_bits = hardware.bits + between(random, 0, 4);
  hardware.tile_max = between(random, 1, 80);
  hardware.lanes = between(random, 1, 6);
  hardware.block_max = 1 << between(random, 1, 5);
  hardware.random_bits = between(random, 1, 16);
  hardware.signs = random.below(2) == 1;
  const auto modes = buildable_modes();
  hardware.modes = {modes[random.below(static_cast<std::uint32_t>(modes.size()))]};
  if (operand_widths(hardware.modes).nibbles && hardware.policy != AccumulatePolicy::kClamp) {
    hardware.bits = between(random, kNibbleProductBits, 20);
    hardware.outer_bits = hardware.bits + between(random, 0, 4);
  }
  hardware.counters = static_cast<CounterMode>(random.below(3));
  for (const LatencyEntry& entry : latency_entries()) {
    hardware.latency.*entry.value = between(random, entry.least, entry.most);
  }
  for (const BufferEntry& entry : buffer_entries()) {
    hardware.buffers.*entry.value = between(random, entry.least, 8);
  }
  // Chunks of one beat, short ones, and ones that hold the whole K'.
  const int longest_chunk[] = {1, 4, 12, 100};
  hardware.buffers.code_chunk = between(random, 1, longest_chunk[random.below(4)]);
  return hardware;
}

inline PrepareJob random_prepare(const HardwareParameters& hardware, HostRandom& random, int lines,
                                 int k, BlockRule rule, int block,
                                 const std::vector<int>& allowed) {
  PrepareJob job;
  job.counters = hardware.counters;
  PrepareRecipe& recipe = job.recipe;
  const bool transformed = block_length(rule, block, k) > 1;
  do {
    recipe.format = allowed[random.below(static_cast<std::uint32_t>(allowed.size()))];
  } while (transformed && !formats()[static_cast<std::size_t>(recipe.format)].is_signed);
  const bool is_unsigned = !formats()[static_cast<std::size_t>(recipe.format)].is_signed;
  recipe.block_rule = rule;
  recipe.block = block;
  recipe.scale = static_cast<ScaleRule>(random.below(6));
  recipe.rounding = static_cast<Rounding>(random.below(2));
  recipe.random_bits = hardware.random_bits;
  if (hardware.signs && !is_unsigned && random.below(2) == 1) {
    recipe.sign_role = static_cast<std::uint8_t>(between(random, 1, 255));
  }
  recipe.draw = {
      static_cast<std::uint32_t>(random.next()), static_cast<std::uint32_t>(random.next()),
      static_cast<std::uint16_t>(random.next()), static_cast<std::uint8_t>(random.next()),
      static_cast<std::uint8_t>(random.next())};
  recipe.index0 = static_cast<std::uint32_t>(random.next());
  recipe.stride_line = static_cast<std::uint32_t>(k);
  recipe.stride_k = 1;
  WideMatrix& input = job.input;
  input.name = "test";
  input.lines = lines;
  input.k = k;
  input.scale = make_scale(random.below(9) + 1, random.below(9) + 1, -7);
  const int shift = between(random, 0, 15);  // small numbers make ties and zeros
  for (int i = 0; i < lines * k; ++i) {
    int v = static_cast<int>(random.below(65535)) - 32767;
    v = (v < 0 ? -(-v >> shift) : v >> shift);
    input.mantissas.push_back(static_cast<std::int16_t>(is_unsigned && v < 0 ? -v : v));
  }
  // M_given about M, or of any size.
  const std::int64_t m = prepare_reference(job).max_magnitude;
  const int any = between(random, 0, (block_length(rule, block, k) << 21) - 1);
  job.max_given = random.below(4) == 0 ? any >> random.below(25)
                                       : static_cast<int>(m * between(random, 0, 12) / 8);
  return job;
}

/// Two operands and how to multiply them; `gemm` is of the prepared operands.
struct Jobs {
  PrepareJob a;
  PrepareJob b;
  GemmJob gemm;
};

/// Jobs that the hardware may refuse, for passes over nibbles have their conditions.
inline Jobs random_attempt(const HardwareParameters& hardware, HostRandom& random) {
  Jobs jobs;
  const int m = between(random, 1, 3 * hardware.rows);
  const int n = between(random, 1, 3 * hardware.cols);
  const int longest_k[] = {1, 6, 40, 70};
  const int k = between(random, 1, longest_k[random.below(4)]);
  const auto rule = static_cast<BlockRule>(random.below(3));
  const int block = std::min(hardware.block_max, 1 << between(random, 0, 5));
  jobs.a = random_prepare(hardware, random, m, k, rule, block, a_formats(hardware.modes));
  jobs.b = random_prepare(hardware, random, n, k, rule, block, b_formats(hardware.modes));
  jobs.gemm.a = std::make_shared<PreparedOperand>(prepare(jobs.a));
  jobs.gemm.b = std::make_shared<PreparedOperand>(prepare(jobs.b));
  jobs.gemm.counters = hardware.counters;
  const int most = std::min(jobs.gemm.a->k_padded, hardware.tile_max);
  const int tile = jobs.gemm.a->k_padded <= hardware.tile_max && random.below(5) == 0
                       ? 0
                       : between(random, 1, random.below(2) == 0 ? most : std::min(most, 8));
  jobs.gemm.recipe = {hardware.policy, hardware.bits, tile, hardware.outer_bits};
  return jobs;
}

inline Jobs random_jobs(const HardwareParameters& hardware, HostRandom& random) {
  for (;;) {
    Jobs jobs = random_attempt(hardware, random);
    const int k = jobs.gemm.a->k_padded;
    const int tile = jobs.gemm.recipe.tile;
    const auto row = [](const PrepareJob& job) -> const Format& {
      return formats()[static_cast<std::size_t>(job.recipe.format)];
    };
    if (nibbles_refusal(hardware, row(jobs.a), row(jobs.b), tile == 0 ? k : std::min(tile, k))
            .empty()) {
      return jobs;
    }
  }
}

}  // namespace sylvester::test
