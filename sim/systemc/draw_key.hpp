// draw_key: the key schedule of a stochastic job, one round per cycle (RND-3).
#pragma once

#include "golden/numerics/draw.hpp"
#include "sim/systemc/job_control.hpp"

namespace sylvester {

class DrawKeySchedule final : public ClockedBlock {
 public:
  DrawKeySchedule(const sc_core::sc_module_name& name, const ClockAndReset& clock,
                  const PrepareControl& control)
      : ClockedBlock(name, clock), control_(control) {}

  sc_core::sc_signal<bool> ready{"ready"};
  /// Stable while `ready` is high.
  [[nodiscard]] const DrawKey& key() const { return key_; }
  /// `run` of the data blocks.
  [[nodiscard]] bool data_run() const { return control_.run.read() && ready.read(); }

 private:
  void reset() override;
  void rising_edge() override;

  const PrepareControl& control_;
  int index_ = 0;
  KeyState state_;
  DrawKey key_{};
};

}  // namespace sylvester
