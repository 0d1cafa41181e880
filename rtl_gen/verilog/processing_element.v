// Processing element of the output-stationary array: multiplies the operands that pass, accumulates
// a tile in its register, and hands the finished partial sum to its shift-out register
// (architecture.md section 5; the arithmetic is operand_product's and the accumulate_* cell's).
//
// AWordBits, BWordBits, AFactorBits, BFactorBits, AShift, BShift, Multiply, ProductBits: as in
// operand_product.  LargestProduct: of two values, 1 ... 16129.
// AccBits: P, 4 ... 24.
// Policy: 0 saturate, 1 wrap, 2 clamp.
// TileMax: longest tile, 1 ... 65535.  Counters: 0 none, 1 sticky, 2 full.
// CountBits: as architecture.md section 2.
// PartialBits: AccBits, or more if exact_i may be high and Policy is 2: then the tile leaves
// without being limited.
// Outputs beside the partial sum: limited MACs of the tile, and whether the tile was limited.
module processing_element #(
  parameter integer AWordBits = 5,
  parameter integer BWordBits = 4,
  parameter integer AFactorBits = AWordBits,
  parameter integer BFactorBits = BWordBits,
  parameter integer AShift = 0,
  parameter integer BShift = 0,
  parameter integer Multiply = 1,
  parameter integer ProductBits = AWordBits + BWordBits,
  parameter integer LargestProduct = 105,
  parameter integer AccBits = 8,
  parameter integer PartialBits = AccBits,
  parameter integer Policy = 0,
  parameter integer TileMax = 512,
  parameter integer Counters = 2,
  parameter integer CountBits = 10
) (
  input  wire                       clk_i,
  input  wire                       step_i,
  input  wire                       valid_i,
  input  wire                       first_i,
  input  wire                       last_i,
  input  wire                       exact_i,
  input  wire                       a_shift_i,
  input  wire                       b_shift_i,
  input  wire [AWordBits-1:0]       a_i,
  input  wire [BWordBits-1:0]       b_i,
  input  wire                       shift_i,
  input  wire [PartialBits+CountBits:0] north_i,
  output wire [PartialBits+CountBits:0] south_o
);
  // A register that never limits holds a whole tile of the largest products (ACC-4).
  localparam integer TileBits = $clog2(TileMax * LargestProduct + 1) + 1;
  localparam integer ExactBits = (TileBits > ProductBits) ? TileBits : ProductBits + 1;
  localparam integer RegisterBits = (Policy == 2) ? ExactBits : AccBits;

  wire signed [ProductBits-1:0] product;
  operand_product #(
    .AWordBits(AWordBits),
    .BWordBits(BWordBits),
    .AFactorBits(AFactorBits),
    .BFactorBits(BFactorBits),
    .AShift(AShift),
    .BShift(BShift),
    .Multiply(Multiply),
    .ProductBits(ProductBits)
  ) u_product (
    .a_shift_i(a_shift_i),
    .b_shift_i(b_shift_i),
    .a_i(a_i),
    .b_i(b_i),
    .product_o(product)
  );

  reg signed [RegisterBits-1:0]  acc_q;
  wire signed [RegisterBits-1:0] acc_in = first_i ? {RegisterBits{1'b0}} : acc_q;
  wire signed [RegisterBits-1:0] acc_next;
  wire signed [AccBits-1:0]      partial;
  wire                           limited;
  wire                           clamped;

  generate
    if (Policy == 0) begin : gen_saturate
      accumulate_saturate #(
        .AccBits(AccBits),
        .RegisterBits(RegisterBits),
        .ProductBits(ProductBits)
      ) u_accumulate (
        .acc_i(acc_in),
        .product_i(product),
        .acc_o(acc_next),
        .limited_o(limited),
        .partial_o(partial),
        .clamped_o(clamped)
      );
    end else if (Policy == 1) begin : gen_wrap
      accumulate_wrap #(
        .AccBits(AccBits),
        .RegisterBits(RegisterBits),
        .ProductBits(ProductBits)
      ) u_accumulate (
        .acc_i(acc_in),
        .product_i(product),
        .acc_o(acc_next),
        .limited_o(limited),
        .partial_o(partial),
        .clamped_o(clamped)
      );
    end else begin : gen_clamp
      accumulate_clamp #(
        .AccBits(AccBits),
        .RegisterBits(RegisterBits),
        .ProductBits(ProductBits)
      ) u_accumulate (
        .acc_i(acc_in),
        .product_i(product),
        .acc_o(acc_next),
        .limited_o(limited),
        .partial_o(partial),
        .clamped_o(clamped)
      );
    end
  endgenerate

  // Limited MACs of the tile, this one included.
  wire [CountBits-1:0] count_next;
  wire                 tile_limited;
  generate
    if (Counters == 0) begin : gen_no_count
      wire unused_events = &{1'b0, limited, clamped};
      assign count_next = {CountBits{1'b0}};
      assign tile_limited = 1'b0;
    end else begin : gen_count
      reg [CountBits-1:0]  count_q;
      wire [CountBits-1:0] count_in = first_i ? {CountBits{1'b0}} : count_q;
      if (Counters == 1) begin : gen_sticky
        assign count_next = count_in | {{(CountBits-1){1'b0}}, limited};
      end else begin : gen_full
        assign count_next = count_in + {{(CountBits-1){1'b0}}, limited};
      end
      assign tile_limited = (count_next != {CountBits{1'b0}}) | clamped;
      always @(posedge clk_i) begin
        if (step_i & valid_i) count_q <= count_next;
      end
    end
  endgenerate

  wire [PartialBits-1:0] leaving;
  wire                   leaving_limited;
  generate
    if (PartialBits == AccBits) begin : gen_as_limited
      wire unused = exact_i;
      assign leaving = partial;
      assign leaving_limited = tile_limited;
    end else begin : gen_exact
      wire [PartialBits+RegisterBits-1:0] exact =
          {{PartialBits{acc_next[RegisterBits-1]}}, acc_next};
      wire                                unused = &{1'b0, exact};
      assign leaving = exact_i ? exact[PartialBits-1:0]
                               : {{(PartialBits-AccBits){partial[AccBits-1]}}, partial};
      assign leaving_limited = tile_limited & !exact_i;
    end
  endgenerate

  reg [PartialBits+CountBits:0] out_q;
  assign south_o = out_q;

  always @(posedge clk_i) begin
    if (step_i & valid_i) acc_q <= acc_next;
    if (step_i) begin
      if (valid_i & last_i) out_q <= {leaving_limited, count_next, leaving};
      else if (shift_i) out_q <= north_i;
    end
  end
endmodule
