// Testbench: plays the beats of a file into a stream, with pauses from a shift register.
//
// Width: bits of a beat.  Beats: lines of File, >= 1.  File: for $readmemh.  Seed: not 0.
module stream_source #(
  parameter integer Width = 8,
  parameter integer Beats = 1,
  parameter         File = "beats.hex",
  parameter [15:0]  Seed = 16'h1
) (
  input  wire             clk_i,
  input  wire             rst_ni,
  output reg              valid_o,
  input  wire             ready_i,
  output wire [Width-1:0] data_o,
  output wire             done_o
);
  reg [Width-1:0] beats [0:Beats-1];
  reg [15:0]      random;
  integer         position;

  initial $readmemh(File, beats);

  assign data_o = beats[position];
  assign done_o = position == Beats;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      valid_o <= 1'b0;
      position <= 0;
      random <= Seed;
    end else begin
      random <= {random[14:0], random[15] ^ random[13] ^ random[12] ^ random[10]};
      if (valid_o & ready_i) begin
        position <= position + 1;
        valid_o <= (position + 1 < Beats) & (random[1:0] != 2'b00);
      end else if (!valid_o) begin
        valid_o <= (position < Beats) & (random[1:0] != 2'b00);
      end
    end
  end
endmodule
