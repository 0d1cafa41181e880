// Counts the events of each cycle.
//
// Inputs: events per cycle, >= 1.  Bits: counter width; wraps.
module tally #(
  parameter integer Inputs = 4,
  parameter integer Bits = 32
) (
  input  wire              clk_i,
  input  wire              clear_i,
  input  wire [Inputs-1:0] events_i,
  output wire [Bits-1:0]   count_o
);
  reg [Bits-1:0] count_q;
  reg [Bits-1:0] count_d;
  integer        i;

  always @* begin
    count_d = count_q;
    for (i = 0; i < Inputs; i = i + 1) count_d = count_d + {{(Bits-1){1'b0}}, events_i[i]};
  end

  always @(posedge clk_i) begin
    if (clear_i) count_q <= {Bits{1'b0}};
    else count_q <= count_d;
  end

  assign count_o = count_q;
endmodule
