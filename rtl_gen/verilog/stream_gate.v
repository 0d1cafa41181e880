// Stall gate of one stream, verification build only (architecture.md section 1): while stall_i is
// high, the consumer sees no beat and the producer sees no readiness. The payload passes beside it.
module stream_gate (
  input  wire stall_i,
  input  wire valid_i,
  output wire ready_o,
  output wire valid_o,
  input  wire ready_i
);
  assign valid_o = valid_i & !stall_i;
  assign ready_o = ready_i & !stall_i;
endmodule
