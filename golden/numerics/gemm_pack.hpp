// Operands of gemm() as its kernels read them.
#pragma once

#include <hwy/aligned_allocator.h>
#include <cstdint>

#include "golden/numerics/gemm_plan.hpp"

namespace sylvester {

/// Memory that is kept from call to call: it grows, and is not initialised.
template <typename T>
class Workspace {
 public:
  T* get(std::size_t size) {
    if (size > size_) {
      data_ = hwy::AllocateAligned<T>(size);
      size_ = size;
    }
    return data_.get();
  }

 private:
  hwy::AlignedFreeUniquePtr<T[]> data_;
  std::size_t size_ = 0;
};

/// Codes are fetched so many elements before they are read.
constexpr int kCodesAhead = 1024;

/// Layout of both packed operands of one job.
struct PackedLayout {
  PackedLayout(const GemmPlan& plan, int m, int n, SimdLevel level);

  int lanes = 0;          ///< columns of a strip
  int strips = 0;         ///< of B
  int blocks = 0;         ///< of A, kBlockRows rows each
  int encoded_bytes = 0;  ///< of a line whose values are bytes and whose tiles are whole steps
  std::size_t a_block_bytes = 0;
  std::size_t b_strip_bytes = 0;
  int group_lanes = 0;  ///< lanes of B, of all strips in a row, that are packed together
  int groups = 0;       ///< of B: pack_b works on so many pieces
  /// Bytes from an encoded line to the next: a cache line more, as for strips.
  [[nodiscard]] std::size_t line_stride() const {
    return static_cast<std::size_t>(encoded_bytes) + 64;
  }

  [[nodiscard]] std::size_t a_bytes() const;
  [[nodiscard]] std::size_t b_bytes() const;
};

/// Packs the blocks [first, last) of A. If the plan has row_start, row_starts receives the first
/// values of the registers, [tile][row of the padded M]. False if a code is not in the format.
bool pack_a(const GemmPlan& plan, const PackedLayout& layout, const PreparedOperand& a, int first,
            int last, std::uint8_t* out, std::int32_t* row_starts);
/// Packs group number `group` of B's lines.
bool pack_b(const GemmPlan& plan, const PackedLayout& layout, const PreparedOperand& b, int group,
            std::uint8_t* out);

/// Bytes of the product table of a job with byte lanes; see fill_product_table.
std::size_t product_table_bytes(const GemmPlan& plan);
/// Row i holds the products of A's code with i as its lower 8 bits and every code of B, by the
/// lower 4 bits of that. `byte saturate twice` has two rows: positive products, then negative ones.
void fill_product_table(const GemmPlan& plan, const Format& a, const Format& b, std::int8_t* table);

}  // namespace sylvester
