// Self-checking testbench of sylvester_top, for Icarus Verilog (iverilog -g2012): plays the beats
// in tb/vectors into the accelerator, with pauses, and compares everything that comes back. Prints
// PASS or FAIL; FAIL and a timeout end with $fatal (exit status 1). Run it from the folder of the
// package. Generated.
`timescale 1ns / 1ps
module sylvester_tb;
  localparam integer MaxCycles = 2000000;

  reg clk = 1'b0;
  reg rst_n = 1'b0;
  always #5 clk = !clk;

  wire prepare_job_valid;
  wire prepare_job_ready;
  wire [316:0] prepare_job_data;
  wire prepare_job_done;
  stream_source #(
    .Width(317),
    .Beats(4),
    .File("tb/vectors/prepare_job.hex"),
    .Seed(16'd1000)
  ) u_prepare_job (
    .clk_i(clk),
    .rst_ni(rst_n),
    .valid_o(prepare_job_valid),
    .ready_i(prepare_job_ready),
    .data_o(prepare_job_data),
    .done_o(prepare_job_done)
  );

  wire wide_valid;
  wire wide_ready;
  wire [31:0] wide_data;
  wire wide_done;
  stream_source #(
    .Width(32),
    .Beats(306),
    .File("tb/vectors/wide.hex"),
    .Seed(16'd1077)
  ) u_wide (
    .clk_i(clk),
    .rst_ni(rst_n),
    .valid_o(wide_valid),
    .ready_i(wide_ready),
    .data_o(wide_data),
    .done_o(wide_done)
  );

  wire codes_valid;
  wire codes_ready;
  wire [9:0] codes_data;
  wire codes_done;
  integer codes_errors;
  stream_check #(
    .Width(10),
    .Beats(174),
    .File("tb/vectors/codes.hex"),
    .Name("codes"),
    .Seed(16'd1308)
  ) u_codes (
    .clk_i(clk),
    .rst_ni(rst_n),
    .valid_i(codes_valid),
    .ready_o(codes_ready),
    .data_i(codes_data),
    .done_o(codes_done),
    .errors_o(codes_errors)
  );

  wire prepare_done_valid;
  wire prepare_done_ready;
  wire [127:0] prepare_done_data;
  wire prepare_done_done;
  integer prepare_done_errors;
  stream_check #(
    .Width(128),
    .Beats(4),
    .File("tb/vectors/prepare_done.hex"),
    .Name("prepare_done"),
    .Seed(16'd1385)
  ) u_prepare_done (
    .clk_i(clk),
    .rst_ni(rst_n),
    .valid_i(prepare_done_valid),
    .ready_o(prepare_done_ready),
    .data_i(prepare_done_data),
    .done_o(prepare_done_done),
    .errors_o(prepare_done_errors)
  );

  wire gemm_job_valid;
  wire gemm_job_ready;
  wire [128:0] gemm_job_data;
  wire gemm_job_done;
  stream_source #(
    .Width(129),
    .Beats(2),
    .File("tb/vectors/gemm_job.hex"),
    .Seed(16'd1462)
  ) u_gemm_job (
    .clk_i(clk),
    .rst_ni(rst_n),
    .valid_o(gemm_job_valid),
    .ready_i(gemm_job_ready),
    .data_o(gemm_job_data),
    .done_o(gemm_job_done)
  );

  wire a_codes_valid;
  wire a_codes_ready;
  wire [19:0] a_codes_data;
  wire a_codes_done;
  stream_source #(
    .Width(20),
    .Beats(116),
    .File("tb/vectors/a_codes.hex"),
    .Seed(16'd1539)
  ) u_a_codes (
    .clk_i(clk),
    .rst_ni(rst_n),
    .valid_o(a_codes_valid),
    .ready_i(a_codes_ready),
    .data_o(a_codes_data),
    .done_o(a_codes_done)
  );

  wire b_codes_valid;
  wire b_codes_ready;
  wire [15:0] b_codes_data;
  wire b_codes_done;
  stream_source #(
    .Width(16),
    .Beats(116),
    .File("tb/vectors/b_codes.hex"),
    .Seed(16'd1616)
  ) u_b_codes (
    .clk_i(clk),
    .rst_ni(rst_n),
    .valid_o(b_codes_valid),
    .ready_i(b_codes_ready),
    .data_o(b_codes_data),
    .done_o(b_codes_done)
  );

  wire results_valid;
  wire results_ready;
  wire [127:0] results_data;
  wire results_done;
  integer results_errors;
  stream_check #(
    .Width(128),
    .Beats(20),
    .File("tb/vectors/results.hex"),
    .Name("results"),
    .Seed(16'd1924)
  ) u_results (
    .clk_i(clk),
    .rst_ni(rst_n),
    .valid_i(results_valid),
    .ready_o(results_ready),
    .data_i(results_data),
    .done_o(results_done),
    .errors_o(results_errors)
  );

  wire gemm_done_valid;
  wire gemm_done_ready;
  wire [143:0] gemm_done_data;
  wire gemm_done_done;
  integer gemm_done_errors;
  stream_check #(
    .Width(144),
    .Beats(2),
    .File("tb/vectors/gemm_done.hex"),
    .Name("gemm_done"),
    .Seed(16'd2001)
  ) u_gemm_done (
    .clk_i(clk),
    .rst_ni(rst_n),
    .valid_i(gemm_done_valid),
    .ready_o(gemm_done_ready),
    .data_i(gemm_done_data),
    .done_o(gemm_done_done),
    .errors_o(gemm_done_errors)
  );

  wire [63:0] hardware_hash;
  sylvester_top u_dut (
    .clk_i(clk),
    .rst_ni(rst_n),
    .prepare_job_valid_i(prepare_job_valid),
    .prepare_job_ready_o(prepare_job_ready),
    .prepare_job_data_i(prepare_job_data),
    .wide_valid_i(wide_valid),
    .wide_ready_o(wide_ready),
    .wide_data_i(wide_data),
    .codes_valid_o(codes_valid),
    .codes_ready_i(codes_ready),
    .codes_data_o(codes_data),
    .prepare_done_valid_o(prepare_done_valid),
    .prepare_done_ready_i(prepare_done_ready),
    .prepare_done_data_o(prepare_done_data),
    .gemm_job_valid_i(gemm_job_valid),
    .gemm_job_ready_o(gemm_job_ready),
    .gemm_job_data_i(gemm_job_data),
    .a_codes_valid_i(a_codes_valid),
    .a_codes_ready_o(a_codes_ready),
    .a_codes_data_i(a_codes_data),
    .b_codes_valid_i(b_codes_valid),
    .b_codes_ready_o(b_codes_ready),
    .b_codes_data_i(b_codes_data),
    .results_valid_o(results_valid),
    .results_ready_i(results_ready),
    .results_data_o(results_data),
    .gemm_done_valid_o(gemm_done_valid),
    .gemm_done_ready_i(gemm_done_ready),
    .gemm_done_data_o(gemm_done_data),
    .hardware_hash_o(hardware_hash)
  );

  wire all_done = &{prepare_job_done,
                    wide_done,
                    codes_done,
                    prepare_done_done,
                    gemm_job_done,
                    a_codes_done,
                    b_codes_done,
                    results_done,
                    gemm_done_done};
  integer cycles;
  integer errors;

  initial begin
    repeat (4) @(posedge clk);
    rst_n <= 1'b1;
    cycles = 0;
    @(posedge clk);
    while (all_done !== 1'b1 && cycles < MaxCycles) begin
      @(posedge clk);
      cycles = cycles + 1;
    end
    repeat (100) @(posedge clk);  // beats that come too late are errors
    errors = codes_errors + prepare_done_errors + results_errors + gemm_done_errors;
    if (all_done !== 1'b1) begin
      $display("not all beats came within %0d cycles", MaxCycles);
      errors = errors + 1;
    end
    if (hardware_hash !== 64'h1c9d9869a80afcf8) begin
      $display("hardware hash is %h", hardware_hash);
      errors = errors + 1;
    end
    if (errors != 0) $fatal(1, "FAIL: %0d errors", errors);
    $display("PASS: %0d cycles", cycles);
    $finish;
  end
endmodule
