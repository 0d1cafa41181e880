// Outer accumulator cell: adds a finished tile and limits the sum (numerics.md, ACC-6).
//
// AccBits: P, 4 ... 24.  OuterBits: o, AccBits ... 32.
module outer_add #(
  parameter integer AccBits = 8,
  parameter integer OuterBits = 24
) (
  input  wire signed [OuterBits-1:0] outer_i,
  input  wire signed [AccBits-1:0]   partial_i,
  output wire signed [OuterBits-1:0] outer_o,
  output wire                        limited_o
);
  wire signed [OuterBits:0] exact =
      {outer_i[OuterBits-1], outer_i} +
      {{(OuterBits+1-AccBits){partial_i[AccBits-1]}}, partial_i};

  assign limited_o = exact[OuterBits] != exact[OuterBits-1];
  assign outer_o = limited_o ? {exact[OuterBits], {(OuterBits-1){!exact[OuterBits]}}}
                             : exact[OuterBits-1:0];
endmodule
