// Streaming Walsh-Hadamard transform of Lanes lines side by side, one coefficient of each per step,
// natural order, not normalised, behind random signs (numerics.md, WHT; architecture.md section 4).
//
// Lanes: 1 ... 32.  BlockMax: longest block, a power of two, 2 ... 1024.  Depth: input FIFO, >= 2.
// Registers: register stages after each butterfly stage, 1 ... 4.
// Signs: 1 if columns may change their sign.  negative_i: the next column does; pop_o: it is taken.
// block_log2_i: log2 of the job's block, 0 ... log2(BlockMax); 0 passes the data unchanged.
module transform #(
  parameter integer Lanes = 4,
  parameter integer BlockMax = 32,
  parameter integer Depth = 2,
  parameter integer Registers = 1,
  parameter integer Signs = 0
) (
  input  wire                                    clk_i,
  input  wire                                    rst_ni,
  input  wire [3:0]                              block_log2_i,
  input  wire                                    negative_i,
  output wire                                    pop_o,
  input  wire                                    turned_valid_i,
  output wire                                    turned_ready_o,
  input  wire [16*Lanes-1:0]                     turned_data_i,
  output wire                                    coefficients_valid_o,
  input  wire                                    coefficients_ready_i,
  output wire [(16+$clog2(BlockMax))*Lanes-1:0]  coefficients_data_o
);
  localparam integer Stages = $clog2(BlockMax);
  localparam integer Bits = 16 + Stages;

  wire                step = !coefficients_valid_o | coefficients_ready_i;
  wire                fifo_valid;
  wire [16*Lanes-1:0] fifo_data;

  stream_fifo #(
    .Width(16 * Lanes),
    .Depth(Depth)
  ) u_fifo (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .valid_i(turned_valid_i),
    .ready_o(turned_ready_o),
    .data_i(turned_data_i),
    .valid_o(fifo_valid),
    .ready_i(step),
    .data_o(fifo_data)
  );

  // Token before stage i.
  wire [Stages:0]                     valid;
  wire [Lanes*Bits*(Stages+1)-1:0]    data;
  assign valid[0] = fifo_valid;
  assign pop_o = fifo_valid & step;

  genvar i;
  generate
    for (i = 0; i < Lanes; i = i + 1) begin : gen_extend
      wire [Bits-1:0] extended = {{Stages{fifo_data[16*i+15]}}, fifo_data[16*i +: 16]};
      if (Signs == 0) begin : gen_no_sign
        assign data[Bits*i +: Bits] = extended;
      end else begin : gen_sign
        assign data[Bits*i +: Bits] = negative_i ? {Bits{1'b0}} - extended : extended;
      end
    end
    if (Signs == 0) begin : gen_no_signs
      wire unused_negative = &{1'b0, negative_i};
    end
    for (i = 0; i < Stages; i = i + 1) begin : gen_stage
      localparam [3:0] Index = i;
      wire                  stage_valid;
      wire [Lanes*Bits-1:0] stage_data;
      butterfly_stage #(
        .Lanes(Lanes),
        .Bits(Bits),
        .Delay(1 << i)
      ) u_butterfly (
        .clk_i(clk_i),
        .rst_ni(rst_ni),
        .step_i(step),
        .active_i(block_log2_i > Index),
        .valid_i(valid[i]),
        .data_i(data[Lanes*Bits*i +: Lanes*Bits]),
        .valid_o(stage_valid),
        .data_o(stage_data)
      );
      delay_line_reset #(
        .Width(1),
        .Stages(Registers)
      ) u_valid (
        .clk_i(clk_i),
        .rst_ni(rst_ni),
        .step_i(step),
        .data_i(stage_valid),
        .data_o(valid[i+1])
      );
      delay_line #(
        .Width(Lanes * Bits),
        .Stages(Registers)
      ) u_data (
        .clk_i(clk_i),
        .step_i(step),
        .data_i(stage_data),
        .data_o(data[Lanes*Bits*(i+1) +: Lanes*Bits])
      );
    end
  endgenerate

  assign coefficients_valid_o = valid[Stages];
  assign coefficients_data_o = data[Lanes*Bits*Stages +: Lanes*Bits];
endmodule
