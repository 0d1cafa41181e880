// edge: outer accumulators of o bits for one block of R x C results (ACC-6).
#pragma once

#include "golden/numerics/accumulate.hpp"
#include "golden/numerics/counters.hpp"
#include "golden/numerics/nibbles.hpp"
#include "sim/systemc/job_control.hpp"
#include "sim/systemc/registers.hpp"

namespace sylvester {

class Edge final : public ClockedBlock {
 public:
  Edge(const sc_core::sc_module_name& name, const ClockAndReset& clock,
       const HardwareParameters& hardware, const GemmControl& control,
       StreamChannel<PartialRow>& partials, StreamChannel<Lanes>& results, JobResult& result);

 private:
  struct Token {
    Lanes values;
    bool job_last = false;
    bool valid = false;
  };

  void reset() override;
  void rising_edge() override;
  void clear();
  /// Adds a row to the outer accumulators; fills the token if the row is a result.
  void add_row(const PartialRow& row, Token& token);
  /// In a job of passes over nibbles: a tile's partial sum so far, limited after the last pass.
  Limited add_passes(std::size_t column, std::int32_t partial);
  [[nodiscard]] bool tile_complete() const;
  void next_row(bool line_last);

  const HardwareParameters hardware_;
  const GemmControl& control_;
  StreamChannel<PartialRow>& partials_;
  StreamChannel<Lanes>& results_;
  JobResult& result_;
  Fifo<PartialRow> fifo_;
  Pipeline<Token> pipeline_;
  std::vector<Lanes> outer_;                          ///< [row][column]
  std::vector<std::vector<std::int64_t>> pass_sums_;  ///< [row][column], of the present tile
  NibblePass pass_ = NibblePass::kHighHigh;           ///< of the next row
  std::uint32_t row_;                                 ///< of the next row: R-1 ... 0
  bool first_tile_ = true;
  std::uint32_t n_block_ = 0;
  std::uint32_t m_block_ = 0;
  bool done_ = false;  ///< the last result beat has moved
  GemmCounters counters_;
};

}  // namespace sylvester
