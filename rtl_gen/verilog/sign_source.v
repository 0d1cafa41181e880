// Random signs of the columns of a job, one ahead of the transform (numerics.md, WHT-5;
// architecture.md section 3): a mixer that all lines share, with k as the index.
//
// Signs: 1 if there are jobs with random signs.  MixRounds: per register stage, 1 ... 10.
// key_i: stable while key_ready_i is high.  k_len_i, signs_i: stable while run_i is high.
// negative_o: the next column changes its sign, while ready_o is high; pop_i takes it.
module sign_source #(
  parameter integer Signs = 0,
  parameter integer MixRounds = 2
) (
  input  wire         clk_i,
  input  wire         rst_ni,
  input  wire         run_i,
  input  wire         signs_i,
  input  wire [15:0]  k_len_i,
  input  wire         key_ready_i,
  input  wire [159:0] key_i,
  input  wire         pop_i,
  output wire         ready_o,
  output wire         negative_o
);
  generate
    if (Signs == 0) begin : gen_no_signs
      wire unused = &{1'b0, clk_i, rst_ni, run_i, signs_i, k_len_i, key_ready_i, key_i, pop_i};
      assign ready_o = 1'b1;
      assign negative_o = 1'b0;
    end else begin : gen_signs
      localparam integer Stages = (10 + MixRounds - 1) / MixRounds;

      reg [3:0]   filled_q;
      reg [15:0]  k_q;
      wire        full = filled_q == Stages[3:0];
      wire        step = full ? pop_i : key_ready_i;
      wire [31:0] word;
      wire        unused_word = &{1'b0, word[30:0]};

      draw_mixer #(
        .RoundsPerStage(MixRounds)
      ) u_mixer (
        .clk_i(clk_i),
        .step_i(step),
        .key_i(key_i),
        .index_i({16'd0, k_q}),
        .word_o(word)
      );
      assign ready_o = !signs_i | full;
      assign negative_o = signs_i & word[31];

      always @(posedge clk_i) begin
        if (!rst_ni | !run_i) begin
          filled_q <= 4'd0;
          k_q <= 16'd0;
        end else if (step) begin
          if (!full) filled_q <= filled_q + 4'd1;
          k_q <= (k_q == k_len_i - 16'd1) ? 16'd0 : k_q + 16'd1;
        end
      end
    end
  endgenerate
endmodule
