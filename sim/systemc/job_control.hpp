// job_control: one job at a time per unit (docs/architecture.md section 3).
#pragma once

#include "golden/hardware/descriptors.hpp"
#include "sim/systemc/clocked_block.hpp"
#include "sim/systemc/payloads.hpp"
#include "sim/systemc/stream_channel.hpp"

namespace sylvester {

/// How a unit's last block tells job_control that the job is done. `fields` are stable while
/// `finished` is high.
struct JobResult {
  explicit JobResult(const char* name) : finished(name) {}
  sc_core::sc_signal<bool> finished;
  DoneFields fields;
};

/// The registered job. Blocks read it while they see `run`: it changes only in IDLE, when run is
/// low, so the order of the processes at an edge does not matter.
template <typename Descriptor>
class JobControl final : public ClockedBlock {
 public:
  JobControl(const sc_core::sc_module_name& name, const ClockAndReset& clock,
             StreamChannel<Payload>& job, StreamChannel<DoneFields>& done, const JobResult& result)
      : ClockedBlock(name, clock), job_in_(job), done_(done), result_(result) {}

  sc_core::sc_signal<bool> run{"run"};
  [[nodiscard]] const Descriptor& job() const { return job_; }

 private:
  enum class State { kIdle, kRun, kDone };

  void reset() override {
    state_ = State::kIdle;
    drive();
  }

  void rising_edge() override {
    switch (state_) {
      case State::kIdle:
        if (!job_in_.fires()) break;
        job_ = descriptor(job_in_.payload());
        state_ = State::kRun;
        break;
      case State::kRun:
        if (!result_.finished.read()) break;
        done_.next_payload() = result_.fields;
        state_ = State::kDone;
        break;
      case State::kDone:
        if (done_.fires()) state_ = State::kIdle;
        break;
    }
    drive();
  }

  void drive() {
    job_in_.accept(state_ == State::kIdle);
    run.write(state_ == State::kRun);
    done_.offer(state_ == State::kDone);
  }

  static Descriptor descriptor(const Payload& payload);

  StreamChannel<Payload>& job_in_;
  StreamChannel<DoneFields>& done_;
  const JobResult& result_;
  State state_ = State::kIdle;
  Descriptor job_{};
};

template <>
inline PrepareDescriptor JobControl<PrepareDescriptor>::descriptor(const Payload& payload) {
  return unpack_prepare(payload);
}

template <>
inline GemmDescriptor JobControl<GemmDescriptor>::descriptor(const Payload& payload) {
  return unpack_gemm(payload);
}

using PrepareControl = JobControl<PrepareDescriptor>;
using GemmControl = JobControl<GemmDescriptor>;

}  // namespace sylvester
