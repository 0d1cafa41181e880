// Tiles in which no MAC can be limited, whatever the policy: their partial sums are plain dot
// products, and none of their MACs counts.
#pragma once

#include <cstddef>
#include <cstdint>

#include "golden/numerics/gemm_pack.hpp"

namespace sylvester {

/// Which tiles of a job are free. Let a and b be the operands' values over one tile and one
/// element of C. By Cauchy's and Schwarz' inequality, every prefix of the tile has
///   |sum a·b| <= sqrt(sum a² · sum b²),
/// with the sums over the prefix and so over the tile too. If the right side is at most
/// 2^(P-1) - 1, the exact sum never leaves the register: no MAC is limited under any policy, and
/// the partial sum is the dot product. Whether that holds is decided for the elements of kBlockRows
/// rows and a unit's columns together, with the largest of the sums of squares of each side.
///
/// Transformed operands are like that: a few large coefficients set the scale, and most codes are
/// small. Codes that fill their range are not, which is seen from a few lines.
class FreeTiles {
 public:
  /// Looks for the free tiles of a job whose plan limits per MAC. False if they are too few to be
  /// worth a second packing of the operands; then the others are not to be called.
  bool find(const GemmJob& job, const GemmPlan& plan, const PackedLayout& layout, int threads);

  /// A byte per tile, 1 if it is free, of kBlockRows rows and the columns of unit `group`.
  [[nodiscard]] const std::uint8_t* tiles(int group, int block) const {
    return flags_ + (static_cast<std::size_t>(group) * static_cast<std::size_t>(blocks_) +
                     static_cast<std::size_t>(block)) *
                        static_cast<std::size_t>(tiles_);
  }
  /// All tiles of these rows or columns are free.
  [[nodiscard]] bool whole_block(int block) const { return whole_blocks_[block] != 0; }
  [[nodiscard]] bool whole_group(int group) const { return whole_groups_[group] != 0; }

 private:
  Workspace<std::uint32_t> norms_of_a_;
  Workspace<std::uint32_t> norms_of_b_;
  Workspace<std::uint8_t> flag_memory_;
  Workspace<std::uint8_t> whole_memory_;
  std::uint8_t* flags_ = nullptr;         // [group][block][tile]
  std::uint8_t* whole_blocks_ = nullptr;  // [block]
  std::uint8_t* whole_groups_ = nullptr;  // [group]
  int blocks_ = 0;
  int tiles_ = 0;
};

}  // namespace sylvester
