#include "sim/systemc/draw_key.hpp"

#include "sim/systemc/faults.hpp"

namespace sylvester {
namespace {

constexpr int kAbsorbingRounds = kKeyWords * kKeyRoundsPerWord;

DrawContext context_of(const PrepareDescriptor& job, std::uint32_t word) {
  return {.seed = job.seed,
          .step = job.step,
          .layer = static_cast<std::uint16_t>(word >> 16),
          .role = static_cast<std::uint8_t>(word >> 8),
          .repetition = static_cast<std::uint8_t>(word)};
}

}  // namespace

void DrawKeySchedule::reset() {
  index_ = has_fault(SystemcFault::kKeyRoundSkipped) ? 1 : 0;
  state_ = {};
  sign_key_done_ = false;
  signs_filled_ = 0;
  ready.write(false);
  signs_ready.write(false);
}

void DrawKeySchedule::rising_edge() {
  if (!control_.run.read()) {
    reset();
    return;
  }
  fill_signs();
  if (!ready.read()) schedule();
}

void DrawKeySchedule::fill_signs() {
  if (sign_key_done_ && signs_filled_ < mixer_stages_) ++signs_filled_;
  signs_ready.write(control_.job().signs == 0 || signs_filled_ == mixer_stages_);
}

void DrawKeySchedule::schedule() {
  const PrepareDescriptor& job = control_.job();
  const bool of_signs = job.signs != 0 && !sign_key_done_;
  if (!of_signs && job.stochastic == 0) {
    ready.write(true);
    return;
  }
  const bool same = has_fault(SystemcFault::kSignsOfDraws);
  const std::uint32_t word = of_signs && !same ? job.sign_word : job.draw_word;
  state_ = key_step(state_, index_, context_of(job, word));
  if (index_ >= kAbsorbingRounds) {
    (of_signs ? sign_key_ : key_)[static_cast<std::size_t>(index_ - kAbsorbingRounds)] =
        static_cast<std::uint16_t>(state_.x >> 16);
  }
  if (++index_ < kKeyRounds) return;
  index_ = 0;
  state_ = {};
  if (of_signs) {
    sign_key_done_ = true;
  } else {
    ready.write(true);
  }
}

}  // namespace sylvester
