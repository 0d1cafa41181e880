// Output-stationary systolic array: Rows x Cols processing elements, skewed operand streams, and
// finished partial sums shifted south and aligned to one row per beat (architecture.md section 5).
// Everything freezes while a row waits at partials.
//
// Rows, Cols: 1 ... 64.  ABits, BBits: of a code, 4 or 5, or 8 if Nibbles, which is 1 if nibbles_i
// may be high: then every tile comes four times, one nibble of each code at a time (I8-1).
// AValueBits, BValueBits: of the value that a code or nibble stands for, 4 ... 8, and 5 or more if
// Nibbles.  AListed, BListed: 1 if codes may be of the format with a list of magnitudes;
// Magnitudes: as in place_quotient.  Shift: 1 if its magnitudes are 0 and powers of two; products
// with it are shifts then.  Multiply: 0 if every job has such a product.
// LargestProduct: of two values, 1 ... 16129.
// AccBits: P, 4 ... 24.  PartialBits: AccBits, and with Nibbles and policy 2 enough for a pass.
// Policy: 0 saturate, 1 wrap, 2 clamp.  TileMax: 1 ... 65535.  Counters: 0 none, 1 sticky, 2 full.
// Depth: input FIFOs, >= 2.  FeedRegisters, DrainRegisters: 1 ... 4.
module systolic_array #(
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
  parameter integer PartialBits = AccBits,
  parameter integer Policy = 0,
  parameter integer TileMax = 512,
  parameter integer Counters = 2,
  parameter integer Depth = 2,
  parameter integer FeedRegisters = 1,
  parameter integer DrainRegisters = 1
) (
  input  wire                  clk_i,
  input  wire                  rst_ni,
  input  wire                  run_i,
  input  wire [15:0]           k_len_i,
  input  wire [15:0]           tile_i,
  input  wire                  nibbles_i,
  input  wire                  a_listed_i,
  input  wire                  b_listed_i,
  input  wire                  a_feed_valid_i,
  output wire                  a_feed_ready_o,
  input  wire [Rows*ABits:0]   a_feed_data_i,
  input  wire                  b_feed_valid_i,
  output wire                  b_feed_ready_o,
  input  wire [Cols*BBits:0]   b_feed_data_i,
  output wire                  a_release_o,
  output wire                  b_release_o,
  output wire                  partials_valid_o,
  input  wire                  partials_ready_i,
  output wire [Cols*(PartialBits+((Counters == 2) ? $clog2(TileMax+1) : 1)+1):0] partials_data_o
);
  localparam integer CountBits = (Counters == 2) ? $clog2(TileMax + 1) : 1;
  localparam integer OutBits = PartialBits + CountBits + 1;
  localparam integer RowCountBits = $clog2(Rows + 1);

  // Where codes of both operands may shift, A's shift B's values.
  localparam integer AShift = AListed & Shift;
  localparam integer BShift = BListed & Shift;
  localparam integer AFactorBits = (AShift == 0) ? AValueBits : (Nibbles == 1) ? 5 : ABits;
  localparam integer BFactorBits = (BShift == 0) ? BValueBits : (Nibbles == 1) ? 5 : BBits;
  localparam integer AWordBits = AFactorBits;
  localparam integer BWordBits = (AShift == 1) ? BValueBits : BFactorBits;
  localparam integer ProductBits = AValueBits + BValueBits;
  wire a_shift = (AShift == 1) & a_listed_i;
  wire b_shift = (BShift == 1) & b_listed_i & !a_shift;

  wire step = !partials_valid_o | partials_ready_i;

  wire                a_valid;
  wire [Rows*ABits:0] a_data;
  wire                b_valid;
  wire [Cols*BBits:0] b_data;
  wire                issue;

  stream_fifo #(
    .Width(Rows * ABits + 1),
    .Depth(Depth)
  ) u_a_fifo (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .valid_i(a_feed_valid_i),
    .ready_o(a_feed_ready_o),
    .data_i(a_feed_data_i),
    .valid_o(a_valid),
    .ready_i(issue),
    .data_o(a_data)
  );
  stream_fifo #(
    .Width(Cols * BBits + 1),
    .Depth(Depth)
  ) u_b_fifo (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .valid_i(b_feed_valid_i),
    .ready_o(b_feed_ready_o),
    .data_i(b_feed_data_i),
    .valid_o(b_valid),
    .ready_i(issue),
    .data_o(b_data)
  );

  // Issue of k-beats. The last beat of a tile waits until the shift-out registers are free: Rows
  // steps after the last beat of the tile before.
  reg [15:0]             k_q;
  reg [15:0]             tile_k_q;
  reg [RowCountBits-1:0] gap_q;
  reg                    a_release_q;
  reg                    b_release_q;

  wire line_end = k_q == k_len_i - 16'd1;
  wire tile_first = tile_k_q == 16'd0;
  wire tile_last = line_end | (tile_k_q == tile_i - 16'd1);
  wire again;  // the tile comes again, with the next nibbles
  wire line_last = line_end & !again;
  wire high_a;
  wire high_b;
  generate
    if (Nibbles == 0) begin : gen_one_pass
      wire unused = nibbles_i;
      assign again = 1'b0;
      assign {high_a, high_b} = 2'b00;
    end else begin : gen_passes
      reg [1:0] pass_q;
      assign again = nibbles_i & (pass_q != 2'd3);
      assign {high_a, high_b} = ~pass_q;
      always @(posedge clk_i) begin
        if (!rst_ni | !run_i) pass_q <= 2'd0;
        else if (issue & tile_last) pass_q <= pass_q + 2'd1;
      end
    end
  endgenerate
  wire gap_done = gap_q == Rows[RowCountBits-1:0];

  assign issue = step & run_i & a_valid & b_valid & (!tile_last | gap_done);
  assign a_release_o = a_release_q;
  assign b_release_o = b_release_q;

  always @(posedge clk_i) begin
    if (!rst_ni) begin
      gap_q <= Rows[RowCountBits-1:0];
      a_release_q <= 1'b0;
      b_release_q <= 1'b0;
    end else begin
      a_release_q <= issue & a_data[Rows*ABits];
      b_release_q <= issue & b_data[Cols*BBits];
      if (step) begin
        if (issue & tile_last) gap_q <= {{(RowCountBits-1){1'b0}}, 1'b1};
        else if (!gap_done) gap_q <= gap_q + 1'b1;
      end
    end
  end

  always @(posedge clk_i) begin
    if (!rst_ni | !run_i) begin
      k_q <= 16'd0;
      tile_k_q <= 16'd0;
    end else if (issue) begin
      k_q <= line_last           ? 16'd0 :
             (tile_last & again) ? k_q - tile_k_q : k_q + 16'd1;
      tile_k_q <= tile_last ? 16'd0 : tile_k_q + 16'd1;
    end
  end

  // Words of the codes, and the feed registers.
  wire [Rows*AWordBits-1:0] a_words;
  wire [Cols*BWordBits-1:0] b_words;
  genvar row;
  genvar column;
  generate
    for (row = 0; row < Rows; row = row + 1) begin : gen_a_word
      operand_word #(
        .CodeBits(ABits),
        .WordBits(AWordBits),
        .Nibbles(Nibbles),
        .Listed(AListed),
        .Shift(AShift),
        .Magnitudes(Magnitudes)
      ) u_word (
        .nibbles_i(nibbles_i),
        .high_i(high_a),
        .listed_i(a_listed_i),
        .shift_i(a_shift),
        .code_i(a_data[ABits*row +: ABits]),
        .word_o(a_words[AWordBits*row +: AWordBits])
      );
    end
    for (column = 0; column < Cols; column = column + 1) begin : gen_b_word
      operand_word #(
        .CodeBits(BBits),
        .WordBits(BWordBits),
        .Nibbles(Nibbles),
        .Listed(BListed),
        .Shift(BShift),
        .Magnitudes(Magnitudes)
      ) u_word (
        .nibbles_i(nibbles_i),
        .high_i(high_b),
        .listed_i(b_listed_i),
        .shift_i(b_shift),
        .code_i(b_data[BBits*column +: BBits]),
        .word_o(b_words[BWordBits*column +: BWordBits])
      );
    end
  endgenerate
  wire [2:0]            feed_control;
  wire                  feed_line_last;
  wire [Rows*AWordBits-1:0] feed_a;
  wire [Cols*BWordBits-1:0] feed_b;
  delay_line_reset #(
    .Width(4),
    .Stages(FeedRegisters)
  ) u_feed_control (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .step_i(step),
    .data_i({issue, tile_first, tile_last, line_last}),
    .data_o({feed_control, feed_line_last})
  );
  delay_line #(
    .Width(Rows * AWordBits + Cols * BWordBits),
    .Stages(FeedRegisters)
  ) u_feed_words (
    .clk_i(clk_i),
    .step_i(step),
    .data_i({a_words, b_words}),
    .data_o({feed_a, feed_b})
  );

  // Control {valid, first, last} and A words pass east, B words and finished partial
  // sums pass south. Element (row, column) reads its north and west neighbours' registers.
  generate
    for (row = 0; row < Rows; row = row + 1) begin : gen_row
      wire [2:0]            west_control;
      wire [AWordBits-1:0] west_a;
      delay_line_reset #(
        .Width(3),
        .Stages(row)
      ) u_skew_control (
        .clk_i(clk_i),
        .rst_ni(rst_ni),
        .step_i(step),
        .data_i(feed_control),
        .data_o(west_control)
      );
      delay_line #(
        .Width(AWordBits),
        .Stages(row)
      ) u_skew_a (
        .clk_i(clk_i),
        .step_i(step),
        .data_i(feed_a[AWordBits*row +: AWordBits]),
        .data_o(west_a)
      );

      for (column = 0; column < Cols; column = column + 1) begin : gen_column
        wire [2:0]            control;
        wire [AWordBits-1:0] a;
        wire [BWordBits-1:0] b;
        wire [OutBits-1:0]    north;
        wire [OutBits-1:0]    south;
        wire                  shift;

        if (column == 0) begin : gen_west
          assign control = west_control;
          assign a = west_a;
        end else begin : gen_inner_column
          delay_line_reset #(
            .Width(3),
            .Stages(1)
          ) u_control (
            .clk_i(clk_i),
            .rst_ni(rst_ni),
            .step_i(step),
            .data_i(gen_row[row].gen_column[column-1].control),
            .data_o(control)
          );
          delay_line #(
            .Width(AWordBits),
            .Stages(1)
          ) u_a (
            .clk_i(clk_i),
            .step_i(step),
            .data_i(gen_row[row].gen_column[column-1].a),
            .data_o(a)
          );
        end

        if (row == 0) begin : gen_north
          delay_line #(
            .Width(BWordBits),
            .Stages(column)
          ) u_skew_b (
            .clk_i(clk_i),
            .step_i(step),
            .data_i(feed_b[BWordBits*column +: BWordBits]),
            .data_o(b)
          );
          assign north = {OutBits{1'b0}};
          assign shift = 1'b0;
        end else begin : gen_inner_row
          delay_line #(
            .Width(BWordBits),
            .Stages(1)
          ) u_b (
            .clk_i(clk_i),
            .step_i(step),
            .data_i(gen_row[row-1].gen_column[column].b),
            .data_o(b)
          );
          assign north = gen_row[row-1].gen_column[column].south;
          // Row r takes the r partial sums from above it and then holds: the next tile's may
          // already be there.
          localparam integer RowsHeld = Rows - row;
          assign shift = gen_drain[column].rows_left_q > RowsHeld[RowCountBits-1:0];
        end

        processing_element #(
          .AWordBits(AWordBits),
          .BWordBits(BWordBits),
          .AFactorBits(AFactorBits),
          .BFactorBits(BFactorBits),
          .AShift(AShift),
          .BShift(BShift),
          .Multiply(Multiply),
          .ProductBits(ProductBits),
          .LargestProduct(LargestProduct),
          .AccBits(AccBits),
          .PartialBits(PartialBits),
          .Policy(Policy),
          .TileMax(TileMax),
          .Counters(Counters),
          .CountBits(CountBits)
        ) u_element (
          .clk_i(clk_i),
          .step_i(step),
          .valid_i(control[2]),
          .first_i(control[1]),
          .last_i(control[0]),
          .exact_i(nibbles_i),
          .a_shift_i(a_shift),
          .b_shift_i(b_shift),
          .a_i(a),
          .b_i(b),
          .shift_i(shift),
          .north_i(north),
          .south_o(south)
        );
      end
    end

    // Shift-out: after the south element has taken its partial sum, Rows steps empty the column.
    for (column = 0; column < Cols; column = column + 1) begin : gen_drain
      reg [RowCountBits-1:0] rows_left_q;
      wire capture = gen_row[Rows-1].gen_column[column].control[2] &
                     gen_row[Rows-1].gen_column[column].control[0];
      wire draining = rows_left_q != {RowCountBits{1'b0}};
      always @(posedge clk_i) begin
        if (!rst_ni) rows_left_q <= {RowCountBits{1'b0}};
        else if (step & capture) rows_left_q <= Rows[RowCountBits-1:0];
        else if (step & draining) rows_left_q <= rows_left_q - 1'b1;
      end

      wire [OutBits-1:0] aligned;
      delay_line #(
        .Width(OutBits),
        .Stages(Cols - 1 - column)
      ) u_deskew (
        .clk_i(clk_i),
        .step_i(step),
        .data_i(gen_row[Rows-1].gen_column[column].south),
        .data_o(aligned)
      );
    end
  endgenerate

  // The east column needs no alignment, so its control is the aligned row's.
  wire drain_valid = gen_drain[Cols-1].draining;
  wire south_east_line_last;
  reg  drain_line_last_q;
  delay_line #(
    .Width(1),
    .Stages(Rows + Cols - 2)
  ) u_line_last (
    .clk_i(clk_i),
    .step_i(step),
    .data_i(feed_line_last),
    .data_o(south_east_line_last)
  );
  always @(posedge clk_i) begin
    if (step & gen_drain[Cols-1].capture) drain_line_last_q <= south_east_line_last;
  end

  wire [Cols*OutBits-1:0] row_data;
  generate
    for (column = 0; column < Cols; column = column + 1) begin : gen_pack
      assign row_data[PartialBits*column +: PartialBits] =
          gen_drain[column].aligned[PartialBits-1:0];
      assign row_data[Cols*PartialBits+CountBits*column +: CountBits] =
          gen_drain[column].aligned[PartialBits +: CountBits];
      assign row_data[Cols*(PartialBits+CountBits)+column] = gen_drain[column].aligned[OutBits-1];
    end
  endgenerate

  delay_line_reset #(
    .Width(1),
    .Stages(DrainRegisters)
  ) u_drain_valid (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .step_i(step),
    .data_i(drain_valid),
    .data_o(partials_valid_o)
  );
  delay_line #(
    .Width(Cols * OutBits + 1),
    .Stages(DrainRegisters)
  ) u_drain_data (
    .clk_i(clk_i),
    .step_i(step),
    .data_i({drain_line_last_q, row_data}),
    .data_o(partials_data_o)
  );
endmodule
