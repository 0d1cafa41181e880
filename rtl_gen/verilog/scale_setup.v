// Divisor of the quantiser from the largest magnitude M of a matrix (numerics.md, PRE-3): M, 39*M,
// 2*M, or the power of two 2^e with the least e for which M <= Q*2^e. M = 0 gives 1.
//
// Bits: coefficient width, 17 ... 26; M has Bits-1 bits.  DivisorBits: >= Bits + 5.
// largest_high_i: 1 ... 7 and largest_low_i below it, Q = 2^largest_high_i - 2^largest_low_i.
// scale_rule_i: 0 max, 1 clip, 2 pow2, 3 luq.
// divisor_o: D.  fine_o: D and the numerator are 256 times as large: pow2, M shorter than Q.
module scale_setup #(
  parameter integer Bits = 21,
  parameter integer DivisorBits = 26
) (
  input  wire [Bits-2:0]        max_i,
  input  wire [2:0]             largest_high_i,
  input  wire [2:0]             largest_low_i,
  input  wire [2:0]             scale_rule_i,
  output wire [DivisorBits-1:0] divisor_o,
  output wire                   fine_o
);
  wire [DivisorBits-1:0] max_wide = {{(DivisorBits-Bits+1){1'b0}}, max_i};
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
  wire [4:0]             shift_fine = 5'd8 - distance + up;

  wire                   pow2 = scale_rule_i == 3'd2;

  assign fine_o = pow2 & shorter & !zero;
  assign divisor_o = zero                   ? one :
                     (scale_rule_i == 3'd0) ? max_wide :
                     (scale_rule_i == 3'd1) ? times_39 :
                     !pow2                  ? max_wide << 1 :
                     one << (shorter ? shift_fine : shift_left);
endmodule
