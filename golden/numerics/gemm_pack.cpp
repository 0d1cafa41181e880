// Packing: a line of codes becomes a line of bytes (values, or indices into the product table) with
// tiles padded to whole steps; 16 lines at a time are transposed and widened to the kernel's lanes.
#include "golden/numerics/simd_targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "golden/numerics/gemm_pack.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

#include "golden/numerics/gemm_pack.hpp"

#ifndef SYLVESTER_GEMM_PACK_ONCE
#define SYLVESTER_GEMM_PACK_ONCE
namespace sylvester {
namespace {

// Bytes that encode_line may write behind a line: less than the longest vector of bytes.
constexpr int kOverrun = 64;
// Lines of words or 32-bit lanes that are packed together.
constexpr int kGroupLines = 16;

/// From a code to the byte that is packed.
struct Encoding {
  std::int16_t least = 0;  ///< codes of the format
  std::int16_t most = 0;
  std::uint8_t mask = 0xFF;  ///< of the code's lower 8 bits
  std::uint8_t flip = 0;     ///< then xor this
  bool listed = false;       ///< then the byte of that number in the list
  alignas(16) std::array<std::uint8_t, 16> list{};
  std::uint8_t zero = 0;  ///< what becomes of code 0
};

/// One job's lines: K' codes each, tiles of `tile` of them rounded up to whole steps.
struct LineShape {
  int k = 0;
  int tile = 0;
  int steps_per_k = 1;
  int bytes = 0;  ///< of an encoded line
};

}  // namespace
}  // namespace sylvester
#endif

HWY_BEFORE_NAMESPACE();
namespace sylvester {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using Bytes16 = hn::FixedTag<std::uint8_t, 16>;
using Byte16 = hn::Vec<Bytes16>;
using Code8 = hn::FixedTag<std::int16_t, 8>;

using Codes = hn::ScalableTag<std::int16_t>;

struct CodeRange {
  hn::Vec<Codes> least;
  hn::Vec<Codes> most;
};

// One vector of codes -> half as many bytes.
HWY_INLINE void encode_vector(const Encoding& encoding, const Code* codes, std::uint8_t* out,
                              CodeRange& range) {
  const Codes d16;
  const hn::Rebind<std::uint8_t, Codes> d8;
  const auto vector = hn::LoadU(d16, codes);
  range.least = hn::Min(range.least, vector);
  range.most = hn::Max(range.most, vector);
  auto bytes = hn::TruncateTo(d8, hn::BitCast(hn::RebindToUnsigned<Codes>(), vector));
  bytes = hn::And(bytes, hn::Set(d8, encoding.mask));
  hn::StoreU(hn::Xor(bytes, hn::Set(d8, encoding.flip)), d8, out);
}

// Bytes of a list: the codes' lower 4 bits, which are in place, select them.
HWY_INLINE void look_up(const Encoding& encoding, std::uint8_t* bytes, int count) {
  const Bytes16 d;
  const Byte16 list = hn::Load(d, encoding.list.data());
  for (int i = 0; i < count; i += 16) {
    const Byte16 found = hn::TableLookupBytes(list, hn::LoadU(d, bytes + i));
    hn::StoreU(found, d, bytes + i);
  }
}

HWY_INLINE void encode_run(const Encoding& encoding, const Code* codes, int count,
                           std::uint8_t* out, CodeRange& range) {
  constexpr int lanes = static_cast<int>(hn::MaxLanes(Codes()));
  int i = 0;
  for (; i + lanes <= count; i += lanes) {
    hwy::Prefetch(codes + i + kCodesAhead);  // the next lines
    encode_vector(encoding, codes + i, out + i, range);
  }
  if (i == count) return;
  // Zeros behind the rest fill the tile's last step.
  if (count >= lanes) {
    const hn::Rebind<std::uint8_t, Codes> d8;
    hn::StoreU(hn::Set(d8, encoding.flip), d8, out + count);
    encode_vector(encoding, codes + count - lanes, out + count - lanes, range);
  } else {
    Code rest[lanes] = {};
    std::memcpy(rest, codes, static_cast<std::size_t>(count) * sizeof(Code));
    encode_vector(encoding, rest, out, range);
  }
}

// Writes whole vectors: up to kOverrun bytes behind the line.
HWY_INLINE void encode_line(const Encoding& encoding, const LineShape& shape, const Code* codes,
                            std::uint8_t* out, CodeRange& range) {
  if (shape.tile % shape.steps_per_k == 0) {
    encode_run(encoding, codes, shape.k, out, range);
  } else {
    const int padded = (shape.tile + shape.steps_per_k - 1) / shape.steps_per_k * shape.steps_per_k;
    for (int start = 0; start < shape.k; start += shape.tile) {
      encode_run(encoding, codes + start, std::min(shape.tile, shape.k - start),
                 out + start / shape.tile * padded, range);
    }
  }
  if (encoding.listed) look_up(encoding, out, shape.bytes);
}

HWY_INLINE bool all_in(const Encoding& encoding, const CodeRange& range) {
  const Codes d;
  return hn::GetLane(hn::MinOfLanes(d, range.least)) >= encoding.least &&
         hn::GetLane(hn::MaxOfLanes(d, range.most)) <= encoding.most;
}

// Rows and columns of a matrix of 2^n x 2^n vector elements change places if its upper and lower
// halves are interleaved n times.
template <class D, int Rows>
HWY_INLINE void transpose(D d, hn::Vec<D> (&rows)[Rows]) {
#pragma GCC unroll 4
  for (int round = 1; round < Rows; round *= 2) {
    hn::Vec<D> next[Rows];
#pragma GCC unroll 8
    for (int i = 0; i < Rows / 2; ++i) {
      next[2 * i] = hn::InterleaveLower(d, rows[i], rows[i + Rows / 2]);
      next[2 * i + 1] = hn::InterleaveUpper(d, rows[i], rows[i + Rows / 2]);
    }
#pragma GCC unroll 16
    for (int i = 0; i < Rows; ++i) rows[i] = next[i];
  }
}

// 16 bytes -> words or 32-bit lanes, times 2^scale; `is_signed` bytes or not.
HWY_INLINE void widen_to_words(Byte16 bytes, bool is_signed, int scale, std::int16_t* low,
                               std::int16_t* high) {
  const Code8 d16;
  const hn::FixedTag<std::int8_t, 16> ds;
  const hn::Half<decltype(ds)> half;
  const hn::Half<Bytes16> unsigned_half;
  const auto lower = hn::LowerHalf(unsigned_half, bytes);
  const auto upper = hn::UpperHalf(unsigned_half, bytes);
  const auto a =
      is_signed ? hn::PromoteTo(d16, hn::BitCast(half, lower)) : hn::PromoteTo(d16, lower);
  const auto b =
      is_signed ? hn::PromoteTo(d16, hn::BitCast(half, upper)) : hn::PromoteTo(d16, upper);
  hn::StoreU(hn::ShiftLeftSame(a, scale), d16, low);
  hn::StoreU(hn::ShiftLeftSame(b, scale), d16, high);
}

// Lower halves of four 32-bit lanes; the upper halves stay zero.
HWY_INLINE void widen_to_lower_halves(const std::int16_t* words, std::int32_t* out) {
  const hn::FixedTag<std::uint32_t, 4> d32;
  const hn::FixedTag<std::uint16_t, 4> d16;
  hn::StoreU(hn::PromoteTo(d32, hn::LoadU(d16, reinterpret_cast<const std::uint16_t*>(words))), d32,
             reinterpret_cast<std::uint32_t*>(out));
}

// A vector whose blocks of 16 bytes lie `distance` apart in memory.
template <class D>
HWY_INLINE hn::Vec<D> load_blocks(D d, const std::uint8_t* from, std::size_t distance) {
  constexpr std::size_t blocks = hn::MaxLanes(d) / 16;
  if constexpr (blocks == 1) {
    return hn::LoadU(d, from);
  } else {
    const hn::Half<D> half;
    return hn::Combine(d, load_blocks(half, from + blocks / 2 * distance, distance),
                       load_blocks(half, from, distance));
  }
}

// Line `line` of B; behind the last one, zeros.
HWY_INLINE void encode_b_line(const Encoding& encoding, const LineShape& shape,
                              const PreparedOperand& b, int line, std::uint8_t* out,
                              CodeRange& range) {
  if (line < b.lines) {
    const auto first = static_cast<std::size_t>(line) * static_cast<std::size_t>(shape.k);
    encode_line(encoding, shape, b.codes.data() + first, out, range);
  } else {
    std::memset(out, encoding.zero, static_cast<std::size_t>(shape.bytes));
  }
}

// A strip of bytes.
bool pack_b_strip(const GemmPlan& plan, const PackedLayout& layout, const Encoding& encoding,
                  const PreparedOperand& b, int strip, std::uint8_t* out, std::uint8_t* lines) {
  const hn::ScalableTag<std::uint8_t> d;
  constexpr int lanes = static_cast<int>(hn::MaxLanes(d));
  const LineShape shape{plan.k, plan.tile, plan.steps_per_k(), layout.encoded_bytes};
  const std::size_t stride = layout.line_stride();
  CodeRange range{hn::Zero(Codes()), hn::Zero(Codes())};
  for (int column = 0; column < lanes; ++column) {
    const int line = strip * lanes + column;
    // Even lanes hold the first half of the columns (widen_bytes in gemm_nest-inl.hpp).
    const int lane = column < lanes / 2 ? 2 * column : 2 * column - lanes + 1;
    std::uint8_t* encoded = lines + static_cast<std::size_t>(lane) * stride;
    encode_b_line(encoding, shape, b, line, encoded, range);
  }
  std::uint8_t* to = out + static_cast<std::size_t>(strip) * layout.b_strip_bytes;
  for (int start = 0; start < layout.encoded_bytes; start += 16) {
    hn::Vec<decltype(d)> rows[16];
#pragma GCC unroll 16
    for (int i = 0; i < 16; ++i) {
      rows[i] = load_blocks(d, lines + static_cast<std::size_t>(i) * stride + start, 16 * stride);
    }
    transpose(d, rows);
#pragma GCC unroll 16
    for (int i = 0; i < 16; ++i) hn::StoreU(rows[i], d, to + i * lanes);
    to += 16 * lanes;
  }
  return all_in(encoding, range);
}

// 16 lanes of words or 32-bit lanes.
bool pack_b_group(const GemmPlan& plan, const PackedLayout& layout, const Encoding& encoding,
                  bool is_signed, const PreparedOperand& b, int group, std::uint8_t* out,
                  std::uint8_t* lines) {
  const Bytes16 d;
  const LineShape shape{plan.k, plan.tile, plan.steps_per_k(), layout.encoded_bytes};
  const std::size_t stride = layout.line_stride();
  const int lanes = layout.lanes;
  const int first_lane = group * kGroupLines;  // of all strips in a row
  CodeRange range{hn::Zero(Codes()), hn::Zero(Codes())};
  for (int i = 0; i < kGroupLines; ++i) {
    std::uint8_t* encoded = lines + static_cast<std::size_t>(i) * stride;
    encode_b_line(encoding, shape, b, first_lane + i, encoded, range);
  }

  // Four lanes of a step are neighbours in every layout: where they start.
  const int lane_bytes = plan.family == KernelFamily::kWord ? 2 : 4;
  std::uint8_t* quarter[4];
  for (int q = 0; q < 4; ++q) {
    const int lane = first_lane + 4 * q;
    quarter[q] = out + static_cast<std::size_t>(lane / lanes) * layout.b_strip_bytes +
                 static_cast<std::size_t>(lane % lanes * lane_bytes);
  }
  const std::size_t step_bytes = static_cast<std::size_t>(lanes * lane_bytes);

  for (int start = 0; start < layout.encoded_bytes; start += kGroupLines) {
    Byte16 rows[kGroupLines];
#pragma GCC unroll 16
    for (int i = 0; i < kGroupLines; ++i) {
      rows[i] = hn::LoadU(d, lines + static_cast<std::size_t>(i) * stride + start);
    }
    if (plan.family == KernelFamily::kDot) {
      const hn::FixedTag<std::uint32_t, 4> d32;
      const std::size_t at = static_cast<std::size_t>(start / 4) * step_bytes;
#pragma GCC unroll 4
      for (int q = 0; q < 4; ++q) {
        hn::Vec<decltype(d32)> quads[4];
#pragma GCC unroll 4
        for (int i = 0; i < 4; ++i) quads[i] = hn::BitCast(d32, rows[4 * q + i]);
        transpose(d32, quads);
#pragma GCC unroll 4
        for (int i = 0; i < 4; ++i) {
          hn::StoreU(hn::BitCast(d, quads[i]), d,
                     quarter[q] + at + static_cast<std::size_t>(i) * step_bytes);
        }
      }
      continue;
    }
    transpose(d, rows);
    const std::size_t at = static_cast<std::size_t>(start) * step_bytes;
    if (plan.family == KernelFamily::kWord) {
#pragma GCC unroll 16
      for (int i = 0; i < kGroupLines; ++i) {
        const std::size_t step = at + static_cast<std::size_t>(i) * step_bytes;
        widen_to_words(rows[i], is_signed, plan.b_scale,
                       reinterpret_cast<std::int16_t*>(quarter[0] + step),
                       reinterpret_cast<std::int16_t*>(quarter[2] + step));
      }
    } else {
      for (int i = 0; i < kGroupLines; ++i) {
        const std::size_t step = at + static_cast<std::size_t>(i) * step_bytes;
        std::int16_t words[16];
        widen_to_words(rows[i], is_signed, plan.b_scale, words, words + 8);
        for (int q = 0; q < 4; ++q) {
          widen_to_lower_halves(words + 4 * q, reinterpret_cast<std::int32_t*>(quarter[q] + step));
        }
      }
    }
  }
  return all_in(encoding, range);
}

// Sum of bytes, signed or not.
HWY_INLINE std::int32_t sum_bytes(const std::uint8_t* bytes, int count, bool is_signed) {
  const hn::ScalableTag<std::uint8_t> d;
  const hn::ScalableTag<std::uint64_t> d64;
  constexpr int lanes = static_cast<int>(hn::MaxLanes(d));
  // As unsigned bytes, signed ones plus 128.
  const std::uint8_t flip = is_signed ? 0x80 : 0;
  auto sums = hn::Zero(d64);
  int i = 0;
  for (; i + lanes <= count; i += lanes) {
    sums = hn::Add(sums, hn::SumsOf8(hn::Xor(hn::LoadU(d, bytes + i), hn::Set(d, flip))));
  }
  auto sum = static_cast<std::int32_t>(hn::GetLane(hn::SumOfLanes(d64, sums)));
  for (; i + 16 <= count; i += 16) {
    const Bytes16 d16;
    const hn::Repartition<std::uint64_t, Bytes16> d2;
    const auto half = hn::SumsOf8(hn::Xor(hn::LoadU(d16, bytes + i), hn::Set(d16, flip)));
    sum += static_cast<std::int32_t>(hn::GetLane(hn::SumOfLanes(d2, half)));
  }
  for (; i < count; ++i) sum += bytes[i] ^ flip;
  return sum - count * flip;
}

bool pack_a_blocks(const GemmPlan& plan, const PackedLayout& layout, const Encoding& encoding,
                   bool is_signed, const PreparedOperand& a, int first, int last, std::uint8_t* out,
                   std::int32_t* row_starts, std::uint8_t* lines) {
  const Bytes16 d;
  const hn::FixedTag<std::uint32_t, 4> d32;
  const LineShape shape{plan.k, plan.tile, plan.steps_per_k(), layout.encoded_bytes};
  const std::size_t stride = layout.line_stride();
  CodeRange range{hn::Zero(Codes()), hn::Zero(Codes())};
  for (int block = first; block < last; ++block) {
    for (int r = 0; r < kBlockRows; ++r) {
      const int row = block * kBlockRows + r;
      std::uint8_t* encoded = lines + static_cast<std::size_t>(r) * stride;
      if (row >= a.lines) {
        std::memset(encoded, 0, static_cast<std::size_t>(layout.encoded_bytes));
      } else {
        encode_line(
            encoding, shape,
            a.codes.data() + static_cast<std::size_t>(row) * static_cast<std::size_t>(plan.k),
            encoded, range);
      }
      if (row_starts == nullptr) continue;
      std::int32_t* start = row_starts + row;
      const int tile_bytes = plan.tile_steps * plan.steps_per_k();
      const int line_bytes = plan.steps * plan.steps_per_k();
      for (int from = 0; from < line_bytes; from += tile_bytes) {
        const std::int32_t sum =
            sum_bytes(encoded + from, std::min(tile_bytes, line_bytes - from), is_signed);
        // Modulo 2^32, as everything before a tile leaves.
        *start = static_cast<std::int32_t>(static_cast<std::uint32_t>(sum) *
                                           static_cast<std::uint32_t>(plan.row_start));
        start += layout.blocks * kBlockRows;
      }
    }
    std::uint8_t* to = out + static_cast<std::size_t>(block) * layout.a_block_bytes;
    for (int i = 0; i < layout.encoded_bytes; i += 16) {
      Byte16 rows[kBlockRows];
#pragma GCC unroll 4
      for (int r = 0; r < kBlockRows; ++r) {
        rows[r] = hn::LoadU(d, lines + static_cast<std::size_t>(r) * stride + i);
      }
      if (plan.family == KernelFamily::kDot) {
        hn::Vec<decltype(d32)> quads[kBlockRows];
#pragma GCC unroll 4
        for (int r = 0; r < kBlockRows; ++r) quads[r] = hn::BitCast(d32, rows[r]);
        transpose(d32, quads);
#pragma GCC unroll 4
        for (int q = 0; q < 4; ++q) {
          hn::StoreU(hn::BitCast(d, quads[q]), d, to + 16 * q);
        }
        to += 64;
        continue;
      }
      // [k][row], 4 k in a vector.
      const Byte16 even_low = hn::InterleaveLower(d, rows[0], rows[2]);
      const Byte16 even_high = hn::InterleaveUpper(d, rows[0], rows[2]);
      const Byte16 odd_low = hn::InterleaveLower(d, rows[1], rows[3]);
      const Byte16 odd_high = hn::InterleaveUpper(d, rows[1], rows[3]);
      const Byte16 quads[4] = {
          hn::InterleaveLower(d, even_low, odd_low), hn::InterleaveUpper(d, even_low, odd_low),
          hn::InterleaveLower(d, even_high, odd_high), hn::InterleaveUpper(d, even_high, odd_high)};
      const hn::Half<Bytes16> half;
      const bool twice = plan.kernel == KernelId::kByteSaturateTwice;
#pragma GCC unroll 4
      for (const Byte16& quad : quads) {
        std::int16_t words[16];
        if (plan.family == KernelFamily::kByte) {
          // Offsets of table rows: the code's lower 8 bits times 16 or 32 bytes.
          const hn::FixedTag<std::uint16_t, 8> d16;
          const auto low = hn::ShiftLeft<4>(hn::PromoteTo(d16, hn::LowerHalf(quad)));
          const auto high = hn::ShiftLeft<4>(hn::PromoteTo(d16, hn::UpperHalf(half, quad)));
          hn::StoreU(hn::BitCast(d, twice ? hn::Add(low, low) : low), d, to);
          hn::StoreU(hn::BitCast(d, twice ? hn::Add(high, high) : high), d, to + 16);
          to += 32;
          continue;
        }
        widen_to_words(quad, is_signed, plan.a_scale, words, words + 8);
        const hn::FixedTag<std::uint16_t, 8> d16;
        for (int h = 0; h < 2; ++h) {
          const auto w = hn::LoadU(d16, reinterpret_cast<const std::uint16_t*>(words + 8 * h));
          const auto upper = plan.family == KernelFamily::kWord ? w : hn::Zero(d16);
          hn::StoreU(hn::BitCast(d, hn::InterleaveLower(d16, w, upper)), d, to);
          hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(d16, w, upper)), d, to + 16);
          to += 32;
        }
      }
    }
  }
  return all_in(encoding, range);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sylvester
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sylvester {
namespace {

HWY_EXPORT(pack_a_blocks);
HWY_EXPORT(pack_b_group);
HWY_EXPORT(pack_b_strip);

const Format& format_of(const PreparedOperand& operand) {
  return formats()[static_cast<std::size_t>(operand.format)];
}

int round_up(int value, int multiple) { return (value + multiple - 1) / multiple * multiple; }

// Bytes that stand for values.
Encoding value_encoding(const Format& format, std::uint8_t flip) {
  Encoding encoding;
  encoding.most = static_cast<std::int16_t>(format.largest_code());
  encoding.least = static_cast<std::int16_t>(format.is_signed ? -encoding.most : 0);
  encoding.zero = flip;
  if (format.uniform) {
    encoding.flip = flip;
    return encoding;
  }
  if (format.bits > 4 || format.largest() > (format.is_signed ? 127 : 255)) {
    throw std::logic_error("no kernel packs operands of format " + format.name);
  }
  encoding.mask = 0x0F;
  encoding.listed = true;
  for (int code = encoding.least; code <= encoding.most; ++code) {
    encoding.list[static_cast<std::size_t>(code & 15)] =
        static_cast<std::uint8_t>(static_cast<std::uint8_t>(format.value(code)) ^ flip);
  }
  return encoding;
}

// Bytes that stand for codes: the lower `bits` bits.
Encoding code_encoding(const Format& format, std::uint8_t mask) {
  Encoding encoding;
  encoding.most = static_cast<std::int16_t>(format.largest_code());
  encoding.least = static_cast<std::int16_t>(format.is_signed ? -encoding.most : 0);
  encoding.mask = mask;
  return encoding;
}

std::uint8_t* encoded_lines(const PackedLayout& layout) {
  static thread_local Workspace<std::uint8_t> lines;
  return lines.get(layout.line_stride() * static_cast<std::size_t>(layout.group_lanes) + kOverrun);
}

}  // namespace

PackedLayout::PackedLayout(const GemmPlan& plan, int m, int n, SimdLevel level) {
  const int lane_bytes = plan.family == KernelFamily::kByte   ? 1
                         : plan.family == KernelFamily::kWord ? 2
                                                              : 4;
  const int factor_bytes = plan.family == KernelFamily::kByte ? 2 : 4;
  lanes = vector_bytes(level) / lane_bytes;
  strips = (n - 1) / lanes + 1;
  blocks = (m - 1) / kBlockRows + 1;
  encoded_bytes = round_up(plan.steps * plan.steps_per_k(), 16);
  const int steps = encoded_bytes / plan.steps_per_k();
  a_block_bytes =
      static_cast<std::size_t>(steps * kBlockRows) * static_cast<std::size_t>(factor_bytes);
  // A cache line more, so that strips do not all start in the same cache set.
  b_strip_bytes =
      static_cast<std::size_t>(steps) * static_cast<std::size_t>(lanes * lane_bytes) + 64;
  group_lanes = plan.family == KernelFamily::kByte ? lanes : kGroupLines;
  groups = (strips * lanes + group_lanes - 1) / group_lanes;
}

std::size_t PackedLayout::a_bytes() const {
  return static_cast<std::size_t>(blocks) * a_block_bytes;
}

std::size_t PackedLayout::b_bytes() const {
  // The last group may reach beyond the last strip.
  return static_cast<std::size_t>(groups * group_lanes / lanes + 1) * b_strip_bytes;
}

bool pack_a(const GemmPlan& plan, const PackedLayout& layout, const PreparedOperand& a, int first,
            int last, std::uint8_t* out, std::int32_t* row_starts) {
  const Format& format = format_of(a);
  const Encoding encoding =
      plan.family == KernelFamily::kByte ? code_encoding(format, 0xFF) : value_encoding(format, 0);
  return HWY_DYNAMIC_DISPATCH(pack_a_blocks)(plan, layout, encoding, format.is_signed, a, first,
                                             last, out, row_starts, encoded_lines(layout));
}

bool pack_b(const GemmPlan& plan, const PackedLayout& layout, const PreparedOperand& b, int group,
            std::uint8_t* out) {
  const Format& format = format_of(b);
  if (plan.family == KernelFamily::kByte) {
    return HWY_DYNAMIC_DISPATCH(pack_b_strip)(plan, layout, code_encoding(format, 0x0F), b, group,
                                              out, encoded_lines(layout));
  }
  const Encoding encoding = value_encoding(format, plan.b_flip);
  return HWY_DYNAMIC_DISPATCH(pack_b_group)(plan, layout, encoding, format.is_signed, b, group, out,
                                            encoded_lines(layout));
}

std::size_t product_table_bytes(const GemmPlan& plan) {
  if (plan.family != KernelFamily::kByte) return 0;
  return plan.kernel == KernelId::kByteSaturateTwice ? 256 * 32 : 256 * 16;
}

void fill_product_table(const GemmPlan& plan, const Format& a, const Format& b,
                        std::int8_t* table) {
  if (plan.family != KernelFamily::kByte) return;
  const bool twice = plan.kernel == KernelId::kByteSaturateTwice;
  const int row_bytes = twice ? 32 : 16;
  const int least_a = a.is_signed ? -a.largest_code() : 0;
  const int least_b = b.is_signed ? -b.largest_code() : 0;
  for (int i = least_a; i <= a.largest_code(); ++i) {
    std::int8_t* row = table + (i & 0xFF) * row_bytes;
    std::memset(row, 0, static_cast<std::size_t>(row_bytes));
    for (int j = least_b; j <= b.largest_code(); ++j) {
      const std::int32_t product = a.value(i) * b.value(j);
      const std::int32_t magnitude = std::min(product < 0 ? -product : product, plan.table_limit)
                                     << plan.table_scale;
      std::int8_t* entry = row + (j & 15);
      if (twice) {
        if (product < 0) entry += 16;
        *entry = static_cast<std::int8_t>(magnitude);  // an unsigned byte
      } else {
        *entry = static_cast<std::int8_t>(product < 0 ? -magnitude : magnitude);
      }
    }
  }
}

}  // namespace sylvester
#endif
