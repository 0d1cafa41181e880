// Hardware configurations of the tests in rtl_gen.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "golden/hardware/hardware.hpp"

namespace sylvester {

/// The one whose package is committed as rtl_gen/sample.
inline HardwareParameters small_hardware() {
  HardwareParameters hardware;
  hardware.rows = 4;
  hardware.cols = 4;
  hardware.tile_max = 64;
  hardware.lanes = 2;
  hardware.block_max = 8;
  hardware.buffers.code_chunk = 8;
  return hardware;
}

/// Corners: every policy and counter mode, one row or column, one lane, odd sizes, deep buffers
/// and pipelines, extreme widths, a listed format on one side and on both, 8-bit codes.
inline std::vector<std::pair<std::string, HardwareParameters>> test_hardware() {
  std::vector<std::pair<std::string, HardwareParameters>> result;
  result.emplace_back("small", small_hardware());
  HardwareParameters least;
  least.rows = least.cols = least.lanes = least.tile_max = least.random_bits = 1;
  least.bits = least.outer_bits = 4;
  least.block_max = 2;
  least.modes = {operand_mode("i4xi4")};
  least.counters = CounterMode::kNone;
  least.buffers.code_chunk = 1;
  least.latency = {1, 1, 1, 1, 1, 1, 1, 1};
  result.emplace_back("least", least);
  HardwareParameters odd = small_hardware();
  odd.rows = 5;
  odd.cols = 3;
  odd.bits = 13;
  odd.policy = AccumulatePolicy::kWrap;
  odd.outer_bits = 32;
  odd.tile_max = 100;
  odd.lanes = 3;
  odd.block_max = 16;
  odd.random_bits = 16;
  odd.signs = true;
  odd.modes = {operand_mode("e3xi4"), operand_mode("u4xi4")};
  odd.counters = CounterMode::kSticky;
  odd.buffers = {3, 5, 13, 4, 7};
  odd.latency = {3, 8, 16, 10, 4, 3, 4, 2};
  result.emplace_back("odd", odd);
  HardwareParameters clamp = small_hardware();
  clamp.rows = 2;
  clamp.cols = 6;
  clamp.policy = AccumulatePolicy::kClamp;
  clamp.bits = clamp.outer_bits = 24;
  clamp.lanes = 8;
  clamp.modes = {operand_mode("e3xe3")};
  clamp.block_max = 1024;
  clamp.latency = {2, 3, 3, 3, 2, 4, 2, 3};
  result.emplace_back("clamp", clamp);
  HardwareParameters nibbles = small_hardware();
  nibbles.rows = 3;
  nibbles.bits = 10;
  nibbles.policy = AccumulatePolicy::kClamp;
  nibbles.modes = {operand_mode("i8xi8"), operand_mode("e3xu4")};
  result.emplace_back("nibbles", nibbles);
  nibbles.bits = 17;
  nibbles.policy = AccumulatePolicy::kWrap;
  nibbles.counters = CounterMode::kNone;
  nibbles.modes = {operand_mode("i8xi8")};
  result.emplace_back("wrapped_nibbles", nibbles);
  return result;
}

}  // namespace sylvester
