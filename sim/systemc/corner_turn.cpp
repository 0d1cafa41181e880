#include "sim/systemc/corner_turn.hpp"

#include "sim/systemc/faults.hpp"

namespace sylvester {

CornerTurn::CornerTurn(const sc_core::sc_module_name& name, const ClockAndReset& clock,
                       const HardwareParameters& hardware, const PrepareControl& control,
                       const DrawKeySchedule& key, const sc_core::sc_signal<bool>& open,
                       StreamChannel<Payload>& wide, StreamChannel<Lanes>& turned)
    : ClockedBlock(name, clock),
      control_(control),
      key_(key),
      wide_(wide),
      turned_(turned),
      lanes_(static_cast<std::uint32_t>(hardware.lanes)) {
  for (auto& bank : bank_) bank.assign(lanes_, Lanes(lanes_, 0));
  wide_.gate_ready([this, &open] {
    return key_.data_run() &&
           (pass_ == 0 || open.read() || has_fault(SystemcFault::kSecondPassNotAdmitted));
  });
}

void CornerTurn::reset() {
  full_ = {};
  write_bank_ = read_bank_ = 0;
  line_ = k0_ = group_ = pass_ = column_ = k_ = 0;
  write_done_ = false;
  wide_.accept(true);
  turned_.offer(false);
}

void CornerTurn::rising_edge() {
  if (!key_.data_run()) {
    reset();
    return;
  }
  // Both sides look at registers of before this edge; they never touch the same bank's flag.
  const bool written = wide_.fires();
  const bool taken = turned_.fires();
  if (written) write();
  if (taken) read();
  wide_.accept(!write_done_ && !full_[write_bank_]);
  if (full_[read_bank_] && (taken || !turned_.valid())) {
    Lanes& column = turned_.next_payload();
    for (std::uint32_t line = 0; line < lanes_; ++line) {
      column[line] = bank_[read_bank_][line][column_];
    }
  }
  turned_.offer(full_[read_bank_]);
}

void CornerTurn::write() {
  unpack_elements(wide_.payload(), kMantissaBits, bank_[write_bank_][line_]);
  if (++line_ < lanes_) return;
  line_ = 0;
  full_[write_bank_] = true;
  write_bank_ = 1 - write_bank_;
  k0_ += lanes_;
  if (k0_ < control_.job().k_len) return;
  k0_ = 0;
  if (++group_ < control_.job().groups) return;
  group_ = 0;
  if (++pass_ == static_cast<std::uint32_t>(control_.job().passes())) write_done_ = true;
}

void CornerTurn::read() {
  ++column_;
  ++k_;
  if (column_ < lanes_ && k_ < control_.job().k_len) return;
  full_[read_bank_] = false;
  read_bank_ = 1 - read_bank_;
  column_ = 0;
  if (k_ == control_.job().k_len) k_ = 0;
}

}  // namespace sylvester
