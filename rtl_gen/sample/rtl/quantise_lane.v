// One lane of the quantiser: sign and numerator, division and draw side by side, rounding
// (numerics.md, PRE-2 to PRE-5; architecture.md section 4). Latency Stages + 2 steps from
// magnitude_i to code_o; the events belong to the code that enters the output register with the
// next step.
//
// Bits: coefficient width, 17 ... 26.  QuotientBits: 4 ... 8.
// CodeBits: 5, or 8 with QuotientBits 8.  RandomBits: 1 ... 16.
// DivideBits: 1 ... 16.  MixRounds: 1 ... 10.  Stages: the longer of division and mixer, in
// register stages.  Listed, Magnitudes: as in place_quotient.
// scale_rule_i: 0 max, 1 clip, 2 pow2, 3 luq, 4 given.  top_divisor_i: D * 2^(QuotientBits-1).
// fine_i: D and the numerator are 256 times those of the rule.  DivisorBits: of D, >= Bits + 5.
module quantise_lane #(
  parameter integer Bits = 21,
  parameter integer DivisorBits = 26,
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
  input  wire [2:0]       scale_rule_i,
  input  wire             stochastic_i,
  input  wire [159:0]     key_i,
  input  wire [DivisorBits+QuotientBits-1:0] top_divisor_i,
  input  wire             fine_i,
  output wire [CodeBits-1:0] code_o,
  output wire             zero_o,
  output wire             rounded_up_o,
  output wire             at_limit_o
);
  localparam integer IndexBits = (CodeBits == 8) ? 8 : 4;
  localparam integer NumeratorBits = DivisorBits + QuotientBits;
  localparam integer DivideStages = (QuotientBits + RandomBits + DivideBits - 1) / DivideBits;
  localparam integer MixStages = (10 + MixRounds - 1) / MixRounds;

  // N = |v|*n: Q = 2^largest_high - 2^largest_low makes it shifts and one subtraction (PRE-3).
  wire [Bits+6:0]          scaled = fine_i ? {magnitude_i, 8'd0} : {8'd0, magnitude_i};
  wire [NumeratorBits-1:0] wide = {{(NumeratorBits-Bits-7){1'b0}}, scaled};
  // Integer formats have largest_low = 0.
  wire [2:0]               low = (Listed == 0) ? 3'd0 : largest_low_i;
  wire [NumeratorBits-1:0] times_largest = (wide << largest_high_i) - (wide << low);
  // One adder: 32*Q + 8*Q with clip, 2*Q - 1 with luq.
  wire                     luq = scale_rule_i == 3'd3;
  wire [NumeratorBits-1:0] first_part = luq ? times_largest << 1 : times_largest << 5;
  wire [NumeratorBits-1:0] second_part = luq ? ~wide : times_largest << 3;
  wire [NumeratorBits-1:0] sum = first_part + second_part + {{(NumeratorBits-1){1'b0}}, luq};
  wire [NumeratorBits-1:0] numerator = (luq | (scale_rule_i == 3'd1)) ? sum :
                                       (scale_rule_i == 3'd2)         ? wide : times_largest;

  // With a given D, x may be longer than the quotient: it is Q and more if |v| >= D, both scaled.
  wire [DivisorBits+1:0] limit = {2'd0, top_divisor_i[NumeratorBits-2:QuotientBits-1]};
  wire [DivisorBits+1:0] compared = {{(DivisorBits-Bits-5){1'b0}}, scaled};
  wire                   saturated = (scale_rule_i == 3'd4) & (compared >= limit);

  wire                     first_negative;
  wire                     first_saturated;
  wire [NumeratorBits-1:0] first_numerator;
  wire [31:0]              first_index;
  delay_line #(
    .Width(2 + NumeratorBits + 32),
    .Stages(1)
  ) u_first (
    .clk_i(clk_i),
    .step_i(step_i),
    .data_i({negative_i, saturated, numerator, index_i}),
    .data_o({first_negative, first_saturated, first_numerator, first_index})
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
  wire                  beyond;
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
    .Width(2),
    .Stages(Stages)
  ) u_negative (
    .clk_i(clk_i),
    .step_i(step_i),
    .data_i({first_negative, first_saturated}),
    .data_o({negative, beyond})
  );

  wire [IndexBits-1:0]  below;
  wire [RandomBits-1:0] part;
  wire                  part_inexact;
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
    .inexact_o(part_inexact)
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
