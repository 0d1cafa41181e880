// Counts through the blocks of a GEMM: n-blocks inside m-blocks, k-chunks inside both, in the order
// in which the accelerator computes (architecture.md section 5).
//
// step_i moves to the next chunk; last_* say whether the present one is the last of its kind.
module block_walk (
  input  wire        clk_i,
  input  wire        clear_i,
  input  wire        step_i,
  input  wire [15:0] m_blocks_i,
  input  wire [15:0] n_blocks_i,
  input  wire [15:0] k_chunks_i,
  output wire        last_m_o,
  output wire        last_n_o,
  output wire        last_k_o
);
  reg [15:0] m_q;
  reg [15:0] n_q;
  reg [15:0] k_q;

  assign last_m_o = m_q == m_blocks_i - 16'd1;
  assign last_n_o = n_q == n_blocks_i - 16'd1;
  assign last_k_o = k_q == k_chunks_i - 16'd1;

  always @(posedge clk_i) begin
    if (clear_i) begin
      m_q <= 16'd0;
      n_q <= 16'd0;
      k_q <= 16'd0;
    end else if (step_i) begin
      k_q <= last_k_o ? 16'd0 : k_q + 16'd1;
      if (last_k_o) n_q <= last_n_o ? 16'd0 : n_q + 16'd1;
      if (last_k_o & last_n_o) m_q <= last_m_o ? 16'd0 : m_q + 16'd1;
    end
  end
endmodule
