#include "sim/energy/energy.hpp"

#include <gtest/gtest.h>

namespace sylvester {
namespace {

HardwareParameters small() {
  HardwareParameters hardware;
  hardware.rows = 2;
  hardware.cols = 3;
  hardware.lanes = 4;
  hardware.block_max = 32;
  return hardware;
}

GemmDescriptor gemm_descriptor() {
  GemmDescriptor d{};
  d.k_len = 10;
  d.tile = 4;
  d.m_blocks = 2;
  d.m_last = 1;  // 3 rows
  d.n_blocks = 2;
  d.n_last = 2;  // 5 columns
  d.k_chunks = 1;
  d.k_chunk = d.k_last = 10;
  return d;
}

TEST(GemmEnergy, CountsLiveProductsAndWhatTheBuffersTakeAndGive) {
  const HardwareParameters hardware = small();  // i4 x i4 and u4 x i4: codes of 5 and 4 bits
  EnergyEvents expected;
  expected.multiplied = 3 * 5 * 10 * (5 * 4);
  expected.added = 3 * 5 * 10 * 8 + 3 * 5 * 3 * 24;  // three tiles of at most 4
  // A comes once per block of rows, B for every block of results; all are read for every block.
  const std::uint64_t in = 10 * (2 * (2 * 5) + 4 * (3 * 4));
  expected.buffered = in + 10 * 4 * (2 * 5 + 3 * 4);
  expected.moved = in + 3 * 5 * 32;
  EXPECT_EQ(gemm_events(hardware, gemm_descriptor()), expected);
}

TEST(GemmEnergy, SeveralChunksReadAForEveryBlock) {
  GemmDescriptor d = gemm_descriptor();
  const std::uint64_t kept = gemm_events(small(), d).moved;
  d.k_chunks = 2;
  d.k_chunk = 8;
  d.k_last = 2;
  EXPECT_EQ(gemm_events(small(), d).moved, kept + 10 * 2 * (2 * 5));
}

TEST(GemmEnergy, PassesOverNibblesMultiplyFourTimes) {
  HardwareParameters hardware = small();
  hardware.modes = {operand_mode("i8xi8")};
  hardware.policy = AccumulatePolicy::kClamp;
  GemmDescriptor d = gemm_descriptor();
  const EnergyEvents once = gemm_events(hardware, d);
  d.nibbles = 1;
  const EnergyEvents passes = gemm_events(hardware, d);
  EXPECT_EQ(passes.multiplied, 4 * once.multiplied);
  EXPECT_EQ(passes.added, 4 * once.added);
  EXPECT_EQ(passes.moved, once.moved) << "codes come whole";
}

TEST(GemmEnergy, AShiftCostsLessThanAMultiplication) {
  HardwareParameters hardware = small();
  hardware.modes = {operand_mode("e3xi4"), operand_mode("u4xi4")};
  GemmDescriptor d = gemm_descriptor();
  const EnergyEvents multiplied = gemm_events(hardware, d);
  d.a_listed = 1;
  const EnergyEvents shifted = gemm_events(hardware, d);
  EXPECT_EQ(shifted.multiplied, 3U * 5 * 10 * (3 * 4));
  EXPECT_LT(shifted.multiplied, multiplied.multiplied);
  EXPECT_EQ(shifted.added, multiplied.added);
}

TEST(PrepareEnergy, AGivenDivisorSavesAPass) {
  PrepareDescriptor d{};
  d.k_len = 4;
  d.groups = 1;
  const EnergyEvents measured = prepare_events(small(), d);
  d.scale_rule = static_cast<std::uint32_t>(DivisorRule::kGiven);
  const EnergyEvents given = prepare_events(small(), d);
  EXPECT_EQ(measured.moved - given.moved, 4U * 4 * 16);
  EXPECT_EQ(measured.added - given.added, 4U * 4 * (16 + 5));
}

TEST(GemmEnergy, JobsThatAreNotThereCostNothing) {
  GemmJobs jobs{};
  jobs.gemm = gemm_descriptor();
  jobs.a.k_len = jobs.b.k_len = 10;
  jobs.a.groups = jobs.b.groups = 1;
  jobs.counts = {.prepare_a = 0, .prepare_b = 0, .gemm = 1};
  EXPECT_EQ(energy_events(small(), jobs), gemm_events(small(), jobs.gemm));
  jobs.counts.prepare_b = 2;
  EXPECT_EQ(energy_events(small(), jobs).moved - gemm_events(small(), jobs.gemm).moved,
            2 * prepare_events(small(), jobs.b).moved);
}

TEST(PrepareEnergy, CountsBothPassesAndTheDivision) {
  PrepareDescriptor d{};
  d.k_len = 6;
  d.groups = 2;      // 8 lines
  d.block_log2 = 1;  // 2 coefficients
  EnergyEvents expected;
  // Beats of 4: 8 for the 6 columns of a line.
  expected.moved = 2 * 8 * 8 * 16 + 8 * 6 * 5;
  const std::uint64_t coefficient = 16 + 5;
  const std::uint64_t numerator = coefficient + 4 + 5;
  const std::uint64_t nearest = 2 * (1 + 1) * coefficient + (1 + 4 + 8) * numerator + 5;
  expected.added = 8 * 6 * nearest;
  EXPECT_EQ(prepare_events(small(), d), expected);
  d.stochastic = 1;
  expected.added += 8 * 6 * (10 * 16);
  EXPECT_EQ(prepare_events(small(), d), expected);
}

TEST(Energy, IsCountsTimesTheEnergyOfABit) {
  const EnergyEvents events{.multiplied = 64, .added = 8, .buffered = 128, .moved = 64};
  const Energy energy = energy_of(events);
  EXPECT_DOUBLE_EQ(energy.arithmetic, 0.23e-12);
  EXPECT_DOUBLE_EQ(energy.buffers, 20e-12);
  EXPECT_DOUBLE_EQ(energy.memory, 1300e-12);
  EXPECT_DOUBLE_EQ(energy.total(), energy.arithmetic + energy.buffers + energy.memory);
}

}  // namespace
}  // namespace sylvester
