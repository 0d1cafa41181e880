// Accumulation cell, policy `clamp`: exact sums inside the tile, limited symmetrically on leaving
// it (numerics.md, ACC-4 and ACC-5).
//
// AccBits: P, 4 ... 24.  RegisterBits: enough for a whole tile, more than ProductBits.
module accumulate_clamp #(
  parameter integer AccBits = 8,
  parameter integer RegisterBits = 17,
  parameter integer ProductBits = 9
) (
  input  wire signed [RegisterBits-1:0] acc_i,
  input  wire signed [ProductBits-1:0]  product_i,
  output wire signed [RegisterBits-1:0] acc_o,
  output wire                           limited_o,
  output wire signed [AccBits-1:0]      partial_o,
  output wire                           clamped_o
);
  // Wide enough to compare the register with the limit whichever is longer.
  localparam integer WideBits = ((RegisterBits > AccBits) ? RegisterBits : AccBits) + 1;
  localparam signed [WideBits-1:0] LIMIT =
      ({{(WideBits-1){1'b0}}, 1'b1} << (AccBits - 1)) - {{(WideBits-1){1'b0}}, 1'b1};

  assign acc_o = acc_i + {{(RegisterBits-ProductBits){product_i[ProductBits-1]}}, product_i};
  assign limited_o = 1'b0;

  wire signed [WideBits-1:0] wide = {{(WideBits-RegisterBits){acc_o[RegisterBits-1]}}, acc_o};
  wire                       above = wide > LIMIT;
  wire                       below = wide < -LIMIT;
  wire signed [WideBits-1:0] limited = above ? LIMIT : below ? -LIMIT : wide;
  wire                       unused_sign = &{1'b0, limited[WideBits-1:AccBits]};

  assign partial_o = limited[AccBits-1:0];
  assign clamped_o = above | below;
endmodule
