// Divisor of the quantiser from the largest magnitude M of a matrix (numerics.md, PRE-3): M, 39*M,
// or the power of two 2^e with the least e for which M <= Q*2^e. M = 0 gives 1.
//
// Bits: coefficient width, 17 ... 26; M has Bits-1 bits.
// largest_high_i: 1 ... 7 and largest_low_i below it, Q = 2^largest_high_i - 2^largest_low_i.
// scale_rule_i: 0 max, 1 clip, 2 pow2.
// divisor_o: D.  pow2_shift_o: numerator shift max(0, -e) of rule pow2.
module scale_setup #(
  parameter integer Bits = 21
) (
  input  wire [Bits-2:0] max_i,
  input  wire [2:0]      largest_high_i,
  input  wire [2:0]      largest_low_i,
  input  wire [1:0]      scale_rule_i,
  output wire [Bits+4:0] divisor_o,
  output wire [2:0]      pow2_shift_o
);
  localparam integer DivisorBits = Bits + 5;

  wire [DivisorBits-1:0] max_wide = {6'd0, max_i};
  wire [DivisorBits-1:0] times_39 = (max_wide << 5) + (max_wide << 3) - max_wide;
  wire [DivisorBits-1:0] one = {{(DivisorBits-1){1'b0}}, 1'b1};

  // Length of M in bits.
  reg [4:0] length;
  integer   i;
  always @* begin
    length = 5'd0;
    for (i = 0; i < Bits - 1; i = i + 1) begin
      if (max_i[i]) length = i[4:0] + 5'd1;
    end
  end

  // Q has n bits: e is length - n, or one more if M exceeds Q*2^(length - n).
  wire [4:0]             n = {2'b00, largest_high_i};
  wire                   shorter = length < n;
  wire [4:0]             distance = shorter ? n - length : length - n;
  wire [DivisorBits-1:0] largest = (one << n) - (one << largest_low_i);
  wire                   exceeds = shorter ? (max_wide << distance) > largest
                                           : max_wide > (largest << distance);
  wire [4:0]             up = {4'd0, exceeds};
  wire                   zero = max_i == {(Bits-1){1'b0}};
  wire [4:0]             shift_left = distance + up;
  wire [4:0]             shift_right = distance - up;
  wire                   unused_shift = &{1'b0, shift_right[4:3]};

  assign pow2_shift_o = (shorter & !zero) ? shift_right[2:0] : 3'd0;
  assign divisor_o = zero                   ? one :
                     (scale_rule_i == 2'd0) ? max_wide :
                     (scale_rule_i == 2'd1) ? times_39 :
                     shorter                ? one : one << shift_left;
endmodule
