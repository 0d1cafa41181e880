// The host of the accelerator: offers the beats of a list of jobs on the input streams and takes
// those of the output streams. Both units work at the same time, each on its own list, back to
// back; nothing here knows what the right answers are.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "golden/hardware/descriptors.hpp"
#include "golden/hardware/model.hpp"
#include "testbenches/stalls.hpp"

namespace sylvester {

/// What one job gave back, and when.
struct JobOutput {
  std::vector<Payload> beats;  ///< of `codes` or `results`
  Payload done;                ///< of `prepare_done` or `gemm_done`
  bool complete = false;
  std::uint64_t first_input = 0;  ///< cycle of the first beat accepted on wide, a_codes or b_codes
  std::uint64_t last_output = 0;  ///< cycle of the last beat accepted on codes or results
  /// Cycles from the first accepted input beat to the last accepted result beat, inclusive.
  [[nodiscard]] std::uint64_t cycles() const { return last_output - first_input + 1; }
};

class HostDriver {
 public:
  /// `stallable`: bit per stream on which the pattern's stalls take effect. Throws UserError if the
  /// hardware was not built for one of the jobs.
  HostDriver(const HardwareParameters& hardware, std::vector<const PrepareJob*> prepare_jobs,
             std::vector<const GemmJob*> gemm_jobs, StallPattern pattern = {},
             std::uint32_t stallable = (1U << kStreams) - 1);

  /// Inputs of cycle `cycle`. The object belongs to the driver and is updated in place.
  const CycleInputs& drive(std::uint64_t cycle);
  /// What happened in that cycle.
  void observe(std::uint64_t cycle, const CycleSample& sample);
  /// Every job's result and done beat has been taken.
  [[nodiscard]] bool finished() const;

  [[nodiscard]] const std::vector<JobOutput>& prepare_outputs() const { return prepare_outputs_; }
  [[nodiscard]] const std::vector<JobOutput>& gemm_outputs() const { return gemm_outputs_; }
  /// Beats that a stream has moved so far.
  [[nodiscard]] std::uint64_t moved(Stream stream) const {
    return moved_[static_cast<std::size_t>(stream)];
  }
  [[nodiscard]] const std::vector<PrepareDescriptor>& prepare_descriptors() const {
    return prepare_descriptors_;
  }
  [[nodiscard]] const std::vector<GemmDescriptor>& gemm_descriptors() const {
    return gemm_descriptors_;
  }
  /// Job (of its unit's list) and beat within that job of the next beat of a stream; the job is the
  /// list's size if all beats have moved.
  struct Place {
    std::size_t job;
    std::uint64_t beat;
  };
  [[nodiscard]] Place place(Stream stream) const {
    return places_[static_cast<std::size_t>(stream)];
  }

 private:
  /// One stream that the host drives.
  struct Source {
    Stream stream;
    std::size_t next_job = 0;    ///< whose beats are loaded next
    std::vector<Payload> beats;  ///< of the present job
    std::size_t next = 0;
    bool offered = false;  ///< valid is high and stays so
  };

  bool load(Source& source);
  [[nodiscard]] std::vector<Payload> beats_of(Stream stream, std::size_t job) const;
  void advance(Stream stream);

  HardwareParameters hardware_;
  std::vector<const PrepareJob*> prepare_jobs_;
  std::vector<const GemmJob*> gemm_jobs_;
  std::vector<PrepareDescriptor> prepare_descriptors_;
  std::vector<GemmDescriptor> gemm_descriptors_;
  StallPattern pattern_;
  std::uint32_t stallable_;
  std::vector<Source> sources_;
  CycleInputs inputs_;
  std::array<std::uint64_t, kStreams> moved_{};
  std::array<Place, kStreams> places_{};
  std::array<std::uint64_t, kStreams> job_beats_{};  ///< beats of the present job
  std::vector<JobOutput> prepare_outputs_;
  std::vector<JobOutput> gemm_outputs_;
};

}  // namespace sylvester
