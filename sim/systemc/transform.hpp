// transform: random signs, then Walsh-Hadamard butterflies in a pipeline, any block up to
// BLOCK_MAX.
#pragma once

#include "sim/systemc/draw_key.hpp"
#include "sim/systemc/registers.hpp"

namespace sylvester {

class Transform final : public ClockedBlock {
 public:
  Transform(const sc_core::sc_module_name& name, const ClockAndReset& clock,
            const HardwareParameters& hardware, const PrepareControl& control,
            const DrawKeySchedule& key, StreamChannel<Lanes>& turned,
            StreamChannel<Lanes>& coefficients);

 private:
  struct Token {
    Lanes values;
    bool valid = false;
  };
  /// A butterfly with distance D = 2^s and the registers behind it.
  struct Stage {
    Stage(std::size_t distance_, int registers, const Token& empty)
        : distance(distance_), memory(distance_, empty.values), pipeline(registers, empty) {}
    std::size_t distance;
    std::vector<Lanes> memory;
    std::size_t count = 0;    ///< position in a block of 2 * distance
    std::size_t pending = 0;  ///< differences that have not left
    Pipeline<Token> pipeline;
  };

  void reset() override;
  void rising_edge() override;
  void step_stage(std::size_t stage, const Lanes& values, bool valid);
  /// The next column, with its sign (WHT-5).
  const Lanes& signed_column();

  const PrepareControl& control_;
  const DrawKeySchedule& key_;
  StreamChannel<Lanes>& turned_;
  StreamChannel<Lanes>& coefficients_;
  Fifo<Lanes> fifo_;
  std::vector<Stage> stages_;
  Lanes column_;
  std::uint32_t k_ = 0;  ///< of the next column
};

}  // namespace sylvester
