#include "cli/train_trace.hpp"

#include <cstdio>

#include <fmt/format.h>

#include "golden/config/precision_table.hpp"
#include "golden/numerics/role.hpp"
#include "golden/support/error.hpp"

namespace sylvester {
namespace {

void require_traceable(const Config& config) {
  // Codes that no preparation of the GEMM made, or that one made with more than its recipe;
  // products that are a part of a layer's gradient only; steps without jobs.
  for (const char* key : {"backward.reuse_codes", "backward.one_draw"}) {
    if (config.flag(key)) {
      throw UserError(
          fmt::format("{}: {}: value true; allowed with --trace: false", config.source(), key));
    }
  }
  for (const auto& [key, value] : {std::pair{"backward.gradient_samples", 1}, {"fnt.epochs", 0}}) {
    if (config.integer(key) != value) {
      throw UserError(fmt::format("{}: {}: value {}; allowed with --trace: {}", config.source(),
                                  key, config.integer(key), value));
    }
  }
  for (const Role role : {Role::kInputGradient, Role::kWeightGradient}) {
    const std::string key = fmt::format("operands.{}.scale", to_string(role));
    if (config.text(key) == "hindsight") {
      throw UserError(fmt::format("{}: {}: value hindsight; allowed with --trace: the other rules",
                                  config.source(), key));
    }
  }
}

}  // namespace

TrainTrace::TrainTrace(const TraceArguments& arguments, TraceSelection selection)
    : arguments_(arguments), selection_(std::move(selection)), file_(arguments.file) {}

std::unique_ptr<TrainTrace> TrainTrace::make(const TraceArguments& arguments, const Config& config,
                                             int seeds) {
  if (arguments.file.empty()) return nullptr;
  if (seeds != 1) {
    throw UserError(fmt::format("--trace: {} seeds; allowed: --seeds 1", seeds));
  }
  const std::string& arithmetic = config.text("train.arithmetic");
  if (arithmetic != "quantised") {
    throw UserError(fmt::format("{}: train.arithmetic: value {}; allowed with --trace: quantised",
                                config.source(), arithmetic));
  }
  require_traceable(config);
  if (config.precision_table() != nullptr) {
    for (const auto& [layer, settings] : config.precision_table()->settings) {
      require_traceable(config.layer(layer));
    }
  }
  return std::unique_ptr<TrainTrace>(
      new TrainTrace(arguments, trace_selection(arguments.steps, arguments.layers)));
}

std::unique_ptr<Backend> TrainTrace::recording(std::unique_ptr<Backend> backend) {
  auto recorder = std::make_unique<TraceRecorder>(std::move(backend), selection_);
  recorder_ = recorder.get();
  return recorder;
}

void TrainTrace::observe(const TrainProgress& progress) {
  steps_ = progress.steps;
  recorder_->set_steps(progress.steps);
  const bool some = selection_.last || selection_.every > 0 ||
                    (!selection_.steps.empty() && *selection_.steps.begin() < steps_);
  if (!some) refuse_selection();
}

void TrainTrace::refuse_selection() const {
  throw UserError(fmt::format(
      "--trace-steps: value {}{} chooses no job; the run has {} steps, from 0 on", arguments_.steps,
      arguments_.layers.empty() ? "" : ", layers " + arguments_.layers, steps_));
}

void TrainTrace::write() {
  if (recorder_->trace().jobs() == 0) refuse_selection();
  if (recorder_->left_out() > 0) {
    std::fprintf(stderr, "sylvester: the trace is full with %zu jobs; %llu others are left out\n",
                 recorder_->trace().jobs(), static_cast<unsigned long long>(recorder_->left_out()));
  }
  file_.commit(recorder_->trace().bytes());
}

}  // namespace sylvester
