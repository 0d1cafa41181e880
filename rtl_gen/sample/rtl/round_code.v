// Rounds one lane to a code (numerics.md, PRE-4 and PRE-5), given the code below and the fraction
// of the way to the next: to nearest with ties to even, or up iff the draw is below the fraction;
// then limits the code and applies the sign.
//
// FractionBits: 1 ... 16.  beyond_i: there is no next code to round to.
// largest_code_i: 1 ... 15.  code_o: 5-bit two's complement.
module round_code #(
  parameter integer FractionBits = 8
) (
  input  wire [3:0]              below_i,
  input  wire [FractionBits-1:0] fraction_i,
  input  wire                    inexact_i,
  input  wire                    beyond_i,
  input  wire                    negative_i,
  input  wire                    stochastic_i,
  input  wire [FractionBits-1:0] draw_i,
  input  wire [3:0]              largest_code_i,
  output wire [4:0]              code_o,
  output wire                    zero_o,
  output wire                    rounded_up_o,
  output wire                    at_limit_o
);
  localparam integer Half = FractionBits - 1;

  wire half = fraction_i[Half];
  wire stochastic_up = !beyond_i & (draw_i < fraction_i);
  wire above_half;
  generate
    if (Half == 0) begin : gen_one_bit
      assign above_half = inexact_i;
    end else begin : gen_more_bits
      assign above_half = (|fraction_i[Half-1:0]) | inexact_i;
    end
  endgenerate
  wire nearest_up = !beyond_i & half & (above_half | below_i[0]);

  wire       up = stochastic_i ? stochastic_up : nearest_up;
  wire [4:0] largest = {1'b0, largest_code_i};
  wire [4:0] magnitude = {1'b0, below_i} + {4'd0, up};
  wire [4:0] limited = (magnitude > largest) ? largest : magnitude;

  assign code_o = negative_i ? 5'd0 - limited : limited;
  assign zero_o = limited == 5'd0;
  assign rounded_up_o = stochastic_i & stochastic_up;
  assign at_limit_o = limited == largest;
endmodule
