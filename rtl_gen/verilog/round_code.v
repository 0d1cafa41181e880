// Rounds one lane to a code (numerics.md, PRE-4 and PRE-5), given the code below and the fraction
// of the way to the next: to nearest with ties to even, or up iff the draw is below the fraction;
// from the largest code on, the largest code. Then applies the sign.
//
// FractionBits: 1 ... 16.  beyond_i: the largest code, whatever the code below is.
// CodeBits: of the code, in two's complement, 5 or 8.  IndexBits: of the magnitude below, 4 or 8.
// largest_code_i: 1 ... 2^(CodeBits-1)-1.
module round_code #(
  parameter integer FractionBits = 8,
  parameter integer CodeBits = 5,
  parameter integer IndexBits = 4
) (
  input  wire [IndexBits-1:0]    below_i,
  input  wire [FractionBits-1:0] fraction_i,
  input  wire                    inexact_i,
  input  wire                    beyond_i,
  input  wire                    negative_i,
  input  wire                    stochastic_i,
  input  wire [FractionBits-1:0] draw_i,
  input  wire [IndexBits-1:0]    largest_code_i,
  output wire [CodeBits-1:0]     code_o,
  output wire                    zero_o,
  output wire                    rounded_up_o,
  output wire                    at_limit_o
);
  localparam integer Half = FractionBits - 1;

  wire half = fraction_i[Half];
  wire full = beyond_i | (below_i >= largest_code_i);
  wire stochastic_up = !full & (draw_i < fraction_i);
  wire above_half;
  generate
    if (Half == 0) begin : gen_one_bit
      assign above_half = inexact_i;
    end else begin : gen_more_bits
      assign above_half = (|fraction_i[Half-1:0]) | inexact_i;
    end
  endgenerate
  wire nearest_up = half & (above_half | below_i[0]);

  wire               up = stochastic_i ? stochastic_up : nearest_up;
  wire [IndexBits:0] largest = {1'b0, largest_code_i};
  wire [IndexBits:0] magnitude = {1'b0, below_i} + {{IndexBits{1'b0}}, up};
  wire [IndexBits:0] limited = full ? largest : magnitude;
  wire               unused = &{1'b0, limited};

  assign code_o = negative_i ? {CodeBits{1'b0}} - limited[CodeBits-1:0] : limited[CodeBits-1:0];
  assign zero_o = limited == {(IndexBits+1){1'b0}};
  assign rounded_up_o = stochastic_i & stochastic_up;
  assign at_limit_o = limited == largest;
endmodule
