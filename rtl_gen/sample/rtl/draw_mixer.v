// Mixer of the random numbers: element index to 32 random bits in ten keyed rounds of rotate, add
// and exclusive-or on 16-bit halves (numerics.md, RND-2 and RND-4). No multiplier, no state.
//
// RoundsPerStage: rounds between registers, 1 ... 10. The latency is ceil(10/RoundsPerStage) steps.
module draw_mixer #(
  parameter integer RoundsPerStage = 2
) (
  input  wire         clk_i,
  input  wire         step_i,
  input  wire [159:0] key_i,
  input  wire [31:0]  index_i,
  output wire [31:0]  word_o
);
  localparam integer Rounds = 10;
  localparam integer Stages = (Rounds + RoundsPerStage - 1) / RoundsPerStage;

  genvar stage;
  generate
    for (stage = 0; stage < Stages; stage = stage + 1) begin : gen_stage
      localparam integer First = stage * RoundsPerStage;
      localparam integer End = (First + RoundsPerStage < Rounds) ? First + RoundsPerStage : Rounds;

      wire [31:0] word_in;
      if (stage == 0) begin : gen_first
        assign word_in = index_i;
      end else begin : gen_next
        assign word_in = gen_stage[stage-1].word_q;
      end

      reg [15:0] x;
      reg [15:0] y;
      integer    i;
      always @* begin
        x = word_in[31:16];
        y = word_in[15:0];
        for (i = First; i < End; i = i + 1) begin
          x = ({x[6:0], x[15:7]} + y) ^ key_i[16*i +: 16];
          y = {y[13:0], y[15:14]} ^ x;
        end
      end

      reg [31:0] word_q;
      always @(posedge clk_i) begin
        if (step_i) word_q <= {x, y};
      end
    end
  endgenerate

  assign word_o = gen_stage[Stages-1].word_q;
endmodule
