// One lane of the quantiser: sign and numerator, division and draw side by side, rounding
// (numerics.md, PRE-2 to PRE-5; architecture.md section 4). Latency Stages + 2 steps from
// magnitude_i to code_o; the events belong to the code that enters the output register with the
// next step.
//
// Bits: coefficient width, 17 ... 26.  QuotientBits: 4 ... 8.
// CodeBits: 5, or 8 with QuotientBits 8.  RandomBits: 1 ... 16.
// DivideBits: 1 ... 16.  MixRounds: 1 ... 10.  Stages: the longer of division and mixer, in
// register stages.  Listed, Magnitudes: as in place_quotient.
module quantise_lane #(
  parameter integer Bits = 21,
  parameter integer QuotientBits = 4,
  parameter integer CodeBits = 5,
  parameter integer RandomBits = 8,
  parameter integer DivideBits = 2,
  parameter integer MixRounds = 2,
  parameter integer Stages = 6,
  parameter integer Listed = 0,
  parameter [127:0] Magnitudes = 128'hffffffffffffffffffffffffffffffff
) (
  input  wire             clk_i,
  input  wire             step_i,
  input  wire             negative_i,
  input  wire [Bits-2:0]  magnitude_i,
  input  wire [31:0]      index_i,
  input  wire             listed_i,
  input  wire [6:0]       largest_code_i,
  input  wire [2:0]       largest_high_i,
  input  wire [2:0]       largest_low_i,
  input  wire [1:0]       scale_rule_i,
  input  wire             stochastic_i,
  input  wire [159:0]     key_i,
  input  wire [Bits+QuotientBits+4:0] top_divisor_i,
  input  wire [2:0]       pow2_shift_i,
  output wire [CodeBits-1:0] code_o,
  output wire             zero_o,
  output wire             rounded_up_o,
  output wire             at_limit_o
);
  localparam integer IndexBits = (CodeBits == 8) ? 8 : 4;
  localparam integer NumeratorBits = Bits + QuotientBits + 5;
  localparam integer DivideStages = (QuotientBits + RandomBits + DivideBits - 1) / DivideBits;
  localparam integer MixStages = (10 + MixRounds - 1) / MixRounds;

  // N = |v|*n: Q = 2^largest_high - 2^largest_low makes it shifts and one subtraction (PRE-3).
  wire [NumeratorBits-1:0] wide = {{(QuotientBits+6){1'b0}}, magnitude_i};
  // Integer formats have largest_low = 0.
  wire [2:0]               low = (Listed == 0) ? 3'd0 : largest_low_i;
  wire [NumeratorBits-1:0] times_largest = (wide << largest_high_i) - (wide << low);
  wire [NumeratorBits-1:0] numerator =
      (scale_rule_i == 2'd0) ? times_largest :
      (scale_rule_i == 2'd1) ? (times_largest << 5) + (times_largest << 3) :
      wide << pow2_shift_i;

  wire                     first_negative;
  wire [NumeratorBits-1:0] first_numerator;
  wire [31:0]              first_index;
  delay_line #(
    .Width(1 + NumeratorBits + 32),
    .Stages(1)
  ) u_first (
    .clk_i(clk_i),
    .step_i(step_i),
    .data_i({negative_i, numerator, index_i}),
    .data_o({first_negative, first_numerator, first_index})
  );

  wire [QuotientBits-1:0] divided_quotient;
  wire [RandomBits-1:0] divided_fraction;
  wire                  divided_inexact;
  divide_lane #(
    .NumeratorBits(NumeratorBits),
    .QuotientBits(QuotientBits),
    .FractionBits(RandomBits),
    .BitsPerStage(DivideBits)
  ) u_divide (
    .clk_i(clk_i),
    .step_i(step_i),
    .numerator_i(first_numerator),
    .top_divisor_i(top_divisor_i),
    .quotient_o(divided_quotient),
    .fraction_o(divided_fraction),
    .inexact_o(divided_inexact)
  );

  wire [31:0] word;
  wire        unused_word = &{1'b0, word[31-RandomBits:0]};
  draw_mixer #(
    .RoundsPerStage(MixRounds)
  ) u_mixer (
    .clk_i(clk_i),
    .step_i(step_i),
    .key_i(key_i),
    .index_i(first_index),
    .word_o(word)
  );

  wire [QuotientBits-1:0] quotient;
  wire [RandomBits-1:0] fraction;
  wire                  inexact;
  wire                  negative;
  wire [RandomBits-1:0] draw;
  delay_line #(
    .Width(QuotientBits + RandomBits + 1),
    .Stages(Stages - DivideStages)
  ) u_divide_pad (
    .clk_i(clk_i),
    .step_i(step_i),
    .data_i({divided_quotient, divided_fraction, divided_inexact}),
    .data_o({quotient, fraction, inexact})
  );
  delay_line #(
    .Width(RandomBits),
    .Stages(Stages - MixStages)
  ) u_mixer_pad (
    .clk_i(clk_i),
    .step_i(step_i),
    .data_i(word[31 -: RandomBits]),
    .data_o(draw)
  );
  delay_line #(
    .Width(1),
    .Stages(Stages)
  ) u_negative (
    .clk_i(clk_i),
    .step_i(step_i),
    .data_i(first_negative),
    .data_o(negative)
  );

  wire [IndexBits-1:0]  below;
  wire [RandomBits-1:0] part;
  wire                  part_inexact;
  wire                  beyond;
  place_quotient #(
    .QuotientBits(QuotientBits),
    .IndexBits(IndexBits),
    .FractionBits(RandomBits),
    .Listed(Listed),
    .Magnitudes(Magnitudes)
  ) u_place (
    .listed_i(listed_i),
    .quotient_i(quotient),
    .fraction_i(fraction),
    .inexact_i(inexact),
    .code_o(below),
    .fraction_o(part),
    .inexact_o(part_inexact),
    .beyond_o(beyond)
  );

  wire [7:0]          largest_code = {1'b0, largest_code_i};
  wire                unused_largest = &{1'b0, largest_code};
  wire [CodeBits-1:0] code;
  round_code #(
    .FractionBits(RandomBits),
    .CodeBits(CodeBits),
    .IndexBits(IndexBits)
  ) u_round (
    .below_i(below),
    .fraction_i(part),
    .inexact_i(part_inexact),
    .beyond_i(beyond),
    .negative_i(negative),
    .stochastic_i(stochastic_i),
    .draw_i(draw),
    .largest_code_i(largest_code[IndexBits-1:0]),
    .code_o(code),
    .zero_o(zero_o),
    .rounded_up_o(rounded_up_o),
    .at_limit_o(at_limit_o)
  );
  delay_line #(
    .Width(CodeBits),
    .Stages(1)
  ) u_out (
    .clk_i(clk_i),
    .step_i(step_i),
    .data_i(code),
    .data_o(code_o)
  );
endmodule
