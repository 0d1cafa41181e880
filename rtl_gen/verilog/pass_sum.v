// Combines the four passes over the nibbles of a tile: 256*hh + 16*hl + 16*lh + ll (numerics.md,
// I8-1), and limits the finished sum as the policy says (ACC-5).
//
// PartialBits: of a pass's sum, 4 ... 25.  SumBits: of a tile's sum, PartialBits or more.
// AccBits: P, 4 ... 24, up to PartialBits.  Clamp: 1 for policy 2; otherwise the sum fits AccBits.
// pass_i: 0 hh, 1 hl, 2 lh, 3 ll.  sum_i: of the passes before.
// sum_o: of this pass too.  partial_o, clamped_o: the tile's, in pass 3.
module pass_sum #(
  parameter integer PartialBits = 15,
  parameter integer SumBits = 21,
  parameter integer AccBits = 8,
  parameter integer Clamp = 1
) (
  input  wire        [1:0]             pass_i,
  input  wire        [SumBits-1:0]     sum_i,
  input  wire        [PartialBits-1:0] pass_partial_i,
  output wire signed [SumBits-1:0]     sum_o,
  output wire        [AccBits-1:0]     partial_o,
  output wire                          clamped_o
);
  // Modulo 2^SumBits: only the finished sum must fit.
  wire [SumBits-1:0] wide =
      {{(SumBits-PartialBits){pass_partial_i[PartialBits-1]}}, pass_partial_i};
  wire [SumBits-1:0] weighted = (pass_i == 2'd0) ? wide << 8 :
                                (pass_i == 2'd3) ? wide : wide << 4;
  assign sum_o = ((pass_i == 2'd0) ? {SumBits{1'b0}} : sum_i) + weighted;

  generate
    if (Clamp == 0) begin : gen_as_is
      wire unused = &{1'b0, sum_o};
      assign partial_o = sum_o[AccBits-1:0];
      assign clamped_o = 1'b0;
    end else begin : gen_clamp
      localparam signed [SumBits:0] LIMIT =
          ({{SumBits{1'b0}}, 1'b1} << (AccBits - 1)) - {{SumBits{1'b0}}, 1'b1};
      wire signed [SumBits:0] exact = {sum_o[SumBits-1], sum_o};
      wire                    above = exact > LIMIT;
      wire                    below = exact < -LIMIT;
      wire signed [SumBits:0] limited = above ? LIMIT : below ? -LIMIT : exact;
      wire                    unused = &{1'b0, limited};
      assign partial_o = limited[AccBits-1:0];
      assign clamped_o = above | below;
    end
  endgenerate
endmodule
