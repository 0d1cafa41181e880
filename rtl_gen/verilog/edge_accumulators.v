// Edge of the array: one outer accumulator per result of a block, a row of partial sums per beat,
// results after a line's last tile, and the counters of the job (architecture.md section 5). In a
// job of nibble passes a tile comes as four partial sums, which become one first.
//
// Rows, Cols: 1 ... 64.  AccBits: P, 4 ... 24.  OuterBits: o, AccBits ... 32.
// CountBits: width of a tile's MAC count.  Counters: 0 none, 1 sticky, 2 full.
// Nibbles: 1 if nibbles_i may be high.  PartialBits: AccBits, or more as in systolic_array.
// SumBits: of a tile's sum over its passes, PartialBits or more.  Clamp: 1 for policy 2.
// Depth: input FIFO, >= 2.  OutputRegisters: 1 ... 4.
module edge_accumulators #(
  parameter integer Rows = 4,
  parameter integer Cols = 4,
  parameter integer AccBits = 8,
  parameter integer PartialBits = AccBits,
  parameter integer SumBits = AccBits,
  parameter integer Nibbles = 0,
  parameter integer Clamp = 0,
  parameter integer OuterBits = 24,
  parameter integer CountBits = 10,
  parameter integer Counters = 2,
  parameter integer Depth = 2,
  parameter integer OutputRegisters = 1
) (
  input  wire                                  clk_i,
  input  wire                                  rst_ni,
  input  wire                                  run_i,
  input  wire                                  nibbles_i,
  input  wire [15:0]                           m_blocks_i,
  input  wire [6:0]                            m_last_i,
  input  wire [15:0]                           n_blocks_i,
  input  wire                                  partials_valid_i,
  output wire                                  partials_ready_o,
  input  wire [Cols*(PartialBits+CountBits+1):0] partials_data_i,
  output wire                                  results_valid_o,
  input  wire                                  results_ready_i,
  output wire [32*Cols-1:0]                    results_data_o,
  output wire                                  finished_o,
  output wire [47:0]                           mac_limited_o,
  output wire [47:0]                           tile_limited_o,
  output wire [47:0]                           outer_limited_o
);
  localparam integer PayloadBits = Cols * (PartialBits + CountBits + 1) + 1;
  localparam integer RowBits = (Rows > 1) ? $clog2(Rows) : 1;
  localparam integer LastRow = Rows - 1;

  wire clear = !rst_ni | !run_i;
  wire step = !results_valid_o | results_ready_i;

  wire                   row_valid;
  wire [PayloadBits-1:0] row_data;
  wire                   pop = step & row_valid;
  stream_fifo #(
    .Width(PayloadBits),
    .Depth(Depth)
  ) u_fifo (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .valid_i(partials_valid_i),
    .ready_o(partials_ready_o),
    .data_i(partials_data_i),
    .valid_o(row_valid),
    .ready_i(step),
    .data_o(row_data)
  );

  // Rows come from the last to row 0, tile after tile, block after block.
  reg [RowBits-1:0] row_q;
  reg               first_tile_q;
  reg               finished_q;
  wire              line_last = row_data[PayloadBits-1];
  wire              tile_end = row_q == {RowBits{1'b0}};
  wire              block_end = pop & tile_end & line_last;
  wire              last_m, last_n;
  wire              unused_last_k;
  block_walk u_walk (
    .clk_i(clk_i),
    .clear_i(clear),
    .step_i(block_end),
    .m_blocks_i(m_blocks_i),
    .n_blocks_i(n_blocks_i),
    .k_chunks_i(16'd1),
    .last_m_o(last_m),
    .last_n_o(last_n),
    .last_k_o(unused_last_k)
  );
  wire row_live = !last_m | ({{(7-RowBits){1'b0}}, row_q} < m_last_i);
  wire whole;  // the row is a tile's, not one of its first three passes
  wire add = pop & whole;
  wire is_result = pop & line_last & row_live;
  wire is_last_result = block_end & last_m & last_n;

  // Partial sums of tiles: as they come, or of four passes.
  wire [Cols*AccBits-1:0] tile_partials;
  wire [Cols-1:0]         tile_limited;
  genvar lane;
  generate
    if (Nibbles == 0) begin : gen_one_pass
      wire unused = nibbles_i;
      assign whole = 1'b1;
      assign tile_partials = row_data[Cols*PartialBits-1:0];
      assign tile_limited = row_data[Cols*(PartialBits+CountBits) +: Cols];
    end else begin : gen_passes
      reg  [1:0]              pass_q;
      reg  [Cols*SumBits-1:0] sums_q [0:Rows-1];
      wire [Cols*SumBits-1:0] sums = sums_q[row_q];
      wire [Cols*SumBits-1:0] sums_next;
      assign whole = !nibbles_i | (pass_q == 2'd3);
      for (lane = 0; lane < Cols; lane = lane + 1) begin : gen_lane
        wire [AccBits-1:0] sum_partial;
        wire               clamped;
        pass_sum #(
          .PartialBits(PartialBits),
          .SumBits(SumBits),
          .AccBits(AccBits),
          .Clamp(Clamp)
        ) u_sum (
          .pass_i(pass_q),
          .sum_i(sums[SumBits*lane +: SumBits]),
          .pass_partial_i(row_data[PartialBits*lane +: PartialBits]),
          .sum_o(sums_next[SumBits*lane +: SumBits]),
          .partial_o(sum_partial),
          .clamped_o(clamped)
        );
        assign tile_partials[AccBits*lane +: AccBits] =
            nibbles_i ? sum_partial : row_data[PartialBits*lane +: AccBits];
        assign tile_limited[lane] =
            nibbles_i ? clamped : row_data[Cols*(PartialBits+CountBits)+lane];
      end
      always @(posedge clk_i) begin
        if (pop & nibbles_i) sums_q[row_q] <= sums_next;
      end
      always @(posedge clk_i) begin
        if (clear) pass_q <= 2'd0;
        else if (pop & tile_end) pass_q <= pass_q + 2'd1;
      end
    end
  endgenerate

  // Outer accumulators, one row per word.
  reg  [Cols*OuterBits-1:0] outer_q [0:Rows-1];
  wire [Cols*OuterBits-1:0] outer_row = first_tile_q ? {(Cols*OuterBits){1'b0}} : outer_q[row_q];
  wire [Cols*OuterBits-1:0] outer_next;
  wire [Cols-1:0]           outer_limited;
  wire [32*Cols-1:0]        result;

  genvar column;
  generate
    for (column = 0; column < Cols; column = column + 1) begin : gen_column
      wire limited;
      outer_add #(
        .AccBits(AccBits),
        .OuterBits(OuterBits)
      ) u_add (
        .outer_i(outer_row[OuterBits*column +: OuterBits]),
        .partial_i(tile_partials[AccBits*column +: AccBits]),
        .outer_o(outer_next[OuterBits*column +: OuterBits]),
        .limited_o(limited)
      );
      assign outer_limited[column] = add & limited;
      if (OuterBits == 32) begin : gen_full_width
        assign result[32*column +: 32] = outer_next[OuterBits*column +: OuterBits];
      end else begin : gen_extend
        assign result[32*column +: 32] =
            {{(32-OuterBits){outer_next[OuterBits*column+OuterBits-1]}},
             outer_next[OuterBits*column +: OuterBits]};
      end
    end
  endgenerate

  always @(posedge clk_i) begin
    if (add) outer_q[row_q] <= outer_next;
  end

  wire out_last;
  delay_line_reset #(
    .Width(2),
    .Stages(OutputRegisters)
  ) u_out_control (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .step_i(step),
    .data_i({is_result, is_last_result}),
    .data_o({results_valid_o, out_last})
  );
  delay_line #(
    .Width(32 * Cols),
    .Stages(OutputRegisters)
  ) u_out_data (
    .clk_i(clk_i),
    .step_i(step),
    .data_i(result),
    .data_o(results_data_o)
  );

  assign finished_o = finished_q;

  always @(posedge clk_i) begin
    if (clear) begin
      row_q <= LastRow[RowBits-1:0];
      first_tile_q <= 1'b1;
      finished_q <= 1'b0;
    end else begin
      if (pop) begin
        row_q <= tile_end ? LastRow[RowBits-1:0] : row_q - 1'b1;
        if (tile_end & whole) first_tile_q <= line_last;
      end
      if (results_valid_o & results_ready_i & out_last) finished_q <= 1'b1;
    end
  end

  generate
    if (Counters == 0) begin : gen_none
      wire unused_events = &{1'b0, outer_limited, tile_limited,
                             row_data[PayloadBits-2:Cols*PartialBits]};
      assign mac_limited_o = 48'd0;
      assign tile_limited_o = 48'd0;
      assign outer_limited_o = 48'd0;
    end else if (Counters == 1) begin : gen_sticky
      reg [2:0] seen_q;
      always @(posedge clk_i) begin
        if (clear) seen_q <= 3'b000;
        else if (add) begin
          seen_q <= seen_q | {|row_data[Cols*PartialBits +: Cols*CountBits], |tile_limited,
                              |outer_limited};
        end
      end
      assign mac_limited_o = {47'd0, seen_q[2]};
      assign tile_limited_o = {47'd0, seen_q[1]};
      assign outer_limited_o = {47'd0, seen_q[0]};
    end else begin : gen_full
      tally #(
        .Inputs(Cols),
        .InputBits(CountBits),
        .Bits(48)
      ) u_mac_limited (
        .clk_i(clk_i),
        .clear_i(clear),
        .numbers_i(row_data[Cols*PartialBits +: Cols*CountBits] & {(Cols*CountBits){add}}),
        .count_o(mac_limited_o)
      );
      tally #(
        .Inputs(Cols),
        .Bits(48)
      ) u_tile_limited (
        .clk_i(clk_i),
        .clear_i(clear),
        .numbers_i(tile_limited & {Cols{add}}),
        .count_o(tile_limited_o)
      );
      tally #(
        .Inputs(Cols),
        .Bits(48)
      ) u_outer_limited (
        .clk_i(clk_i),
        .clear_i(clear),
        .numbers_i(outer_limited),
        .count_o(outer_limited_o)
      );
    end
  endgenerate
endmodule
