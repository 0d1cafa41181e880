// corner_turn: beats of consecutive k of one line -> beats of one k of L lines, in two banks.
#pragma once

#include <array>

#include "sim/systemc/draw_key.hpp"

namespace sylvester {

class CornerTurn final : public ClockedBlock {
 public:
  /// `open`: the quantiser takes the second pass.
  CornerTurn(const sc_core::sc_module_name& name, const ClockAndReset& clock,
             const HardwareParameters& hardware, const PrepareControl& control,
             const DrawKeySchedule& key, const sc_core::sc_signal<bool>& open,
             StreamChannel<Payload>& wide, StreamChannel<Lanes>& turned);

 private:
  void reset() override;
  void rising_edge() override;
  void write();
  void read();

  const PrepareControl& control_;
  const DrawKeySchedule& key_;
  StreamChannel<Payload>& wide_;
  StreamChannel<Lanes>& turned_;
  std::uint32_t lanes_;

  std::array<std::vector<Lanes>, 2> bank_;  ///< [bank][line][k]
  std::array<bool, 2> full_{};
  std::size_t write_bank_ = 0;
  std::uint32_t line_ = 0;
  std::uint32_t k0_ = 0;
  std::uint32_t group_ = 0;
  std::uint32_t pass_ = 0;
  bool write_done_ = false;
  std::size_t read_bank_ = 0;
  std::uint32_t column_ = 0;
  std::uint32_t k_ = 0;
};

}  // namespace sylvester
