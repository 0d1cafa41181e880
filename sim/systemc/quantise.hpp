// quantise: the largest magnitude in a first pass, codes in a second one; with a divisor from the
// job both in one (PRE-1 ... PRE-5).
#pragma once

#include "golden/numerics/prepare.hpp"
#include "sim/systemc/draw_key.hpp"
#include "sim/systemc/registers.hpp"

namespace sylvester {

class Quantise final : public ClockedBlock {
 public:
  Quantise(const sc_core::sc_module_name& name, const ClockAndReset& clock,
           const HardwareParameters& hardware, const PrepareControl& control,
           const DrawKeySchedule& key, StreamChannel<Lanes>& coefficients,
           StreamChannel<Lanes>& codes, JobResult& result);

  /// The second pass may come.
  sc_core::sc_signal<bool> open{"open"};

 private:
  enum class State { kMeasure, kSetup, kQuantise, kFinished };
  struct Token {
    Lanes codes;
    PrepareCounters counts;  ///< of this token's live lanes
    bool matrix_last = false;
    bool valid = false;
  };

  void reset() override;
  void rising_edge() override;
  void measure();
  void set_up();
  /// The divisor and the numerator's rule; from here on codes are made.
  void open_pass();
  void measure_beat();
  void step();
  /// Counts a beat taken from the FIFO; true at the last one of the matrix.
  bool count_beat();
  void round_lanes(const Lanes& coefficients, Token& token) const;
  void add_counts(const PrepareCounters& counts);
  void drive();

  const HardwareParameters& hardware_;
  const PrepareControl& control_;
  const DrawKeySchedule& key_;
  StreamChannel<Lanes>& coefficients_;
  StreamChannel<Lanes>& codes_;
  JobResult& result_;
  Fifo<Lanes> fifo_;
  Pipeline<Token> pipeline_;

  State state_ = State::kMeasure;
  std::uint32_t k_ = 0;
  std::uint32_t group_ = 0;
  bool complete_ = false;  ///< the last beat has been taken in QUANTISE
  int setup_cycles_ = 0;
  std::int32_t max_magnitude_ = 0;
  Quantiser quantiser_;
  PrepareCounters counters_;
};

}  // namespace sylvester
