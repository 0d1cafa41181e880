// Turns bursts of one line into columns of Lanes lines: takes Lanes beats of Lanes consecutive
// mantissas each, gives one beat per k with one mantissa of every line (architecture.md section 4).
// Two banks, so that writing and reading overlap. The second pass is admitted when open_i is high;
// with one_pass_i there is none.
//
// Lanes: 1 ... 32.
module corner_turn #(
  parameter integer Lanes = 4
) (
  input  wire                clk_i,
  input  wire                rst_ni,
  input  wire                run_i,
  input  wire                open_i,
  input  wire                one_pass_i,
  input  wire [15:0]         k_len_i,
  input  wire [15:0]         groups_i,
  input  wire                wide_valid_i,
  output wire                wide_ready_o,
  input  wire [16*Lanes-1:0] wide_data_i,
  output wire                turned_valid_o,
  input  wire                turned_ready_i,
  output wire [16*Lanes-1:0] turned_data_o
);
  localparam integer LaneBits = (Lanes > 1) ? $clog2(Lanes) : 1;
  localparam integer LastLane = Lanes - 1;

  reg [16*Lanes-1:0] lines_q [0:2*Lanes-1];
  reg [1:0]          full_q;

  // Writer.
  reg                write_bank_q;
  reg [LaneBits-1:0] write_line_q;
  reg [16:0]         write_k_q;
  reg [15:0]         write_group_q;
  reg                write_pass_q;
  reg                write_done_q;

  wire        write_fire = wide_valid_i & wide_ready_o;
  wire        bank_written = write_line_q == LastLane[LaneBits-1:0];
  wire [16:0] write_k_next = write_k_q + Lanes[16:0];
  wire        group_written = write_k_next >= {1'b0, k_len_i};
  wire        pass_written = write_group_q == groups_i - 16'd1;

  assign wide_ready_o = run_i & !write_done_q & (!write_pass_q | open_i) & !full_q[write_bank_q];

  // Reader.
  reg                read_bank_q;
  reg [LaneBits-1:0] read_column_q;
  reg [15:0]         read_k_q;

  wire read_fire = turned_valid_o & turned_ready_i;
  wire line_read = read_k_q == k_len_i - 16'd1;
  wire bank_read = line_read | (read_column_q == LastLane[LaneBits-1:0]);

  assign turned_valid_o = full_q[read_bank_q];

  genvar lane;
  generate
    for (lane = 0; lane < Lanes; lane = lane + 1) begin : gen_lane
      wire [16*Lanes-1:0] line = read_bank_q ? lines_q[Lanes + lane] : lines_q[lane];
      assign turned_data_o[16*lane +: 16] = line[16*read_column_q +: 16];
      always @(posedge clk_i) begin
        if (write_fire & (write_line_q == lane[LaneBits-1:0])) begin
          if (write_bank_q) lines_q[Lanes + lane] <= wide_data_i;
          else lines_q[lane] <= wide_data_i;
        end
      end
    end
  endgenerate

  always @(posedge clk_i) begin
    if (!rst_ni | !run_i) begin
      full_q <= 2'b00;
      write_bank_q <= 1'b0;
      write_line_q <= {LaneBits{1'b0}};
      write_k_q <= 17'd0;
      write_group_q <= 16'd0;
      write_pass_q <= 1'b0;
      write_done_q <= 1'b0;
      read_bank_q <= 1'b0;
      read_column_q <= {LaneBits{1'b0}};
      read_k_q <= 16'd0;
    end else begin
      if (write_fire) begin
        if (!bank_written) begin
          write_line_q <= write_line_q + 1'b1;
        end else begin
          write_line_q <= {LaneBits{1'b0}};
          write_bank_q <= !write_bank_q;
          full_q[write_bank_q] <= 1'b1;
          if (!group_written) begin
            write_k_q <= write_k_next;
          end else begin
            write_k_q <= 17'd0;
            if (!pass_written) begin
              write_group_q <= write_group_q + 16'd1;
            end else begin
              write_group_q <= 16'd0;
              write_pass_q <= 1'b1;
              write_done_q <= write_pass_q | one_pass_i;
            end
          end
        end
      end
      if (read_fire) begin
        read_k_q <= line_read ? 16'd0 : read_k_q + 16'd1;
        if (!bank_read) begin
          read_column_q <= read_column_q + 1'b1;
        end else begin
          read_column_q <= {LaneBits{1'b0}};
          read_bank_q <= !read_bank_q;
          full_q[read_bank_q] <= 1'b0;
        end
      end
    end
  end
endmodule
