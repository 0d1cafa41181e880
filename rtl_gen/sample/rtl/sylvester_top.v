// Sylvester accelerator: a prepare unit (wide matrices to operand codes) and a GEMM unit
// (codes to integer results), each behind a stream of jobs.
// Every stream moves a beat when valid and ready are high. Job and done payloads are
// packed lowest field first: see the slices below. Generated; parameters may be overridden,
// then HardwareHash no longer names the hardware.
//
// Rows                1 ... 64: rows of the array
// Cols                1 ... 64: columns of the array
// ABits               4 ... 8: bits of an A code, 5 with unsigned codes
// BBits               4 ... 8: bits of a B code
// AValueBits          4 ... 8: bits of an A value, at least ABits
// BValueBits          4 ... 8: bits of a B value, at least BBits
// LargestProduct      1 ... 16129: largest product of two values
// AListed             0 ... 1: 1: A codes may be of the listed format
// BListed             0 ... 1: 1: B codes may be of the listed format
// Shift               0 ... 1: 1: the listed format's products are shifts
// Multiply            0 ... 1: 0: every product is such a shift
// Nibbles             0 ... 1: 1: 8-bit codes, in passes over nibbles
// Magnitudes          magnitudes of the listed format, 8 bits each from code 0 up, 255 behind
// AccBits             4 ... 24: bits of a partial sum (P)
// Policy              0 ... 2: overflow inside a tile: 0 saturate, 1 wrap, 2 clamp
// PassBits            0 ... 25: bits of the exact sum of a pass over nibbles, with Policy 2; else 0
// OuterBits           4 ... 32: bits of the outer accumulators, at least AccBits
// TileMax             1 ... 65535: longest tile of a job
// Lanes               1 ... 32: lanes of the prepare unit
// BlockMax            2 ... 1024: longest transform block, a power of two
// QuotientBits        4 ... 8: bits of the largest quotient of a format
// CodeBits            5 ... 8: bits of a code that is prepared: 5, or 8 with QuotientBits 8
// RandomBits          1 ... 16: random bits of a stochastic rounding
// Signs               0 ... 1: 1: random signs before the transform
// Counters            0 ... 2: 0 none, 1 sticky, 2 full
// DepthTurned         2 ... 64: beats of the FIFO at stream turned
// DepthCoefficients   2 ... 64: beats of the FIFO at stream coefficients
// CodeChunk           1 ... 65535: k-beats per bank of a code buffer
// DepthFeed           2 ... 64: beats of the FIFO at stream feed
// DepthPartials       2 ... 64: beats of the FIFO at stream partials
// TransformRegisters  1 ... 4: latency table entry transform_registers
// ScaleSetup          1 ... 8: latency table entry scale_setup
// DivideBits          1 ... 16: latency table entry divide_bits
// MixRounds           1 ... 10: latency table entry mix_rounds
// CodeBufferRead      1 ... 4: latency table entry code_buffer_read
// ArrayFeed           1 ... 4: latency table entry array_feed
// ArrayDrain          1 ... 4: latency table entry array_drain
// EdgeOutput          1 ... 4: latency table entry edge_output
// HardwareHash        hash of all parameters above, readable at hardware_hash_o
module sylvester_top #(
  parameter integer Rows = 4,
  parameter integer Cols = 4,
  parameter integer ABits = 5,
  parameter integer BBits = 4,
  parameter integer AValueBits = 5,
  parameter integer BValueBits = 4,
  parameter integer LargestProduct = 105,
  parameter integer AListed = 0,
  parameter integer BListed = 0,
  parameter integer Shift = 0,
  parameter integer Multiply = 1,
  parameter integer Nibbles = 0,
  parameter [127:0] Magnitudes = 128'hffffffffffffffffffffffffffffffff,
  parameter integer AccBits = 8,
  parameter integer Policy = 0,
  parameter integer PassBits = 0,
  parameter integer OuterBits = 24,
  parameter integer TileMax = 64,
  parameter integer Lanes = 2,
  parameter integer BlockMax = 8,
  parameter integer QuotientBits = 4,
  parameter integer CodeBits = 5,
  parameter integer RandomBits = 8,
  parameter integer Signs = 0,
  parameter integer Counters = 2,
  parameter integer DepthTurned = 2,
  parameter integer DepthCoefficients = 2,
  parameter integer CodeChunk = 8,
  parameter integer DepthFeed = 2,
  parameter integer DepthPartials = 2,
  parameter integer TransformRegisters = 1,
  parameter integer ScaleSetup = 2,
  parameter integer DivideBits = 2,
  parameter integer MixRounds = 2,
  parameter integer CodeBufferRead = 1,
  parameter integer ArrayFeed = 1,
  parameter integer ArrayDrain = 1,
  parameter integer EdgeOutput = 1,
  parameter [63:0]  HardwareHash = 64'h1c9d9869a80afcf8
) (
  input  wire                      clk_i,
  input  wire                      rst_ni,
  input  wire                      prepare_job_valid_i,
  output wire                      prepare_job_ready_o,
  input  wire [316:0]              prepare_job_data_i,
  input  wire                      wide_valid_i,
  output wire                      wide_ready_o,
  input  wire [16*Lanes-1:0]       wide_data_i,
  output wire                      codes_valid_o,
  input  wire                      codes_ready_i,
  output wire [CodeBits*Lanes-1:0] codes_data_o,
  output wire                      prepare_done_valid_o,
  input  wire                      prepare_done_ready_i,
  output wire [127:0]              prepare_done_data_o,
  input  wire                      gemm_job_valid_i,
  output wire                      gemm_job_ready_o,
  input  wire [128:0]              gemm_job_data_i,
  input  wire                      a_codes_valid_i,
  output wire                      a_codes_ready_o,
  input  wire [Rows*ABits-1:0]     a_codes_data_i,
  input  wire                      b_codes_valid_i,
  output wire                      b_codes_ready_o,
  input  wire [Cols*BBits-1:0]     b_codes_data_i,
  output wire                      results_valid_o,
  input  wire                      results_ready_i,
  output wire [32*Cols-1:0]        results_data_o,
  output wire                      gemm_done_valid_o,
  input  wire                      gemm_done_ready_i,
  output wire [143:0]              gemm_done_data_o,
  output wire [63:0]               hardware_hash_o
);
  localparam integer CountBits = (Counters == 2) ? $clog2(TileMax + 1) : 1;
  localparam integer PartialBits = (PassBits > AccBits) ? PassBits : AccBits;
  localparam integer SumBits = (Policy == 2 && $clog2(TileMax * 16129 + 1) + 1 > AccBits) ?
      $clog2(TileMax * 16129 + 1) + 1 : AccBits;
  localparam integer PrepareJobBits = 317;
  localparam integer PrepareDoneBits = 128;
  localparam integer GemmJobBits = 129;
  localparam integer GemmDoneBits = 144;

  // An illegal parameter stops the elaboration at a module that does not exist.
  generate
    if (Rows < 1 || Rows > 64) illegal_Rows_allowed_1_to_64 u_stop ();
    if (Cols < 1 || Cols > 64) illegal_Cols_allowed_1_to_64 u_stop ();
    if (ABits < 4 || ABits > 8) illegal_ABits_allowed_4_to_8 u_stop ();
    if (BBits < 4 || BBits > 8) illegal_BBits_allowed_4_to_8 u_stop ();
    if (AValueBits < 4 || AValueBits > 8) illegal_AValueBits_allowed_4_to_8 u_stop ();
    if (BValueBits < 4 || BValueBits > 8) illegal_BValueBits_allowed_4_to_8 u_stop ();
    if (LargestProduct < 1 || LargestProduct > 16129) illegal_LargestProduct_allowed_1_to_16129
        u_stop ();
    if (AListed < 0 || AListed > 1) illegal_AListed_allowed_0_to_1 u_stop ();
    if (BListed < 0 || BListed > 1) illegal_BListed_allowed_0_to_1 u_stop ();
    if (Shift < 0 || Shift > 1) illegal_Shift_allowed_0_to_1 u_stop ();
    if (Multiply < 0 || Multiply > 1) illegal_Multiply_allowed_0_to_1 u_stop ();
    if (Nibbles < 0 || Nibbles > 1) illegal_Nibbles_allowed_0_to_1 u_stop ();
    if (AccBits < 4 || AccBits > 24) illegal_AccBits_allowed_4_to_24 u_stop ();
    if (Policy < 0 || Policy > 2) illegal_Policy_allowed_0_to_2 u_stop ();
    if (PassBits < 0 || PassBits > 25) illegal_PassBits_allowed_0_to_25 u_stop ();
    if (OuterBits < 4 || OuterBits > 32) illegal_OuterBits_allowed_4_to_32 u_stop ();
    if (TileMax < 1 || TileMax > 65535) illegal_TileMax_allowed_1_to_65535 u_stop ();
    if (Lanes < 1 || Lanes > 32) illegal_Lanes_allowed_1_to_32 u_stop ();
    if (BlockMax < 2 || BlockMax > 1024) illegal_BlockMax_allowed_2_to_1024 u_stop ();
    if (QuotientBits < 4 || QuotientBits > 8) illegal_QuotientBits_allowed_4_to_8 u_stop ();
    if (CodeBits < 5 || CodeBits > 8) illegal_CodeBits_allowed_5_to_8 u_stop ();
    if (RandomBits < 1 || RandomBits > 16) illegal_RandomBits_allowed_1_to_16 u_stop ();
    if (Signs < 0 || Signs > 1) illegal_Signs_allowed_0_to_1 u_stop ();
    if (Counters < 0 || Counters > 2) illegal_Counters_allowed_0_to_2 u_stop ();
    if (DepthTurned < 2 || DepthTurned > 64) illegal_DepthTurned_allowed_2_to_64 u_stop ();
    if (DepthCoefficients < 2 || DepthCoefficients > 64) illegal_DepthCoefficients_allowed_2_to_64
        u_stop ();
    if (CodeChunk < 1 || CodeChunk > 65535) illegal_CodeChunk_allowed_1_to_65535 u_stop ();
    if (DepthFeed < 2 || DepthFeed > 64) illegal_DepthFeed_allowed_2_to_64 u_stop ();
    if (DepthPartials < 2 || DepthPartials > 64) illegal_DepthPartials_allowed_2_to_64 u_stop ();
    if (TransformRegisters < 1 || TransformRegisters > 4) illegal_TransformRegisters_allowed_1_to_4
        u_stop ();
    if (ScaleSetup < 1 || ScaleSetup > 8) illegal_ScaleSetup_allowed_1_to_8 u_stop ();
    if (DivideBits < 1 || DivideBits > 16) illegal_DivideBits_allowed_1_to_16 u_stop ();
    if (MixRounds < 1 || MixRounds > 10) illegal_MixRounds_allowed_1_to_10 u_stop ();
    if (CodeBufferRead < 1 || CodeBufferRead > 4) illegal_CodeBufferRead_allowed_1_to_4 u_stop ();
    if (ArrayFeed < 1 || ArrayFeed > 4) illegal_ArrayFeed_allowed_1_to_4 u_stop ();
    if (ArrayDrain < 1 || ArrayDrain > 4) illegal_ArrayDrain_allowed_1_to_4 u_stop ();
    if (EdgeOutput < 1 || EdgeOutput > 4) illegal_EdgeOutput_allowed_1_to_4 u_stop ();
    if (!(Nibbles == 1 || AValueBits >= ABits && BValueBits >= BBits))
        illegal_value_narrower_than_its_code u_stop ();
    if (!(Nibbles == 0 || ABits == 8 && BBits == 8 && CodeBits == 8 && QuotientBits == 8 &&
        AValueBits >= 5 && BValueBits >= 5 && LargestProduct >= 225 && Multiply == 1))
        illegal_width_for_nibbles u_stop ();
    if (!(Nibbles == 0 || Policy != 2 || PassBits == $clog2(TileMax * 225 + 1) + 1))
        illegal_PassBits_not_those_of_a_pass u_stop ();
    if (!(PassBits == 0 || Nibbles == 1 && Policy == 2)) illegal_PassBits_without_exact_passes
        u_stop ();
    if (!(ABits <= CodeBits && BBits <= CodeBits)) illegal_CodeBits_below_a_code u_stop ();
    if (!(CodeBits == 5 || CodeBits == 8 && QuotientBits == 8)) illegal_CodeBits_not_5_or_8 u_stop
        ();
    if (!(LargestProduct >= (1 << AValueBits - 2) * (1 << BValueBits - 2)))
        illegal_LargestProduct_below_the_values_product u_stop ();
    if (!(QuotientBits >= AValueBits - 1 && QuotientBits >= BValueBits - 1))
        illegal_QuotientBits_below_the_values_bits u_stop ();
    if (!(Multiply == 1 || Shift == 1 && AListed + BListed > 0)) illegal_no_product u_stop ();
    if (!(OuterBits >= AccBits)) illegal_OuterBits_below_AccBits u_stop ();
    if (!((BlockMax & BlockMax - 1) == 0)) illegal_BlockMax_not_a_power_of_two u_stop ();
  endgenerate
  assign hardware_hash_o = HardwareHash;

  // Streams.
  wire turned_valid;
  wire turned_ready;
  wire [16*Lanes-1:0] turned_data;
  wire coefficients_valid;
  wire coefficients_ready;
  wire [(16+$clog2(BlockMax))*Lanes-1:0] coefficients_data;
  wire a_feed_valid;
  wire a_feed_ready;
  wire [Rows*ABits:0] a_feed_data;
  wire b_feed_valid;
  wire b_feed_ready;
  wire [Cols*BBits:0] b_feed_data;
  wire partials_valid;
  wire partials_ready;
  wire [Cols*(((PassBits>AccBits)?PassBits:AccBits)+((Counters==2)?$clog2(TileMax+1):1)+1):0]
      partials_data;

  // Job control of the prepare unit, and the fields of its descriptor.
  wire [PrepareJobBits-1:0] prepare_descriptor;
  wire prepare_control_run;
  wire prepare_finished;
  wire [31:0] prepare_max_magnitude;
  wire [31:0] prepare_codes_at_limit;
  wire [31:0] prepare_rounded_up;
  wire [31:0] prepare_zero_codes;
  job_control #(
    .JobBits(PrepareJobBits),
    .DoneBits(PrepareDoneBits)
  ) u_prepare_control (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .job_valid_i(prepare_job_valid_i),
    .job_ready_o(prepare_job_ready_o),
    .job_data_i(prepare_job_data_i),
    .job_o(prepare_descriptor),
    .run_o(prepare_control_run),
    .finished_i(prepare_finished),
    .done_data_i({prepare_zero_codes, prepare_rounded_up, prepare_codes_at_limit,
        prepare_max_magnitude}),
    .done_valid_o(prepare_done_valid_o),
    .done_ready_i(prepare_done_ready_i),
    .done_data_o(prepare_done_data_o)
  );
  wire [15:0] prepare_k_len = prepare_descriptor[15:0];
  wire [15:0] prepare_groups = prepare_descriptor[31:16];
  wire [5:0] prepare_last_lanes = prepare_descriptor[37:32];
  wire [3:0] prepare_block_log2 = prepare_descriptor[41:38];
  wire prepare_listed = prepare_descriptor[42];
  wire [6:0] prepare_largest_code = prepare_descriptor[49:43];
  wire [2:0] prepare_largest_high = prepare_descriptor[52:50];
  wire [2:0] prepare_largest_low = prepare_descriptor[55:53];
  wire [2:0] prepare_scale_rule = prepare_descriptor[58:56];
  wire [30:0] prepare_given_divisor = prepare_descriptor[89:59];
  wire prepare_given_fine = prepare_descriptor[90];
  wire prepare_stochastic = prepare_descriptor[91];
  wire prepare_signs = prepare_descriptor[92];
  wire [31:0] prepare_seed = prepare_descriptor[124:93];
  wire [31:0] prepare_step = prepare_descriptor[156:125];
  wire [31:0] prepare_draw_word = prepare_descriptor[188:157];
  wire [31:0] prepare_sign_word = prepare_descriptor[220:189];
  wire [31:0] prepare_index0 = prepare_descriptor[252:221];
  wire [31:0] prepare_stride_line = prepare_descriptor[284:253];
  wire [31:0] prepare_stride_k = prepare_descriptor[316:285];

  // Prepare unit.
  wire [159:0] key;
  wire key_ready;
  wire [159:0] sign_key;
  wire sign_key_ready;
  wire signs_ready;
  wire sign_negative;
  wire column_taken;
  wire prepare_run = prepare_control_run & key_ready & signs_ready;
  wire one_pass = prepare_scale_rule == 3'd4;
  wire quantise_open;
  draw_key #(
    .Signs(Signs)
  ) u_draw_key (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .run_i(prepare_control_run),
    .stochastic_i(prepare_stochastic),
    .signs_i(prepare_signs),
    .seed_i(prepare_seed),
    .step_i(prepare_step),
    .draw_word_i(prepare_draw_word),
    .sign_word_i(prepare_sign_word),
    .ready_o(key_ready),
    .key_o(key),
    .sign_ready_o(sign_key_ready),
    .sign_key_o(sign_key)
  );
  sign_source #(
    .Signs(Signs),
    .MixRounds(MixRounds)
  ) u_sign_source (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .run_i(prepare_control_run),
    .signs_i(prepare_signs),
    .k_len_i(prepare_k_len),
    .key_ready_i(sign_key_ready),
    .key_i(sign_key),
    .pop_i(column_taken),
    .ready_o(signs_ready),
    .negative_o(sign_negative)
  );
  corner_turn #(
    .Lanes(Lanes)
  ) u_corner_turn (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .run_i(prepare_run),
    .open_i(quantise_open),
    .one_pass_i(one_pass),
    .k_len_i(prepare_k_len),
    .groups_i(prepare_groups),
    .wide_valid_i(wide_valid_i),
    .wide_ready_o(wide_ready_o),
    .wide_data_i(wide_data_i),
    .turned_valid_o(turned_valid),
    .turned_ready_i(turned_ready),
    .turned_data_o(turned_data)
  );
  transform #(
    .Lanes(Lanes),
    .BlockMax(BlockMax),
    .Depth(DepthTurned),
    .Registers(TransformRegisters),
    .Signs(Signs)
  ) u_transform (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .block_log2_i(prepare_block_log2),
    .negative_i(sign_negative),
    .pop_o(column_taken),
    .turned_valid_i(turned_valid),
    .turned_ready_o(turned_ready),
    .turned_data_i(turned_data),
    .coefficients_valid_o(coefficients_valid),
    .coefficients_ready_i(coefficients_ready),
    .coefficients_data_o(coefficients_data)
  );
  quantise #(
    .Lanes(Lanes),
    .BlockMax(BlockMax),
    .QuotientBits(QuotientBits),
    .CodeBits(CodeBits),
    .RandomBits(RandomBits),
    .Depth(DepthCoefficients),
    .ScaleSetup(ScaleSetup),
    .DivideBits(DivideBits),
    .MixRounds(MixRounds),
    .Counters(Counters),
    .Listed(AListed | BListed),
    .Magnitudes(Magnitudes)
  ) u_quantise (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .run_i(prepare_run),
    .k_len_i(prepare_k_len),
    .groups_i(prepare_groups),
    .last_lanes_i(prepare_last_lanes),
    .listed_i(prepare_listed),
    .largest_code_i(prepare_largest_code),
    .largest_high_i(prepare_largest_high),
    .largest_low_i(prepare_largest_low),
    .scale_rule_i(prepare_scale_rule),
    .given_divisor_i(prepare_given_divisor),
    .given_fine_i(prepare_given_fine),
    .stochastic_i(prepare_stochastic),
    .index0_i(prepare_index0),
    .stride_line_i(prepare_stride_line),
    .stride_k_i(prepare_stride_k),
    .key_i(key),
    .open_o(quantise_open),
    .finished_o(prepare_finished),
    .max_magnitude_o(prepare_max_magnitude),
    .codes_at_limit_o(prepare_codes_at_limit),
    .rounded_up_o(prepare_rounded_up),
    .zero_codes_o(prepare_zero_codes),
    .coefficients_valid_i(coefficients_valid),
    .coefficients_ready_o(coefficients_ready),
    .coefficients_data_i(coefficients_data),
    .codes_valid_o(codes_valid_o),
    .codes_ready_i(codes_ready_i),
    .codes_data_o(codes_data_o)
  );

  // Job control of the gemm unit, and the fields of its descriptor.
  wire [GemmJobBits-1:0] gemm_descriptor;
  wire gemm_control_run;
  wire gemm_finished;
  wire [47:0] gemm_mac_limited;
  wire [47:0] gemm_tile_limited;
  wire [47:0] gemm_outer_limited;
  job_control #(
    .JobBits(GemmJobBits),
    .DoneBits(GemmDoneBits)
  ) u_gemm_control (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .job_valid_i(gemm_job_valid_i),
    .job_ready_o(gemm_job_ready_o),
    .job_data_i(gemm_job_data_i),
    .job_o(gemm_descriptor),
    .run_o(gemm_control_run),
    .finished_i(gemm_finished),
    .done_data_i({gemm_outer_limited, gemm_tile_limited, gemm_mac_limited}),
    .done_valid_o(gemm_done_valid_o),
    .done_ready_i(gemm_done_ready_i),
    .done_data_o(gemm_done_data_o)
  );
  wire [15:0] gemm_k_len = gemm_descriptor[15:0];
  wire [15:0] gemm_tile = gemm_descriptor[31:16];
  wire [15:0] gemm_m_blocks = gemm_descriptor[47:32];
  wire [6:0] gemm_m_last = gemm_descriptor[54:48];
  wire [15:0] gemm_n_blocks = gemm_descriptor[70:55];
  wire [6:0] gemm_n_last = gemm_descriptor[77:71];
  wire [15:0] gemm_k_chunks = gemm_descriptor[93:78];
  wire [15:0] gemm_k_chunk = gemm_descriptor[109:94];
  wire [15:0] gemm_k_last = gemm_descriptor[125:110];
  wire gemm_a_listed = gemm_descriptor[126];
  wire gemm_b_listed = gemm_descriptor[127];
  wire gemm_nibbles = gemm_descriptor[128];
  wire unused_n_last = &{1'b0, gemm_n_last};

  // GEMM unit.
  wire a_release;
  wire b_release;
  code_buffer #(
    .Width(Rows * ABits),
    .Chunk(CodeChunk),
    .ReadRegisters(CodeBufferRead),
    .KeepMode(0),
    .Nibbles(Nibbles)
  ) u_code_buffer_a (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .run_i(gemm_control_run),
    .m_blocks_i(gemm_m_blocks),
    .n_blocks_i(gemm_n_blocks),
    .k_chunks_i(gemm_k_chunks),
    .k_chunk_i(gemm_k_chunk),
    .k_last_i(gemm_k_last),
    .tile_i(gemm_tile),
    .nibbles_i(gemm_nibbles),
    .codes_valid_i(a_codes_valid_i),
    .codes_ready_o(a_codes_ready_o),
    .codes_data_i(a_codes_data_i),
    .feed_valid_o(a_feed_valid),
    .feed_ready_i(a_feed_ready),
    .feed_data_o(a_feed_data),
    .release_i(a_release)
  );
  code_buffer #(
    .Width(Cols * BBits),
    .Chunk(CodeChunk),
    .ReadRegisters(CodeBufferRead),
    .KeepMode(1),
    .Nibbles(Nibbles)
  ) u_code_buffer_b (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .run_i(gemm_control_run),
    .m_blocks_i(gemm_m_blocks),
    .n_blocks_i(gemm_n_blocks),
    .k_chunks_i(gemm_k_chunks),
    .k_chunk_i(gemm_k_chunk),
    .k_last_i(gemm_k_last),
    .tile_i(gemm_tile),
    .nibbles_i(gemm_nibbles),
    .codes_valid_i(b_codes_valid_i),
    .codes_ready_o(b_codes_ready_o),
    .codes_data_i(b_codes_data_i),
    .feed_valid_o(b_feed_valid),
    .feed_ready_i(b_feed_ready),
    .feed_data_o(b_feed_data),
    .release_i(b_release)
  );
  systolic_array #(
    .Rows(Rows),
    .Cols(Cols),
    .ABits(ABits),
    .BBits(BBits),
    .AValueBits(AValueBits),
    .BValueBits(BValueBits),
    .LargestProduct(LargestProduct),
    .AListed(AListed),
    .BListed(BListed),
    .Shift(Shift),
    .Multiply(Multiply),
    .Nibbles(Nibbles),
    .Magnitudes(Magnitudes),
    .AccBits(AccBits),
    .PartialBits(PartialBits),
    .Policy(Policy),
    .TileMax(TileMax),
    .Counters(Counters),
    .Depth(DepthFeed),
    .FeedRegisters(ArrayFeed),
    .DrainRegisters(ArrayDrain)
  ) u_systolic_array (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .run_i(gemm_control_run),
    .k_len_i(gemm_k_len),
    .tile_i(gemm_tile),
    .nibbles_i(gemm_nibbles),
    .a_listed_i(gemm_a_listed),
    .b_listed_i(gemm_b_listed),
    .a_feed_valid_i(a_feed_valid),
    .a_feed_ready_o(a_feed_ready),
    .a_feed_data_i(a_feed_data),
    .b_feed_valid_i(b_feed_valid),
    .b_feed_ready_o(b_feed_ready),
    .b_feed_data_i(b_feed_data),
    .a_release_o(a_release),
    .b_release_o(b_release),
    .partials_valid_o(partials_valid),
    .partials_ready_i(partials_ready),
    .partials_data_o(partials_data)
  );
  edge_accumulators #(
    .Rows(Rows),
    .Cols(Cols),
    .AccBits(AccBits),
    .PartialBits(PartialBits),
    .SumBits(SumBits),
    .Nibbles(Nibbles),
    .Clamp((Policy == 2) ? 1 : 0),
    .OuterBits(OuterBits),
    .CountBits(CountBits),
    .Counters(Counters),
    .Depth(DepthPartials),
    .OutputRegisters(EdgeOutput)
  ) u_edge (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .run_i(gemm_control_run),
    .nibbles_i(gemm_nibbles),
    .m_blocks_i(gemm_m_blocks),
    .m_last_i(gemm_m_last),
    .n_blocks_i(gemm_n_blocks),
    .partials_valid_i(partials_valid),
    .partials_ready_o(partials_ready),
    .partials_data_i(partials_data),
    .results_valid_o(results_valid_o),
    .results_ready_i(results_ready_i),
    .results_data_o(results_data_o),
    .finished_o(gemm_finished),
    .mac_limited_o(gemm_mac_limited),
    .tile_limited_o(gemm_tile_limited),
    .outer_limited_o(gemm_outer_limited)
  );
endmodule
