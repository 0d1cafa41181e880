#include "rtl_gen/testbench.hpp"

#include <initializer_list>
#include <utility>

#include "rtl_gen/expression.hpp"

namespace sylvester {
namespace {

constexpr int kMaxCycles = 2'000'000;

constexpr const char* kFrame =
    R"(// Self-checking testbench of sylvester_top, for Icarus Verilog (iverilog -g2012): plays the beats
// in tb/vectors into the accelerator, with pauses, and compares everything that comes back. Prints
// PASS or FAIL; FAIL and a timeout end with $fatal (exit status 1). Run it from the folder of the
// package. Generated.
`timescale 1ns / 1ps
module sylvester_tb;
  localparam integer MaxCycles = @CYCLES@;

  reg clk = 1'b0;
  reg rst_n = 1'b0;
  always #5 clk = !clk;
@STREAMS@
  wire [63:0] hardware_hash;
  sylvester_top u_dut (
    .clk_i(clk),
    .rst_ni(rst_n),
@CONNECTIONS@    .hardware_hash_o(hardware_hash)
  );

  wire all_done = &{@DONE@};
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
    errors = @ERRORS@;
    if (all_done !== 1'b1) begin
      $display("not all beats came within %0d cycles", MaxCycles);
      errors = errors + 1;
    end
    if (hardware_hash !== @HASH@) begin
      $display("hardware hash is %h", hardware_hash);
      errors = errors + 1;
    end
    if (errors != 0) $fatal(1, "FAIL: %0d errors", errors);
    $display("PASS: %0d cycles", cycles);
    $finish;
  end
endmodule
)";

constexpr const char* kSource = R"(
  wire @NAME@_valid;
  wire @NAME@_ready;
  wire [@HIGH@:0] @NAME@_data;
  wire @NAME@_done;
  stream_source #(
    .Width(@BITS@),
    .Beats(@BEATS@),
    .File("@FILE@"),
    .Seed(@SEED@)
  ) u_@NAME@ (
    .clk_i(clk),
    .rst_ni(rst_n),
    .valid_o(@NAME@_valid),
    .ready_i(@NAME@_ready),
    .data_o(@NAME@_data),
    .done_o(@NAME@_done)
  );
)";

constexpr const char* kCheck = R"(
  wire @NAME@_valid;
  wire @NAME@_ready;
  wire [@HIGH@:0] @NAME@_data;
  wire @NAME@_done;
  integer @NAME@_errors;
  stream_check #(
    .Width(@BITS@),
    .Beats(@BEATS@),
    .File("@FILE@"),
    .Name("@NAME@"),
    .Seed(@SEED@)
  ) u_@NAME@ (
    .clk_i(clk),
    .rst_ni(rst_n),
    .valid_i(@NAME@_valid),
    .ready_o(@NAME@_ready),
    .data_i(@NAME@_data),
    .done_o(@NAME@_done),
    .errors_o(@NAME@_errors)
  );
)";

constexpr const char* kSourceConnection = R"(    .@NAME@_valid_i(@NAME@_valid),
    .@NAME@_ready_o(@NAME@_ready),
    .@NAME@_data_i(@NAME@_data),
)";
constexpr const char* kCheckConnection = R"(    .@NAME@_valid_o(@NAME@_valid),
    .@NAME@_ready_i(@NAME@_ready),
    .@NAME@_data_o(@NAME@_data),
)";

using Replacements = std::initializer_list<std::pair<std::string, std::string>>;

std::string filled(std::string text, const Replacements& replacements) {
  for (const auto& [mark, value] : replacements) {
    for (std::size_t at = text.find(mark); at != std::string::npos;
         at = text.find(mark, at + value.size())) {
      text.replace(at, mark.size(), value);
    }
  }
  return text;
}

}  // namespace

std::string vector_file(std::string_view stream) {
  return "tb/vectors/" + std::string(stream) + ".hex";
}

std::string testbench(const HardwareParameters& hardware, const StreamVectors& vectors) {
  std::string stream_text;
  std::string connections;
  std::string done;
  std::string errors;
  for (const auto& stream : streams()) {
    const bool source = stream.producer == "host";
    if (!source && stream.consumer != "host") continue;
    const std::string name(stream.name);
    const auto number = static_cast<std::size_t>(stream.stream);
    const int bits = payload_bits(hardware, stream.stream);
    stream_text += filled(source ? kSource : kCheck,
                          {{"@NAME@", name},
                           {"@BITS@", std::to_string(bits)},
                           {"@HIGH@", std::to_string(bits - 1)},
                           {"@BEATS@", std::to_string(vectors[number].size())},
                           {"@FILE@", vector_file(name)},
                           {"@SEED@", "16'd" + std::to_string(1000 + 77 * number)}});
    connections += filled(source ? kSourceConnection : kCheckConnection, {{"@NAME@", name}});
    done += (done.empty() ? "" : ",\n                    ") + name;
    done += "_done";
    if (source) continue;
    errors += (errors.empty() ? "" : " + ") + name;
    errors += "_errors";
  }
  return filled(kFrame, {{"@CYCLES@", std::to_string(kMaxCycles)},
                         {"@STREAMS@", stream_text},
                         {"@CONNECTIONS@", connections},
                         {"@DONE@", done},
                         {"@ERRORS@", errors},
                         {"@HASH@", rtl::hex_literal(hardware_hash(hardware))}});
}

}  // namespace sylvester
