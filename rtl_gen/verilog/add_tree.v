// Balanced tree of adders: the sum of all inputs, exact.
//
// Inputs: >= 1.  InputBits: >= 1, unsigned.
module add_tree #(
  parameter integer Inputs = 4,
  parameter integer InputBits = 1
) (
  input  wire [Inputs*InputBits-1:0]           values_i,
  output wire [InputBits+$clog2(Inputs+1)-1:0] sum_o
);
  localparam integer SumBits = InputBits + $clog2(Inputs + 1);

  // Node i adds nodes 2i + 1 and 2i + 2; the inputs are the last nodes.
  reg [SumBits*(2*Inputs-1)-1:0] node;
  integer                        i;
  always @* begin
    for (i = 0; i < Inputs; i = i + 1) begin
      node[SumBits*(Inputs-1+i) +: SumBits] =
          {{(SumBits-InputBits){1'b0}}, values_i[InputBits*i +: InputBits]};
    end
    for (i = Inputs - 2; i >= 0; i = i - 1) begin
      node[SumBits*i +: SumBits] =
          node[SumBits*(2*i+1) +: SumBits] + node[SumBits*(2*i+2) +: SumBits];
    end
  end
  assign sum_o = node[SumBits-1:0];
endmodule
