// Memory of the code buffers: one write port, one read port with a registered output. The one place
// where a block RAM is inferred or an ASIC macro put in.
//
// Width: bits per word, >= 1.  Words: >= 1. One word is never read and written in one cycle, so no
// logic for that case is wanted.
module code_memory #(
  parameter integer Width = 16,
  parameter integer Words = 128,
  parameter integer AddressBits = 7
) (
  input  wire                   clk_i,
  input  wire                   write_i,
  input  wire [AddressBits-1:0] write_address_i,
  input  wire [Width-1:0]       write_data_i,
  input  wire                   read_i,
  input  wire [AddressBits-1:0] read_address_i,
  output wire [Width-1:0]       read_data_o
);
  (* no_rw_check *) reg [Width-1:0] words_q [0:Words-1];
  reg [Width-1:0] read_q;

  always @(posedge clk_i) begin
    if (write_i) words_q[write_address_i] <= write_data_i;
    if (read_i) read_q <= words_q[read_address_i];
  end

  assign read_data_o = read_q;
endmodule
