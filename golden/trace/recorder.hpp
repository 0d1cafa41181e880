// A back end that records the jobs of chosen training steps while another back end does them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "golden/numerics/backend.hpp"
#include "golden/trace/trace.hpp"

namespace sylvester {

/// Which training steps and layers are recorded.
struct TraceSelection {
  std::set<std::uint64_t> steps;  ///< from 0
  bool last = false;              ///< the last step of the run too
  std::uint64_t every = 0;        ///< every so many steps, from 0 on; 0: none
  std::set<int> layers;           ///< from 0; empty: all
};

/// Words separated by commas: step numbers from 0, `last`, `every:N`. Throws UserError.
TraceSelection trace_selection(const std::string& steps, const std::string& layers);

/// Passes every job on. Jobs of teacher and evaluation passes are not recorded.
class TraceRecorder final : public Backend {
 public:
  /// Ends recording, not training, when the arrays have this many bytes: some ten full steps of
  /// the presets.
  static constexpr std::size_t kMostBytes = std::size_t{1} << 28;

  TraceRecorder(std::unique_ptr<Backend> inner, TraceSelection selection,
                std::size_t most_bytes = kMostBytes);

  /// Steps of the whole run, before the last one begins: what `last` means.
  void set_steps(std::uint64_t steps) { steps_ = steps; }

  [[nodiscard]] std::string_view name() const override { return inner_->name(); }
  std::vector<PreparedOperand> prepare(std::span<const PrepareJob> jobs) override;
  std::vector<GemmResult> gemm(std::span<const GemmJob> jobs) override;
  void prepare_into(std::span<const PrepareJob> jobs,
                    std::span<PreparedOperand* const> results) override;
  void gemm_into(std::span<const GemmJob> jobs, std::span<GemmResult> results) override;

  TraceWriter& trace() { return trace_; }
  /// Jobs that were chosen and did not fit.
  [[nodiscard]] std::uint64_t left_out() const { return left_out_; }

 private:
  [[nodiscard]] bool chosen(const PrepareJob& job) const;
  void remember(const PrepareJob& job, const PreparedOperand& result);
  void record(const GemmJob& job, const GemmResult& result);
  [[nodiscard]] const PrepareJob* source_of(const PreparedOperand& operand) const;

  std::unique_ptr<Backend> inner_;
  TraceSelection selection_;
  std::size_t most_bytes_;
  std::uint64_t steps_ = 0;
  /// The job of every operand that may still be used, by the place of its codes.
  std::map<const Code*, PrepareJob> sources_;
  std::map<std::string, int> names_;  ///< how often each was given
  TraceWriter trace_;
  std::uint64_t left_out_ = 0;
};

}  // namespace sylvester
