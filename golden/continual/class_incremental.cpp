#include "golden/continual/class_incremental.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <numeric>
#include <span>

#include <fmt/format.h>

#include "golden/continual/herding.hpp"
#include "golden/numerics/names.hpp"
#include "golden/support/error.hpp"
#include "golden/support/random.hpp"
#include "golden/train/executor.hpp"
#include "golden/train/layer_list.hpp"
#include "golden/train/loss.hpp"
#include "golden/train/pass.hpp"

namespace sylvester {
namespace {

using Clock = std::chrono::steady_clock;

constexpr NameTable<ContinualMethod, 2> kMethodNames{
    {{ContinualMethod::kFineTune, "finetune"}, {ContinualMethod::kIcarl, "icarl"}}};

// Sub-streams of the run seed. golden/data uses the numbers below 10.
constexpr std::uint64_t kWeightStream = 10;
constexpr std::uint64_t kOrderStream = 11;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
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
  at_least("test_batch", settings.test_batch, 1);
  at_least("exemplar_batch", settings.exemplar_batch, 1);
  at_least("test_samples_per_class", settings.test_samples_per_class, 0);
  if (!(settings.temperature > 0.0F)) {
    throw UserError(fmt::format("temperature = {}; allowed: above 0", settings.temperature));
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
  std::vector<std::vector<int>> samples(static_cast<std::size_t>(dataset.classes));
  for (int i = 0; i < dataset.samples(); ++i) {
    auto& list = samples.at(static_cast<std::size_t>(dataset.label[static_cast<std::size_t>(i)]));
    if (limit == 0 || static_cast<int>(list.size()) < limit) list.push_back(i);
  }
  return samples;
}

void gather(const Dataset& dataset, std::span<const int> samples, FloatMatrix& x) {
  const auto width = static_cast<std::size_t>(dataset.features);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    std::memcpy(x.values.data() + i * width,
                dataset.x.data() + static_cast<std::size_t>(samples[i]) * width,
                width * sizeof(float));
  }
}

class Run {
 public:
  Run(const TrainSettings& settings, const Split& split, Backend& backend,
      const ProgressCallback& progress)
      : settings_(settings),
        split_(split),
        progress_(progress),
        student_(make_executor(settings.recipe, backend)),
        teacher_(make_executor(settings.recipe, backend)),
        evaluator_(make_executor(settings.recipe, backend)),
        train_samples_(samples_by_class(split.train, 0)),
        test_samples_(samples_by_class(split.test, settings.test_samples_per_class)),
        sgd_(settings.sgd),
        root_(settings.seed) {
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
    where_.epochs = settings.epochs;
    where_.steps = count_steps();
  }

  TrainResult operator()() {
    const Clock::time_point start = Clock::now();
    for (int task = 0; task < where_.tasks; ++task) {
      where_.task = task;
      begin_task(task);
      learn_task(task);
      const Clock::time_point learned = Clock::now();
      evaluator_->begin(network_, context(PassKind::kEvaluation, nullptr));
      // Exemplars serve the nearest-mean head and the next task.
      if (settings_.memory > 0) update_memory();
      evaluate();
      result_.evaluation_seconds += seconds_since(learned);
      where_.accuracy = result_.linear.final();
      if (progress_) progress_(where_);
      where_.accuracy.reset();
      if (stopped()) {
        result_.complete = task + 1 == where_.tasks && !cut_short_;
        break;
      }
    }
    result_.steps = where_.step;
    result_.weights_sha256 = weights_sha256(network_);
    result_.backward_bytes = backward_bytes(network_, *student_, settings_.batch);
    result_.network = std::move(network_);
    result_.seconds = seconds_since(start);
    return std::move(result_);
  }

 private:
  [[nodiscard]] int seen_after(int task) const {
    return std::min(split_.train.classes, (task + 1) * settings_.classes_per_task);
  }
  [[nodiscard]] int seen_before(int task) const { return task * settings_.classes_per_task; }
  [[nodiscard]] bool stopped() const {
    return settings_.max_steps > 0 && where_.step >= settings_.max_steps;
  }

  [[nodiscard]] int exemplars_of(int label, int per_class) const {
    return std::min(per_class,
                    static_cast<int>(train_samples_[static_cast<std::size_t>(label)].size()));
  }

  // Updates of a full run, or max_steps.
  [[nodiscard]] std::uint64_t count_steps() const {
    std::uint64_t steps = 0;
    for (int task = 0; task < where_.tasks; ++task) {
      const int old = seen_before(task);
      int samples = 0;
      for (int c = 0; c < old; ++c) samples += exemplars_of(c, settings_.memory / old);
      for (int c = old; c < seen_after(task); ++c) {
        samples += static_cast<int>(train_samples_[static_cast<std::size_t>(c)].size());
      }
      steps += static_cast<std::uint64_t>(settings_.epochs) *
               static_cast<std::uint64_t>((samples + settings_.batch - 1) / settings_.batch);
    }
    return settings_.max_steps > 0 ? std::min(steps, settings_.max_steps) : steps;
  }

  [[nodiscard]] PassContext context(PassKind kind, TrainTotals* totals) const {
    return {.seed = settings_.seed,
            .step = static_cast<std::uint32_t>(where_.step),
            .kind = kind,
            .totals = totals};
  }

  void begin_task(int task) {
    HostRandom random = root_.fork(kWeightStream).fork(static_cast<std::uint64_t>(task));
    const int classes = seen_after(task);
    if (task > 0) {
      if (distils()) {
        old_network_ = network_;
        teacher_->begin(old_network_, context(PassKind::kTeacher, nullptr));
      }
      grow_classifier(network_, classes, random);
    } else if (settings_.initial) {
      network_ = *settings_.initial;
      if (network_.heads.empty() || network_.inputs() != split_.train.features ||
          network_.classes() != classes) {
        throw UserError(fmt::format("the initial network must have {} inputs and {} classes",
                                    split_.train.features, classes));
      }
    } else {
      network_ = first_network(classes, random);
    }
    sgd_.reset(network_);  // each task begins with a new optimiser
  }

  [[nodiscard]] Network first_network(int classes, HostRandom& random) const {
    const Dataset& data = split_.train;
    const Shape shape =
        data.channels > 0
            ? Shape{.height = data.height, .width = data.width, .channels = data.channels}
            : Shape{.height = 1, .width = 1, .channels = data.features};
    try {
      return make_network(shape, settings_.layers, classes, settings_.bias, random);
    } catch (const UserError& error) {
      throw UserError(fmt::format("network.layers: {}", error.what()));
    }
  }

  [[nodiscard]] bool distils() const { return settings_.method == ContinualMethod::kIcarl; }

  void learn_task(int task) {
    std::vector<int> samples;
    for (int c = seen_before(task); c < seen_after(task); ++c) {
      const std::vector<int>& list = train_samples_[static_cast<std::size_t>(c)];
      samples.insert(samples.end(), list.begin(), list.end());
    }
    for (const std::vector<int>& list : exemplars_) {
      samples.insert(samples.end(), list.begin(), list.end());
    }
    const HostRandom orders = root_.fork(kOrderStream).fork(static_cast<std::uint64_t>(task));
    const bool distil = task > 0 && distils();
    for (int epoch = 0; epoch < settings_.epochs; ++epoch) {
      where_.epoch = epoch;
      HostRandom random = orders.fork(static_cast<std::uint64_t>(epoch));
      std::vector<int> order = samples;
      shuffle(std::span<int>(order), random);
      double loss = 0.0;
      int batches = 0;
      for (std::size_t start = 0; start < order.size(); start += as_size(settings_.batch)) {
        const std::size_t size = std::min(as_size(settings_.batch), order.size() - start);
        where_.loss = learn_batch({order.data() + start, size}, distil);
        loss += where_.loss;
        ++batches;
        ++where_.step;
        if (progress_) progress_(where_);
        if (stopped()) {
          cut_short_ = epoch + 1 < settings_.epochs || start + size < order.size();
          break;
        }
      }
      if (epoch + 1 == settings_.epochs || stopped()) {
        result_.task_loss.push_back(loss / batches);
      }
      if (stopped()) break;
    }
  }

  // After a step that was too large everything is NaN: its results would be numbers all the same.
  void require_finite(double loss) const {
    if (std::isfinite(loss)) return;
    throw UserError(
        fmt::format("train.learning_rate: value {}: the training diverged, the loss of step {} is "
                    "not finite; allowed: a smaller one",
                    settings_.sgd.learning_rate, where_.step + 1));
  }

  // One update of the weights; returns the loss before it.
  double learn_batch(std::span<const int> samples, bool distil) {
    FloatMatrix& x = input_of(activations_, network_, static_cast<int>(samples.size()));
    gather(split_.train, samples, x);
    labels_.clear();
    for (const int sample : samples) labels_.push_back(split_.train.label[as_size(sample)]);
    student_->begin(network_, context(PassKind::kTraining, &result_.totals));
    forward_pass(network_, *student_, activations_);
    double loss = cross_entropy(activations_.logits(), labels_, gradients_.logits());
    if (distil) {
      input_of(old_activations_, old_network_, static_cast<int>(samples.size())).values = x.values;
      forward_pass(old_network_, *teacher_, old_activations_);
      loss += distillation(activations_.logits(), old_activations_.logits(), settings_.temperature,
                           gradients_.logits());
    }
    require_finite(loss);
    backward_pass(network_, *student_, activations_, gradients_);
    learn_statistics(activations_, network_);
    sgd_.step(network_, gradients_.nodes);
    return loss;
  }

  // Runs samples in batches of `batch`; `use` sees the activations of each and its first position.
  template <typename Use>
  void evaluate_batches(const Dataset& dataset, std::span<const int> samples, int batch,
                        const Use& use) {
    for (std::size_t start = 0; start < samples.size(); start += as_size(batch)) {
      const std::size_t size = std::min(as_size(batch), samples.size() - start);
      gather(dataset, samples.subspan(start, size),
             input_of(test_activations_, network_, static_cast<int>(size)));
      test_activations_.first_sample = static_cast<std::uint32_t>(start);
      forward_pass(network_, *evaluator_, test_activations_);
      use(start);
    }
  }

  FeatureMatrix features_of(std::span<const int> samples) {
    FeatureMatrix features;
    evaluate_batches(split_.train, samples, settings_.exemplar_batch, [&](std::size_t) {
      append_normalised(test_activations_.features(), features);
    });
    return features;
  }

  // Old classes keep the first of their exemplars, new ones get theirs; all means are made anew.
  void update_memory() {
    const int seen = network_.classes();
    const int per_class = settings_.memory / seen;
    means_.clear();
    for (int c = 0; c < seen; ++c) {
      const std::vector<int>& samples = train_samples_[as_size(c)];
      if (as_size(c) < exemplars_.size()) {
        exemplars_[as_size(c)].resize(as_size(exemplars_of(c, per_class)));
      } else {
        std::vector<int>& chosen = exemplars_.emplace_back();
        for (const int row : herd(features_of(samples), per_class)) {
          chosen.push_back(samples[as_size(row)]);
        }
      }
      means_.push_back(exemplar_mean(features_of(exemplars_[as_size(c)])));
    }
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
    std::vector<int> linear(as_size(seen), 0);  // right answers by class
    std::vector<int> nearest(as_size(seen), 0);
    evaluate_batches(split_.test, samples, settings_.test_batch, [&](std::size_t start) {
      const FloatMatrix& logits = test_activations_.logits();
      FeatureMatrix features;
      append_normalised(test_activations_.features(), features);
      const std::vector<int> by_mean =
          means_.empty() ? std::vector<int>() : nearest_mean(features, means_);
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
    if (!means_.empty()) record(nearest, totals, result_.nearest_mean);
  }

  static void record(const std::vector<int>& right, const std::vector<int>& totals,
                     AccuracyRecord& out) {
    const auto percent = [](int part, int total) {
      return total == 0 ? 0.0 : 100.0 * part / total;
    };
    std::vector<double>& by_class = out.class_accuracy.emplace_back();
    for (std::size_t c = 0; c < right.size(); ++c) {
      by_class.push_back(percent(right[c], totals[c]));
    }
    out.accuracy.push_back(percent(std::accumulate(right.begin(), right.end(), 0),
                                   std::accumulate(totals.begin(), totals.end(), 0)));
  }

  static std::size_t as_size(int value) { return static_cast<std::size_t>(value); }

  const TrainSettings& settings_;
  const Split& split_;
  const ProgressCallback& progress_;
  std::unique_ptr<Executor> student_;
  std::unique_ptr<Executor> teacher_;
  std::unique_ptr<Executor> evaluator_;
  std::vector<std::vector<int>> train_samples_;  // by class
  std::vector<std::vector<int>> test_samples_;
  Sgd sgd_;
  HostRandom root_;
  Network network_;
  Network old_network_;
  std::vector<std::vector<int>> exemplars_;  // by class, in the order of choice
  std::vector<std::vector<double>> means_;   // by class
  TrainProgress where_;
  TrainResult result_;
  bool cut_short_ = false;
  // Memory of the passes.
  Activations activations_;
  Activations old_activations_;
  Activations test_activations_;
  Gradients gradients_;
  std::vector<std::int32_t> labels_;
};

}  // namespace

std::string_view to_string(ContinualMethod method) { return name_of(kMethodNames, method); }
ContinualMethod continual_method(std::string_view name) {
  return find_name(kMethodNames, "continual method", name);
}

TrainResult run_class_incremental(const TrainSettings& settings, const Split& split,
                                  Backend& backend, const ProgressCallback& progress) {
  check_settings(settings, split);
  return Run(settings, split, backend, progress)();
}

}  // namespace sylvester
