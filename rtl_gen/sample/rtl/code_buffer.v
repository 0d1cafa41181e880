// Double-buffered operand codes in front of the array: takes a chunk of k-beats into one bank while
// the other is read, and reads a kept chunk again as often as its blocks need it (architecture.md
// section 5). In a job of nibble passes every tile, which lies in one chunk, is read four times. A
// bank is free again when the array has taken its last beat (release_i).
//
// Width: bits of a k-beat, >= 1.  Chunk: k-beats per bank, 1 ... 65535; a power of two wastes no
// memory.
// ReadRegisters: 1 ... 4, register stages of a read.  Nibbles: 1 if nibbles_i may be high.
// KeepMode: 0 for A (kept for the n-blocks of an m-block if k_chunks_i = 1), 1 for B (kept for the
// whole job if also n_blocks_i = 1).
// k_chunk_i: k-beats of every chunk but the last, 1 ... Chunk.
// feed_data_o: the codes, and above them one bit `release` on the last beat of a chunk's last use.
module code_buffer #(
  parameter integer Width = 16,
  parameter integer Chunk = 64,
  parameter integer ReadRegisters = 1,
  parameter integer KeepMode = 0,
  parameter integer Nibbles = 0
) (
  input  wire             clk_i,
  input  wire             rst_ni,
  input  wire             run_i,
  input  wire [15:0]      m_blocks_i,
  input  wire [15:0]      n_blocks_i,
  input  wire [15:0]      k_chunks_i,
  input  wire [15:0]      k_chunk_i,
  input  wire [15:0]      k_last_i,
  input  wire [15:0]      tile_i,
  input  wire             nibbles_i,
  input  wire             codes_valid_i,
  output wire             codes_ready_o,
  input  wire [Width-1:0] codes_data_i,
  output wire             feed_valid_o,
  input  wire             feed_ready_i,
  output wire [Width:0]   feed_data_o,
  input  wire             release_i
);
  localparam integer OffsetBits = (Chunk > 1) ? $clog2(Chunk) : 1;
  localparam integer AddressBits = OffsetBits + 1;
  localparam integer Words = 1 << AddressBits;

  wire clear = !rst_ni | !run_i;
  wire one_chunk = k_chunks_i == 16'd1;
  wire keep_n = one_chunk & ((KeepMode == 0) | (n_blocks_i == 16'd1));
  wire keep_m = one_chunk & (KeepMode == 1) & (n_blocks_i == 16'd1);
  wire [15:0] k_last_offset = k_last_i - 16'd1;
  wire [15:0] k_chunk_offset = k_chunk_i - 16'd1;
  generate
    if (OffsetBits < 16) begin : gen_unused_offset
      wire unused_offset = &{1'b0, k_last_offset[15:OffsetBits], k_chunk_offset[15:OffsetBits]};
    end
  endgenerate

  reg [1:0] occupied_q;
  reg [1:0] readable_q;

  // Writer: one bank per chunk that the source sends.
  reg                   write_bank_q;
  reg [OffsetBits-1:0]  write_offset_q;
  reg                   write_done_q;
  wire                  write_last_m, write_last_n, write_last_k;
  wire [OffsetBits-1:0] write_end = write_last_k ? k_last_offset[OffsetBits-1:0]
                                                 : k_chunk_offset[OffsetBits-1:0];
  wire                  write = codes_valid_i & codes_ready_o;
  wire                  chunk_written = write & (write_offset_q == write_end);

  assign codes_ready_o = run_i & !write_done_q & !occupied_q[write_bank_q];

  // A kept chunk stands for all blocks that read it: their counts are taken as one.
  block_walk u_write_walk (
    .clk_i(clk_i),
    .clear_i(clear),
    .step_i(chunk_written),
    .m_blocks_i(keep_m ? 16'd1 : m_blocks_i),
    .n_blocks_i(keep_n ? 16'd1 : n_blocks_i),
    .k_chunks_i(k_chunks_i),
    .last_m_o(write_last_m),
    .last_n_o(write_last_n),
    .last_k_o(write_last_k)
  );

  // Reader: every block reads every chunk.
  reg                   read_bank_q;
  reg [OffsetBits-1:0]  read_offset_q;
  reg                   read_done_q;
  wire                  read_last_m, read_last_n, read_last_k;
  wire [OffsetBits-1:0] read_end = read_last_k ? k_last_offset[OffsetBits-1:0]
                                               : k_chunk_offset[OffsetBits-1:0];
  wire                  step = !feed_valid_o | feed_ready_i;
  wire                  read = step & run_i & readable_q[read_bank_q] & !read_done_q;
  wire                  at_read_end = read_offset_q == read_end;
  wire                  tile_again;  // a tile's pass ends, and not its last
  wire [OffsetBits-1:0] tile_start;
  wire                  chunk_read = read & at_read_end & !tile_again;
  wire                  last_use = (!keep_n | read_last_n) & (!keep_m | read_last_m);
  wire                  release_bank = chunk_read & last_use;

  block_walk u_read_walk (
    .clk_i(clk_i),
    .clear_i(clear),
    .step_i(chunk_read),
    .m_blocks_i(m_blocks_i),
    .n_blocks_i(n_blocks_i),
    .k_chunks_i(k_chunks_i),
    .last_m_o(read_last_m),
    .last_n_o(read_last_n),
    .last_k_o(read_last_k)
  );

  generate
    if (Nibbles == 0) begin : gen_one_pass
      wire unused = &{1'b0, nibbles_i, tile_i};
      assign tile_again = 1'b0;
      assign tile_start = {OffsetBits{1'b0}};
    end else begin : gen_passes
      reg [15:0]           tile_k_q;
      reg [OffsetBits-1:0] tile_start_q;
      reg [1:0]            pass_q;
      wire                 tile_read = at_read_end | (tile_k_q == tile_i - 16'd1);
      assign tile_again = nibbles_i & tile_read & (pass_q != 2'd3);
      assign tile_start = tile_start_q;
      always @(posedge clk_i) begin
        if (clear) begin
          tile_k_q <= 16'd0;
          tile_start_q <= {OffsetBits{1'b0}};
          pass_q <= 2'd0;
        end else if (read) begin
          tile_k_q <= tile_read ? 16'd0 : tile_k_q + 16'd1;
          if (tile_read) pass_q <= pass_q + 2'd1;
          if (tile_read & !tile_again) begin
            tile_start_q <= at_read_end ? {OffsetBits{1'b0}} : read_offset_q + 1'b1;
          end
        end
      end
    end
  endgenerate

  wire [Width-1:0] memory_data;
  code_memory #(
    .Width(Width),
    .Words(Words),
    .AddressBits(AddressBits)
  ) u_memory (
    .clk_i(clk_i),
    .write_i(write),
    .write_address_i({write_bank_q, write_offset_q}),
    .write_data_i(codes_data_i),
    .read_i(read),
    .read_address_i({read_bank_q, read_offset_q}),
    .read_data_o(memory_data)
  );
  delay_line #(
    .Width(Width),
    .Stages(ReadRegisters - 1)
  ) u_data (
    .clk_i(clk_i),
    .step_i(step),
    .data_i(memory_data),
    .data_o(feed_data_o[Width-1:0])
  );
  delay_line_reset #(
    .Width(2),
    .Stages(ReadRegisters)
  ) u_control (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .step_i(step),
    .data_i({read, release_bank}),
    .data_o({feed_valid_o, feed_data_o[Width]})
  );

  // Banks are released in the order in which they were read.
  reg release_bank_q;

  always @(posedge clk_i) begin
    if (clear) begin
      occupied_q <= 2'b00;
      readable_q <= 2'b00;
      write_bank_q <= 1'b0;
      write_offset_q <= {OffsetBits{1'b0}};
      write_done_q <= 1'b0;
      read_bank_q <= 1'b0;
      read_offset_q <= {OffsetBits{1'b0}};
      read_done_q <= 1'b0;
      release_bank_q <= 1'b0;
    end else begin
      if (write) begin
        write_offset_q <= chunk_written ? {OffsetBits{1'b0}} : write_offset_q + 1'b1;
      end
      if (chunk_written) begin
        occupied_q[write_bank_q] <= 1'b1;
        readable_q[write_bank_q] <= 1'b1;
        write_bank_q <= !write_bank_q;
        write_done_q <= write_last_m & write_last_n & write_last_k;
      end
      if (read) begin
        read_offset_q <= chunk_read ? {OffsetBits{1'b0}} :
                         tile_again ? tile_start : read_offset_q + 1'b1;
      end
      if (chunk_read) read_done_q <= read_last_m & read_last_n & read_last_k;
      if (release_bank) begin
        readable_q[read_bank_q] <= 1'b0;
        read_bank_q <= !read_bank_q;
      end
      if (release_i) begin
        occupied_q[release_bank_q] <= 1'b0;
        release_bank_q <= !release_bank_q;
      end
    end
  end
endmodule
