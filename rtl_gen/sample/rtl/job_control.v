// Takes one job at a time for a unit, holds its descriptor while the unit runs, and reports the
// unit's results when it has finished (architecture.md section 3).
//
// JobBits, DoneBits: widths of the descriptor and of the done payload, >= 1.
module job_control #(
  parameter integer JobBits = 8,
  parameter integer DoneBits = 8
) (
  input  wire                clk_i,
  input  wire                rst_ni,
  input  wire                job_valid_i,
  output wire                job_ready_o,
  input  wire [JobBits-1:0]  job_data_i,
  output wire [JobBits-1:0]  job_o,
  output wire                run_o,
  input  wire                finished_i,
  input  wire [DoneBits-1:0] done_data_i,
  output wire                done_valid_o,
  input  wire                done_ready_i,
  output wire [DoneBits-1:0] done_data_o
);
  localparam [1:0] IDLE = 2'd0;
  localparam [1:0] RUN = 2'd1;
  localparam [1:0] DONE = 2'd2;

  reg [1:0]          state_q;
  reg [JobBits-1:0]  job_q;
  reg [DoneBits-1:0] done_q;

  assign job_ready_o = state_q == IDLE;
  assign run_o = state_q == RUN;
  assign done_valid_o = state_q == DONE;
  assign job_o = job_q;
  assign done_data_o = done_q;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= IDLE;
      job_q <= {JobBits{1'b0}};
      done_q <= {DoneBits{1'b0}};
    end else begin
      case (state_q)
        IDLE: begin
          if (job_valid_i) begin
            job_q <= job_data_i;
            state_q <= RUN;
          end
        end
        RUN: begin
          if (finished_i) begin
            done_q <= done_data_i;
            state_q <= DONE;
          end
        end
        default: begin
          if (done_ready_i) state_q <= IDLE;
        end
      endcase
    end
  end
endmodule
