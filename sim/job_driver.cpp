#include "sim/job_driver.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>

#include "golden/hardware/host.hpp"

namespace sylvester {
namespace {

constexpr std::array kSources = {Stream::kPrepareJob, Stream::kWide, Stream::kGemmJob,
                                 Stream::kACodes, Stream::kBCodes};
constexpr std::array kSinks = {Stream::kCodes, Stream::kPrepareDone, Stream::kResults,
                               Stream::kGemmDone};

std::size_t index(Stream stream) { return static_cast<std::size_t>(stream); }

/// First and last cycle in which a beat of some streams moved.
struct Span {
  std::optional<std::uint64_t> first;
  std::uint64_t last = 0;
  void note(std::uint64_t cycle) {
    if (!first) first = cycle;
    last = cycle;
  }
};

class Drive {
 public:
  Drive(AcceleratorModel& model, const HardwareParameters& hardware, const PrepareJob* prepare_job,
        const GemmJob* gemm_job, const DriveOptions& options)
      : model_(model),
        hardware_(hardware),
        prepare_job_(prepare_job),
        gemm_job_(gemm_job),
        options_(options) {
    if (prepare_job != nullptr) {
      beats_[index(Stream::kPrepareJob)] = {pack(describe(hardware, *prepare_job))};
      beats_[index(Stream::kWide)] = wide_beats(hardware, *prepare_job);
    }
    if (gemm_job != nullptr) {
      beats_[index(Stream::kGemmJob)] = {pack(describe(hardware, *gemm_job))};
      beats_[index(Stream::kACodes)] = a_code_beats(hardware, *gemm_job);
      beats_[index(Stream::kBCodes)] = b_code_beats(hardware, *gemm_job);
    }
  }

  DriveResult run() {
    model_.reset();
    while (!finished()) {
      offer();
      model_.sample(inputs_, sample_);
      if (options_.observe) options_.observe(cycle_, sample_);
      note_beats();
      model_.edge();
      ++cycle_;
    }
    return result();
  }

 private:
  [[nodiscard]] bool finished() const {
    return (prepare_job_ == nullptr || !beats_[index(Stream::kPrepareDone)].empty()) &&
           (gemm_job_ == nullptr || !beats_[index(Stream::kGemmDone)].empty());
  }

  void offer() {
    inputs_.stall = options_.stall ? options_.stall(cycle_) : 0;
    const std::uint32_t pause = options_.pause ? options_.pause(cycle_) : 0;
    for (const Stream stream : kSources) {
      const std::size_t s = index(stream);
      if (inputs_.valid[s] || next_[s] == beats_[s].size() || (pause >> s & 1U) != 0) continue;
      inputs_.valid[s] = true;
      inputs_.data[s] = beats_[s][next_[s]];
    }
    for (const Stream stream : kSinks) {
      inputs_.ready[index(stream)] = (pause >> index(stream) & 1U) == 0;
    }
  }

  void note_beats() {
    for (std::size_t s = 0; s < kStreams; ++s) {
      if (sample_.fires(static_cast<Stream>(s))) last_move_ = cycle_;
    }
    for (const Stream stream : kSources) {
      const std::size_t s = index(stream);
      if (!sample_.fires(stream)) continue;
      inputs_.valid[s] = false;
      ++next_[s];
    }
    for (const Stream stream : kSinks) {
      if (sample_.fires(stream)) beats_[index(stream)].push_back(sample_.data[index(stream)]);
    }
    for (const Stream stream : {Stream::kWide, Stream::kCodes}) {
      if (sample_.fires(stream)) prepare_span_.note(cycle_);
    }
    for (const Stream stream : {Stream::kACodes, Stream::kBCodes, Stream::kResults}) {
      if (sample_.fires(stream)) gemm_span_.note(cycle_);
    }
    if (cycle_ - last_move_ <= options_.patience) return;
    std::string offered;
    for (const auto& info : streams()) {
      if (sample_.valid[index(info.stream)]) offered += " " + std::string(info.name);
    }
    throw std::runtime_error("no beat moved for " + std::to_string(options_.patience) +
                             " cycles before cycle " + std::to_string(cycle_) +
                             "; offered are:" + (offered.empty() ? " none" : offered));
  }

  DriveResult result() {
    DriveResult out;
    out.cycles = cycle_;
    if (prepare_job_ != nullptr) {
      out.prepared = decode_prepared(hardware_, *prepare_job_, beats_[index(Stream::kCodes)],
                                     beats_[index(Stream::kPrepareDone)].front());
      out.prepare_cycles = prepare_span_.last - *prepare_span_.first + 1;
    }
    if (gemm_job_ != nullptr) {
      out.gemm = decode_gemm(hardware_, *gemm_job_, beats_[index(Stream::kResults)],
                             beats_[index(Stream::kGemmDone)].front());
      out.gemm_cycles = gemm_span_.last - *gemm_span_.first + 1;
    }
    return out;
  }

  AcceleratorModel& model_;
  const HardwareParameters& hardware_;
  const PrepareJob* prepare_job_;
  const GemmJob* gemm_job_;
  const DriveOptions& options_;
  std::array<std::vector<Payload>, kStreams> beats_;  ///< to send, or received
  std::array<std::size_t, kStreams> next_{};          ///< of the beats to send
  CycleInputs inputs_;
  CycleSample sample_;
  Span prepare_span_;
  Span gemm_span_;
  std::uint64_t cycle_ = 0;
  std::uint64_t last_move_ = 0;
};

}  // namespace

DriveResult drive_jobs(AcceleratorModel& model, const HardwareParameters& hardware,
                       const PrepareJob* prepare_job, const GemmJob* gemm_job,
                       const DriveOptions& options) {
  return Drive(model, hardware, prepare_job, gemm_job, options).run();
}

}  // namespace sylvester
