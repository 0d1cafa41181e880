// The arithmetic cells of the array (processing element, accumulation cells, edge, outer addition)
// in Icarus Verilog against golden's cells, for every P and policy. The parameters are overridden
// at elaboration; each cell is driven and checked in every cycle from a table of vectors.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "golden/numerics/accumulate.hpp"
#include "golden/support/atomic_file.hpp"
#include "golden/support/random.hpp"
#include "rtl_gen/library.hpp"

namespace sylvester {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr int kLeastBits = 4;
constexpr int kMostBits = 24;
constexpr std::array kPolicies = {AccumulatePolicy::kSaturate, AccumulatePolicy::kWrap,
                                  AccumulatePolicy::kClamp};
enum Counters { kNone, kSticky, kFull };  // the parameter's values

// A word of a vector file is {expected, mask, inputs}. Outputs are compared in every cycle just
// before the edge, with the inputs of the cycle already applied.
constexpr const char* kDriver = R"VERILOG(
module driver #(
  parameter integer InBits = 1,
  parameter integer OutBits = 1,
  parameter integer Vectors = 1,
  parameter integer AccBits = 8,
  parameter integer Policy = 0,
  parameter         Name = "lane"
) (
  output reg                clk_o,
  output wire [InBits-1:0]  in_o,
  input  wire [OutBits-1:0] out_i,
  output reg                done_o
);
  reg [InBits+2*OutBits-1:0] vectors [0:Vectors-1];
  reg [InBits+2*OutBits-1:0] word;
  integer                    cycle;
  string                     policy;
  wire [OutBits-1:0] mask = word[InBits +: OutBits];
  wire [OutBits-1:0] expected = word[InBits+OutBits +: OutBits];
  assign in_o = word[InBits-1:0];
  initial begin
    $readmemh({Name, ".hex"}, vectors);
    if (Policy == 0) policy = "saturate";
    else if (Policy == 1) policy = "wrap";
    else policy = "clamp";
    clk_o = 1'b0;
    done_o = 1'b0;
    for (cycle = 0; cycle < Vectors; cycle = cycle + 1) begin
      word = vectors[cycle];
      #1;
      if (((out_i ^ expected) & mask) !== {OutBits{1'b0}}) begin
        $display("MISMATCH P=%0d policy=%0s %0s cycle=%0d: outputs %h, expected %h (inputs %h)",
                 AccBits, policy, Name, cycle,
                 out_i & mask, expected & mask, in_o);
        $finish;
      end
      clk_o = 1'b1;
      #1;
      clk_o = 1'b0;
    end
    done_o = 1'b1;
  end
endmodule
)VERILOG";

constexpr const char* kElementBench = R"VERILOG(
module element_lane #(
  parameter integer AccBits = 8,
  parameter integer Policy = 0,
  parameter integer ABits = 5,
  parameter integer BBits = 4,
  parameter integer TileMax = 64,
  parameter integer Counters = 2,
  parameter integer Vectors = 1,
  parameter         Name = "element"
) (
  output wire done_o
);
  localparam integer CountBits = (Counters == 2) ? $clog2(TileMax + 1) : 1;
  localparam integer OutBits = AccBits + CountBits + 1;
  wire clk, step, valid, first, last, shift;
  wire [ABits-1:0]   a;
  wire [BBits-1:0]   b;
  wire [OutBits-1:0] north, south;
  driver #(.InBits(5 + ABits + BBits + OutBits), .OutBits(OutBits), .Vectors(Vectors),
           .AccBits(AccBits), .Policy(Policy), .Name(Name)) u_driver (
    .clk_o(clk), .in_o({north, b, a, shift, last, first, valid, step}), .out_i(south),
    .done_o(done_o));
  // Codes may be the most negative ones here.
  processing_element #(.ABits(ABits), .BBits(BBits), .LargestProduct(1 << (ABits + BBits - 2)),
                       .AccBits(AccBits), .Policy(Policy), .TileMax(TileMax), .Counters(Counters),
                       .CountBits(CountBits)) u_element (
    .clk_i(clk), .step_i(step), .valid_i(valid), .first_i(first), .last_i(last), .a_i(a), .b_i(b),
    .shift_i(shift), .north_i(north), .south_o(south));
endmodule

module accumulate_lane #(
  parameter integer AccBits = 8,
  parameter integer Policy = 0,
  parameter integer ProductBits = 9,
  parameter integer ClampBits = 17,
  parameter integer Vectors = 1,
  parameter         Name = "accumulate"
) (
  output wire done_o
);
  localparam integer RegisterBits = (Policy == 2) ? ClampBits : AccBits;
  localparam integer OutBits = RegisterBits + AccBits + 2;
  wire                    clk, limited, clamped;
  wire [RegisterBits-1:0] acc, next;
  wire [ProductBits-1:0]  product;
  wire [AccBits-1:0]      partial;
  driver #(.InBits(RegisterBits + ProductBits), .OutBits(OutBits), .Vectors(Vectors),
           .AccBits(AccBits), .Policy(Policy), .Name(Name)) u_driver (
    .clk_o(clk), .in_o({product, acc}), .out_i({clamped, partial, limited, next}),
    .done_o(done_o));
  generate
    if (Policy == 0) begin : gen_saturate
      accumulate_saturate #(.AccBits(AccBits), .RegisterBits(RegisterBits),
                            .ProductBits(ProductBits)) u_cell (
        .acc_i(acc), .product_i(product), .acc_o(next), .limited_o(limited), .partial_o(partial),
        .clamped_o(clamped));
    end else if (Policy == 1) begin : gen_wrap
      accumulate_wrap #(.AccBits(AccBits), .RegisterBits(RegisterBits),
                        .ProductBits(ProductBits)) u_cell (
        .acc_i(acc), .product_i(product), .acc_o(next), .limited_o(limited), .partial_o(partial),
        .clamped_o(clamped));
    end else begin : gen_clamp
      accumulate_clamp #(.AccBits(AccBits), .RegisterBits(RegisterBits),
                         .ProductBits(ProductBits)) u_cell (
        .acc_i(acc), .product_i(product), .acc_o(next), .limited_o(limited), .partial_o(partial),
        .clamped_o(clamped));
    end
  endgenerate
endmodule

module element_bench #(
  parameter integer AccBits = 8,
  parameter integer Policy = 0,
  parameter integer TileMax0 = 1, TileMax1 = 1, TileMax2 = 1, TileMax3 = 1,
  parameter integer Vectors0 = 1, Vectors1 = 1, Vectors2 = 1, Vectors3 = 1, Vectors4 = 1,
  parameter integer Vectors5 = 1
);
  wire [5:0] done;
  element_lane #(.AccBits(AccBits), .Policy(Policy), .ABits(5), .BBits(5), .Counters(2),
                 .TileMax(TileMax0), .Vectors(Vectors0), .Name("element_5x5_full"))
      u_0 (.done_o(done[0]));
  element_lane #(.AccBits(AccBits), .Policy(Policy), .ABits(5), .BBits(4), .Counters(2),
                 .TileMax(TileMax1), .Vectors(Vectors1), .Name("element_5x4_full"))
      u_1 (.done_o(done[1]));
  element_lane #(.AccBits(AccBits), .Policy(Policy), .ABits(5), .BBits(4), .Counters(1),
                 .TileMax(TileMax2), .Vectors(Vectors2), .Name("element_5x4_sticky"))
      u_2 (.done_o(done[2]));
  element_lane #(.AccBits(AccBits), .Policy(Policy), .ABits(4), .BBits(4), .Counters(0),
                 .TileMax(TileMax3), .Vectors(Vectors3), .Name("element_4x4_none"))
      u_3 (.done_o(done[3]));
  accumulate_lane #(.AccBits(AccBits), .Policy(Policy), .ProductBits(9), .ClampBits(17),
                    .Vectors(Vectors4), .Name("accumulate_9")) u_4 (.done_o(done[4]));
  accumulate_lane #(.AccBits(AccBits), .Policy(Policy), .ProductBits(24), .ClampBits(31),
                    .Vectors(Vectors5), .Name("accumulate_24")) u_5 (.done_o(done[5]));
  initial begin
    wait (&done);
    $display("PASS P=%0d policy %0d", AccBits, Policy);
  end
endmodule
)VERILOG";

constexpr const char* kEdgeBench = R"VERILOG(
module edge_lane #(
  parameter integer AccBits = 8,
  parameter integer Policy = 0,
  parameter integer OuterBits = 24,
  parameter integer Rows = 1,
  parameter integer Cols = 1,
  parameter integer CountBits = 1,
  parameter integer Counters = 2,
  parameter integer Depth = 2,
  parameter integer OutputRegisters = 1,
  parameter integer Vectors = 1,
  parameter         Name = "edge"
) (
  output wire done_o
);
  localparam integer DataBits = Cols * (AccBits + CountBits + 1) + 1;
  wire clk, rst_n, run, valid, ready, result_valid, result_ready, finished;
  wire [15:0]         m_blocks, n_blocks;
  wire [6:0]          m_last;
  wire [DataBits-1:0] data;
  wire [32*Cols-1:0]  result;
  wire [47:0]         mac, tile, outer;
  driver #(.InBits(43 + DataBits), .OutBits(147 + 32 * Cols), .Vectors(Vectors),
           .AccBits(AccBits), .Policy(Policy), .Name(Name)) u_driver (
    .clk_o(clk), .in_o({data, n_blocks, m_last, m_blocks, result_ready, valid, run, rst_n}),
    .out_i({outer, tile, mac, result, finished, result_valid, ready}), .done_o(done_o));
  edge_accumulators #(.Rows(Rows), .Cols(Cols), .AccBits(AccBits), .OuterBits(OuterBits),
                      .CountBits(CountBits), .Counters(Counters), .Depth(Depth),
                      .OutputRegisters(OutputRegisters)) u_edge (
    .clk_i(clk), .rst_ni(rst_n), .run_i(run), .m_blocks_i(m_blocks), .m_last_i(m_last),
    .n_blocks_i(n_blocks), .partials_valid_i(valid), .partials_ready_o(ready),
    .partials_data_i(data), .results_valid_o(result_valid), .results_ready_i(result_ready),
    .results_data_o(result), .finished_o(finished), .mac_limited_o(mac), .tile_limited_o(tile),
    .outer_limited_o(outer));
endmodule

module outer_lane #(
  parameter integer AccBits = 8,
  parameter integer Policy = 0,
  parameter integer OuterBits = 24,
  parameter integer Vectors = 1,
  parameter         Name = "outer"
) (
  output wire done_o
);
  wire                 clk, limited;
  wire [OuterBits-1:0] outer, next;
  wire [AccBits-1:0]   partial;
  driver #(.InBits(OuterBits + AccBits), .OutBits(OuterBits + 1), .Vectors(Vectors),
           .AccBits(AccBits), .Policy(Policy), .Name(Name)) u_driver (
    .clk_o(clk), .in_o({partial, outer}), .out_i({limited, next}), .done_o(done_o));
  outer_add #(.AccBits(AccBits), .OuterBits(OuterBits)) u_add (
    .outer_i(outer), .partial_i(partial), .outer_o(next), .limited_o(limited));
endmodule

module edge_bench #(
  parameter integer AccBits = 8,
  parameter integer Policy = 0,
  parameter integer Vectors0 = 1, Vectors1 = 1, Vectors2 = 1, Vectors3 = 1, Vectors4 = 1,
  parameter integer Vectors5 = 1
);
  wire [5:0] done;
  edge_lane #(.AccBits(AccBits), .Policy(Policy), .OuterBits(AccBits), .Rows(4), .Cols(2),
              .CountBits(10), .Counters(2), .Depth(2), .OutputRegisters(1), .Vectors(Vectors0),
              .Name("edge_4x2_full")) u_0 (.done_o(done[0]));
  edge_lane #(.AccBits(AccBits), .Policy(Policy), .OuterBits(AccBits + 3), .Rows(1), .Cols(1),
              .CountBits(1), .Counters(1), .Depth(3), .OutputRegisters(2), .Vectors(Vectors1),
              .Name("edge_1x1_sticky")) u_1 (.done_o(done[1]));
  edge_lane #(.AccBits(AccBits), .Policy(Policy), .OuterBits(32), .Rows(3), .Cols(3),
              .CountBits(1), .Counters(0), .Depth(4), .OutputRegisters(4), .Vectors(Vectors2),
              .Name("edge_3x3_none")) u_2 (.done_o(done[2]));
  outer_lane #(.AccBits(AccBits), .Policy(Policy), .OuterBits(AccBits), .Vectors(Vectors3),
               .Name("outer_least")) u_3 (.done_o(done[3]));
  outer_lane #(.AccBits(AccBits), .Policy(Policy), .OuterBits(24), .Vectors(Vectors4),
               .Name("outer_24")) u_4 (.done_o(done[4]));
  outer_lane #(.AccBits(AccBits), .Policy(Policy), .OuterBits(32), .Vectors(Vectors5),
               .Name("outer_32")) u_5 (.done_o(done[5]));
  initial begin
    wait (&done);
    $display("PASS P=%0d policy %0d", AccBits, Policy);
  end
endmodule
)VERILOG";

struct Field {
  std::int64_t value;
  int bits;
  bool checked = true;  ///< outputs only
};
using Fields = std::vector<Field>;  ///< lowest first

/// The vector file of one lane.
class Vectors {
 public:
  void add(const Fields& inputs, const Fields& outputs) {
    bits_.clear();
    for (const Field& field : inputs) put(field.value, field.bits);
    for (const Field& field : outputs) put(field.checked ? -1 : 0, field.bits);
    for (const Field& field : outputs) put(field.value, field.bits);
    while (bits_.size() % 4 != 0) bits_.push_back(0);
    for (std::size_t i = bits_.size(); i > 0; i -= 4) {
      text_.push_back("0123456789abcdef"[8 * bits_[i - 1] + 4 * bits_[i - 2] + 2 * bits_[i - 3] +
                                         bits_[i - 4]]);
    }
    text_.push_back('\n');
    ++count_;
  }
  [[nodiscard]] int count() const { return count_; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void put(std::int64_t value, int bits) {
    for (int i = 0; i < bits; ++i) bits_.push_back(static_cast<char>((value >> i) & 1));
  }
  std::vector<char> bits_;
  std::string text_;
  int count_ = 0;
};

struct Bench {
  std::string module;
  std::string text;
  std::vector<std::pair<std::string, Vectors>> lanes;  ///< in the order of Vectors0, Vectors1, ...
  std::map<std::string, int> parameters;               ///< besides AccBits, Policy, Vectors*
};

std::int64_t half(int bits) { return std::int64_t{1} << (bits - 1); }
std::int64_t pick(HostRandom& random, const std::vector<std::int64_t>& values) {
  return values[random.below(static_cast<std::uint32_t>(values.size()))];
}
/// Two's complement, uniform.
std::int64_t any(HostRandom& random, int bits) {
  return static_cast<std::int64_t>(random.next()) >> (64 - bits);
}
bool chance(HostRandom& random, std::uint32_t n, std::uint32_t of) { return random.below(of) < n; }

// ---- Processing element ----

struct Codes {
  int a, b;
};

/// Every product of the code widths, with codes that give it.
std::map<int, Codes> products(int a_bits, int b_bits) {
  std::map<int, Codes> result;
  for (auto a = static_cast<int>(-half(a_bits)); a < half(a_bits); ++a) {
    for (auto b = static_cast<int>(-half(b_bits)); b < half(b_bits); ++b) result[a * b] = {a, b};
  }
  return result;
}

struct ElementShape {
  std::string name;
  int a_bits, b_bits;
  Counters counters;
  int tile_max;
};

/// A processing element by docs/architecture.md section 5, and its stimuli.
class ElementLane {
 public:
  ElementLane(AccumulatePolicy policy, int bits, const ElementShape& shape, std::uint64_t seed)
      : policy_(policy),
        bits_(bits),
        shape_(shape),
        count_bits_(shape.counters == kFull
                        ? static_cast<int>(std::bit_width(static_cast<unsigned>(shape.tile_max)))
                        : 1),
        products_(products(shape.a_bits, shape.b_bits)),
        random_(seed) {
    cycle({.step = true, .shift = true}, {}, false);  // `out` is known from here on
  }

  using Pattern = Codes (ElementLane::*)(int k, int length);
  void tile(Pattern pattern, int length, bool hurried = false) {
    target_ = 0;
    for (int k = 0; k < length;) {
      Control control = {.step = chance(random_, hurried ? 63 : 6, hurried ? 64 : 7),
                         .valid = chance(random_, hurried ? 63 : 4, hurried ? 64 : 5),
                         .first = chance(random_, 1, 2),
                         .last = chance(random_, 1, 2),
                         .shift = chance(random_, 1, 2)};
      Codes codes = noise(k, length);
      if (control.valid) {
        control.first = k == 0;
        control.last = k == length - 1;
        if (control.first) acc_ = 0;
        codes = (this->*pattern)(k, length);
      }
      cycle(control, codes);
      if (control.valid && control.step) ++k;
    }
  }

  Codes noise(int, int) {
    return {static_cast<int>(any(random_, shape_.a_bits)),
            static_cast<int>(any(random_, shape_.b_bits))};
  }
  Codes largest(int, int) { return products_.rbegin()->second; }
  Codes smallest(int, int) { return products_.begin()->second; }
  Codes alternating(int k, int length) {
    return k % 2 == 0 ? largest(k, length) : smallest(k, length);
  }
  /// A prefix that overflows if the tile is long enough, and a sum that fits.
  Codes up_down(int k, int length) {
    return 2 * k < length ? largest(k, length) : smallest(k, length);
  }
  Codes down_up(int k, int length) {
    return 2 * k < length ? smallest(k, length) : largest(k, length);
  }
  /// Exactly to a rail, one beyond it, back, to the other, ...
  Codes rails(int, int) { return steer(chance(random_, 1, 2)); }
  Codes upper_rail(int, int) { return steer(true); }
  Codes lower_rail(int, int) { return steer(false); }

  /// To one of the five values around a rail, which is the register when the tile ends.
  Codes settle_above(int k, int) { return settle(k, half(bits_) - 1); }
  Codes settle_below(int k, int) { return settle(k, -half(bits_)); }
  void settle_at(std::int64_t offset) { offset_ = offset; }

  /// All patterns at several lengths.
  void mixture() {
    for (const Pattern pattern :
         {&ElementLane::noise, &ElementLane::largest, &ElementLane::smallest,
          &ElementLane::alternating, &ElementLane::up_down, &ElementLane::down_up,
          &ElementLane::rails, &ElementLane::upper_rail, &ElementLane::lower_rail}) {
      const int most = std::min(shape_.tile_max, std::clamp(2 * reach(false), 24, 64));
      for (const int length : {1, static_cast<int>(random_.below(most)) + 1, most}) {
        tile(pattern, std::min(length, shape_.tile_max));
      }
    }
    for (const Pattern pattern : {&ElementLane::settle_above, &ElementLane::settle_below}) {
      const int length = reach(pattern == &ElementLane::settle_above) + 4;
      if (length > std::min(shape_.tile_max, 100)) continue;
      for (offset_ = -2; offset_ <= 2; ++offset_) tile(pattern, length);
    }
  }
  /// Products of the largest magnitude that lead from 0 beyond a rail.
  [[nodiscard]] int reach(bool upper) const {
    const int product = upper ? products_.rbegin()->first : -products_.begin()->first;
    return static_cast<int>(half(bits_) / product) + 1;
  }
  [[nodiscard]] std::pair<std::string, Vectors> finish() {
    cycle({}, {});
    return {shape_.name, vectors_};
  }
  [[nodiscard]] int tiles_limited() const { return tiles_limited_; }

 private:
  struct Control {
    bool step = false, valid = false, first = false, last = false, shift = false;
  };
  struct Output {
    std::int64_t partial = 0, count = 0, flag = 0;
  };

  Codes steer(bool upper) {
    const std::int64_t rail = upper ? half(bits_) - 1 : -half(bits_);
    if (acc_ == target_ || target_ == 0 || chance(random_, 1, 16)) {
      target_ = rail + static_cast<std::int64_t>(random_.below(5)) - 2;
    }
    return towards(target_);
  }

  /// The product that leads as near to the target as one can, but not past it.
  Codes towards(std::int64_t target) {
    const std::int64_t wish = std::clamp<std::int64_t>(target - acc_, products_.begin()->first,
                                                       products_.rbegin()->first);
    auto found = products_.lower_bound(static_cast<int>(wish));
    if (wish > 0 && found->first != wish) --found;
    return found->second;
  }

  Codes settle(int k, std::int64_t rail) {
    if (k == 0) target_ = rail + offset_;
    return towards(target_);
  }

  void cycle(const Control& control, const Codes& codes, bool checked = true) {
    const Output north = {any(random_, bits_), any(random_, count_bits_), any(random_, 1)};
    vectors_.add({{control.step, 1},
                  {control.valid, 1},
                  {control.first, 1},
                  {control.last, 1},
                  {control.shift, 1},
                  {codes.a, shape_.a_bits},
                  {codes.b, shape_.b_bits},
                  {north.partial, bits_},
                  {north.count, count_bits_},
                  {north.flag, 1}},
                 {{out_.partial, bits_, checked},
                  {out_.count, count_bits_, checked},
                  {out_.flag, 1, checked}});
    if (!control.step) return;
    bool captured = false;
    if (control.valid) {
      const Limited sum = accumulate(policy_, bits_, control.first ? 0 : acc_, codes.a * codes.b);
      acc_ = sum.value;
      count_ = (control.first ? 0 : count_) + (sum.limited ? 1 : 0);
      if (control.last) {
        const Limited partial = leave_tile(policy_, bits_, acc_);
        const bool limited = count_ > 0 || partial.limited;
        tiles_limited_ += limited ? 1 : 0;
        out_ = {partial.value, 0, 0};
        if (shape_.counters == kFull) out_.count = count_;
        if (shape_.counters == kSticky) out_.count = count_ > 0 ? 1 : 0;
        if (shape_.counters != kNone) out_.flag = limited ? 1 : 0;
        captured = true;
      }
    }
    if (!captured && control.shift) out_ = north;
  }

  AccumulatePolicy policy_;
  int bits_;
  ElementShape shape_;
  int count_bits_;
  std::map<int, Codes> products_;
  HostRandom random_;
  Vectors vectors_;
  std::int32_t acc_ = 0;
  std::int64_t count_ = 0;
  std::int64_t target_ = 0;
  std::int64_t offset_ = 0;
  Output out_;
  int tiles_limited_ = 0;
};

/// The accumulation cell alone: any register value with any product.
Vectors accumulate_vectors(AccumulatePolicy policy, int bits, int product_bits, int clamp_bits,
                           std::uint64_t seed) {
  const bool clamp = policy == AccumulatePolicy::kClamp;
  const int register_bits = clamp ? clamp_bits : bits;
  HostRandom random(seed);
  Vectors vectors;
  const auto add = [&](std::int64_t acc, std::int64_t product) {
    const auto fits = [](std::int64_t value, int width) {
      return -half(width) <= value && value < half(width);
    };
    if (!fits(acc, register_bits) || !fits(product, product_bits)) return;
    if (clamp && !fits(acc + product, register_bits)) return;  // no tile leads there
    const Limited sum = accumulate(policy, bits, static_cast<std::int32_t>(acc),
                                   static_cast<std::int32_t>(product));
    const Limited partial = leave_tile(policy, bits, sum.value);
    vectors.add({{acc, register_bits}, {product, product_bits}}, {{sum.value, register_bits},
                                                                  {sum.limited, 1},
                                                                  {partial.value, bits},
                                                                  {partial.limited, 1}});
  };
  const std::int64_t rail = half(bits);
  const std::int64_t most = half(product_bits);
  for (const std::int64_t acc :
       {-rail, -rail + 1, std::int64_t{-1}, std::int64_t{0}, std::int64_t{1}, rail - 2, rail - 1}) {
    for (const std::int64_t product : {-most, -most + 1, std::int64_t{-1}, std::int64_t{0},
                                       std::int64_t{1}, most - 2, most - 1}) {
      add(acc, product);
    }
  }
  for (int i = 0; i < 300; ++i) {
    add(any(random, register_bits), any(random, product_bits));
    add(any(random, bits), any(random, product_bits));
    // Sums at the rails, exactly and off by one.
    const std::int64_t product = any(random, product_bits);
    const std::int64_t target = pick(random, {-rail, rail}) + random.below(5) - 2;
    add(target - product, product);
  }
  return vectors;
}

Bench element_bench(AccumulatePolicy policy, int bits, std::uint64_t seed) {
  Bench bench = {.module = "element_bench", .text = kElementBench, .lanes = {}, .parameters = {}};
  const std::int64_t rail = half(bits);
  const std::array<ElementShape, 4> shapes = {{
      {"element_5x5_full", 5, 5, kFull,
       static_cast<int>(std::min<std::int64_t>(65535, rail / 60 + 100))},
      {"element_5x4_full", 5, 4, kFull, 512},
      {"element_5x4_sticky", 5, 4, kSticky, 100},
      {"element_4x4_none", 4, 4, kNone, bits - 3},
  }};
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    ElementLane lane(policy, bits, shapes[i], seed + i);
    lane.mixture();
    if (i == 0) {  // long tiles: past one rail at every P, past both below 23 and for clamp
      // `clamp` limits only the last sum, so its tiles end one beyond the limit.
      const bool clamp = policy == AccumulatePolicy::kClamp;
      if (clamp || bits != 24) {
        lane.settle_at(1);
        lane.tile(clamp ? &ElementLane::settle_above : &ElementLane::upper_rail,
                  lane.reach(true) + 60, true);
      }
      if (clamp || bits != 23) {
        lane.settle_at(0);
        lane.tile(clamp ? &ElementLane::settle_below : &ElementLane::lower_rail,
                  lane.reach(false) + 60, true);
      }
      if (bits <= 18) {
        lane.tile(&ElementLane::up_down, 2 * lane.reach(false) + 20, true);
        lane.tile(&ElementLane::down_up, 2 * lane.reach(false) + 20, true);
      }
      EXPECT_GE(lane.tiles_limited(), bits < 23 ? 2 : 1) << "the stimuli do not reach the rails";
    } else if (i == 1) {  // the longest tile: `clamp` has no spare bit
      lane.tile(&ElementLane::largest, shapes[i].tile_max, true);
      lane.tile(&ElementLane::up_down, shapes[i].tile_max, true);
    }
    bench.lanes.push_back(lane.finish());
    bench.parameters["TileMax" + std::to_string(i)] = shapes[i].tile_max;
  }
  bench.lanes.emplace_back("accumulate_9", accumulate_vectors(policy, bits, 9, 17, seed + 4));
  bench.lanes.emplace_back("accumulate_24", accumulate_vectors(policy, bits, 24, 31, seed + 5));
  return bench;
}

// ---- Edge ----

struct EdgeShape {
  std::string name;
  int outer_bits, rows, cols, count_bits;
  Counters counters;
  std::size_t depth, output_registers;
};

/// Partial sums as the policy's tiles leave them.
std::int32_t partial_sum(AccumulatePolicy policy, int bits, std::int64_t exact) {
  const Limited sum = accumulate(policy, bits, 0, static_cast<std::int32_t>(exact));
  return leave_tile(policy, bits, sum.value).value;
}

/// The edge by docs/architecture.md section 5, cycle by cycle, and its stimuli.
class EdgeLane {
 public:
  EdgeLane(AccumulatePolicy policy, int bits, const EdgeShape& shape, std::uint64_t seed)
      : policy_(policy),
        bits_(bits),
        shape_(shape),
        random_(seed),
        outer_(shape.rows, std::vector<std::int32_t>(shape.cols)),
        tail_(shape.output_registers) {
    cycle({.reset = true}, false);
    cycle({.reset = true});
    clear();
  }

  void job(int m_blocks, int n_blocks, int m_last, std::uint32_t most_tiles) {
    job_ = {m_blocks, n_blocks, m_last};
    std::deque<Row> rows;
    for (int block = 0; block < m_blocks * n_blocks; ++block) line(most_tiles, rows);
    cycle({.run = true});
    bool offered = false;  // valid stays until the beat fires
    while (!finished_) {
      offered = !rows.empty() && (offered || chance(random_, 3, 4));
      const bool fires = offered && fifo_.size() < shape_.depth;
      cycle({.run = true,
             .result_ready = chance(random_, 3, 4),
             .valid = offered,
             .row = offered ? rows.front() : noise()});
      if (fires) {
        rows.pop_front();
        offered = false;
      }
    }
    cycle({.run = true, .result_ready = true});
    cycle({});  // finished and the counters still show
    cycle({});
  }
  [[nodiscard]] std::pair<std::string, Vectors> finish() const { return {shape_.name, vectors_}; }
  [[nodiscard]] std::int64_t outer_limited() const { return ever_limited_; }

 private:
  struct Element {
    std::int32_t partial = 0;
    std::int64_t count = 0, flag = 0;
  };
  struct Row {
    std::vector<Element> elements;
    bool line_last = false;
  };
  struct Result {
    bool valid = false, last = false;
    std::vector<std::int32_t> values;
  };
  struct Inputs {
    bool reset = false, run = false, result_ready = false, valid = false;
    Row row = {};
  };
  struct Job {
    int m_blocks, n_blocks, m_last;
  };

  Row noise() {
    Row row;
    for (int c = 0; c < shape_.cols; ++c) {
      row.elements.push_back({partial_sum(policy_, bits_, any(random_, bits_ + 1)),
                              any(random_, shape_.count_bits) & ((1 << shape_.count_bits) - 1),
                              any(random_, 1) & 1});
      if (chance(random_, 1, 2)) row.elements.back().count = row.elements.back().flag = 0;
    }
    row.line_last = chance(random_, 1, 2);
    return row;
  }

  /// The tiles of one block of results.
  void line(std::uint32_t most_tiles, std::deque<Row>& rows) {
    const auto tiles = static_cast<int>(random_.below(most_tiles)) + 1;
    std::vector<std::uint32_t> patterns;
    for (int i = 0; i < shape_.rows * shape_.cols; ++i) patterns.push_back(random_.below(6));
    const std::int64_t high = half(bits_) - 1;
    const std::int64_t low = -half(bits_);
    for (int t = 0; t < tiles; ++t) {
      for (int r = 0; r < shape_.rows; ++r) {
        Row row = noise();
        row.line_last = t == tiles - 1;
        for (int c = 0; c < shape_.cols; ++c) {
          const bool even = t % 2 == 0;
          const bool early = 2 * t < tiles;
          std::int64_t exact = row.elements[c].partial;
          switch (patterns[r * shape_.cols + c]) {
            case 0:
              exact = high;
              break;
            case 1:
              exact = low;
              break;
            case 2:
              exact = even ? high : low;
              break;
            case 3:
              exact = early ? high : low;
              break;  // overflows, then comes back
            case 4:
              exact = early ? low : high;
              break;
            default:
              break;
          }
          row.elements[c].partial = partial_sum(policy_, bits_, exact);
        }
        rows.push_back(row);
      }
    }
  }

  void clear() {
    row_ = shape_.rows - 1;
    first_tile_ = true;
    finished_ = false;
    m_ = n_ = 0;
    mac_ = tile_ = limited_ = 0;
  }

  [[nodiscard]] Field counter(std::int64_t value, bool checked) const {
    if (shape_.counters == kNone) value = 0;
    if (shape_.counters == kSticky) value = value > 0 ? 1 : 0;
    return {value, 48, checked};
  }

  void cycle(const Inputs& in, bool checked = true) {
    Result& out = tail_.back();
    Fields inputs = {{!in.reset, 1},       {in.run, 1},         {in.valid, 1},
                     {in.result_ready, 1}, {job_.m_blocks, 16}, {job_.m_last, 7},
                     {job_.n_blocks, 16}};
    const auto element = [&](int c) {
      return in.row.elements.empty() ? Element{} : in.row.elements[c];
    };
    for (int c = 0; c < shape_.cols; ++c) inputs.push_back({element(c).partial, bits_});
    for (int c = 0; c < shape_.cols; ++c) inputs.push_back({element(c).count, shape_.count_bits});
    for (int c = 0; c < shape_.cols; ++c) inputs.push_back({element(c).flag, 1});
    inputs.push_back({in.row.line_last, 1});
    Fields outputs = {{fifo_.size() < shape_.depth, 1, checked},
                      {out.valid, 1, checked},
                      {finished_, 1, checked}};
    for (int c = 0; c < shape_.cols; ++c) {
      outputs.push_back({out.valid ? out.values[c] : 0, 32, out.valid && checked});
    }
    outputs.push_back(counter(mac_, checked));
    outputs.push_back(counter(tile_, checked));
    outputs.push_back(counter(limited_, checked));
    vectors_.add(inputs, outputs);

    // The edge of the clock.
    if (in.reset) return;
    const bool step = !out.valid || in.result_ready;
    const bool push = in.valid && fifo_.size() < shape_.depth;
    const bool last_fires = out.valid && in.result_ready && out.last;
    Result entering;
    if (step && !fifo_.empty()) {
      entering = pop(fifo_.front());
      fifo_.pop_front();
    }
    if (push) fifo_.push_back(in.row);
    if (step) {
      tail_.pop_back();
      tail_.push_front(entering);
    }
    if (last_fires) finished_ = true;
    if (!in.run) clear();
  }

  Result pop(const Row& row) {
    const bool last_m = m_ == job_.m_blocks - 1;
    Result result;
    result.valid = row.line_last && (!last_m || row_ < job_.m_last);
    for (int c = 0; c < shape_.cols; ++c) {
      const Element& element = row.elements[c];
      const Limited sum =
          add_outer(shape_.outer_bits, first_tile_ ? 0 : outer_[row_][c], element.partial);
      outer_[row_][c] = sum.value;
      result.values.push_back(sum.value);
      mac_ += element.count;
      tile_ += element.flag;
      limited_ += sum.limited ? 1 : 0;
      ever_limited_ += sum.limited ? 1 : 0;
    }
    if (row_-- == 0) {
      row_ = shape_.rows - 1;
      first_tile_ = row.line_last;
      if (row.line_last) {
        result.last = last_m && n_ == job_.n_blocks - 1;
        if (++n_ == job_.n_blocks) {
          n_ = 0;
          ++m_;
        }
      }
    }
    return result;
  }

  AccumulatePolicy policy_;
  int bits_;
  EdgeShape shape_;
  HostRandom random_;
  Vectors vectors_;
  Job job_ = {1, 1, 1};
  std::deque<Row> fifo_;
  std::vector<std::vector<std::int32_t>> outer_;
  std::deque<Result> tail_;
  int row_ = 0, m_ = 0, n_ = 0;
  bool first_tile_ = true;
  bool finished_ = false;
  std::int64_t mac_ = 0, tile_ = 0, limited_ = 0, ever_limited_ = 0;
};

/// The outer addition alone.
Vectors outer_vectors(AccumulatePolicy policy, int bits, int outer_bits, std::uint64_t seed) {
  HostRandom random(seed);
  Vectors vectors;
  const auto add = [&](std::int64_t outer, std::int32_t partial) {
    if (outer < -half(outer_bits) || outer >= half(outer_bits)) return;
    const Limited sum = add_outer(outer_bits, static_cast<std::int32_t>(outer), partial);
    vectors.add({{outer, outer_bits}, {partial, bits}},
                {{sum.value, outer_bits}, {sum.limited, 1}});
  };
  const std::int64_t rail = half(outer_bits);
  for (const std::int64_t exact : {-half(bits), -half(bits) + 1, std::int64_t{-1}, std::int64_t{0},
                                   std::int64_t{1}, half(bits) - 1}) {
    for (const std::int64_t outer :
         {-rail, -rail + 1, std::int64_t{-1}, std::int64_t{0}, rail - 2, rail - 1}) {
      add(outer, partial_sum(policy, bits, exact));
    }
  }
  for (int i = 0; i < 150; ++i) {
    const std::int32_t partial = partial_sum(policy, bits, any(random, bits));
    add(any(random, outer_bits), partial);
    add(pick(random, {-rail, rail}) + random.below(5) - 2 - partial, partial);
  }
  return vectors;
}

Bench edge_bench(AccumulatePolicy policy, int bits, std::uint64_t seed) {
  Bench bench = {.module = "edge_bench", .text = kEdgeBench, .lanes = {}, .parameters = {}};
  const std::array<EdgeShape, 3> shapes = {{
      {"edge_4x2_full", bits, 4, 2, 10, kFull, 2, 1},
      {"edge_1x1_sticky", bits + 3, 1, 1, 1, kSticky, 3, 2},
      {"edge_3x3_none", 32, 3, 3, 1, kNone, 4, 4},
  }};
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    EdgeLane lane(policy, bits, shapes[i], seed + i);
    HostRandom random(seed + 100 + i);
    lane.job(1, 1, shapes[i].rows, 1);
    for (int job = 0; job < (i == 1 ? 5 : 2); ++job) {
      lane.job(static_cast<int>(random.below(3)) + 1, static_cast<int>(random.below(2)) + 1,
               static_cast<int>(random.below(shapes[i].rows)) + 1, i == 1 ? 24 : 8);
    }
    if (i < 2) {
      EXPECT_GT(lane.outer_limited(), 0) << "the stimuli do not reach the rails";
    }
    bench.lanes.push_back(lane.finish());
  }
  bench.lanes.emplace_back("outer_least", outer_vectors(policy, bits, bits, seed + 3));
  bench.lanes.emplace_back("outer_24", outer_vectors(policy, bits, 24, seed + 4));
  bench.lanes.emplace_back("outer_32", outer_vectors(policy, bits, 32, seed + 5));
  return bench;
}

// ---- Simulation ----

class CellFolder {
 public:
  CellFolder()
      : folder_(fs::temp_directory_path() / ("sylvester_cells_" + std::to_string(getpid()))) {
    for (const char* cell :
         {"processing_element.v", "accumulate_saturate.v", "accumulate_wrap.v",
          "accumulate_clamp.v", "edge_accumulators.v", "outer_add.v", "stream_fifo.v",
          "block_walk.v", "tally.v", "add_tree.v", "delay_line.v", "delay_line_reset.v"}) {
      restore(cell);
    }
    write_file(folder_ / "driver.v", kDriver);
  }
  ~CellFolder() {
    std::error_code ignored;
    if (!::testing::Test::HasFailure()) fs::remove_all(folder_, ignored);
  }
  CellFolder(const CellFolder&) = delete;
  CellFolder& operator=(const CellFolder&) = delete;

  void restore(const std::string& cell) const {
    write_file(folder_ / cell, verilog_library().at(cell));
  }
  /// The cell with one place changed.
  void mutate(const std::string& cell, const std::string& from, const std::string& to) const {
    std::string text = verilog_library().at(cell);
    const std::size_t place = text.find(from);
    ASSERT_NE(place, std::string::npos) << cell << " no longer contains: " << from;
    write_file(folder_ / cell, text.replace(place, from.size(), to));
  }

  /// What the simulation prints.
  [[nodiscard]] std::string run(const Bench& bench, AccumulatePolicy policy, int bits) const {
    write_file(folder_ / (bench.module + ".v"), bench.text);
    std::string command = "iverilog -g2012 -s " + bench.module + " -o bench.vvp";
    const auto parameter = [&](const std::string& name, int value) {
      command += " -P" + bench.module + "." + name + "=" + std::to_string(value);
    };
    parameter("AccBits", bits);
    parameter("Policy", static_cast<int>(policy));
    for (const auto& [name, value] : bench.parameters) parameter(name, value);
    for (std::size_t i = 0; i < bench.lanes.size(); ++i) {
      const auto& [name, vectors] = bench.lanes[i];
      write_file(folder_ / (name + ".hex"), vectors.text());
      parameter("Vectors" + std::to_string(i), vectors.count());
    }
    command += " driver.v " + bench.module + ".v -y . && vvp -n bench.vvp";
    const fs::path log = folder_ / "log.txt";
    const int status = std::system(("cd '" + folder_.string() + "' && { " + command + "; } > '" +
                                    log.string() + "' 2>&1 < /dev/null")
                                       .c_str());
    const std::string output = read_file(log);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return "failed: " + command + "\n" + output;
    return output;
  }

 private:
  fs::path folder_;
};

bool icarus_installed() {
  return std::system("command -v iverilog > /dev/null 2>&1 && command -v vvp > /dev/null 2>&1") ==
         0;
}
#define REQUIRE_ICARUS() \
  if (!icarus_installed()) GTEST_SKIP() << "iverilog is not installed"

std::string pass_line(AccumulatePolicy policy, int bits) {
  return "PASS P=" + std::to_string(bits) + " policy " + std::to_string(static_cast<int>(policy)) +
         "\n";
}

using MakeBench = Bench (*)(AccumulatePolicy policy, int bits, std::uint64_t seed);

std::uint64_t seed_of(AccumulatePolicy policy, int bits) {
  return 1000 * static_cast<std::uint64_t>(bits) + 100 * static_cast<std::uint64_t>(policy);
}

void every_width_and_policy(MakeBench make) {
  const CellFolder folder;
  for (int bits = kLeastBits; bits <= kMostBits; ++bits) {
    for (const AccumulatePolicy policy : kPolicies) {
      const std::uint64_t seed = seed_of(policy, bits);
      SCOPED_TRACE("P " + std::to_string(bits) + ", " + std::string(to_string(policy)) + ", seed " +
                   std::to_string(seed));
      EXPECT_EQ(folder.run(make(policy, bits, seed), policy, bits), pass_line(policy, bits));
    }
  }
}

TEST(VerilatedCells, ProcessingElementIsGoldenForEveryWidthAndPolicy) {
  REQUIRE_ICARUS();
  every_width_and_policy(element_bench);
}

TEST(VerilatedCells, EdgeIsGoldenForEveryWidthAndPolicy) {
  REQUIRE_ICARUS();
  every_width_and_policy(edge_bench);
}

// Negative control: each of these faults must be found, at the ends and in the middle of P's
// range.
TEST(VerilatedCells, FaultyCellsAreFound) {
  REQUIRE_ICARUS();
  struct Fault {
    MakeBench make;
    AccumulatePolicy policy;
    std::string cell, from, to;
    std::string lane;  ///< the only one checked, the others get one blind cycle
  };
  const auto saturate = AccumulatePolicy::kSaturate;
  const auto wrap = AccumulatePolicy::kWrap;
  const auto clamp = AccumulatePolicy::kClamp;
  const std::string saturate_from = "{(RegisterBits-1){!exact[SumBits-1]}}}";
  const std::string saturate_to =  // both limits one too near to 0
      "{(RegisterBits-2){!exact[SumBits-1]}}, exact[SumBits-1]}";
  const std::vector<Fault> faults = {
      {element_bench, saturate, "accumulate_saturate.v", saturate_from, saturate_to,
       "element_5x5_full"},
      {element_bench, saturate, "accumulate_saturate.v", "limited_o = !fits", "limited_o = 1'b0",
       "element_5x5_full"},
      {element_bench, wrap, "accumulate_wrap.v", "limited_o = exact", "limited_o = 1'b0 & exact",
       "element_5x5_full"},
      {element_bench, clamp, "accumulate_clamp.v", "wide < -LIMIT", "wide < -LIMIT - 1",
       "element_5x5_full"},
      {element_bench, clamp, "accumulate_clamp.v", "wide > LIMIT", "wide > LIMIT + 1",
       "element_5x5_full"},
      {element_bench, clamp, "processing_element.v", "| clamped", "", "element_5x5_full"},
      {element_bench, wrap, "processing_element.v", "if (valid_i & last_i)", "if (last_i)",
       "element_4x4_none"},
      {edge_bench, saturate, "outer_add.v", "{(OuterBits-1){!exact[OuterBits]}}",
       "{(OuterBits-2){!exact[OuterBits]}}, exact[OuterBits]", "edge_1x1_sticky"},
      {edge_bench, clamp, "outer_add.v", "!= exact[OuterBits-1]", "& !exact[OuterBits-1]",
       "edge_4x2_full"},
      {edge_bench, wrap, "edge_accumulators.v", "first_tile_q <= line_last", "first_tile_q <= 1'b0",
       "edge_3x3_none"},
  };
  const CellFolder folder;
  for (const Fault& fault : faults) {
    ASSERT_NO_FATAL_FAILURE(folder.mutate(fault.cell, fault.from, fault.to));
    for (const int bits : {kLeastBits, 13, kMostBits}) {
      Bench bench = fault.make(fault.policy, bits, seed_of(fault.policy, bits));
      for (auto& [name, vectors] : bench.lanes) {
        if (name == fault.lane) continue;
        vectors = {};
        vectors.add({{0, 1}}, {});
      }
      const std::string output = folder.run(bench, fault.policy, bits);
      EXPECT_THAT(output, HasSubstr("MISMATCH P=" + std::to_string(bits) + " policy=" +
                                    std::string(to_string(fault.policy)) + " " + fault.lane))
          << fault.cell << ": " << fault.to;
      EXPECT_EQ(output.find("PASS"), std::string::npos) << fault.cell << ": " << fault.to;
    }
    folder.restore(fault.cell);
  }
}

}  // namespace
}  // namespace sylvester
