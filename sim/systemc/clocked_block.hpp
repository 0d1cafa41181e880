// What all blocks share: one process, called at every rising edge of the instance's clock.
#pragma once

#include <systemc>

namespace sylvester {

/// Clock and reset of one instance. Instances have clocks of their own, so that each can be moved
/// on alone.
struct ClockAndReset {
  sc_core::sc_event rising_edge;
  bool reset = true;  ///< changes between edges only
};

/// A block. Registers are plain members: only the block's own process touches them. What other
/// blocks see of them goes through channels, which change in the update phase.
class ClockedBlock : public sc_core::sc_module {
 public:
  ClockedBlock(const sc_core::sc_module_name& name, const ClockAndReset& clock)
      : sc_module(name), clock_(clock) {
    SC_HAS_PROCESS(ClockedBlock);
    SC_METHOD(process);
    sensitive << clock_.rising_edge;
    dont_initialize();
  }

 protected:
  /// Control state to zero, at an edge with reset.
  virtual void reset() = 0;
  /// An edge without reset: computes the next registers and drives the channels from them.
  virtual void rising_edge() = 0;

 private:
  void process() {
    if (clock_.reset) {
      reset();
    } else {
      rising_edge();
    }
  }

  const ClockAndReset& clock_;
};

}  // namespace sylvester
