// draw_key: the key schedules of a job's random signs and of its draws, one round per cycle
// (RND-3), and when the first sign is ready (WHT-5).
#pragma once

#include "golden/numerics/draw.hpp"
#include "sim/systemc/job_control.hpp"

namespace sylvester {

class DrawKeySchedule final : public ClockedBlock {
 public:
  DrawKeySchedule(const sc_core::sc_module_name& name, const ClockAndReset& clock,
                  const HardwareParameters& hardware, const PrepareControl& control)
      : ClockedBlock(name, clock),
        control_(control),
        mixer_stages_((kDrawRounds + hardware.latency.mix_rounds - 1) /
                      hardware.latency.mix_rounds) {}

  sc_core::sc_signal<bool> ready{"ready"};
  sc_core::sc_signal<bool> signs_ready{"signs_ready"};
  /// Stable while `ready` is high.
  [[nodiscard]] const DrawKey& key() const { return key_; }
  /// Stable while `signs_ready` is high.
  [[nodiscard]] const DrawKey& sign_key() const { return sign_key_; }
  /// `run` of the data blocks.
  [[nodiscard]] bool data_run() const {
    return control_.run.read() && ready.read() && signs_ready.read();
  }

 private:
  void reset() override;
  void rising_edge() override;

  void fill_signs();
  void schedule();

  const PrepareControl& control_;
  int mixer_stages_;
  int index_ = 0;
  bool sign_key_done_ = false;
  int signs_filled_ = 0;  ///< mixer stages that hold a sign
  KeyState state_;
  DrawKey key_{};
  DrawKey sign_key_{};
};

}  // namespace sylvester
