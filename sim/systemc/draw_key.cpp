#include "sim/systemc/draw_key.hpp"

#include "sim/systemc/faults.hpp"

namespace sylvester {
namespace {

constexpr int kAbsorbingRounds = kKeyWords * kKeyRoundsPerWord;

DrawContext context_of(const PrepareDescriptor& job) {
  return {.seed = job.seed,
          .step = job.step,
          .layer = static_cast<std::uint16_t>(job.draw_word >> 16),
          .role = static_cast<std::uint8_t>(job.draw_word >> 8),
          .repetition = static_cast<std::uint8_t>(job.draw_word)};
}

}  // namespace

void DrawKeySchedule::reset() {
  index_ = has_fault(SystemcFault::kKeyRoundSkipped) ? 1 : 0;
  state_ = {};
  ready.write(false);
}

void DrawKeySchedule::rising_edge() {
  if (!control_.run.read()) {
    reset();
    return;
  }
  if (ready.read()) return;
  if (control_.job().stochastic == 0) {
    ready.write(true);
    return;
  }
  state_ = key_step(state_, index_, context_of(control_.job()));
  if (index_ >= kAbsorbingRounds) {
    key_[static_cast<std::size_t>(index_ - kAbsorbingRounds)] =
        static_cast<std::uint16_t>(state_.x >> 16);
  }
  ++index_;
  ready.write(index_ == kKeyRounds);
}

}  // namespace sylvester
