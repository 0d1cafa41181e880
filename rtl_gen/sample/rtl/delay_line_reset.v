// A delay_line whose registers are cleared by reset: for valid bits and other control.
//
// Width: bits, >= 1.  Stages: registers between data_i and data_o, >= 0 (0 is a wire).
module delay_line_reset #(
  parameter integer Width = 1,
  parameter integer Stages = 1
) (
  input  wire             clk_i,
  input  wire             rst_ni,
  input  wire             step_i,
  input  wire [Width-1:0] data_i,
  output wire [Width-1:0] data_o
);
  generate
    if (Stages == 0) begin : gen_wire
      wire unused = &{1'b0, clk_i, rst_ni, step_i};
      assign data_o = data_i;
    end else begin : gen_registers
      reg [Width*Stages-1:0] stages_q;
      if (Stages == 1) begin : gen_one
        always @(posedge clk_i) begin
          if (!rst_ni) stages_q <= {Width{1'b0}};
          else if (step_i) stages_q <= data_i;
        end
      end else begin : gen_more
        always @(posedge clk_i) begin
          if (!rst_ni) stages_q <= {(Width*Stages){1'b0}};
          else if (step_i) stages_q <= {stages_q[Width*(Stages-1)-1:0], data_i};
        end
      end
      assign data_o = stages_q[Width*Stages-1 -: Width];
    end
  endgenerate
endmodule
