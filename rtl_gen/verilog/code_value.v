// Value of an operand code (numerics.md, FMT-1): the code itself for integer formats, or the
// magnitude from the list with the sign of the code.
//
// CodeBits: 4 or 5.  ValueBits: CodeBits ... 8.  Listed: 1 if a format with a list of magnitudes
// is built; ValueBits holds its values.  Magnitudes: as in place_quotient.
module code_value #(
  parameter integer CodeBits = 4,
  parameter integer ValueBits = 4,
  parameter integer Listed = 0,
  parameter [127:0] Magnitudes = 128'hffffffffffffffffffffffffffffffff
) (
  input  wire                 listed_i,
  input  wire [CodeBits-1:0]  code_i,
  output wire [ValueBits-1:0] value_o
);
  wire [ValueBits-1:0] extended = {{(ValueBits-CodeBits){code_i[CodeBits-1]}}, code_i};
  generate
    if (Listed == 0) begin : gen_uniform
      wire unused = listed_i;
      assign value_o = extended;
    end else begin : gen_listed
      wire                 negative = code_i[CodeBits-1];
      wire [3:0]           index = negative ? 4'd0 - code_i[3:0] : code_i[3:0];
      wire [7:0]           magnitude = Magnitudes[{index, 3'b000} +: 8];
      wire                 unused_magnitude = &{1'b0, magnitude};
      wire [ValueBits-1:0] value = magnitude[ValueBits-1:0];
      assign value_o = !listed_i ? extended :
                       negative  ? {ValueBits{1'b0}} - value : value;
    end
  endgenerate
endmodule
