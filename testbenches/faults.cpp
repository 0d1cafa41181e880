#include "testbenches/faults.hpp"

#include <array>
#include <stdexcept>

namespace sylvester {
namespace {

// The expressions are those of rtl_gen/verilog; a test watches that each still stands there once.
constexpr std::array kFaults = {
    RtlFault{1, "corner_turn.v", "corner_turn", "the second pass is admitted at once",
             "(!write_pass_q | open_i)", "1'b1"},
    RtlFault{2, "corner_turn.v", "corner_turn", "neighbouring columns change places",
             "line[16*read_column_q +: 16]", "line[16*(read_column_q ^ 1'b1) +: 16]"},
    RtlFault{3, "corner_turn.v", "corner_turn", "a bank is read to its end past the line's end",
             "line_read | (read_column_q == LastLane[LaneBits-1:0])",
             "read_column_q == LastLane[LaneBits-1:0]"},
    RtlFault{4, "butterfly_stage.v", "transform", "differences have the wrong sign",
             "stored[Bits*lane +: Bits] - data_i[Bits*lane +: Bits]",
             "data_i[Bits*lane +: Bits] - stored[Bits*lane +: Bits]"},
    RtlFault{5, "butterfly_stage.v", "transform", "differences drain in reversed order",
             "({AddressBits{1'b0}} - pending_q[AddressBits-1:0])",
             "(pending_q[AddressBits-1:0] - 1'b1)"},
    RtlFault{6, "transform.v", "transform", "one stage too many is active", "block_log2_i > Index",
             "block_log2_i >= Index"},
    RtlFault{7, "max_tree.v", "quantise", "the last lane is not measured",
             "(right > left) ? right : left",
             "(2 * i + 2 == 2 * Inputs - 2) ? left : (right > left) ? right : left"},
    RtlFault{8, "quantise.v", "quantise", "the draw's index takes stride 1 along k",
             "k_offset_q + stride_k_i", "k_offset_q + 32'd1"},
    RtlFault{9, "quantise.v", "quantise", "lanes that only fill the last group are counted",
             "(!mid_last_group | (Index < last_lanes_i))", "1'b1"},
    RtlFault{10, "quantise.v", "quantise", "the divider's set-up takes one cycle",
             "setup_q == LastSetup[2:0]", "1'b1"},
    RtlFault{11, "divide_lane.v", "quantise", "the divisor is one too large",
             "{1'b0, remainder_d} - {1'b0, top_divisor_i}",
             "{1'b0, remainder_d} - {1'b0, top_divisor_i} - 1'b1"},
    RtlFault{12, "round_code.v", "quantise", "ties go up instead of to even",
             "(above_half | below_i[0])", "1'b1"},
    RtlFault{13, "round_code.v", "quantise", "the stochastic threshold is one too high",
             "draw_i < fraction_i", "draw_i <= fraction_i"},
    RtlFault{14, "round_code.v", "quantise", "the rounded code is not limited",
             "full ? largest : magnitude", "magnitude"},
    RtlFault{15, "scale_setup.v", "quantise", "the clip rule divides by 40 M",
             "(max_wide << 5) + (max_wide << 3) - max_wide", "(max_wide << 5) + (max_wide << 3)"},
    RtlFault{16, "draw_key.v", "draw_key", "the key schedule has no round constants",
             "{26'd0, round_q}", "32'd0"},
    RtlFault{17, "draw_key.v", "draw_key", "the key schedule ends a round early",
             "round_q == LAST_ROUND", "round_q == LAST_ROUND - 6'd1"},
    RtlFault{18, "draw_mixer.v", "quantise", "the mixer rotates y by three places",
             "{y[13:0], y[15:14]} ^ x", "{y[12:0], y[15:13]} ^ x"},
    RtlFault{19, "job_control.v", "prepare_control gemm_control",
             "a new job is taken while the last one is reported", "state_q == IDLE",
             "(state_q == IDLE) | (state_q == DONE)"},
    RtlFault{20, "code_buffer.v", "code_buffer_a code_buffer_b", "a full bank is overwritten",
             "run_i & !write_done_q & !occupied_q[write_bank_q]", "run_i & !write_done_q"},
    RtlFault{21, "code_buffer.v", "code_buffer_a code_buffer_b",
             "a kept chunk is released after its first use", "chunk_read & last_use", "chunk_read"},
    RtlFault{22, "code_memory.v", "code_buffer_a code_buffer_b", "the read address is one too high",
             "words_q[read_address_i]", "words_q[read_address_i + 1'b1]"},
    RtlFault{23, "systolic_array.v", "systolic_array",
             "a tile may end before the shift-out registers are free", "(!tile_last | gap_done)",
             "1'b1"},
    RtlFault{24, "systolic_array.v", "systolic_array",
             "rows shift on after taking the values above them",
             "gen_drain[column].rows_left_q > RowsHeld[RowCountBits-1:0]",
             "gen_drain[column].draining"},
    RtlFault{25, "processing_element.v", "systolic_array", "a tile starts from the last one's sum",
             "first_i ? {RegisterBits{1'b0}} : acc_q", "acc_q"},
    RtlFault{26, "processing_element.v", "systolic_array", "limited MACs are not counted",
             "count_in + {{(CountBits-1){1'b0}}, limited}", "count_in"},
    RtlFault{27, "accumulate_saturate.v", "systolic_array", "the positive limit is one too small",
             "{exact[SumBits-1], {(RegisterBits-1){!exact[SumBits-1]}}}",
             "{exact[SumBits-1], {(RegisterBits-2){!exact[SumBits-1]}}, 1'b0}"},
    RtlFault{28, "outer_add.v", "edge", "the outer sum wraps and nobody counts it",
             "exact[OuterBits] != exact[OuterBits-1]", "1'b0"},
    RtlFault{29, "edge_accumulators.v", "edge", "a line starts from the last line's sums",
             "first_tile_q ? {(Cols*OuterBits){1'b0}} : outer_q[row_q]", "outer_q[row_q]"},
    RtlFault{30, "edge_accumulators.v", "edge", "one row too many leaves the last m-block",
             "{{(7-RowBits){1'b0}}, row_q} < m_last_i", "{{(7-RowBits){1'b0}}, row_q} <= m_last_i"},
    RtlFault{31, "edge_accumulators.v", "edge", "limited tiles are counted while the edge waits",
             "tile_limited & {Cols{add}}", "tile_limited"},
    RtlFault{32, "stream_fifo.v", "transform quantise systolic_array edge",
             "a FIFO refuses its last place", "count_q != Depth[CountBits-1:0]",
             "count_q < LastSlot[CountBits-1:0]"},
    RtlFault{33, "place_quotient.v", "quantise", "every gap counts as one", "place >> gap_log2",
             "place"},
    RtlFault{34, "outer_add.v", "edge", "the carry into bit 4 is dropped",
             "{{(OuterBits+1-AccBits){partial_i[AccBits-1]}}, partial_i}",
             "{{(OuterBits+1-AccBits){partial_i[AccBits-1]}}, partial_i} - "
             "((outer_i[3:0] + partial_i[3:0]) & 5'h10)"},
    RtlFault{35, "stream_fifo.v", "transform quantise systolic_array edge",
             "a word is lost in a stall", "valid_o & ready_i", "valid_o"},
    RtlFault{36, "operand_word.v", "systolic_array", "a power of two has no sign",
             "{4'd0, negative, places}", "{5'd0, places}"},
    RtlFault{37, "operand_product.v", "systolic_array", "zero shifts like 2^7",
             "{(ValueBits+1){!zero}}", "{(ValueBits+1){1'b1}}"},
    RtlFault{38, "operand_product.v", "systolic_array", "odd powers of two lose a factor of two",
             "power[0] ? {signed_value, 1'b0} : {sign, signed_value}", "{sign, signed_value}"},
    RtlFault{39, "operand_product.v", "systolic_array", "the word of a power of two is multiplied",
             "(Multiply == 0) | a_shift_i | b_shift_i", "Multiply == 0"},
    RtlFault{40, "code_buffer.v", "code_buffer_a code_buffer_b",
             "passes of later tiles begin at the chunk's first beat",
             "tile_again ? tile_start : read_offset_q + 1'b1",
             "tile_again ? {OffsetBits{1'b0}} : read_offset_q + 1'b1", true},
    RtlFault{41, "operand_word.v", "systolic_array", "the low nibble has a sign",
             "{4'd0, code[3:0]}", "{{4{code[3]}}, code[3:0]}", true},
    RtlFault{42, "pass_sum.v", "edge", "the first pass has the weight of the second", "wide << 8",
             "wide << 4", true},
    RtlFault{43, "pass_sum.v", "edge", "sums of passes have no lower limit", "exact < -LIMIT",
             "1'b0", true},
    RtlFault{44, "processing_element.v", "systolic_array", "a pass beyond P bits is a limited tile",
             "tile_limited & !exact_i", "tile_limited", true},
    RtlFault{45, "corner_turn.v", "corner_turn", "a matrix whose divisor is given is taken twice",
             "write_pass_q | one_pass_i", "write_pass_q"},
    RtlFault{46, "quantise.v", "quantise", "M is measured in the first of two passes only",
             "(measure_pop | quantise_pop) & (beat_max > max_q)",
             "measure_pop & (beat_max > max_q)"},
    RtlFault{47, "quantise.v", "quantise", "M_given = 0 divides by 1",
             "given & (given_divisor_i == 31'd0)", "1'b0"},
    RtlFault{48, "quantise_lane.v", "quantise", "what exceeds a given limit is not saturated",
             "(scale_rule_i == 3'd4) & (compared >= limit)", "1'b0"},
    RtlFault{49, "quantise_lane.v", "quantise", "a fine divisor has a numerator that is not",
             "fine_i ? {magnitude_i, 8'd0} : {8'd0, magnitude_i}", "{8'd0, magnitude_i}"},
    RtlFault{50, "quantise_lane.v", "quantise", "rule luq multiplies by 2 Q",
             "luq ? ~wide : times_largest << 3",
             "luq ? {NumeratorBits{1'b1}} : times_largest << 3"},
    RtlFault{51, "draw_key.v", "draw_key transform", "the random signs have the key of the draws",
             "of_signs ? sign_word_i : draw_word_i", "draw_word_i"},
    RtlFault{52, "sign_source.v", "transform", "a line's signs begin one column late",
             "(k_q == k_len_i - 16'd1) ? 16'd0 : k_q + 16'd1",
             "(k_q == k_len_i) ? 16'd0 : k_q + 16'd1"},
    RtlFault{53, "sign_source.v", "transform", "signs move on without their column",
             "full ? pop_i : key_ready_i", "key_ready_i"},
    RtlFault{54, "transform.v", "transform", "a sign changes ones' complement",
             "{Bits{1'b0}} - extended", "~extended"},
};

constexpr const char* kPackageFile = "sylvester_fault_pkg.sv";
constexpr const char* kPackage =
    "package sylvester_fault_pkg;\n"
    "  int selector /*verilator public_flat_rw*/ = 0;\n"
    "endpackage\n";

}  // namespace

std::span<const RtlFault> rtl_faults() { return kFaults; }

void insert_faults(std::map<std::string, std::string>& sources) {
  for (const auto& fault : kFaults) {
    const auto file = sources.find(std::string(fault.file));
    if (file == sources.end()) continue;
    std::string& text = file->second;
    const std::size_t at = text.find(fault.original);
    if (at == std::string::npos || text.find(fault.original, at + 1) != std::string::npos) {
      throw std::logic_error("fault " + std::to_string(fault.number) + ": '" +
                             std::string(fault.original) + "' does not stand once in " +
                             std::string(fault.file));
    }
    const std::string choice =
        "((sylvester_fault_pkg::selector == " + std::to_string(fault.number) + ") ? (" +
        std::string(fault.mutated) + ") : (" + std::string(fault.original) + "))";
    text.replace(at, fault.original.size(), choice);
  }
  sources[kPackageFile] = kPackage;
}

}  // namespace sylvester
