// What the processing elements get for an operand code (numerics.md, FMT-1, LOG-1 and I8-1): its
// value; in a pass over nibbles, code >> 4 (high_i) or the lowest four bits; or, in an operand
// whose codes shift the other's values, {negative, places}: the magnitude is 2^places, and places 7
// stands for zero.
//
// CodeBits: 4 or 5, or 8 if Nibbles, which is 1 if nibbles_i may be high.
// WordBits: 4 ... 8; at least CodeBits, or 5 if that is 8.
// Listed: 1 if a format with a list of magnitudes is built.  Magnitudes: as in place_quotient.
// Shift: 1 if they are 0 and powers of two, and codes of that format may be wanted in the last
// form; without it, and whenever shift_i is low, WordBits holds the format's values.
module operand_word #(
  parameter integer CodeBits = 4,
  parameter integer WordBits = 4,
  parameter integer Nibbles = 0,
  parameter integer Listed = 0,
  parameter integer Shift = 0,
  parameter [127:0] Magnitudes = 128'hffffffffffffffffffffffffffffffff
) (
  input  wire                nibbles_i,
  input  wire                high_i,
  input  wire                listed_i,
  input  wire                shift_i,
  input  wire [CodeBits-1:0] code_i,
  output wire [WordBits-1:0] word_o
);
  wire [7:0]          code = {{(8-CodeBits){code_i[CodeBits-1]}}, code_i};
  wire                unused_code = &{1'b0, code};
  wire [WordBits-1:0] integer_word;
  generate
    if (Nibbles == 0) begin : gen_value_only
      wire unused_nibbles = &{1'b0, nibbles_i, high_i};
      assign integer_word = code[WordBits-1:0];
    end else begin : gen_nibble
      wire [7:0] nibble = high_i ? {{4{code[7]}}, code[7:4]} : {4'd0, code[3:0]};
      wire       unused_nibble = &{1'b0, nibble};
      assign integer_word = nibbles_i ? nibble[WordBits-1:0] : code[WordBits-1:0];
    end

    if (Listed == 0) begin : gen_uniform
      wire unused = &{1'b0, listed_i, shift_i};
      assign word_o = integer_word;
    end else begin : gen_listed
      wire                negative = code_i[CodeBits-1];
      wire [3:0]          index = negative ? 4'd0 - code_i[3:0] : code_i[3:0];
      wire [7:0]          magnitude = Magnitudes[{index, 3'b000} +: 8];
      wire                unused_magnitude = &{1'b0, magnitude};
      wire [WordBits-1:0] value = magnitude[WordBits-1:0];
      wire [WordBits-1:0] signed_value = negative ? {WordBits{1'b0}} - value : value;
      if (Shift == 0) begin : gen_value
        wire unused = shift_i;
        assign word_o = listed_i ? signed_value : integer_word;
      end else begin : gen_places
        reg [2:0] places;
        integer   bit_number;
        always @* begin
          places = 3'd7;
          for (bit_number = 0; bit_number < 7; bit_number = bit_number + 1) begin
            if (magnitude[bit_number]) places = bit_number[2:0];
          end
        end
        wire [7:0] power = {4'd0, negative, places};
        wire       unused_power = &{1'b0, power};
        assign word_o = !listed_i ? integer_word : shift_i ? power[WordBits-1:0] : signed_value;
      end
    end
  endgenerate
endmodule
