#include "testbenches/host_driver.hpp"

#include "golden/hardware/host.hpp"
#include "testbenches/payload.hpp"

namespace sylvester {
namespace {

constexpr std::array kSources = {Stream::kPrepareJob, Stream::kWide, Stream::kGemmJob,
                                 Stream::kACodes, Stream::kBCodes};
constexpr std::array kSinks = {Stream::kCodes, Stream::kPrepareDone, Stream::kResults,
                               Stream::kGemmDone};

std::size_t index(Stream stream) { return static_cast<std::size_t>(stream); }

}  // namespace

HostDriver::HostDriver(const HardwareParameters& hardware,
                       std::vector<const PrepareJob*> prepare_jobs,
                       std::vector<const GemmJob*> gemm_jobs, StallPattern pattern,
                       std::uint32_t stallable)
    : hardware_(hardware),
      prepare_jobs_(std::move(prepare_jobs)),
      gemm_jobs_(std::move(gemm_jobs)),
      pattern_(pattern),
      stallable_(stallable),
      prepare_outputs_(prepare_jobs_.size()),
      gemm_outputs_(gemm_jobs_.size()) {
  for (const auto* job : prepare_jobs_) prepare_descriptors_.push_back(describe(hardware_, *job));
  for (const auto* job : gemm_jobs_) gemm_descriptors_.push_back(describe(hardware_, *job));
  for (const Stream stream : kSources) {
    sources_.push_back({.stream = stream, .beats = {}});
    inputs_.data[index(stream)].assign(
        static_cast<std::size_t>((payload_bits(hardware_, stream) + 31) / 32), 0);
  }
  for (std::size_t s = 0; s < kStreams; ++s) {
    const auto stream = static_cast<Stream>(s);
    if (of_prepare_unit(stream) && !prepare_descriptors_.empty()) {
      job_beats_[s] = beats_of_job(hardware_, prepare_descriptors_.front(), stream);
    } else if (!of_prepare_unit(stream) && !gemm_descriptors_.empty()) {
      job_beats_[s] = beats_of_job(hardware_, gemm_descriptors_.front(), stream);
    }
  }
}

std::vector<Payload> HostDriver::beats_of(Stream stream, std::size_t job) const {
  switch (stream) {
    case Stream::kPrepareJob:
      return {pack(prepare_descriptors_[job])};
    case Stream::kWide:
      return wide_beats(hardware_, *prepare_jobs_[job]);
    case Stream::kGemmJob:
      return {pack(gemm_descriptors_[job])};
    case Stream::kACodes:
      return a_code_beats(hardware_, *gemm_jobs_[job]);
    default:
      return b_code_beats(hardware_, *gemm_jobs_[job]);
  }
}

bool HostDriver::load(Source& source) {
  const std::size_t jobs =
      of_prepare_unit(source.stream) ? prepare_jobs_.size() : gemm_jobs_.size();
  while (source.next == source.beats.size()) {
    if (source.next_job == jobs) return false;
    source.beats = beats_of(source.stream, source.next_job++);
    source.next = 0;
  }
  return true;
}

const CycleInputs& HostDriver::drive(std::uint64_t cycle) {
  const std::uint32_t pause = pattern_.host_pause(cycle);
  inputs_.stall = pattern_.stall(cycle) & stallable_;
  for (auto& source : sources_) {
    const std::size_t s = index(source.stream);
    if (!source.offered && (pause >> s & 1U) == 0 && load(source)) {
      source.offered = true;
      inputs_.data[s] = source.beats[source.next];
    }
    inputs_.valid[s] = source.offered;
  }
  for (const Stream stream : kSinks) {
    inputs_.ready[index(stream)] = (pause >> index(stream) & 1U) == 0;
  }
  return inputs_;
}

void HostDriver::advance(Stream stream) {
  const std::size_t s = index(stream);
  ++moved_[s];
  if (++places_[s].beat < job_beats_[s]) return;
  places_[s] = {places_[s].job + 1, 0};
  const std::size_t job = places_[s].job;
  if (of_prepare_unit(stream) && job < prepare_descriptors_.size()) {
    job_beats_[s] = beats_of_job(hardware_, prepare_descriptors_[job], stream);
  } else if (!of_prepare_unit(stream) && job < gemm_descriptors_.size()) {
    job_beats_[s] = beats_of_job(hardware_, gemm_descriptors_[job], stream);
  }
}

void HostDriver::observe(std::uint64_t cycle, const CycleSample& sample) {
  for (auto& source : sources_) {
    if (!source.offered || !sample.fires(source.stream)) continue;
    source.offered = false;
    ++source.next;
  }
  for (std::size_t s = 0; s < kStreams; ++s) {
    const auto stream = static_cast<Stream>(s);
    if (!sample.fires(stream)) continue;
    const Place at = place(stream);
    auto& outputs = of_prepare_unit(stream) ? prepare_outputs_ : gemm_outputs_;
    if (at.job < outputs.size()) {
      JobOutput& output = outputs[at.job];
      switch (stream) {
        case Stream::kWide:
          if (at.beat == 0) output.first_input = cycle;
          break;
        case Stream::kACodes:
        case Stream::kBCodes: {
          // The first beat of either operand: the other one has not moved into this job yet.
          const Stream other = stream == Stream::kACodes ? Stream::kBCodes : Stream::kACodes;
          const Place there = place(other);
          const bool other_is_later =
              there.job < at.job || (there.job == at.job && there.beat == 0);
          if (at.beat == 0 && other_is_later) output.first_input = cycle;
          break;
        }
        case Stream::kCodes:
        case Stream::kResults:
          output.beats.push_back(sample.data[s]);
          output.last_output = cycle;
          break;
        case Stream::kPrepareDone:
        case Stream::kGemmDone:
          output.done = sample.data[s];
          output.complete = true;
          break;
        default:
          break;
      }
    }
    advance(stream);
  }
}

bool HostDriver::finished() const {
  return (prepare_outputs_.empty() || prepare_outputs_.back().complete) &&
         (gemm_outputs_.empty() || gemm_outputs_.back().complete);
}

}  // namespace sylvester
