// Balanced tree of comparators: the largest of all inputs.
//
// Inputs: >= 1.  Bits: >= 1, unsigned.
module max_tree #(
  parameter integer Inputs = 4,
  parameter integer Bits = 20
) (
  input  wire [Inputs*Bits-1:0] values_i,
  output wire [Bits-1:0]        largest_o
);
  // Node i is the larger of nodes 2i + 1 and 2i + 2; the inputs are the last nodes.
  reg [Bits*(2*Inputs-1)-1:0] node;
  reg [Bits-1:0]              left;
  reg [Bits-1:0]              right;
  integer                     i;
  always @* begin
    node[Bits*(Inputs-1) +: Bits*Inputs] = values_i;
    left = {Bits{1'b0}};
    right = {Bits{1'b0}};
    for (i = Inputs - 2; i >= 0; i = i - 1) begin
      left = node[Bits*(2*i+1) +: Bits];
      right = node[Bits*(2*i+2) +: Bits];
      node[Bits*i +: Bits] = (right > left) ? right : left;
    end
  end
  assign largest_o = node[Bits-1:0];
endmodule
