// One stage of the streaming Walsh-Hadamard transform (numerics.md, WHT-2; architecture.md section
// 4): pairs coefficients that are Delay apart, gives their sums at once and their differences
// behind them. Differences drain with the steps that follow, with or without new input.
//
// Lanes: 1 ... 32.  Bits: coefficient width; sums must fit.  Delay: power of two, >= 1.
module butterfly_stage #(
  parameter integer Lanes = 4,
  parameter integer Bits = 21,
  parameter integer Delay = 4
) (
  input  wire                  clk_i,
  input  wire                  rst_ni,
  input  wire                  step_i,
  input  wire                  active_i,
  input  wire                  valid_i,
  input  wire [Lanes*Bits-1:0] data_i,
  output wire                  valid_o,
  output wire [Lanes*Bits-1:0] data_o
);
  localparam integer AddressBits = (Delay > 1) ? $clog2(Delay) : 1;
  localparam integer PendingBits = $clog2(Delay + 1);
  localparam integer LastSlot = Delay - 1;

  reg [Lanes*Bits-1:0]  memory_q [0:Delay-1];
  reg                   second_half_q;
  reg [AddressBits-1:0] slot_q;
  reg [PendingBits-1:0] pending_q;

  wire pair = valid_i & second_half_q;
  wire drain = !pair & (pending_q != {PendingBits{1'b0}});
  wire last_slot = slot_q == LastSlot[AddressBits-1:0];

  // The oldest pending difference stands at Delay - pending, modulo Delay.
  wire [AddressBits-1:0] drain_slot =
      ({AddressBits{1'b0}} - pending_q[AddressBits-1:0]) & LastSlot[AddressBits-1:0];
  wire [AddressBits-1:0] read_slot = pair ? slot_q : drain_slot;
  wire [Lanes*Bits-1:0]  stored = memory_q[read_slot];

  wire [Lanes*Bits-1:0] sum;
  wire [Lanes*Bits-1:0] difference;
  genvar lane;
  generate
    for (lane = 0; lane < Lanes; lane = lane + 1) begin : gen_lane
      assign sum[Bits*lane +: Bits] = stored[Bits*lane +: Bits] + data_i[Bits*lane +: Bits];
      assign difference[Bits*lane +: Bits] = stored[Bits*lane +: Bits] - data_i[Bits*lane +: Bits];
    end
  endgenerate

  assign valid_o = active_i ? (pair | drain) : valid_i;
  assign data_o = !active_i ? data_i : pair ? sum : stored;

  always @(posedge clk_i) begin
    if (step_i & active_i & valid_i) memory_q[slot_q] <= second_half_q ? difference : data_i;
  end

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      second_half_q <= 1'b0;
      slot_q <= {AddressBits{1'b0}};
      pending_q <= {PendingBits{1'b0}};
    end else if (step_i & active_i) begin
      if (valid_i) begin
        slot_q <= last_slot ? {AddressBits{1'b0}} : slot_q + 1'b1;
        if (last_slot) second_half_q <= !second_half_q;
      end
      if (pair & last_slot) pending_q <= Delay[PendingBits-1:0];
      else if (drain) pending_q <= pending_q - 1'b1;
    end
  end
endmodule
