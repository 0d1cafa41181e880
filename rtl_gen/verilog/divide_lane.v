// Restoring division of one lane: N / D with QuotientBits before the point and FractionBits behind
// it, one subtraction per bit and no multiplier (numerics.md, PRE-4; architecture.md section 4).
//
// top_divisor_i is D * 2^(QuotientBits-1), the divisor at the quotient's highest bit.
// Requires N < 2*top_divisor_i and top_divisor_i <= 2^(NumeratorBits-1).
// The latency is ceil((QuotientBits + FractionBits)/BitsPerStage) steps.
// NumeratorBits: >= 5.  QuotientBits: 4 ... 8.  FractionBits: 1 ... 16.  BitsPerStage: 1 ... 16.
module divide_lane #(
  parameter integer NumeratorBits = 32,
  parameter integer QuotientBits = 4,
  parameter integer FractionBits = 8,
  parameter integer BitsPerStage = 2
) (
  input  wire                     clk_i,
  input  wire                     step_i,
  input  wire [NumeratorBits-1:0] numerator_i,
  input  wire [NumeratorBits-1:0] top_divisor_i,
  output wire [QuotientBits-1:0]  quotient_o,
  output wire [FractionBits-1:0]  fraction_o,
  output wire                     inexact_o
);
  localparam integer Bits = QuotientBits + FractionBits;
  localparam integer Stages = (Bits + BitsPerStage - 1) / BitsPerStage;

  genvar stage;
  generate
    for (stage = 0; stage < Stages; stage = stage + 1) begin : gen_stage
      localparam integer First = stage * BitsPerStage;
      localparam integer End = (First + BitsPerStage < Bits) ? First + BitsPerStage : Bits;

      wire [NumeratorBits-1:0] remainder_in;
      wire [Bits-1:0]          result_in;
      if (stage == 0) begin : gen_first
        assign remainder_in = numerator_i;
        assign result_in = {Bits{1'b0}};
      end else begin : gen_next
        assign remainder_in = gen_stage[stage-1].remainder_q;
        assign result_in = gen_stage[stage-1].result_q;
      end

      // One subtractor per bit: its borrow is the comparison. A rest is below
      // top_divisor_i <= 2^(NumeratorBits-1), so doubling it loses nothing.
      reg [NumeratorBits-1:0] remainder_d;
      reg [NumeratorBits:0]   difference;
      reg [Bits-1:0]          result_d;
      integer                 i;
      always @* begin
        remainder_d = remainder_in;
        result_d = result_in;
        difference = {(NumeratorBits+1){1'b0}};
        for (i = First; i < End; i = i + 1) begin
          difference = {1'b0, remainder_d} - {1'b0, top_divisor_i};
          result_d[Bits-1-i] = !difference[NumeratorBits];
          remainder_d = (difference[NumeratorBits] ? remainder_d
                                                   : difference[NumeratorBits-1:0]) << 1;
        end
      end

      reg [NumeratorBits-1:0] remainder_q;
      reg [Bits-1:0]          result_q;
      always @(posedge clk_i) begin
        if (step_i) begin
          remainder_q <= remainder_d;
          result_q <= result_d;
        end
      end
    end
  endgenerate

  assign {quotient_o, fraction_o} = gen_stage[Stages-1].result_q;
  assign inexact_o = |gen_stage[Stages-1].remainder_q;
endmodule
