// Testbench: takes a stream, with pauses from a shift register, compares it with a file, and watches
// that an offered beat stays as it is until it is taken.
//
// Width: bits of a beat.  Beats: lines of File, >= 1.  File: for $readmemh.  Name: for messages.
// Seed: not 0.  errors_o counts beats that differ, are unknown, are withdrawn or changed before they
// are taken, or come after the last one.
module stream_check #(
  parameter integer Width = 8,
  parameter integer Beats = 1,
  parameter         File = "beats.hex",
  parameter         Name = "stream",
  parameter [15:0]  Seed = 16'h1
) (
  input  wire             clk_i,
  input  wire             rst_ni,
  input  wire             valid_i,
  output reg              ready_o,
  input  wire [Width-1:0] data_i,
  output wire             done_o,
  output integer          errors_o
);
  reg [Width-1:0] beats [0:Beats-1];
  reg [15:0]      random;
  integer         position;
  reg             held_q;
  reg [Width-1:0] held_data_q;

  initial $readmemh(File, beats);

  assign done_o = position >= Beats;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      ready_o <= 1'b0;
      position <= 0;
      random <= Seed;
      errors_o <= 0;
      held_q <= 1'b0;
    end else begin
      held_q <= valid_i & !ready_o;
      held_data_q <= data_i;
      random <= {random[14:0], random[15] ^ random[13] ^ random[12] ^ random[10]};
      ready_o <= random[1:0] != 2'b00;
      if (valid_i !== 1'b0 && valid_i !== 1'b1) begin
        $display("%0s: valid is unknown", Name);
        errors_o <= errors_o + 1;
      end else if (held_q & (!valid_i | (data_i !== held_data_q))) begin
        $display("%0s: beat %0d changed before it was taken", Name, position);
        errors_o <= errors_o + 1;
      end else if (valid_i & ready_o) begin
        position <= position + 1;
        if (position >= Beats) begin
          $display("%0s: beat %0d is one too many: %h", Name, position, data_i);
          errors_o <= errors_o + 1;
        end else if (data_i !== beats[position]) begin
          $display("%0s: beat %0d is %h, expected %h", Name, position, data_i, beats[position]);
          errors_o <= errors_o + 1;
        end
      end
    end
  end
endmodule
