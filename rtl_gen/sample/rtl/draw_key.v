// Key schedule of the random numbers: one round per cycle from seed, step and the tensor's names to
// ten 16-bit round keys (numerics.md, RND-2 and RND-3), first for the random signs (WHT-5), then
// for the draws. Jobs without signs skip the one, jobs without stochastic rounding the other.
//
// Signs: 1 if there are jobs with random signs.
// key_o: round key i in bits 16*i+15 ... 16*i; stable while ready_o is high.
// sign_key_o: likewise, stable while sign_ready_o is high.
module draw_key #(
  parameter integer Signs = 0
) (
  input  wire         clk_i,
  input  wire         rst_ni,
  input  wire         run_i,
  input  wire         stochastic_i,
  input  wire         signs_i,
  input  wire [31:0]  seed_i,
  input  wire [31:0]  step_i,
  input  wire [31:0]  draw_word_i,
  input  wire [31:0]  sign_word_i,
  output wire         ready_o,
  output wire [159:0] key_o,
  output wire         sign_ready_o,
  output wire [159:0] sign_key_o
);
  localparam [31:0] INIT_X = 32'h53594C56;
  localparam [31:0] INIT_Y = 32'h45535445;
  localparam [5:0] FIRST_KEY_ROUND = 6'd24;
  localparam [5:0] LAST_ROUND = 6'd33;

  reg         ready_q;
  reg [5:0]   round_q;
  reg [31:0]  x_q;
  reg [31:0]  y_q;
  reg [159:0] key_q;

  // The schedule that runs, or is to run, is that of the signs.
  wire        of_signs;
  wire [31:0] last_word = of_signs ? sign_word_i : draw_word_i;
  wire        schedule_end = round_q == LAST_ROUND;
  wire        restart = (Signs == 0) ? 1'b0 : schedule_end;

  wire [31:0] absorbed = (round_q == 6'd0)  ? seed_i :
                         (round_q == 6'd8)  ? step_i :
                         (round_q == 6'd16) ? last_word : 32'd0;
  wire [31:0] x_in = x_q ^ absorbed;
  wire [31:0] x_next = ({x_in[7:0], x_in[31:8]} + y_q) ^ {26'd0, round_q};
  wire [31:0] y_next = {y_q[28:0], y_q[31:29]} ^ x_next;

  assign ready_o = ready_q;
  assign key_o = key_q;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      ready_q <= 1'b0;
      round_q <= 6'd0;
      x_q <= INIT_X;
      y_q <= INIT_Y;
      key_q <= 160'd0;
    end else if (!run_i) begin
      ready_q <= 1'b0;
      round_q <= 6'd0;
      x_q <= INIT_X;
      y_q <= INIT_Y;
    end else if (!ready_q) begin
      if (!stochastic_i & !of_signs) begin
        ready_q <= 1'b1;
      end else begin
        x_q <= restart ? INIT_X : x_next;
        y_q <= restart ? INIT_Y : y_next;
        round_q <= restart ? 6'd0 : round_q + 6'd1;
        // Keys enter at the top and move down: after ten of them key 0 is lowest.
        if (!of_signs & (round_q >= FIRST_KEY_ROUND)) key_q <= {x_next[31:16], key_q[159:16]};
        if (schedule_end & !of_signs) ready_q <= 1'b1;
      end
    end
  end

  generate
    if (Signs == 0) begin : gen_no_signs
      wire unused = &{1'b0, signs_i, sign_word_i};
      assign of_signs = 1'b0;
      assign sign_ready_o = 1'b0;
      assign sign_key_o = 160'd0;
    end else begin : gen_signs
      reg         sign_ready_q;
      reg [159:0] sign_key_q;
      assign of_signs = signs_i & !sign_ready_q;
      assign sign_ready_o = sign_ready_q;
      assign sign_key_o = sign_key_q;
      always @(posedge clk_i) begin
        if (!rst_ni | !run_i) sign_ready_q <= 1'b0;
        else if (!ready_q & of_signs & schedule_end) sign_ready_q <= 1'b1;
        if (of_signs & (round_q >= FIRST_KEY_ROUND)) begin
          sign_key_q <= {x_next[31:16], sign_key_q[159:16]};
        end
      end
    end
  endgenerate
endmodule
