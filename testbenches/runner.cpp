#include "testbenches/runner.hpp"

#include "sim/cycles/cycles.hpp"
#include "testbenches/host_driver.hpp"
#include "testbenches/payload.hpp"

namespace sylvester {
namespace {

/// Cycles after the last job in which nothing may move.
constexpr std::uint64_t kQuietCycles = 64;

const StreamInfo& info(Stream stream) { return streams()[static_cast<std::size_t>(stream)]; }

/// The block that owns a field: the counters of a done payload are not job_control's.
std::string owner(Stream stream) {
  if (stream == Stream::kPrepareDone) return "quantise";
  if (stream == Stream::kGemmDone) return "edge";
  return std::string(info(stream).producer);
}

/// Blocks whose signals beside the streams decide what shows at a boundary (architecture.md).
std::string inner_drivers(Stream stream, const std::string& kind) {
  switch (stream) {
    case Stream::kWide:
      return kind == "ready" ? "draw_key, quantise" : "";  // run, open
    case Stream::kCodes:
      return kind == "payload" || kind == "value" ? "draw_key" : "";  // key
    case Stream::kPrepareDone:
      return kind == "valid" ? "quantise" : "draw_key";  // finished, key
    case Stream::kACodes:
    case Stream::kBCodes:
      return kind == "ready" ? "systolic_array" : "";  // release
    case Stream::kGemmDone:
      return kind == "valid" ? "edge" : "";
    default:
      return "";
  }
}

class BatchRun {
 public:
  BatchRun(const Batch& batch, std::span<const Expected> expected,
           std::span<const NamedModel> models, const RunOptions& options)
      : batch_(batch),
        expected_(expected),
        models_(models),
        options_(options),
        samples_(models.size()),
        held_(models.size()) {
    for (std::size_t j = 0; j < batch.jobs.size(); ++j) {
      gemm_jobs_.push_back(expected[j].gemm_job(batch.jobs[j], batch.hardware.counters));
    }
    std::vector<const PrepareJob*> prepare_jobs;
    std::vector<const GemmJob*> gemm_jobs;
    for (std::size_t j = 0; j < batch.jobs.size(); ++j) {
      if (batch.prepares) {
        prepare_jobs.push_back(&batch.jobs[j].a);
        prepare_jobs.push_back(&batch.jobs[j].b);
      }
      gemm_jobs.push_back(&gemm_jobs_[j]);
    }
    std::uint32_t stallable = ~std::uint32_t{0};
    for (const auto& model : models) stallable &= model.observed;
    driver_.emplace(batch.hardware, prepare_jobs, gemm_jobs, batch.stalls, stallable);
    for (std::size_t s = 0; s < kStreams; ++s) {
      const auto stream = static_cast<Stream>(s);
      fields_[s] = payload_fields(batch.hardware, stream);
      payload_bits_[s] = static_cast<std::uint64_t>(payload_bits(batch.hardware, stream));
      for (const auto& job : driver_->prepare_descriptors()) {
        if (of_prepare_unit(stream)) total_beats_[s] += beats_of_job(batch.hardware, job, stream);
      }
      for (const auto& job : driver_->gemm_descriptors()) {
        if (!of_prepare_unit(stream)) total_beats_[s] += beats_of_job(batch.hardware, job, stream);
      }
    }
  }

  RunResult run() {
    for (const auto& model : models_) model.model->reset();
    std::uint64_t quiet = 0;
    while (quiet < kQuietCycles && !result_.divergence) {
      if (driver_->finished()) ++quiet;
      step();
      ++cycle_;
    }
    if (!result_.divergence) check_beats();
    if (!result_.divergence && batch_.stalls.kind() == StallKind::kNone) check_cycles();
    result_.statistics.jobs = batch_.jobs.size();
    for (const auto& expected : expected_) {
      result_.statistics.macs += static_cast<std::uint64_t>(expected.gemm.m) *
                                 static_cast<std::uint64_t>(expected.gemm.n) *
                                 static_cast<std::uint64_t>(expected.a->k_padded);
    }
    for (std::size_t s = 0; s < kStreams; ++s) {
      result_.statistics.beats[s] = driver_->moved(static_cast<Stream>(s));
    }
    return result_;
  }

 private:
  void step() {
    const CycleInputs& inputs = driver_->drive(cycle_);
    for (std::size_t m = 0; m < models_.size(); ++m) models_[m].model->sample(inputs, samples_[m]);
    check_ended();
    if (result_.divergence) return;
    if (options_.frames != nullptr) {
      options_.frames->push_back({cycle_, inputs.stall, samples_});
      if (options_.frames->size() > options_.frames_kept) options_.frames->pop_front();
    }
    count(inputs);
    compare_models();
    check_protocol();
    check_extra_beats();
    compare_with_golden();
    check_deadlock(inputs);
    driver_->observe(cycle_, samples_[0]);
    for (const auto& model : models_) model.model->edge();
  }

  void check_ended() {
    for (const NamedModel& model : models_) {
      const std::string found = model.model->ended();
      if (found.empty()) continue;
      Divergence d;
      d.kind = "ended";
      d.cycle = cycle_;
      d.between = model.name;
      d.expected = "no end of the simulation";
      d.found = found;
      result_.divergence = std::move(d);
      return;
    }
  }

  void count(const CycleInputs& inputs) {
    auto& statistics = result_.statistics;
    ++statistics.cycles_compared;
    bool held = false;
    for (std::size_t s = 0; s < kStreams; ++s) {
      if (samples_[0].valid[s] && (inputs.stall >> s & 1U) != 0) {
        ++statistics.stalls[s];
        held = true;
      }
    }
    if (held) ++statistics.stalled_cycles;
  }

  /// A divergence at a stream's present beat.
  Divergence at(const char* kind, Stream stream) const {
    Divergence d;
    d.kind = kind;
    d.stream = std::string(info(stream).name);
    d.block = std::string(info(stream).producer);
    d.cycle = cycle_;
    const auto place = driver_->place(stream);
    if (of_prepare_unit(stream)) {
      if (place.job < driver_->prepare_descriptors().size()) {
        d.job = static_cast<int>(place.job / 2);
        d.part = place.job % 2 == 0 ? "prepare A" : "prepare B";
      }
    } else if (place.job < driver_->gemm_descriptors().size()) {
      d.job = static_cast<int>(place.job);
      d.part = "gemm";
    }
    d.element = element(stream, -1);
    return d;
  }

  [[nodiscard]] std::string element(Stream stream, int lane) const {
    const auto place = driver_->place(stream);
    if (of_prepare_unit(stream)) {
      if (place.job >= driver_->prepare_descriptors().size()) return "";
      return to_string(beat_position(batch_.hardware, driver_->prepare_descriptors()[place.job],
                                     stream, place.beat),
                       lane);
    }
    if (place.job >= driver_->gemm_descriptors().size()) return "";
    return to_string(
        beat_position(batch_.hardware, driver_->gemm_descriptors()[place.job], stream, place.beat),
        lane);
  }

  void diverge(Divergence divergence, Stream stream) {
    if (result_.divergence) return;
    divergence.or_block = inner_drivers(stream, divergence.kind);
    result_.divergence = std::move(divergence);
  }

  /// Names the first differing field of two payloads.
  void name_field(Divergence& d, Stream stream, const Payload& first, const Payload& second) const {
    for (const auto& field : fields_[static_cast<std::size_t>(stream)]) {
      const auto a = field_value(field, first);
      const auto b = field_value(field, second);
      if (a == b) continue;
      d.field = field.name;
      d.element = element(stream, field.lane);
      d.expected = std::to_string(a);
      d.found = std::to_string(b);
      return;
    }
    d.field = "bits beyond the payload";
  }

  void compare_models() {
    if (models_.size() < 2) return;
    auto& bits = result_.statistics.bits_compared;
    const CycleSample& first = samples_[0];
    // What a producer drives comes before what its consumer answers.
    for (const bool forward : {true, false}) {
      for (std::size_t s = 0; s < kStreams; ++s) {
        const auto stream = static_cast<Stream>(s);
        for (std::size_t m = 1; m < models_.size(); ++m) {
          if ((models_[m].observed >> s & 1U) == 0) continue;
          bits += 1 + (forward && first.valid[s] ? payload_bits_[s] : 0);
          const CycleSample& other = samples_[m];
          if (forward && first.valid[s] != other.valid[s]) {
            differ(at("valid", stream), stream, m, first.valid[s], other.valid[s]);
          } else if (forward && first.valid[s] && first.data[s] != other.data[s]) {
            Divergence d = at("payload", stream);
            d.block = owner(stream);
            d.between = names(m);
            name_field(d, stream, first.data[s], other.data[s]);
            diverge(std::move(d), stream);
          } else if (!forward && first.ready[s] != other.ready[s]) {
            Divergence d = at("ready", stream);
            d.block = std::string(info(stream).consumer);
            differ(std::move(d), stream, m, first.ready[s], other.ready[s]);
          }
          if (result_.divergence) return;
        }
      }
    }
  }

  [[nodiscard]] std::string names(std::size_t m) const {
    return models_[0].name + " and " + models_[m].name;
  }

  void differ(Divergence d, Stream stream, std::size_t m, bool first, bool other) {
    d.between = names(m);
    d.expected = first ? "1" : "0";
    d.found = other ? "1" : "0";
    diverge(std::move(d), stream);
  }

  /// Once high, valid stays with a stable payload until the beat moves.
  void check_protocol() {
    for (std::size_t m = 0; m < models_.size(); ++m) {
      for (std::size_t s = 0; s < kStreams; ++s) {
        const auto stream = static_cast<Stream>(s);
        Held& held = held_[m][s];
        const CycleSample& sample = samples_[m];
        if (held.waiting && (!sample.valid[s] || sample.data[s] != held.data)) {
          Divergence d = at("protocol", stream);
          d.between = models_[m].name + " and its previous cycle";
          d.expected = "valid with a stable payload";
          d.found = sample.valid[s] ? "another payload" : "valid low";
          diverge(std::move(d), stream);
          return;
        }
        held.waiting = sample.valid[s] && !sample.ready[s];
        if (held.waiting) held.data = sample.data[s];
      }
    }
  }

  void check_extra_beats() {
    for (std::size_t s = 0; s < kStreams; ++s) {
      const auto stream = static_cast<Stream>(s);
      if (!samples_[0].fires(stream) || driver_->moved(stream) < total_beats_[s]) continue;
      Divergence d = at("beats", stream);
      d.between = "the job list and " + models_[0].name;
      d.expected = std::to_string(total_beats_[s]) + " beats";
      d.found = "one more";
      diverge(std::move(d), stream);
      return;
    }
  }

  void check_beats() {
    for (std::size_t s = 0; s < kStreams; ++s) {
      const auto stream = static_cast<Stream>(s);
      if (driver_->moved(stream) == total_beats_[s]) continue;
      Divergence d = at("beats", stream);
      d.between = "the job list and " + models_[0].name;
      d.expected = std::to_string(total_beats_[s]) + " beats";
      d.found = std::to_string(driver_->moved(stream));
      diverge(std::move(d), stream);
      return;
    }
  }

  void compare_value(Stream stream, const PayloadField& field, const std::string& place,
                     std::int64_t golden, std::int64_t model) {
    result_.statistics.bits_compared += static_cast<std::uint64_t>(field.bits);
    if (golden == model || result_.divergence) return;
    Divergence d = at("value", stream);
    d.block = owner(stream);
    d.between = "golden and " + models_[0].name;
    d.field = field.name;
    d.element = place;
    d.expected = std::to_string(golden);
    d.found = std::to_string(model);
    diverge(std::move(d), stream);
  }

  /// Beats that leave the accelerator in this cycle; models that agree are compared once.
  void compare_with_golden() {
    if (result_.divergence) return;
    if (samples_[0].fires(Stream::kCodes)) compare_codes();
    if (samples_[0].fires(Stream::kResults)) compare_results();
    if (samples_[0].fires(Stream::kPrepareDone)) compare_prepare_done();
    if (samples_[0].fires(Stream::kGemmDone)) compare_gemm_done();
  }

  [[nodiscard]] const PreparedOperand& operand(std::size_t prepare_job) const {
    const Expected& expected = expected_[prepare_job / 2];
    return prepare_job % 2 == 0 ? *expected.a : *expected.b;
  }

  void compare_codes() {
    const auto place = driver_->place(Stream::kCodes);
    const PreparedOperand& golden = operand(place.job);
    const auto position = beat_position(batch_.hardware, driver_->prepare_descriptors()[place.job],
                                        Stream::kCodes, place.beat);
    for (const auto& field : fields_[static_cast<std::size_t>(Stream::kCodes)]) {
      const int line = position.group * batch_.hardware.lanes + field.lane;
      const auto at_element =
          static_cast<std::size_t>(line) * static_cast<std::size_t>(golden.k_padded) +
          static_cast<std::size_t>(position.k);
      const int code = line < golden.lines ? golden.codes[at_element] : 0;
      compare_value(Stream::kCodes, field, element(Stream::kCodes, field.lane), code,
                    field_value(field, sample_of(Stream::kCodes)));
    }
  }

  void compare_results() {
    const auto place = driver_->place(Stream::kResults);
    const GemmResult& golden = expected_[place.job].gemm;
    const auto position = beat_position(batch_.hardware, driver_->gemm_descriptors()[place.job],
                                        Stream::kResults, place.beat);
    for (const auto& field : fields_[static_cast<std::size_t>(Stream::kResults)]) {
      const int column = position.n_block * batch_.hardware.cols + field.lane;
      const auto at_element =
          static_cast<std::size_t>(position.line) * static_cast<std::size_t>(golden.n) +
          static_cast<std::size_t>(column);
      const std::int64_t value = column < golden.n ? golden.values[at_element] : 0;
      compare_value(Stream::kResults, field, element(Stream::kResults, field.lane), value,
                    field_value(field, sample_of(Stream::kResults)));
    }
  }

  void compare_prepare_done() {
    const PreparedOperand& golden = operand(driver_->place(Stream::kPrepareDone).job);
    const PrepareCounters counters = reported(golden.counters, batch_.hardware.counters);
    compare_done(Stream::kPrepareDone,
                 {static_cast<std::uint64_t>(golden.max_magnitude), counters.codes_at_limit,
                  counters.rounded_up, counters.zero_codes});
  }

  void compare_gemm_done() {
    const GemmResult& golden = expected_[driver_->place(Stream::kGemmDone).job].gemm;
    const GemmCounters counters = reported(golden.counters, batch_.hardware.counters);
    compare_done(Stream::kGemmDone,
                 {counters.mac_limited, counters.tile_limited, counters.outer_limited});
  }

  void compare_done(Stream stream, const std::vector<std::uint64_t>& golden) {
    const auto& fields = fields_[static_cast<std::size_t>(stream)];
    for (std::size_t i = 0; i < golden.size(); ++i) {
      compare_value(stream, fields[i], "", static_cast<std::int64_t>(golden[i]),
                    field_value(fields[i], sample_of(stream)));
    }
  }

  [[nodiscard]] const Payload& sample_of(Stream stream) const {
    return samples_[0].data[static_cast<std::size_t>(stream)];
  }

  void check_deadlock(const CycleInputs& inputs) {
    bool moved = driver_->finished();
    for (std::size_t s = 0; s < kStreams; ++s) moved |= samples_[0].fires(static_cast<Stream>(s));
    if (moved) last_move_ = cycle_;
    if (cycle_ - last_move_ < options_.deadlock_cycles) return;
    Divergence d;
    d.kind = "deadlock";
    d.cycle = cycle_;
    d.between = models_[0].name;
    d.expected = "a beat in " + std::to_string(options_.deadlock_cycles) + " cycles";
    for (std::size_t s = 0; s < kStreams; ++s) {
      const auto stream = static_cast<Stream>(s);
      if (!samples_[0].valid[s] || (inputs.stall >> s & 1U) != 0) continue;
      if (d.block.empty()) {
        d = at("deadlock", stream);
        d.between = models_[0].name;
        d.block = std::string(info(stream).consumer);
        d.expected = "a beat in " + std::to_string(options_.deadlock_cycles) + " cycles";
      }
      d.found += (d.found.empty() ? "waiting at " : ", ") + std::string(info(stream).name);
    }
    if (d.found.empty()) d.found = "no stream offers a beat";
    diverge(std::move(d), Stream::kPrepareJob);
  }

  void check_cycles() {
    for (std::size_t i = 0; i < driver_->prepare_outputs().size(); ++i) {
      const PrepareJob& job = i % 2 == 0 ? batch_.jobs[i / 2].a : batch_.jobs[i / 2].b;
      compare_cycles(static_cast<int>(i / 2), i % 2 == 0 ? "prepare A" : "prepare B",
                     prepare_cycles(batch_.hardware, job, options_.closed_form_fault),
                     driver_->prepare_outputs()[i]);
    }
    for (std::size_t j = 0; j < driver_->gemm_outputs().size(); ++j) {
      compare_cycles(static_cast<int>(j), "gemm",
                     gemm_cycles(batch_.hardware, gemm_jobs_[j], options_.closed_form_fault),
                     driver_->gemm_outputs()[j]);
    }
  }

  void compare_cycles(int job, const char* part, std::uint64_t closed_form,
                      const JobOutput& output) {
    ++result_.statistics.cycle_counts;
    if (closed_form == output.cycles() || result_.divergence) return;
    Divergence d;
    d.kind = "cycles";
    d.block =
        std::string(part).substr(0, 4) == "gemm" ? "closed form of gemm" : "closed form of prepare";
    d.stream = std::string(part) == "gemm" ? "results" : "codes";
    d.between = "the closed form and " + models_[0].name;
    d.cycle = output.last_output;
    d.job = job;
    d.part = part;
    d.field = "cycles of the job";
    d.expected = std::to_string(closed_form);
    d.found = std::to_string(output.cycles());
    diverge(std::move(d), Stream::kPrepareJob);
  }

  /// The beat that a producer has offered and that has not moved.
  struct Held {
    bool waiting = false;
    Payload data;
  };

  const Batch& batch_;
  std::span<const Expected> expected_;
  std::span<const NamedModel> models_;
  const RunOptions& options_;
  std::vector<GemmJob> gemm_jobs_;
  std::optional<HostDriver> driver_;
  std::vector<CycleSample> samples_;
  std::vector<std::array<Held, kStreams>> held_;
  std::array<std::vector<PayloadField>, kStreams> fields_;
  std::array<std::uint64_t, kStreams> payload_bits_{};
  std::array<std::uint64_t, kStreams> total_beats_{};
  std::uint64_t cycle_ = 0;
  std::uint64_t last_move_ = 0;
  RunResult result_;
};

}  // namespace

std::string Divergence::sentence() const {
  if (kind == "ended") {
    return "the " + between + " ended its own simulation in cycle " + std::to_string(cycle) +
           " with " + found;
  }
  std::string text = kind + " differs at " + (stream.empty() ? "no stream" : stream) + ", block " +
                     (block.empty() ? "unknown" : block) +
                     (or_block.empty() ? "" : " (or " + or_block + ")") + ", cycle " +
                     std::to_string(cycle);
  if (job >= 0) text += ", job " + std::to_string(job) + " (" + part + ")";
  if (!element.empty()) text += ", " + element;
  if (!field.empty()) text += ", " + field;
  return text + ": " + expected + " against " + found + " (" + between + ")";
}

void RunStatistics::add(const RunStatistics& other) {
  jobs += other.jobs;
  macs += other.macs;
  bits_compared += other.bits_compared;
  cycles_compared += other.cycles_compared;
  stalled_cycles += other.stalled_cycles;
  cycle_counts += other.cycle_counts;
  for (std::size_t s = 0; s < kStreams; ++s) {
    stalls[s] += other.stalls[s];
    beats[s] += other.beats[s];
  }
}

RunResult run_batch(const Batch& batch, std::span<const Expected> expected,
                    std::span<const NamedModel> models, const RunOptions& options) {
  return BatchRun(batch, expected, models, options).run();
}

}  // namespace sylvester
