// Product of the two words that a processing element gets (operand_word): of two values by
// multiplication, of a value and a signed power of two by a shift (numerics.md, LOG-1).
//
// AWordBits, BWordBits: 4 ... 8.  AFactorBits, BFactorBits: of the values that are multiplied, up
// to the words'.  AShift, BShift: 1 if words of that operand may be {negative, places}; then
// a_shift_i or b_shift_i says whether they are in this job, and never both.  Multiply: 0 if there
// is no job in which neither is; at least one of the three is 1.
// ProductBits: AFactorBits + BFactorBits or more, and at most 8 more than a value that is shifted.
module operand_product #(
  parameter integer AWordBits = 5,
  parameter integer BWordBits = 4,
  parameter integer AFactorBits = 5,
  parameter integer BFactorBits = 4,
  parameter integer AShift = 0,
  parameter integer BShift = 0,
  parameter integer Multiply = 1,
  parameter integer ProductBits = 9
) (
  input  wire                          a_shift_i,
  input  wire                          b_shift_i,
  input  wire signed [AWordBits-1:0]   a_i,
  input  wire signed [BWordBits-1:0]   b_i,
  output wire signed [ProductBits-1:0] product_o
);
  wire signed [ProductBits-1:0] multiplied;
  generate
    if (Multiply == 0) begin : gen_no_multiplier
      assign multiplied = {ProductBits{1'b0}};
    end else begin : gen_multiplier
      localparam integer FullBits = AFactorBits + BFactorBits;
      wire signed [FullBits-1:0] a_wide = {{BFactorBits{a_i[AFactorBits-1]}}, a_i[AFactorBits-1:0]};
      wire signed [FullBits-1:0] b_wide = {{AFactorBits{b_i[BFactorBits-1]}}, b_i[BFactorBits-1:0]};
      wire signed [FullBits-1:0] full = a_wide * b_wide;
      assign multiplied = {{(ProductBits-FullBits){full[FullBits-1]}}, full};
    end

    if (AShift == 0 && BShift == 0) begin : gen_no_shift
      wire unused = &{1'b0, a_shift_i, b_shift_i, a_i, b_i};
      assign product_o = multiplied;
    end else begin : gen_shift
      localparam integer ValueBits = (AShift == 0) ? AWordBits :
                                     (BShift == 0 || BWordBits > AWordBits) ? BWordBits : AWordBits;
      wire                 by_a = (BShift == 0) | ((AShift != 0) & a_shift_i);
      wire [3:0]           power = by_a ? a_i[3:0] : b_i[3:0];
      wire [ValueBits-1:0] value;
      if (BShift == 0) begin : gen_b_value
        assign value = b_i;
      end else if (AShift == 0) begin : gen_a_value
        assign value = a_i;
      end else begin : gen_other_value
        assign value = by_a ? {{(ValueBits-BWordBits){b_i[BWordBits-1]}}, b_i}
                            : {{(ValueBits-AWordBits){a_i[AWordBits-1]}}, a_i};
      end

      wire                 negative = power[3];
      wire                 zero = &power[2:0];
      wire [ValueBits:0]   kept = {value[ValueBits-1], value} & {(ValueBits+1){!zero}};
      wire [ValueBits:0]   signed_value =
          (kept ^ {(ValueBits+1){negative}}) + {{ValueBits{1'b0}}, negative};
      wire                 sign = signed_value[ValueBits];
      wire [ValueBits+1:0] by_one = power[0] ? {signed_value, 1'b0} : {sign, signed_value};
      wire [ValueBits+3:0] by_three = power[1] ? {by_one, 2'b00} : {{2{sign}}, by_one};
      wire [ValueBits+7:0] shifted = power[2] ? {by_three, 4'b0000} : {{4{sign}}, by_three};
      wire                 unused = &{1'b0, a_shift_i, b_shift_i, a_i, b_i, shifted};
      assign product_o =
          ((Multiply == 0) | a_shift_i | b_shift_i) ? shifted[ProductBits-1:0] : multiplied;
    end
  endgenerate
endmodule
