#include "sim/cycles/cycles.hpp"

#include <gtest/gtest.h>

#include "sim/cycles/faults.hpp"

namespace sylvester {
namespace {

HardwareParameters smallest() {
  HardwareParameters hardware;
  hardware.rows = 1;
  hardware.cols = 1;
  hardware.lanes = 1;
  hardware.block_max = 2;
  hardware.random_bits = 8;
  return hardware;
}

PrepareDescriptor prepare_descriptor(std::uint32_t groups, std::uint32_t k_len,
                                     std::uint32_t block_log2) {
  PrepareDescriptor d{};
  d.k_len = k_len;
  d.groups = groups;
  d.block_log2 = block_log2;
  return d;
}

// One element on one lane: wide in cycle 0, turned in 1, into the transform in 2, through its one
// register to the quantiser in 3, measured in 4; SETUP in 5 and 6; wide again in 7, popped in 11;
// 1 + 6 + 1 registers later, in cycle 19, the code leaves.
TEST(PrepareCycles, OfOneElement) {
  EXPECT_EQ(prepare_cycles(smallest(), prepare_descriptor(1, 1, 0)), 20U);
}

// As above up to the quantiser, which pops in cycle 4 what becomes a code.
TEST(PrepareCycles, OfOneElementWithAGivenDivisor) {
  PrepareDescriptor given = prepare_descriptor(1, 1, 0);
  given.scale_rule = static_cast<std::uint32_t>(DivisorRule::kGiven);
  EXPECT_EQ(prepare_cycles(smallest(), given), 13U);
}

TEST(PrepareCycles, ABlockDrainsItsDifferences) {
  const auto without = prepare_cycles(smallest(), prepare_descriptor(1, 2, 0));
  // The last difference follows the last sum by one step, in each of the two passes.
  EXPECT_EQ(prepare_cycles(smallest(), prepare_descriptor(1, 2, 1)), without + 2);
}

GemmDescriptor gemm_descriptor(std::uint32_t k_len, std::uint32_t tile) {
  GemmDescriptor d{};
  d.k_len = k_len;
  d.tile = tile;
  d.m_blocks = d.n_blocks = d.m_last = d.n_last = d.k_chunks = 1;
  d.k_chunk = d.k_last = k_len;
  return d;
}

// One MAC: codes in cycle 0, read in 1, at the feed in 2, issued in 3, MAC in 4, out in 5, at the
// edge in 6, added in 7, result in 8.
TEST(GemmCycles, OfOneMac) { EXPECT_EQ(gemm_cycles(smallest(), gemm_descriptor(1, 1)), 9U); }

TEST(GemmCycles, AShortTileTakesAsLongAsTheArrayIsHigh) {
  HardwareParameters hardware;
  hardware.rows = 8;
  hardware.cols = 8;
  // Tiles of 2 in an array of 8 rows: 8 cycles each instead of 2.
  const auto one_tile = gemm_cycles(hardware, gemm_descriptor(16, 16));
  const auto short_tiles = gemm_cycles(hardware, gemm_descriptor(16, 2));
  EXPECT_EQ(short_tiles - one_tile, 8U * 8U - 16U - 6U);
}

TEST(GemmCycles, LongTilesDoNotWait) {
  HardwareParameters hardware;
  EXPECT_EQ(gemm_cycles(hardware, gemm_descriptor(64, 16)),
            gemm_cycles(hardware, gemm_descriptor(64, 64)));
}

TEST(GemmCycles, NibblesTakeFourPasses) {
  HardwareParameters hardware;
  hardware.rows = hardware.cols = 2;
  GemmDescriptor nibbles = gemm_descriptor(20, 8);  // tiles of 8, 8 and 4
  const auto one_pass = gemm_cycles(hardware, nibbles);
  nibbles.nibbles = 1;
  EXPECT_EQ(gemm_cycles(hardware, nibbles) - one_pass, 3U * 20U);
  // Passes shorter than the array's height are stretched to it.
  hardware.rows = 8;
  const auto high_one_pass = gemm_cycles(hardware, gemm_descriptor(20, 8));
  EXPECT_EQ(gemm_cycles(hardware, nibbles) - high_one_pass, 2U * 3U * 8U + 3U * 8U);
}

TEST(GemmCycles, LargeJobsApproachFullUse) {
  HardwareParameters hardware;
  GemmDescriptor d = gemm_descriptor(4096, 32);
  d.m_blocks = d.n_blocks = 4;
  d.m_last = d.n_last = 16;
  d.k_chunks = 64;
  d.k_chunk = d.k_last = 64;
  EXPECT_EQ(useful_macs(hardware, d), 64ULL * 64 * 4096);
  const double share = utilisation(hardware, useful_macs(hardware, d), gemm_cycles(hardware, d));
  EXPECT_GT(share, 0.97);  // a bank is written again two cycles after its last use
  EXPECT_LT(share, 1.0);
}

TEST(CyclesFaults, EachChangesItsCount) {
  HardwareParameters hardware;
  hardware.buffers.code_chunk = 16;
  GemmDescriptor gemm = gemm_descriptor(64, 4);
  gemm.m_blocks = 2;
  gemm.k_chunks = 4;
  gemm.k_chunk = gemm.k_last = 16;
  GemmDescriptor waiting = gemm_descriptor(4, 4);
  hardware.rows = 4;
  waiting.k_len = 64;
  waiting.tile = 64;
  waiting.k_chunks = 4;
  waiting.k_chunk = waiting.k_last = 16;
  GemmDescriptor passes = gemm_descriptor(16, 4);
  passes.nibbles = 1;
  const PrepareDescriptor prepare = prepare_descriptor(2, 64, 4);
  PrepareDescriptor given = prepare;
  given.scale_rule = static_cast<std::uint32_t>(DivisorRule::kGiven);
  for (const CyclesFault& fault : cycles_faults()) {
    const bool prepare_moves =
        prepare_cycles(hardware, prepare, fault.number) != prepare_cycles(hardware, prepare) ||
        prepare_cycles(hardware, given, fault.number) != prepare_cycles(hardware, given);
    HardwareParameters high = hardware;
    high.rows = 16;
    const bool gemm_moves =
        gemm_cycles(high, gemm, fault.number) != gemm_cycles(high, gemm) ||
        gemm_cycles(hardware, waiting, fault.number) != gemm_cycles(hardware, waiting) ||
        gemm_cycles(hardware, passes, fault.number) != gemm_cycles(hardware, passes);
    EXPECT_EQ(prepare_moves, fault.part == "prepare") << fault.what;
    EXPECT_EQ(gemm_moves, fault.part == "gemm") << fault.what;
  }
}

}  // namespace
}  // namespace sylvester
