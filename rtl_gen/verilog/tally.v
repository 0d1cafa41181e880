// Adds up the numbers of each cycle, one cycle later: events are numbers of one bit.
//
// Inputs: numbers per cycle, >= 1.  InputBits: of a number, >= 1.
// Bits: counter width, more than the sum of a cycle has; wraps.
module tally #(
  parameter integer Inputs = 4,
  parameter integer InputBits = 1,
  parameter integer Bits = 32
) (
  input  wire                        clk_i,
  input  wire                        clear_i,
  input  wire [Inputs*InputBits-1:0] numbers_i,
  output wire [Bits-1:0]             count_o
);
  localparam integer SumBits = InputBits + $clog2(Inputs + 1);

  wire [SumBits-1:0] sum;
  add_tree #(
    .Inputs(Inputs),
    .InputBits(InputBits)
  ) u_sum (
    .values_i(numbers_i),
    .sum_o(sum)
  );

  reg [SumBits-1:0] sum_q;
  reg [Bits-1:0]    count_q;
  always @(posedge clk_i) begin
    if (clear_i) begin
      sum_q <= {SumBits{1'b0}};
      count_q <= {Bits{1'b0}};
    end else begin
      sum_q <= sum;
      count_q <= count_q + {{(Bits-SumBits){1'b0}}, sum_q};
    end
  end

  assign count_o = count_q;
endmodule
