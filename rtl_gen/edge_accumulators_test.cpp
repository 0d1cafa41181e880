// The edge accumulators and the outer addition against golden's, for every P and policy.
#include "rtl_gen/test_cells.hpp"

#include <deque>

namespace sylvester {
namespace {

using namespace cell_test;

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
  struct Counts {
    std::int64_t mac = 0, tile = 0, limited = 0;
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
    counts_ = shown_ = {};
  }

  /// Full counts are shown a cycle after the row is popped, sticky ones at once.
  [[nodiscard]] Field counter(std::int64_t Counts::*which, bool checked) const {
    std::int64_t value = shown_.*which;
    if (shape_.counters == kNone) value = 0;
    if (shape_.counters == kSticky) value = counts_.*which > 0 ? 1 : 0;
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
    outputs.push_back(counter(&Counts::mac, checked));
    outputs.push_back(counter(&Counts::tile, checked));
    outputs.push_back(counter(&Counts::limited, checked));
    vectors_.add(inputs, outputs);

    // The edge of the clock.
    if (in.reset) return;
    const bool step = !out.valid || in.result_ready;
    const bool push = in.valid && fifo_.size() < shape_.depth;
    const bool last_fires = out.valid && in.result_ready && out.last;
    shown_ = counts_;
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
      counts_.mac += element.count;
      counts_.tile += element.flag;
      counts_.limited += sum.limited ? 1 : 0;
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
  Counts counts_, shown_;
  std::int64_t ever_limited_ = 0;
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

TEST(VerilatedEdgeAccumulators, AreGoldenForEveryWidthAndPolicy) {
  REQUIRE_ICARUS();
  every_width_and_policy(edge_bench);
}

TEST(VerilatedEdgeAccumulators, FaultsAreFound) {
  REQUIRE_ICARUS();
  const auto saturate = AccumulatePolicy::kSaturate;
  const auto wrap = AccumulatePolicy::kWrap;
  const auto clamp = AccumulatePolicy::kClamp;
  expect_found({
      {edge_bench, saturate, "outer_add.v", "{(OuterBits-1){!exact[OuterBits]}}",
       "{(OuterBits-2){!exact[OuterBits]}}, exact[OuterBits]", "edge_1x1_sticky"},
      {edge_bench, clamp, "outer_add.v", "!= exact[OuterBits-1]", "& !exact[OuterBits-1]",
       "edge_4x2_full"},
      {edge_bench, wrap, "edge_accumulators.v", "first_tile_q <= line_last", "first_tile_q <= 1'b0",
       "edge_3x3_none"},
  });
}

}  // namespace
}  // namespace sylvester
