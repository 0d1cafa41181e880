#include "golden/continual/class_incremental.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <span>
#include <string_view>
#include <tuple>

#include <fmt/format.h>

#include "golden/continual/exemplar_memory.hpp"
#include "golden/continual/learner.hpp"
#include "golden/continual/run_state.hpp"
#include "golden/support/error.hpp"
#include "golden/support/random.hpp"
#include "golden/support/state_file.hpp"
#include "golden/train/executor.hpp"
#include "golden/train/pass.hpp"

namespace sylvester {
namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::json;

// Sub-streams of the run seed. golden/data uses the numbers below 10.
constexpr std::uint64_t kWeightStream = 10;
constexpr std::uint64_t kOrderStream = 11;
constexpr std::uint64_t kHeldOutStream = 12;
constexpr std::uint64_t kFitStream = 13;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::size_t as_size(int value) { return static_cast<std::size_t>(value); }

// DoReFa's layers have numbers, which further backbones would change; PDQAT has no distillation.
void check_method(const TrainSettings& settings) {
  const TrainMode mode = settings.recipe.mode;
  if (mode != TrainMode::kDorefa && mode != TrainMode::kPdqat) return;
  const auto method = make_method(settings);
  const bool grows =
      settings.method == ContinualMethod::kDer || settings.method == ContinualMethod::kMemo;
  if (!grows && (mode == TrainMode::kDorefa || !method->distils())) return;
  throw UserError(fmt::format(
      "continual.method: value {}; allowed with train.arithmetic {}", to_string(settings.method),
      mode == TrainMode::kDorefa ? "dorefa: finetune, replay, joint, lwf, icarl, bic"
                                 : "pdqat: finetune, replay, joint"));
}

void check_settings(const TrainSettings& settings, const Split& split) {
  const auto at_least = [](const char* name, std::int64_t value, std::int64_t least) {
    if (value < least) {
      throw UserError(fmt::format("{} = {}; allowed: {} and more", name, value, least));
    }
  };
  at_least("epochs", settings.epochs, 1);
  at_least("batch", settings.batch, 1);
  at_least("classes_per_task", settings.classes_per_task, 1);
  at_least("memory", settings.memory, 0);
  at_least("shared_layers", settings.shared_layers, 0);
  at_least("test_batch", settings.test_batch, 1);
  at_least("exemplar_batch", settings.exemplar_batch, 1);
  at_least("test_samples_per_class", settings.test_samples_per_class, 0);
  at_least("fnt_epochs", settings.fnt_epochs, 0);
  if (settings.fnt_epochs > 0 && settings.recipe.mode != TrainMode::kQuantised) {
    throw UserError("fnt_epochs needs quantised arithmetic, after which it goes on in float32");
  }
  check_method(settings);
  if (!(settings.temperature > 0.0F)) {
    throw UserError(fmt::format("temperature = {}; allowed: above 0", settings.temperature));
  }
  if (!(settings.held_out >= 0.0F && settings.held_out <= 1.0F)) {
    throw UserError(fmt::format("held_out = {}; allowed: 0 to 1", settings.held_out));
  }
  if (settings.memory > 0 && settings.memory < split.train.classes) {
    throw UserError(fmt::format(
        "continual.memory: value {}; allowed: 0, or at least one exemplar for each of the "
        "{} classes",
        settings.memory, split.train.classes));
  }
  if (split.train.features != split.test.features || split.train.classes != split.test.classes) {
    throw UserError(
        fmt::format("data set '{}': training part {} features, {} classes; test part {} "
                    "features, {} classes; they must be equal",
                    split.train.name, split.train.features, split.train.classes,
                    split.test.features, split.test.classes));
  }
}

// Sample numbers of each class, in the data set's order.
std::vector<std::vector<int>> samples_by_class(const Dataset& dataset, int limit) {
  std::vector<std::vector<int>> samples(as_size(dataset.classes));
  for (int i = 0; i < dataset.samples(); ++i) {
    auto& list = samples.at(as_size(dataset.label[as_size(i)]));
    if (limit == 0 || static_cast<int>(list.size()) < limit) list.push_back(i);
  }
  return samples;
}

// Samples are rows of `x`, or as many rows as they have positions.
void gather(const Dataset& dataset, std::span<const int> samples, FloatMatrix& x) {
  const std::size_t width = as_size(dataset.features);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    std::memcpy(x.values.data() + i * width, dataset.x.data() + as_size(samples[i]) * width,
                width * sizeof(float));
  }
}

class Run {
 public:
  Run(const TrainSettings& settings, const Split& split, Backend& backend, const RunHooks& hooks)
      : settings_(settings),
        split_(split),
        hooks_(hooks),
        method_(make_method(settings)),
        learner_(make_learner(settings, backend)),
        teacher_(make_executor(settings.recipe, backend)),
        train_samples_(samples_by_class(split.train, 0)),
        test_samples_(samples_by_class(split.test, settings.test_samples_per_class)),
        root_(settings.seed),
        memory_(settings.memory) {
    for (std::size_t c = 0; c < train_samples_.size(); ++c) {
      if (train_samples_[c].empty()) {
        throw UserError(
            fmt::format("data set '{}': class {} (in learning order) has no training "
                        "sample",
                        split.train.name, c));
      }
    }
    const int classes = split.train.classes;
    where_.tasks = (classes + settings.classes_per_task - 1) / settings.classes_per_task;
    where_.epochs = epochs();
    where_.steps = count_steps();
    check_batches();
  }

  TrainResult operator()() {
    if (hooks_.resume != nullptr) restore(*hooks_.resume);
    while (finished_ < where_.tasks && !ended()) {
      where_.task = finished_;
      if (begun_ == finished_) {
        begin_task();
        next_epoch_ = 0;
      }
      learn_task();
      if (stopped()) cut_short_ = !task_is_learned_ || finished_ + 1 < where_.tasks;
      finish_task();
    }
    result_.complete = finished_ == where_.tasks && !cut_short_;
    result_.steps = where_.step;
    result_.weights_sha256 = weights_sha256(network_);
    result_.network = std::move(network_);
    result_.seconds = seconds();
    return std::move(result_);
  }

 private:
  [[nodiscard]] Task task(int index) const {
    return {.index = index,
            .old_classes = index * settings_.classes_per_task,
            .classes = std::min(split_.train.classes, (index + 1) * settings_.classes_per_task)};
  }
  [[nodiscard]] Task task() const { return task(where_.task); }

  [[nodiscard]] bool stopped() const {
    return settings_.max_steps > 0 && where_.step >= settings_.max_steps;
  }
  // Of a task.
  [[nodiscard]] int epochs() const { return settings_.epochs + settings_.fnt_epochs; }
  // Begun and not finished: there is an optimiser's state.
  [[nodiscard]] bool in_a_task() const { return begun_ > finished_; }
  // A stop ends the run once the task's result is there.
  [[nodiscard]] bool ended() const { return stopped() && finished_ > 0; }
  [[nodiscard]] bool keeps_exemplars() const {
    return method_->keeps_exemplars() && settings_.memory > 0;
  }
  [[nodiscard]] double seconds() const { return earlier_seconds_ + seconds_since(start_); }

  // Samples of class c in a task: how many there are, and how many of them are held out.
  struct Share {
    int all = 0;
    int held_out = 0;
  };
  [[nodiscard]] Share share_of(const Task& task, int c) const {
    const int samples = static_cast<int>(train_samples_[as_size(c)].size());
    Share share;
    if (c >= task.old_classes || method_->learns_all_samples()) {
      share.all = samples;
    } else if (keeps_exemplars()) {
      share.all = memory_.per_class(task.old_classes, samples);
    }
    // Something is left to learn from.
    share.held_out = std::clamp(method_->held_out(task), 0, std::max(0, share.all - 1));
    return share;
  }

  // Every batch of the run passes through a network no larger than that of the last task.
  void check_batches() const {
    int learned = 0;
    std::size_t tested = 0;
    for (int t = 0; t < where_.tasks; ++t) {
      int all = 0;
      int held_out = 0;
      for (int c = 0; c < task(t).classes; ++c) {
        const Share share = share_of(task(t), c);
        all += share.all - share.held_out;
        held_out += share.held_out;
      }
      learned = std::max(learned, all);
      tested = std::max(tested, as_size(held_out));
    }
    std::size_t test_samples = 0;
    for (const auto& samples : test_samples_) test_samples += samples.size();
    std::size_t of_a_class = 0;
    for (const auto& samples : train_samples_) of_a_class = std::max(of_a_class, samples.size());
    const std::tuple<const char*, int, std::size_t> batches[] = {
        {"train.batch", settings_.batch, as_size(learned)},
        {"train.test_batch", settings_.test_batch,
         std::max({tested, test_samples,
                   learner_->measures_epochs() ? as_size(learned) : std::size_t{0}})},
        {"train.exemplar_batch", settings_.exemplar_batch, keeps_exemplars() ? of_a_class : 0}};
    const Network network = last_network();
    for (const auto& [key, batch, samples] : batches) {
      try {
        const int size = static_cast<int>(std::min(as_size(batch), samples));
        if (std::string_view(key) == "train.batch") {
          learner_->check_learned(network, size);
        } else {
          check_batch(network, size);
        }
      } catch (const UserError& error) {
        throw UserError(fmt::format("{}: value {}: {}", key, batch, error.what()));
      }
    }
  }

  // As the last task begins with it, but for the numbers.
  [[nodiscard]] Network last_network() const {
    const auto method = make_method(settings_);
    Network network;
    for (int t = 0; t < where_.tasks; ++t) {
      grow(*method, task(t), network);
      if (t + 1 < where_.tasks) method->finish(task(t), network);
    }
    return network;
  }

  // Updates of a full run, or max_steps.
  [[nodiscard]] std::uint64_t count_steps() const {
    std::uint64_t steps = 0;
    for (int t = 0; t < where_.tasks; ++t) {
      int samples = 0;
      for (int c = 0; c < task(t).classes; ++c) {
        const Share share = share_of(task(t), c);
        samples += share.all - share.held_out;
      }
      steps += static_cast<std::uint64_t>(epochs()) * batches(as_size(samples));
    }
    return settings_.max_steps > 0 ? std::min(steps, settings_.max_steps) : steps;
  }

  [[nodiscard]] std::uint64_t batches(std::size_t samples) const {
    return (samples + as_size(settings_.batch) - 1) / as_size(settings_.batch);
  }

  [[nodiscard]] PassContext context(PassKind kind, TrainTotals* totals) const {
    return {.seed = settings_.seed,
            .step = static_cast<std::uint32_t>(where_.step),
            .kind = kind,
            .totals = totals};
  }

  // The network of the task from that of the one before, new parts with their first weights.
  void grow(Method& method, const Task& task, Network& network) const {
    HostRandom random = root_.fork(kWeightStream).fork(static_cast<std::uint64_t>(task.index));
    if (task.index > 0) {
      method.extend(task, network, random);
      return;
    }
    try {
      network = method.make(shape_of(split_.train), task, random);
    } catch (const UserError& error) {
      throw UserError(fmt::format("network.layers: {}", error.what()));
    }
    if (settings_.initial_weights) settings_.initial_weights->put_into(network);
    if (!settings_.initial) return;
    const Network& initial = *settings_.initial;
    if (initial.heads.empty() || initial.inputs() != split_.train.features ||
        initial.classes() != task.classes) {
      throw UserError(fmt::format("the initial network must have {} inputs and {} classes",
                                  split_.train.features, task.classes));
    }
    network = initial;
  }

  void make_networks(const Task& task) {
    if (task.index > 0 && method_->distils()) old_network_ = network_;
    grow(*method_, task, network_);
  }

  void begin_task() {
    make_networks(task());
    result_.backward_bytes = learner_->backward_bytes(network_, settings_.batch);
    begin_teacher();
    learner_->begin_task(network_, context(PassKind::kTraining, nullptr));
    ++begun_;
  }

  [[nodiscard]] bool has_teacher() const { return method_->distils() && where_.task > 0; }

  void begin_teacher() {
    teacher_step_ = where_.step;
    if (!has_teacher()) return;
    teacher_->begin(old_network_, context(PassKind::kTeacher, &result_.teacher_totals));
  }

  struct TaskSamples {
    std::vector<int> learned;
    std::vector<int> held_out;
  };

  // New classes first, then the old ones.
  [[nodiscard]] TaskSamples task_samples() const {
    const Task now = task();
    const HostRandom choice =
        root_.fork(kHeldOutStream).fork(static_cast<std::uint64_t>(now.index));
    TaskSamples samples;
    const auto take = [&](int c, std::span<const int> list) {
      const Share share = share_of(now, c);
      if (share.held_out == 0) {
        samples.learned.insert(samples.learned.end(), list.begin(), list.end());
        return;
      }
      HostRandom random = choice.fork(static_cast<std::uint64_t>(c));
      std::vector<int> order(list.begin(), list.end());
      shuffle(std::span<int>(order), random);
      const auto middle = order.begin() + share.held_out;
      samples.held_out.insert(samples.held_out.end(), order.begin(), middle);
      samples.learned.insert(samples.learned.end(), middle, order.end());
    };
    for (int c = now.old_classes; c < now.classes; ++c) take(c, train_samples_[as_size(c)]);
    for (int c = 0; c < now.old_classes; ++c) {
      if (method_->learns_all_samples()) {
        take(c, train_samples_[as_size(c)]);
      } else if (keeps_exemplars()) {
        take(c, memory_.exemplars()[as_size(c)]);
      }
    }
    return samples;
  }

  // The epochs that are left, as far as max_steps lets them.
  void learn_task() {
    samples_ = task_samples();
    const HostRandom orders =
        root_.fork(kOrderStream).fork(static_cast<std::uint64_t>(where_.task));
    task_is_learned_ = next_epoch_ == epochs();
    for (int epoch = next_epoch_; epoch < epochs() && !stopped(); ++epoch) {
      where_.epoch = epoch;
      const bool tunes = epoch >= settings_.epochs;
      if (!tunes) learner_->set_rate(learning_rate(settings_, epoch));
      HostRandom random = orders.fork(static_cast<std::uint64_t>(epoch));
      std::vector<int> order = samples_.learned;
      shuffle(std::span<int>(order), random);
      double loss = 0.0;
      int learned = 0;
      std::size_t start = 0;
      while (start < order.size() && !stopped()) {
        const std::size_t size = std::min(as_size(settings_.batch), order.size() - start);
        if (tunes) {
          const std::uint64_t of_epoch = batches(order.size());
          learner_->set_rate(fine_tuning_rate(
              settings_,
              as_size(epoch - settings_.epochs) * of_epoch + static_cast<std::uint64_t>(learned),
              as_size(settings_.fnt_epochs) * of_epoch));
        }
        where_.loss = learn_batch({order.data() + start, size}, tunes);
        loss += where_.loss;
        ++learned;
        ++where_.step;
        start += size;
        report(TrainProgress::Event::kUpdate);
      }
      where_.loss = loss / learned;
      task_is_learned_ = epoch + 1 == epochs() && start == order.size();
      if (epoch + 1 == epochs() || stopped()) result_.task_loss.push_back(where_.loss);
      next_epoch_ = epoch + 1;
      if (start < order.size())
        return;  // an epoch that max_steps has cut is no place to go on from
      if (learner_->measures_epochs()) result_.details = measure_epoch();
      where_.details = result_.details;
      report(TrainProgress::Event::kEpoch);
      where_.details = {};
      offer_state();
    }
  }

  // Over all samples that the epoch learned from.
  nlohmann::ordered_json measure_epoch() {
    const std::vector<int>& samples = samples_.learned;
    for (std::size_t start = 0; start < samples.size(); start += as_size(settings_.test_batch)) {
      const auto part = std::span(samples).subspan(
          start, std::min(as_size(settings_.test_batch), samples.size() - start));
      take_batch(part, learner_->input(network_, static_cast<int>(part.size())));
      learner_->measure(network_, context(PassKind::kEvaluation, nullptr), labels_);
    }
    return learner_->end_epoch();
  }

  void take_batch(std::span<const int> samples, FloatMatrix& x) {
    gather(split_.train, samples, x);
    labels_.clear();
    for (const int sample : samples) labels_.push_back(split_.train.label[as_size(sample)]);
  }

  // After a step that was too large everything is NaN: its results would be numbers all the same.
  void require_finite(double value) const {
    if (std::isfinite(value)) return;
    const bool tunes = where_.epoch >= settings_.epochs;
    throw UserError(fmt::format(
        "{}: value {}: the training diverged, numbers of step {} are not finite; allowed: a "
        "smaller one",
        tunes ? "fnt.learning_rate" : "train.learning_rate",
        tunes ? settings_.fnt_learning_rate : settings_.sgd.learning_rate, where_.step + 1));
  }

  // One update of the weights; returns the loss before it.
  double learn_batch(std::span<const int> samples, bool tunes) {
    const int batch = static_cast<int>(samples.size());
    take_batch(samples, learner_->input(network_, batch));
    const double loss = learner_->learn(
        network_, context(PassKind::kTraining, &result_.totals),
        {.labels = labels_,
         .loss = [&](const Activations& activations,
                     Gradients& gradients) { return method_loss(activations, gradients); },
         .fine_tuning = tunes});
    require_finite(loss);
    return loss;
  }

  double method_loss(const Activations& activations, Gradients& gradients) {
    if (has_teacher()) {
      const int batch = static_cast<int>(labels_.size());
      input_of(old_activations_, old_network_, batch).values = activations.of(0).values;
      old_activations_.first_sample = static_cast<std::uint32_t>(where_.step - teacher_step_) *
                                      static_cast<std::uint32_t>(settings_.batch);
      forward_pass(old_network_, *teacher_, old_activations_);
    }
    const double loss =
        method_->loss({.task = task(),
                       .activations = activations,
                       .old_logits = has_teacher() ? &old_activations_.logits() : nullptr,
                       .labels = labels_},
                      gradients);
    require_finite(loss);
    return loss;
  }

  void finish_task() {
    const Clock::time_point learned = Clock::now();
    learner_->write_back(network_);
    method_->finish(task(), network_);
    learner_->begin_test(network_, context(PassKind::kEvaluation, nullptr));
    evaluated_ = 0;
    fit_held_out();
    // Exemplars serve the nearest-mean head and the next task.
    if (keeps_exemplars()) {
      const auto seen = std::span(train_samples_).first(as_size(task().classes));
      memory_.update(seen, [this](std::span<const int> samples) { return features_of(samples); });
    }
    evaluate();
    result_.evaluation_seconds += seconds_since(learned);
    ++finished_;
    where_.loss = result_.task_loss.back();
    where_.accuracy = measured(result_.linear.final());
    if (!memory_.means().empty()) {
      where_.nearest_mean_accuracy = measured(result_.nearest_mean.final());
    }
    report(TrainProgress::Event::kTask);
    where_.accuracy.reset();
    where_.nearest_mean_accuracy.reset();
    offer_state();
  }

  static std::optional<double> measured(double accuracy) {
    return std::isnan(accuracy) ? std::nullopt : std::optional(accuracy);
  }

  void fit_held_out() {
    if (samples_.held_out.empty()) return;
    FloatMatrix logits;
    logits.resize(static_cast<int>(samples_.held_out.size()), network_.classes());
    std::vector<std::int32_t> labels;
    for (const int sample : samples_.held_out)
      labels.push_back(split_.train.label[as_size(sample)]);
    evaluate_batches(split_.train, samples_.held_out, settings_.test_batch, [&](std::size_t start) {
      const FloatMatrix& part = learner_->logits();
      std::copy(part.values.begin(), part.values.end(), logits.row(static_cast<int>(start)));
    });
    method_->fit(logits, labels,
                 root_.fork(kFitStream).fork(static_cast<std::uint64_t>(where_.task)));
  }

  // Runs samples in batches of `batch`; `use` sees the activations of each and its first position.
  template <typename Use>
  void evaluate_batches(const Dataset& dataset, std::span<const int> samples, int batch,
                        const Use& use) {
    for (std::size_t start = 0; start < samples.size(); start += as_size(batch)) {
      const std::size_t size = std::min(as_size(batch), samples.size() - start);
      gather(dataset, samples.subspan(start, size),
             learner_->test_input(network_, static_cast<int>(size)));
      learner_->test(network_, evaluated_);
      evaluated_ += static_cast<std::uint32_t>(size);
      use(start);
    }
  }

  FeatureMatrix features_of(std::span<const int> samples) {
    FeatureMatrix features;
    evaluate_batches(split_.train, samples, settings_.exemplar_batch,
                     [&](std::size_t) { append_normalised(learner_->features(), features); });
    return features;
  }

  // Both heads on the test samples of all seen classes, class after class.
  void evaluate() {
    const int seen = network_.classes();
    std::vector<int> samples;
    std::vector<int> totals;
    for (int c = 0; c < seen; ++c) {
      const std::vector<int>& list = test_samples_[as_size(c)];
      samples.insert(samples.end(), list.begin(), list.end());
      totals.push_back(static_cast<int>(list.size()));
    }
    const auto& means = memory_.means();
    std::vector<int> linear(as_size(seen), 0);  // right answers by class
    std::vector<int> nearest(as_size(seen), 0);
    FloatMatrix logits;
    evaluate_batches(split_.test, samples, settings_.test_batch, [&](std::size_t start) {
      logits = learner_->logits();
      method_->correct(logits);
      for (const float z : logits.values) require_finite(static_cast<double>(z));
      FeatureMatrix features;
      append_normalised(learner_->features(), features);
      const std::vector<int> by_mean =
          means.empty() ? std::vector<int>() : nearest_mean(features, means);
      for (int i = 0; i < logits.rows; ++i) {
        const int sample = samples[start + as_size(i)];
        const auto label = as_size(split_.test.label[as_size(sample)]);
        const float* row = logits.row(i);
        const auto answer = as_size(static_cast<int>(std::max_element(row, row + seen) - row));
        linear[label] += answer == label ? 1 : 0;
        if (!by_mean.empty()) nearest[label] += as_size(by_mean[as_size(i)]) == label ? 1 : 0;
      }
    });
    record(linear, totals, result_.linear);
    if (!means.empty()) record(nearest, totals, result_.nearest_mean);
  }

  static void record(const std::vector<int>& right, const std::vector<int>& totals,
                     AccuracyRecord& out) {
    const auto percent = [](int part, int total) {
      return total == 0 ? std::numeric_limits<double>::quiet_NaN() : 100.0 * part / total;
    };
    std::vector<double>& by_class = out.class_accuracy.emplace_back();
    for (std::size_t c = 0; c < right.size(); ++c) {
      by_class.push_back(percent(right[c], totals[c]));
    }
    out.accuracy.push_back(percent(std::accumulate(right.begin(), right.end(), 0),
                                   std::accumulate(totals.begin(), totals.end(), 0)));
  }

  void report(TrainProgress::Event event) {
    where_.event = event;
    if (event != TrainProgress::Event::kUpdate) ++where_.records;
    if (!hooks_.progress) return;
    where_.limited_tile_share = result_.totals.limited_tile_share();
    hooks_.progress(where_);
  }

  void offer_state() {
    if (!hooks_.wants_state || !hooks_.wants_state()) return;
    if (in_a_task()) learner_->write_back(network_);
    hooks_.save(state());
  }

  [[nodiscard]] Json state() const {
    return {
        {"begun", begun_},
        {"finished", finished_},
        {"next_epoch", next_epoch_},
        {"cut_short", cut_short_},
        {"step", where_.step},
        {"records", where_.records},
        {"teacher_step", teacher_step_},
        {"network", to_state(network_)},
        {"old_network", to_state(old_network_)},
        {"velocity", to_state(in_a_task() ? learner_->velocity() : Sgd::Velocity())},
        {"executor", to_binary(in_a_task() ? learner_->executor_state() : std::vector<double>())},
        {"memory", to_state(memory_)},
        {"method", method_->state()},
        {"learner", in_a_task() ? learner_->own_state() : Json()},
        {"details", result_.details.dump()},
        {"linear", to_state(result_.linear)},
        {"nearest_mean", to_state(result_.nearest_mean)},
        {"task_loss", result_.task_loss},
        {"totals", to_state(result_.totals)},
        {"teacher_totals", to_state(result_.teacher_totals)},
        {"evaluation_seconds", result_.evaluation_seconds},
        {"seconds", seconds()}};
  }

  void restore(const Json& state) {
    try {
      restore_unchecked(state);
    } catch (const Json::exception& error) {
      throw UserError(fmt::format("the saved state cannot be read: {}", error.what()));
    }
  }

  // The graphs are made as the tasks made them, then the numbers are read.
  void restore_unchecked(const Json& state) {
    state.at("begun").get_to(begun_);
    state.at("finished").get_to(finished_);
    state.at("next_epoch").get_to(next_epoch_);
    state.at("cut_short").get_to(cut_short_);
    if (begun_ < 1 || begun_ > where_.tasks || finished_ < begun_ - 1 || finished_ > begun_ ||
        next_epoch_ < 0 || next_epoch_ > epochs()) {
      throw UserError("the saved state belongs to a run with other tasks or epochs");
    }
    for (int t = 0; t < begun_; ++t) {
      make_networks(task(t));
      result_.backward_bytes = learner_->backward_bytes(network_, settings_.batch);
      if (t < finished_) method_->finish(task(t), network_);
    }
    where_.task = begun_ - 1;
    from_state(state.at("network"), network_);
    from_state(state.at("old_network"), old_network_);
    std::vector<double> executor = from_binary<double>(state.at("executor"));
    if (!executor.empty() && executor.size() != 2 * network_.layers.size()) {
      throw UserError("the saved state belongs to a network of another shape");
    }
    if (in_a_task()) {
      learner_->begin_task(network_, context(PassKind::kTraining, nullptr));
      Sgd::Velocity velocity = learner_->velocity();
      from_state(state.at("velocity"), velocity);
      learner_->restore(std::move(velocity), std::move(executor));
      const Json& own = state.at("learner");
      if (own.is_null() != learner_->own_state().is_null()) {
        throw UserError("the saved state belongs to a run with another arithmetic");
      }
      learner_->restore_own(own);
    }
    result_.details = nlohmann::ordered_json::parse(state.at("details").get<std::string>());
    from_state(state.at("memory"), train_samples_, memory_);
    method_->restore(state.at("method"));
    state.at("teacher_step").get_to(where_.step);
    begin_teacher();
    state.at("step").get_to(where_.step);
    state.at("records").get_to(where_.records);
    from_state(state.at("linear"), result_.linear);
    from_state(state.at("nearest_mean"), result_.nearest_mean);
    state.at("task_loss").get_to(result_.task_loss);
    from_state(state.at("totals"), result_.totals);
    from_state(state.at("teacher_totals"), result_.teacher_totals);
    state.at("evaluation_seconds").get_to(result_.evaluation_seconds);
    state.at("seconds").get_to(earlier_seconds_);
  }

  const TrainSettings& settings_;
  const Split& split_;
  const RunHooks& hooks_;
  std::unique_ptr<Method> method_;
  std::unique_ptr<Learner> learner_;
  std::unique_ptr<Executor> teacher_;
  std::vector<std::vector<int>> train_samples_;  // by class
  std::vector<std::vector<int>> test_samples_;
  HostRandom root_;
  ExemplarMemory memory_;
  Network network_;
  Network old_network_;
  int begun_ = 0;     // tasks
  int finished_ = 0;  // begun_ or begun_ - 1
  int next_epoch_ = 0;
  std::uint32_t evaluated_ = 0;     // samples since the evaluator's weights were prepared
  std::uint64_t teacher_step_ = 0;  // updates before the teacher's weights were prepared
  TrainProgress where_;
  TrainResult result_;
  bool task_is_learned_ = false;
  bool cut_short_ = false;
  Clock::time_point start_ = Clock::now();
  double earlier_seconds_ = 0.0;  // of the parts before this one
  TaskSamples samples_;           // of the present task
  Activations old_activations_;
  std::vector<std::int32_t> labels_;  // of the present batch
};

}  // namespace

Shape shape_of(const Dataset& dataset) {
  return {.height = dataset.height, .width = dataset.width, .channels = dataset.channels};
}

TrainResult run_class_incremental(const TrainSettings& settings, const Split& split,
                                  Backend& backend, const RunHooks& hooks) {
  check_settings(settings, split);
  return Run(settings, split, backend, hooks)();
}

}  // namespace sylvester
