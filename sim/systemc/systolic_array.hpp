// systolic_array: R x C output-stationary MACs of P bits with one shift-out register each.
#pragma once

#include <array>

#include "golden/numerics/nibbles.hpp"
#include "sim/systemc/job_control.hpp"
#include "sim/systemc/registers.hpp"

namespace sylvester {

class SystolicArray final : public ClockedBlock {
 public:
  SystolicArray(const sc_core::sc_module_name& name, const ClockAndReset& clock,
                const HardwareParameters& hardware, const GemmControl& control,
                StreamChannel<FeedBeat>& a_feed, StreamChannel<FeedBeat>& b_feed,
                StreamChannel<PartialRow>& partials);

  sc_core::sc_signal<bool> a_release{"a_release"};
  sc_core::sc_signal<bool> b_release{"b_release"};

 private:
  /// What an issued beat carries through the array.
  struct Token {
    std::vector<std::int8_t> a;  ///< values, as the multipliers take them
    std::vector<std::int8_t> b;
    bool valid = false;
    bool first = false;
    bool last = false;
    bool line_last = false;
  };
  /// A PE's shift-out register.
  struct Out {
    std::int32_t partial = 0;
    std::int32_t limited_macs = 0;
    std::uint8_t limited = 0;
  };
  /// Shift-out of a column.
  struct Column {
    std::vector<Out> out;  ///< north to south
    int count = 0;         ///< values that have not left
    bool line_last = false;
    bool late = false;  ///< only with kLateTileFlush: the counter is set at the next step
  };
  struct AlignedRow {
    PartialRow row;
    bool valid = false;
  };

  void reset() override;
  void rising_edge() override;
  void step();
  [[nodiscard]] bool tile_ends() const;
  /// True if the tile comes again, with the next nibbles of its codes.
  [[nodiscard]] bool comes_again() const;
  [[nodiscard]] bool can_issue() const;
  void issue(Token& token);
  void decode(const std::vector<std::int8_t>& codes, bool listed,
              std::vector<std::int8_t>& values) const;
  void split(const std::vector<std::int8_t>& codes, int (*nibble_of)(NibblePass, int),
             std::vector<std::int8_t>& nibbles) const;
  void shift_columns();
  template <AccumulatePolicy policy>
  void multiply();
  template <AccumulatePolicy policy, bool first>
  void multiply_diagonal(const Token& token, int diagonal);
  void capture(const Token& token, int row, int column);
  /// Slot of a ring at this step plus `steps`; negative for earlier steps.
  [[nodiscard]] std::size_t at(int steps) const {
    return static_cast<std::size_t>(step_ + static_cast<std::uint64_t>(std::int64_t{steps})) &
           ring_mask_;
  }

  const HardwareParameters hardware_;
  const Format* listed_format_ = nullptr;  ///< if the hardware has one
  const GemmControl& control_;
  StreamChannel<FeedBeat>& a_feed_;
  StreamChannel<FeedBeat>& b_feed_;
  StreamChannel<PartialRow>& partials_;
  int rows_;
  int cols_;
  Fifo<FeedBeat> a_fifo_;
  Fifo<FeedBeat> b_fifo_;

  std::uint64_t step_ = 0;  ///< steps so far: position in the rings
  std::size_t ring_mask_;
  /// Issued tokens by step. The token in PE(r, c) is the one issued array_feed + r + c steps ago,
  /// so nothing is moved from PE to PE.
  std::vector<Token> tokens_;
  /// Rows by the step at which they are aligned: column c writes C-1-c steps ahead.
  std::vector<AlignedRow> aligned_;
  std::uint32_t k_ = 0;                      ///< of the next beat
  std::uint32_t in_tile_ = 0;                ///< beats of the present tile that were issued
  NibblePass pass_ = NibblePass::kHighHigh;  ///< of the present tile
  int gap_ = 0;                              ///< steps since the last tile end, up to R
  std::vector<std::int32_t> acc_;            ///< [row][column]
  std::vector<std::int32_t> limited_macs_;   ///< [row][column], of the present tile
  std::vector<Column> columns_;
};

}  // namespace sylvester
