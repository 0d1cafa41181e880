// Quantiser of the prepare unit: measures the largest magnitude in a first pass over the matrix,
// then divides and rounds every coefficient to a code in a second one; with a given divisor it does
// both in one pass (numerics.md, PRE-1 to PRE-5; architecture.md section 4).
//
// Lanes: 1 ... 32.  BlockMax: power of two, 2 ... 1024.  RandomBits: 1 ... 16.
// QuotientBits: 4 ... 8, of the largest quotient.  CodeBits: 5, or 8 with QuotientBits 8.
// Listed, Magnitudes: as in place_quotient.
// Depth: input FIFO, >= 2.  ScaleSetup: 1 ... 8 cycles, which the path from max_q to the divisor
// has (a multicycle path).  DivideBits: 1 ... 16 and MixRounds: 1 ... 10, per register stage.
// Counters: 0 none, 1 sticky, 2 full.
// The first beat comes at least Lanes cycles after run_i rises, as corner_turn makes it.
// key_i as draw_key gives it; all other job fields are stable while run_i is high.
module quantise #(
  parameter integer Lanes = 4,
  parameter integer BlockMax = 32,
  parameter integer QuotientBits = 4,
  parameter integer CodeBits = 5,
  parameter integer RandomBits = 8,
  parameter integer Depth = 2,
  parameter integer ScaleSetup = 2,
  parameter integer DivideBits = 2,
  parameter integer MixRounds = 2,
  parameter integer Counters = 2,
  parameter integer Listed = 0,
  parameter [127:0] Magnitudes = 128'hffffffffffffffffffffffffffffffff
) (
  input  wire                                   clk_i,
  input  wire                                   rst_ni,
  input  wire                                   run_i,
  input  wire [15:0]                            k_len_i,
  input  wire [15:0]                            groups_i,
  input  wire [5:0]                             last_lanes_i,
  input  wire                                   listed_i,
  input  wire [6:0]                             largest_code_i,
  input  wire [2:0]                             largest_high_i,
  input  wire [2:0]                             largest_low_i,
  input  wire [2:0]                             scale_rule_i,
  input  wire [30:0]                            given_divisor_i,
  input  wire                                   given_fine_i,
  input  wire                                   stochastic_i,
  input  wire [31:0]                            index0_i,
  input  wire [31:0]                            stride_line_i,
  input  wire [31:0]                            stride_k_i,
  input  wire [159:0]                           key_i,
  output wire                                   open_o,
  output wire                                   finished_o,
  output wire [31:0]                            max_magnitude_o,
  output wire [31:0]                            codes_at_limit_o,
  output wire [31:0]                            rounded_up_o,
  output wire [31:0]                            zero_codes_o,
  input  wire                                   coefficients_valid_i,
  output wire                                   coefficients_ready_o,
  input  wire [(16+$clog2(BlockMax))*Lanes-1:0] coefficients_data_i,
  output wire                                   codes_valid_o,
  input  wire                                   codes_ready_i,
  output wire [CodeBits*Lanes-1:0]              codes_data_o
);
  localparam integer Bits = 16 + $clog2(BlockMax);
  localparam integer MagnitudeBits = Bits - 1;
  // 39*M, and a clip of 16 bits times 2^7.
  localparam integer DivisorBits = (Bits > 17) ? Bits + 5 : 23;
  localparam integer DivideStages = (QuotientBits + RandomBits + DivideBits - 1) / DivideBits;
  localparam integer MixStages = (10 + MixRounds - 1) / MixRounds;
  localparam integer Stages = (DivideStages > MixStages) ? DivideStages : MixStages;
  localparam integer LastSetup = ScaleSetup - 1;

  localparam [1:0] MEASURE = 2'd0;
  localparam [1:0] SETUP = 2'd1;
  localparam [1:0] QUANTISE = 2'd2;
  localparam [1:0] FINISHED = 2'd3;

  reg [1:0]               state_q;
  reg [2:0]               setup_q;
  reg [15:0]              k_q;
  reg [15:0]              group_q;
  reg                     all_popped_q;
  reg [MagnitudeBits-1:0] max_q;

  // Input beats.
  wire                  step = !codes_valid_o | codes_ready_i;
  wire                  fifo_valid;
  wire [Bits*Lanes-1:0] fifo_data;
  wire                  given = scale_rule_i == 3'd4;
  wire                  measure_pop = run_i & (state_q == MEASURE) & !given & fifo_valid;
  // With the first beat in the FIFO the pass that makes codes begins.
  wire                  given_begins =
      run_i & (state_q == MEASURE) & given & coefficients_valid_i & coefficients_ready_o;
  wire                  quantise_pop = (state_q == QUANTISE) & step & !all_popped_q & fifo_valid;
  wire                  line_end = k_q == k_len_i - 16'd1;
  wire                  last_group = group_q == groups_i - 16'd1;
  wire                  matrix_end = line_end & last_group;
  wire                  setup_end = setup_q == LastSetup[2:0];
  wire                  begins = given_begins | ((state_q == SETUP) & setup_end);

  stream_fifo #(
    .Width(Bits * Lanes),
    .Depth(Depth)
  ) u_fifo (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .valid_i(coefficients_valid_i),
    .ready_o(coefficients_ready_o),
    .data_i(coefficients_data_i),
    .valid_o(fifo_valid),
    .ready_i(measure_pop | quantise_pop),
    .data_o(fifo_data)
  );

  // Magnitudes, and the largest so far.
  reg  [MagnitudeBits*Lanes-1:0] magnitudes;
  wire [MagnitudeBits-1:0]       beat_max;
  integer                        i;
  always @* begin
    for (i = 0; i < Lanes; i = i + 1) begin
      magnitudes[MagnitudeBits*i +: MagnitudeBits] =
          fifo_data[Bits*i+MagnitudeBits]
              ? {MagnitudeBits{1'b0}} - fifo_data[Bits*i +: MagnitudeBits]
              : fifo_data[Bits*i +: MagnitudeBits];
    end
  end
  max_tree #(
    .Inputs(Lanes),
    .Bits(MagnitudeBits)
  ) u_max (
    .values_i(magnitudes),
    .largest_o(beat_max)
  );
  assign max_magnitude_o = {{(32-MagnitudeBits){1'b0}}, max_q};

  // Draw index of each lane (RND-6): the lane's line in the group, and k. The lines' indices pass
  // from lane to lane while the first pass measures, which takes at least Lanes cycles.
  reg [32*Lanes-1:0] line_index_q;
  reg [31:0]         group_stride_q;
  reg [31:0]         k_offset_q;
  integer            next;

  wire [DivisorBits-1:0] divisor;
  wire            measured_fine;
  // Without a divisor all codes are zero.
  wire            no_divisor = given & (given_divisor_i == 31'd0);
  wire [30:0]     given_divisor = {given_divisor_i[30:1], given_divisor_i[0] | no_divisor};
  wire            unused_divisor = &{1'b0, given_divisor};
  reg             fine_q;
  reg  [DivisorBits+QuotientBits-1:0] top_divisor_q;
  scale_setup #(
    .Bits(Bits),
    .DivisorBits(DivisorBits)
  ) u_scale (
    .max_i(max_q),
    .largest_high_i(largest_high_i),
    .largest_low_i((Listed == 0) ? 3'd0 : largest_low_i),
    .scale_rule_i(scale_rule_i),
    .divisor_o(divisor),
    .fine_o(measured_fine)
  );

  // Control beside the lanes: first register, division and mixer, output register.
  wire [2:0] mid_control;
  wire [1:0] out_control;
  wire       mid_valid = mid_control[2];
  wire       mid_last_group = mid_control[0];
  delay_line_reset #(
    .Width(3),
    .Stages(1 + Stages)
  ) u_control (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .step_i(step),
    .data_i({quantise_pop, quantise_pop & matrix_end, last_group}),
    .data_o(mid_control)
  );
  delay_line_reset #(
    .Width(2),
    .Stages(1)
  ) u_control_out (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .step_i(step),
    .data_i(mid_control[2:1]),
    .data_o(out_control)
  );
  assign codes_valid_o = out_control[1];

  wire [Lanes-1:0] zero;
  wire [Lanes-1:0] rounded_up;
  wire [Lanes-1:0] at_limit;
  genvar lane;
  generate
    for (lane = 0; lane < Lanes; lane = lane + 1) begin : gen_lane
      localparam [5:0] Index = lane;
      wire lane_zero, lane_rounded_up, lane_at_limit;
      quantise_lane #(
        .Bits(Bits),
        .DivisorBits(DivisorBits),
        .QuotientBits(QuotientBits),
        .CodeBits(CodeBits),
        .RandomBits(RandomBits),
        .DivideBits(DivideBits),
        .MixRounds(MixRounds),
        .Stages(Stages),
        .Listed(Listed),
        .Magnitudes(Magnitudes)
      ) u_lane (
        .clk_i(clk_i),
        .step_i(step),
        .negative_i(fifo_data[Bits*lane+MagnitudeBits]),
        .magnitude_i(no_divisor ? {MagnitudeBits{1'b0}}
                                : magnitudes[MagnitudeBits*lane +: MagnitudeBits]),
        .index_i(line_index_q[32*lane +: 32] + k_offset_q),
        .listed_i(listed_i),
        .largest_code_i(largest_code_i),
        .largest_high_i(largest_high_i),
        .largest_low_i(largest_low_i),
        .scale_rule_i(scale_rule_i),
        .stochastic_i(stochastic_i),
        .key_i(key_i),
        .top_divisor_i(top_divisor_q),
        .fine_i(fine_q),
        .code_o(codes_data_o[CodeBits*lane +: CodeBits]),
        .zero_o(lane_zero),
        .rounded_up_o(lane_rounded_up),
        .at_limit_o(lane_at_limit)
      );
      // Lines that only fill the last group count nowhere.
      wire counted = step & mid_valid & (!mid_last_group | (Index < last_lanes_i));
      assign zero[lane] = counted & lane_zero;
      assign rounded_up[lane] = counted & lane_rounded_up;
      assign at_limit[lane] = counted & lane_at_limit;
    end
  endgenerate

  assign open_o = state_q == QUANTISE;
  assign finished_o = state_q == FINISHED;

  always @(posedge clk_i) begin
    if (!rst_ni | !run_i) begin
      state_q <= MEASURE;
      setup_q <= 3'd0;
      k_q <= 16'd0;
      group_q <= 16'd0;
      all_popped_q <= 1'b0;
      max_q <= {MagnitudeBits{1'b0}};
    end else begin
      if (measure_pop | quantise_pop) begin
        k_q <= line_end ? 16'd0 : k_q + 16'd1;
        if (line_end) group_q <= last_group ? 16'd0 : group_q + 16'd1;
      end
      if ((measure_pop | quantise_pop) & (beat_max > max_q)) max_q <= beat_max;
      if (quantise_pop & matrix_end) all_popped_q <= 1'b1;
      case (state_q)
        MEASURE: begin
          if (measure_pop & matrix_end) state_q <= SETUP;
          else if (given_begins) state_q <= QUANTISE;
        end
        SETUP: begin
          setup_q <= setup_q + 3'd1;
          if (setup_end) state_q <= QUANTISE;
        end
        QUANTISE: begin
          if (codes_valid_o & codes_ready_i & out_control[0]) state_q <= FINISHED;
        end
        default: begin
        end
      endcase
    end
  end

  always @(posedge clk_i) begin
    if (begins) begin
      top_divisor_q <= {1'b0, given ? given_divisor[DivisorBits-1:0] : divisor,
                        {(QuotientBits-1){1'b0}}};
      fine_q <= given ? given_fine_i : measured_fine;
      group_stride_q <= line_index_q[32*(Lanes-1) +: 32] + stride_line_i - index0_i;
      k_offset_q <= 32'd0;
    end else if (quantise_pop) begin
      k_offset_q <= line_end ? 32'd0 : k_offset_q + stride_k_i;
    end
    // One adder per lane: on the way here from the lane before, then from group to group.
    if (state_q == MEASURE) line_index_q[31:0] <= index0_i;
    else if (quantise_pop & line_end) line_index_q[31:0] <= line_index_q[31:0] + group_stride_q;
    for (next = 1; next < Lanes; next = next + 1) begin
      if ((state_q == MEASURE) | (quantise_pop & line_end)) begin
        line_index_q[32*next +: 32] <=
            ((state_q == MEASURE) ? line_index_q[32*(next-1) +: 32]
                                  : line_index_q[32*next +: 32]) +
            ((state_q == MEASURE) ? stride_line_i : group_stride_q);
      end
    end
  end

  generate
    if (Counters == 2) begin : gen_full
      tally #(
        .Inputs(Lanes),
        .Bits(32)
      ) u_at_limit (
        .clk_i(clk_i),
        .clear_i(!rst_ni | !run_i),
        .numbers_i(at_limit),
        .count_o(codes_at_limit_o)
      );
      tally #(
        .Inputs(Lanes),
        .Bits(32)
      ) u_rounded_up (
        .clk_i(clk_i),
        .clear_i(!rst_ni | !run_i),
        .numbers_i(rounded_up),
        .count_o(rounded_up_o)
      );
      tally #(
        .Inputs(Lanes),
        .Bits(32)
      ) u_zero (
        .clk_i(clk_i),
        .clear_i(!rst_ni | !run_i),
        .numbers_i(zero),
        .count_o(zero_codes_o)
      );
    end else if (Counters == 1) begin : gen_sticky
      reg [2:0] seen_q;
      always @(posedge clk_i) begin
        if (!rst_ni | !run_i) seen_q <= 3'b000;
        else seen_q <= seen_q | {|at_limit, |rounded_up, |zero};
      end
      assign codes_at_limit_o = {31'd0, seen_q[2]};
      assign rounded_up_o = {31'd0, seen_q[1]};
      assign zero_codes_o = {31'd0, seen_q[0]};
    end else begin : gen_none
      wire unused_events = &{1'b0, at_limit, rounded_up, zero};
      assign codes_at_limit_o = 32'd0;
      assign rounded_up_o = 32'd0;
      assign zero_codes_o = 32'd0;
    end
  endgenerate
endmodule
