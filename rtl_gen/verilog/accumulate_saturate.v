// Accumulation cell, policy `saturate`: every sum is limited to the register (numerics.md, ACC-2).
//
// AccBits: P, 4 ... 24.  RegisterBits: equal to AccBits.  ProductBits: 8 ... 16.
module accumulate_saturate #(
  parameter integer AccBits = 8,
  parameter integer RegisterBits = 8,
  parameter integer ProductBits = 9
) (
  input  wire signed [RegisterBits-1:0] acc_i,
  input  wire signed [ProductBits-1:0]  product_i,
  output wire signed [RegisterBits-1:0] acc_o,
  output wire                           limited_o,
  output wire signed [AccBits-1:0]      partial_o,
  output wire                           clamped_o
);
  localparam integer SumBits = ((RegisterBits > ProductBits) ? RegisterBits : ProductBits) + 1;

  wire signed [SumBits-1:0] exact = {{(SumBits-RegisterBits){acc_i[RegisterBits-1]}}, acc_i} +
                                    {{(SumBits-ProductBits){product_i[ProductBits-1]}}, product_i};
  // The sum fits if all bits from the register's sign bit upwards agree.
  wire fits = exact[SumBits-1:RegisterBits-1] ==
              {(SumBits-RegisterBits+1){exact[SumBits-1]}};

  assign acc_o = fits ? exact[RegisterBits-1:0]
                      : {exact[SumBits-1], {(RegisterBits-1){!exact[SumBits-1]}}};
  assign limited_o = !fits;
  assign partial_o = acc_o;
  assign clamped_o = 1'b0;
endmodule
