// First-in first-out buffer of one stream (architecture.md section 1).
//
// ready and valid depend on registers only; a beat pushed at one edge can be popped in the next
// cycle. Push and pop in the same cycle are allowed unless the FIFO is full.
//
// Width: bits of a beat, >= 1.  Depth: beats, >= 2 (2 already sustains one beat per cycle).
module stream_fifo #(
  parameter integer Width = 8,
  parameter integer Depth = 2
) (
  input  wire             clk_i,
  input  wire             rst_ni,
  input  wire             valid_i,
  output wire             ready_o,
  input  wire [Width-1:0] data_i,
  output wire             valid_o,
  input  wire             ready_i,
  output wire [Width-1:0] data_o
);
  localparam integer PointerBits = $clog2(Depth);
  localparam integer CountBits = $clog2(Depth + 1);
  localparam integer LastSlot = Depth - 1;

  reg [Width-1:0]       beats_q [0:Depth-1];
  reg [PointerBits-1:0] write_q;
  reg [PointerBits-1:0] read_q;
  reg [CountBits-1:0]   count_q;

  wire push = valid_i & ready_o;
  wire pop = valid_o & ready_i;

  assign ready_o = count_q != Depth[CountBits-1:0];
  assign valid_o = count_q != {CountBits{1'b0}};
  assign data_o = beats_q[read_q];

  always @(posedge clk_i) begin
    if (push) beats_q[write_q] <= data_i;
  end

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      write_q <= {PointerBits{1'b0}};
      read_q <= {PointerBits{1'b0}};
      count_q <= {CountBits{1'b0}};
    end else begin
      if (push) begin
        write_q <= (write_q == LastSlot[PointerBits-1:0]) ? {PointerBits{1'b0}} : write_q + 1'b1;
      end
      if (pop) begin
        read_q <= (read_q == LastSlot[PointerBits-1:0]) ? {PointerBits{1'b0}} : read_q + 1'b1;
      end
      if (push & !pop) count_q <= count_q + 1'b1;
      else if (pop & !push) count_q <= count_q - 1'b1;
    end
  end
endmodule
