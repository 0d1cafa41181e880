#include "golden/trace/recorder.hpp"

#include <charconv>

#include <fmt/format.h>

#include "golden/numerics/role.hpp"
#include "golden/support/error.hpp"
#include "golden/train/executor.hpp"

namespace sylvester {
namespace {

constexpr std::string_view kEvery = "every:";

/// The words between commas.
std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words(1);
  for (const char c : text) {
    if (c == ',') {
      words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  return words;
}

/// False if the text is no number in least ... most.
bool read_number(std::string_view text, std::uint64_t least, std::uint64_t most,
                 std::uint64_t& number) {
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && rest == text.data() + text.size() && number >= least &&
         number <= most;
}

TraceOperand recorded(const PrepareJob& job, const PreparedOperand& operand) {
  TraceOperand result;
  result.recipe = job.recipe;
  result.lines = operand.lines;
  result.k = operand.k;
  result.k_padded = operand.k_padded;
  result.block = operand.block;
  result.wide = job.input;
  result.codes = operand.codes;
  result.expected = expected_fields(operand);
  // Jobs may count less than everything; the trace expects what is always the same.
  if (job.counters != CounterMode::kFull) result.expected.erase("counters");
  return result;
}

}  // namespace

TraceSelection trace_selection(const std::string& steps, const std::string& layers) {
  TraceSelection selection;
  constexpr std::uint64_t kMost = 4294967295;
  for (const std::string& word : words_of(steps)) {
    std::uint64_t number = 0;
    if (word == "last") {
      selection.last = true;
    } else if (word.starts_with(kEvery) &&
               read_number(std::string_view(word).substr(kEvery.size()), 1, kMost, number)) {
      selection.every = number;
    } else if (read_number(word, 0, kMost, number)) {
      selection.steps.insert(number);
    } else {
      throw UserError(fmt::format(
          "--trace-steps: value {}; allowed: step numbers from 0, last and every:N, separated by "
          "commas",
          steps));
    }
  }
  if (layers.empty()) return selection;
  for (const std::string& word : words_of(layers)) {
    std::uint64_t number = 0;
    if (!read_number(word, 0, 65535, number)) {
      throw UserError(fmt::format(
          "--trace-layers: value {}; allowed: layer numbers from 0, separated by commas", layers));
    }
    selection.layers.insert(static_cast<int>(number));
  }
  return selection;
}

TraceRecorder::TraceRecorder(std::unique_ptr<Backend> inner, TraceSelection selection,
                             std::size_t most_bytes)
    : inner_(std::move(inner)), selection_(std::move(selection)), most_bytes_(most_bytes) {}

std::vector<PreparedOperand> TraceRecorder::prepare(std::span<const PrepareJob> jobs) {
  std::vector<PreparedOperand> results = inner_->prepare(jobs);
  for (std::size_t i = 0; i < jobs.size(); ++i) remember(jobs[i], results[i]);
  return results;
}

std::vector<GemmResult> TraceRecorder::gemm(std::span<const GemmJob> jobs) {
  std::vector<GemmResult> results = inner_->gemm(jobs);
  for (std::size_t i = 0; i < jobs.size(); ++i) record(jobs[i], results[i]);
  return results;
}

void TraceRecorder::prepare_into(std::span<const PrepareJob> jobs,
                                 std::span<PreparedOperand* const> results) {
  inner_->prepare_into(jobs, results);
  for (std::size_t i = 0; i < jobs.size(); ++i) remember(jobs[i], *results[i]);
}

void TraceRecorder::gemm_into(std::span<const GemmJob> jobs, std::span<GemmResult> results) {
  inner_->gemm_into(jobs, results);
  for (std::size_t i = 0; i < jobs.size(); ++i) record(jobs[i], results[i]);
}

bool TraceRecorder::chosen(const PrepareJob& job) const {
  const DrawContext& draw = job.recipe.draw;
  if (draw.repetition != static_cast<std::uint8_t>(PassKind::kTraining)) return false;
  if (!selection_.layers.empty() && !selection_.layers.contains(draw.layer)) return false;
  const std::uint64_t step = draw.step;
  return selection_.steps.contains(step) ||
         (selection_.every != 0 && step % selection_.every == 0) ||
         (selection_.last && steps_ != 0 && step + 1 == steps_);
}

void TraceRecorder::remember(const PrepareJob& job, const PreparedOperand& result) {
  // Operands are made again in the same memory: what was there is over.
  sources_.erase(result.codes.data());
  if (chosen(job)) sources_.emplace(result.codes.data(), job);
}

const PrepareJob* TraceRecorder::source_of(const PreparedOperand& operand) const {
  const auto found = sources_.find(operand.codes.data());
  return found == sources_.end() ? nullptr : &found->second;
}

void TraceRecorder::record(const GemmJob& job, const GemmResult& result) {
  const PrepareJob* a = source_of(*job.a);
  const PrepareJob* b = source_of(*job.b);
  if (a == nullptr || b == nullptr) return;
  if (trace_.array_bytes() >= most_bytes_) {
    ++left_out_;
    return;
  }
  TraceJob traced;
  const DrawContext& draw = a->recipe.draw;
  traced.name =
      fmt::format("step{}.layer{}.{}", draw.step, draw.layer,
                  draw.role < kRoles ? to_string(gemm_of(static_cast<Role>(draw.role))) : "gemm");
  const int earlier = names_[traced.name]++;
  if (earlier > 0) traced.name += fmt::format(".{}", earlier);
  traced.a = recorded(*a, *job.a);
  traced.b = recorded(*b, *job.b);
  traced.recipe = job.recipe;
  traced.values = result.values;
  traced.expected = expected_fields(result);
  if (job.counters != CounterMode::kFull) traced.expected.erase("counters");
  trace_.add(traced);
}

}  // namespace sylvester
