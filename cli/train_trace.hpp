// sylvester train --trace: records the jobs of chosen steps into a file.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "golden/config/config.hpp"
#include "golden/continual/class_incremental.hpp"
#include "golden/support/atomic_file.hpp"
#include "golden/trace/recorder.hpp"

namespace sylvester {

struct TraceArguments {
  std::string file;              ///< empty: none
  std::string steps = "0,last";  ///< of trace_selection
  std::string layers;            ///< empty: all
};

/// One run's trace. Everything throws UserError naming the option.
class TrainTrace {
 public:
  /// Nothing if no trace is asked for. Refuses what cannot be recorded, and a file that cannot be
  /// written, before the training begins.
  static std::unique_ptr<TrainTrace> make(const TraceArguments& arguments, const Config& config,
                                          int seeds);

  /// The back end that records what it passes on to `backend`.
  std::unique_ptr<Backend> recording(std::unique_ptr<Backend> backend);
  /// Throws UserError, before any training is lost, if no chosen step is one of the run's.
  void observe(const TrainProgress& progress);
  /// The file, in the lifetime of the recording back end. Throws if it has no job.
  void write();

 private:
  [[noreturn]] void refuse_selection() const;

  TrainTrace(const TraceArguments& arguments, TraceSelection selection);

  TraceArguments arguments_;
  TraceSelection selection_;
  AtomicFile file_;
  TraceRecorder* recorder_ = nullptr;
  std::uint64_t steps_ = 0;
};

}  // namespace sylvester
