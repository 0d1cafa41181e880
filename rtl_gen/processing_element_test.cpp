// The processing element and the accumulation cells against golden's, for every P and policy.
#include "rtl_gen/test_cells.hpp"

#include <algorithm>
#include <bit>

namespace sylvester {
namespace {

using namespace cell_test;

constexpr const char* kElementBench = R"VERILOG(
module element_lane #(
  parameter integer AccBits = 8,
  parameter integer Policy = 0,
  parameter integer ABits = 5,
  parameter integer BBits = 4,
  parameter integer Shift = 0,
  parameter integer TileMax = 64,
  parameter integer Counters = 2,
  parameter integer Vectors = 1,
  parameter         Name = "element"
) (
  output wire done_o
);
  localparam integer CountBits = (Counters == 2) ? $clog2(TileMax + 1) : 1;
  localparam integer OutBits = AccBits + CountBits + 1;
  localparam integer AValueBits = (Shift == 1) ? 8 : ABits;
  wire clk, step, valid, first, last, power, shift;
  wire [ABits-1:0]   a;
  wire [BBits-1:0]   b;
  wire [OutBits-1:0] north, south;
  driver #(.InBits(6 + ABits + BBits + OutBits), .OutBits(OutBits), .Vectors(Vectors),
           .AccBits(AccBits), .Policy(Policy), .Name(Name)) u_driver (
    .clk_o(clk), .in_o({north, b, a, power, shift, last, first, valid, step}), .out_i(south),
    .done_o(done_o));
  // Words may be the most negative ones here.
  processing_element #(.AWordBits(ABits), .BWordBits(BBits), .AShift(Shift),
                       .ProductBits(AValueBits + BBits),
                       .LargestProduct(1 << (((Shift == 1) ? 7 : ABits) + BBits - 2)),
                       .AccBits(AccBits), .Policy(Policy), .TileMax(TileMax), .Counters(Counters),
                       .CountBits(CountBits)) u_element (
    .clk_i(clk), .step_i(step), .valid_i(valid), .first_i(first), .last_i(last),
    .exact_i(1'b0), .a_shift_i(power), .b_shift_i(1'b0), .a_i(a), .b_i(b), .shift_i(shift),
    .north_i(north), .south_o(south));
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
  parameter integer TileMax4 = 1,
  parameter integer Vectors0 = 1, Vectors1 = 1, Vectors2 = 1, Vectors3 = 1, Vectors4 = 1,
  parameter integer Vectors5 = 1, Vectors6 = 1
);
  wire [6:0] done;
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
  element_lane #(.AccBits(AccBits), .Policy(Policy), .ABits(5), .BBits(5), .Shift(1),
                 .Counters(2), .TileMax(TileMax4), .Vectors(Vectors4), .Name("element_power_x5"))
      u_4 (.done_o(done[4]));
  accumulate_lane #(.AccBits(AccBits), .Policy(Policy), .ProductBits(9), .ClampBits(17),
                    .Vectors(Vectors5), .Name("accumulate_9")) u_5 (.done_o(done[5]));
  accumulate_lane #(.AccBits(AccBits), .Policy(Policy), .ProductBits(24), .ClampBits(31),
                    .Vectors(Vectors6), .Name("accumulate_24")) u_6 (.done_o(done[6]));
  initial begin
    wait (&done);
    $display("PASS P=%0d policy %0d", AccBits, Policy);
  end
endmodule
)VERILOG";

/// Words of two operands. With `power`, a is {negative, places} in its lowest four bits.
struct Words {
  int a = 0, b = 0;
  bool power = false;

  [[nodiscard]] int product() const {
    if (!power) return a * b;
    const int places = a & 7;
    if (places == 7) return 0;
    return (a & 8) != 0 ? -b * (1 << places) : b * (1 << places);
  }
};

struct ElementShape {
  std::string name;
  int a_bits, b_bits;
  bool shift;  ///< words of A may be powers of two
  Counters counters;
  int tile_max;
};

/// Every product of the words, with words that give it.
std::map<int, Words> products(const ElementShape& shape) {
  std::map<int, Words> result;
  for (const bool power : {false, true}) {
    if (power && !shape.shift) continue;
    for (auto a = static_cast<int>(-half(shape.a_bits)); a < half(shape.a_bits); ++a) {
      for (auto b = static_cast<int>(-half(shape.b_bits)); b < half(shape.b_bits); ++b) {
        const Words words{a, b, power};
        result[words.product()] = words;
      }
    }
  }
  return result;
}

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
        products_(products(shape)),
        random_(seed) {
    cycle({.step = true, .shift = true}, {}, false);  // `out` is known from here on
  }

  using Pattern = Words (ElementLane::*)(int k, int length);
  void tile(Pattern pattern, int length, bool hurried = false) {
    target_ = 0;
    for (int k = 0; k < length;) {
      Control control = {.step = chance(random_, hurried ? 63 : 6, hurried ? 64 : 7),
                         .valid = chance(random_, hurried ? 63 : 4, hurried ? 64 : 5),
                         .first = chance(random_, 1, 2),
                         .last = chance(random_, 1, 2),
                         .shift = chance(random_, 1, 2)};
      Words words = noise(k, length);
      if (control.valid) {
        control.first = k == 0;
        control.last = k == length - 1;
        if (control.first) acc_ = 0;
        words = (this->*pattern)(k, length);
      }
      cycle(control, words);
      if (control.valid && control.step) ++k;
    }
  }

  Words noise(int, int) {
    return {static_cast<int>(any(random_, shape_.a_bits)),
            static_cast<int>(any(random_, shape_.b_bits)), shape_.shift && chance(random_, 1, 2)};
  }
  Words largest(int, int) { return products_.rbegin()->second; }
  Words smallest(int, int) { return products_.begin()->second; }
  Words alternating(int k, int length) {
    return k % 2 == 0 ? largest(k, length) : smallest(k, length);
  }
  /// A prefix that overflows if the tile is long enough, and a sum that fits.
  Words up_down(int k, int length) {
    return 2 * k < length ? largest(k, length) : smallest(k, length);
  }
  Words down_up(int k, int length) {
    return 2 * k < length ? smallest(k, length) : largest(k, length);
  }
  /// Exactly to a rail, one beyond it, back, to the other, ...
  Words rails(int, int) { return steer(chance(random_, 1, 2)); }
  Words upper_rail(int, int) { return steer(true); }
  Words lower_rail(int, int) { return steer(false); }

  /// To one of the five values around a rail, which is the register when the tile ends.
  Words settle_above(int k, int) { return settle(k, half(bits_) - 1); }
  Words settle_below(int k, int) { return settle(k, -half(bits_)); }
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

  Words steer(bool upper) {
    const std::int64_t rail = upper ? half(bits_) - 1 : -half(bits_);
    if (acc_ == target_ || target_ == 0 || chance(random_, 1, 16)) {
      target_ = rail + static_cast<std::int64_t>(random_.below(5)) - 2;
    }
    return towards(target_);
  }

  /// The product that leads as near to the target as one can, but not past it.
  Words towards(std::int64_t target) {
    const std::int64_t wish = std::clamp<std::int64_t>(target - acc_, products_.begin()->first,
                                                       products_.rbegin()->first);
    auto found = products_.lower_bound(static_cast<int>(wish));
    if (wish > 0 && found->first != wish) --found;
    return found->second;
  }

  Words settle(int k, std::int64_t rail) {
    if (k == 0) target_ = rail + offset_;
    return towards(target_);
  }

  void cycle(const Control& control, const Words& words, bool checked = true) {
    const Output north = {any(random_, bits_), any(random_, count_bits_), any(random_, 1)};
    vectors_.add({{control.step, 1},
                  {control.valid, 1},
                  {control.first, 1},
                  {control.last, 1},
                  {control.shift, 1},
                  {words.power, 1},
                  {words.a, shape_.a_bits},
                  {words.b, shape_.b_bits},
                  {north.partial, bits_},
                  {north.count, count_bits_},
                  {north.flag, 1}},
                 {{out_.partial, bits_, checked},
                  {out_.count, count_bits_, checked},
                  {out_.flag, 1, checked}});
    if (!control.step) return;
    bool captured = false;
    if (control.valid) {
      const Limited sum = accumulate(policy_, bits_, control.first ? 0 : acc_, words.product());
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
  std::map<int, Words> products_;
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
  const std::array<ElementShape, 5> shapes = {{
      {"element_5x5_full", 5, 5, false, kFull,
       static_cast<int>(std::min<std::int64_t>(65535, rail / 60 + 100))},
      {"element_5x4_full", 5, 4, false, kFull, 512},
      {"element_5x4_sticky", 5, 4, false, kSticky, 100},
      {"element_4x4_none", 4, 4, false, kNone, bits - 3},
      {"element_power_x5", 5, 5, true, kFull, 128},
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
  bench.lanes.emplace_back("accumulate_9", accumulate_vectors(policy, bits, 9, 17, seed + 5));
  bench.lanes.emplace_back("accumulate_24", accumulate_vectors(policy, bits, 24, 31, seed + 6));
  return bench;
}

TEST(VerilatedProcessingElement, IsGoldenForEveryWidthAndPolicy) {
  REQUIRE_ICARUS();
  every_width_and_policy(element_bench);
}

TEST(VerilatedProcessingElement, FaultsAreFound) {
  REQUIRE_ICARUS();
  const auto saturate = AccumulatePolicy::kSaturate;
  const auto wrap = AccumulatePolicy::kWrap;
  const auto clamp = AccumulatePolicy::kClamp;
  const std::string saturate_from = "{(RegisterBits-1){!exact[SumBits-1]}}}";
  const std::string saturate_to =  // both limits one too near to 0
      "{(RegisterBits-2){!exact[SumBits-1]}}, exact[SumBits-1]}";
  expect_found({
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
      {element_bench, wrap, "operand_product.v", "& {(ValueBits+1){!zero}}", "",
       "element_power_x5"},
      {element_bench, wrap, "operand_product.v", "power[2] ?", "power[2] & !negative ?",
       "element_power_x5"},
      {element_bench, wrap, "processing_element.v", "if (valid_i & last_i)", "if (last_i)",
       "element_4x4_none"},
  });
}

}  // namespace
}  // namespace sylvester
