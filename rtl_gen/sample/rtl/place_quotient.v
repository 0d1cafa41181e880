// Places a quotient among the magnitudes of the operand format (numerics.md, PRE-4 and PRE-5): the
// code of the magnitude below, and the part of the gap to the next one that lies above it. For an
// integer format these are the quotient and its fraction.
//
// QuotientBits: 4 ... 8.  IndexBits: of a code's magnitude, 4 or 8.  FractionBits: 1 ... 16.
// Listed: 1 if a format with a list of magnitudes is built.  Magnitudes: its list, 8 bits each from
// code 0 upwards: at least two, the first 0, all below 2^QuotientBits, gaps are powers of two,
// entries behind the last magnitude are 255.
// listed_i: 0 if Listed is 0; without it the quotient fits IndexBits.
// From the last magnitude on fraction_o and inexact_o have no meaning.
module place_quotient #(
  parameter integer QuotientBits = 4,
  parameter integer IndexBits = 4,
  parameter integer FractionBits = 8,
  parameter integer Listed = 0,
  parameter [127:0] Magnitudes = 128'hffffffffffffffffffffffffffffffff
) (
  input  wire                    listed_i,
  input  wire [QuotientBits-1:0] quotient_i,
  input  wire [FractionBits-1:0] fraction_i,
  input  wire                    inexact_i,
  output wire [IndexBits-1:0]    code_o,
  output wire [FractionBits-1:0] fraction_o,
  output wire                    inexact_o
);
  generate
    if (Listed == 0) begin : gen_uniform
      wire unused = &{1'b0, listed_i, quotient_i};
      assign code_o = quotient_i[IndexBits-1:0];
      assign fraction_o = fraction_i;
      assign inexact_o = inexact_i;
    end else begin : gen_listed
      localparam integer PlaceBits = QuotientBits + FractionBits;

      // The last magnitude that the quotient reaches, and the distance to the next.
      wire [7:0] quotient = {{(8-QuotientBits){1'b0}}, quotient_i};
      reg [3:0]  below;
      reg [7:0]  low;
      reg [7:0]  gap;
      integer    i;
      always @* begin
        below = 4'd0;
        low = 8'd0;
        gap = Magnitudes[15:8];
        for (i = 1; i < 16; i = i + 1) begin
          if ((Magnitudes[8*i +: 8] != 8'd255) & (quotient >= Magnitudes[8*i +: 8])) begin
            below = i[3:0];
            low = Magnitudes[8*i +: 8];
            gap = Magnitudes[8*((i+1)%16) +: 8] - Magnitudes[8*i +: 8];
          end
        end
      end
      reg [2:0] gap_log2;
      integer   bit_number;
      always @* begin
        gap_log2 = 3'd0;
        for (bit_number = 1; bit_number < 7; bit_number = bit_number + 1) begin
          if (gap[bit_number]) gap_log2 = bit_number[2:0];
        end
      end
      wire unused_gap = &{1'b0, gap[7], gap[0]};

      // x - g in parts of the gap; what the shift drops makes the fraction inexact.
      wire [7:0]           offset = quotient - low;
      wire                 unused_offset = &{1'b0, offset};
      wire [PlaceBits-1:0] place = {offset[QuotientBits-1:0], fraction_i};
      wire [PlaceBits-1:0] part = place >> gap_log2;
      wire [PlaceBits-1:0] dropped = place & ~({PlaceBits{1'b1}} << gap_log2);
      wire                 unused_part = &{1'b0, part[PlaceBits-1:FractionBits]};

      wire [7:0]           below_wide = {4'd0, below};
      wire                 unused_below = &{1'b0, below_wide};
      assign code_o = listed_i ? below_wide[IndexBits-1:0] : quotient_i[IndexBits-1:0];
      assign fraction_o = listed_i ? part[FractionBits-1:0] : fraction_i;
      assign inexact_o = inexact_i | (listed_i & (|dropped));
    end
  endgenerate
endmodule
