#include "golden/tasks/scene_training.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <numeric>
#include <span>
#include <string>

#include <fmt/format.h>

#include "golden/continual/run_state.hpp"
#include "golden/support/error.hpp"
#include "golden/support/random.hpp"
#include "golden/support/state_file.hpp"
#include "golden/tasks/scene_task.hpp"
#include "golden/train/executor.hpp"
#include "golden/train/pass.hpp"
#include "golden/train/weights_file.hpp"

namespace sylvester {
namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::json;

// Sub-streams of the run seed, as of class-incremental training. golden/data uses the numbers below
// 10.
constexpr std::uint64_t kWeightStream = 10;
constexpr std::uint64_t kOrderStream = 11;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::size_t as_size(int value) { return static_cast<std::size_t>(value); }

class SceneRun {
 public:
  SceneRun(const SceneSettings& settings, const SceneSplit& scenes, Backend& backend,
           const RunHooks& hooks)
      : settings_(settings.training),
        scenes_(scenes),
        hooks_(hooks),
        task_(make_scene_task(settings.task, settings.box_weight)),
        student_(make_executor(settings_.recipe, backend)),
        evaluator_(make_executor(settings_.recipe, backend)),
        sgd_(settings_.sgd),
        root_(settings_.seed) {
    HostRandom random = root_.fork(kWeightStream);
    network_ = make_scene_network(*task_, settings_.layers, settings_.bias, random);
    if (settings_.initial_weights) settings_.initial_weights->put_into(network_);
    check("train.batch", settings_.batch, scenes.train.images());
    check("train.test_batch", settings_.test_batch, scenes.test.images());
    where_.tasks = 1;
    where_.epochs = settings_.epochs;
    where_.steps = static_cast<std::uint64_t>(settings_.epochs) *
                   as_size((scenes.train.images() - 1) / settings_.batch + 1);
    if (settings_.max_steps > 0) where_.steps = std::min(where_.steps, settings_.max_steps);
    result_.metric = task_->metric();
    result_.backward_bytes = backward_bytes(network_, *student_, settings_.batch);
    sgd_.reset(network_);
  }

  TrainResult operator()() {
    if (hooks_.resume != nullptr) restore(*hooks_.resume);
    if (!finished_) {
      learn();
      test();
      finished_ = true;
      report(TrainProgress::Event::kTask);
      offer_state();
    }
    result_.complete = !cut_short_;
    result_.steps = where_.step;
    result_.weights_sha256 = weights_sha256(network_);
    result_.network = std::move(network_);
    result_.seconds = seconds();
    return std::move(result_);
  }

 private:
  void check(const char* key, int batch, int images) const {
    if (batch < 1) throw UserError(fmt::format("{}: value {}; allowed: 1 and more", key, batch));
    try {
      check_batch(network_, std::min(batch, images));
    } catch (const UserError& error) {
      throw UserError(fmt::format("{}: value {}: {}", key, batch, error.what()));
    }
  }

  [[nodiscard]] bool stopped() const {
    return settings_.max_steps > 0 && where_.step >= settings_.max_steps;
  }
  [[nodiscard]] double seconds() const { return earlier_seconds_ + seconds_since(start_); }

  [[nodiscard]] PassContext context(PassKind kind, TrainTotals* totals) const {
    return {.seed = settings_.seed,
            .step = static_cast<std::uint32_t>(where_.step),
            .kind = kind,
            .totals = totals};
  }

  void learn() {
    const HostRandom orders = root_.fork(kOrderStream);
    for (int epoch = next_epoch_; epoch < settings_.epochs && !stopped(); ++epoch) {
      where_.epoch = epoch;
      sgd_.set_rate(learning_rate(settings_, epoch));
      HostRandom random = orders.fork(static_cast<std::uint64_t>(epoch));
      const std::vector<int> order = permutation(scenes_.train.images(), random);
      double loss = 0.0;
      int batches = 0;
      std::size_t start = 0;
      while (start < order.size() && !stopped()) {
        const std::size_t size = std::min(as_size(settings_.batch), order.size() - start);
        where_.loss = learn_batch({order.data() + start, size});
        loss += where_.loss;
        ++batches;
        ++where_.step;
        start += size;
        report(TrainProgress::Event::kUpdate);
      }
      where_.loss = loss / batches;
      result_.task_loss = {where_.loss};
      cut_short_ = start < order.size() || (stopped() && epoch + 1 < settings_.epochs);
      next_epoch_ = epoch + 1;
      if (start < order.size()) break;  // no place to go on from
      report(TrainProgress::Event::kEpoch);
      offer_state();
    }
  }

  void gather(const Scenes& scenes, std::span<const int> images, FloatMatrix& x) const {
    const std::size_t size = scenes.positions();
    for (std::size_t i = 0; i < images.size(); ++i) {
      std::memcpy(x.values.data() + i * size, scenes.x.data() + as_size(images[i]) * size,
                  size * sizeof(float));
    }
  }

  // One update of the weights; returns the loss before it.
  double learn_batch(std::span<const int> images) {
    gather(scenes_.train, images,
           input_of(activations_, network_, static_cast<int>(images.size())));
    student_->begin(network_, context(PassKind::kTraining, &result_.totals));
    forward_pass(network_, *student_, activations_);
    const double loss = row_loss(task_->targets(scenes_.train, images), activations_, gradients_);
    require_finite(loss);
    backward_pass(network_, *student_, activations_, gradients_);
    learn_statistics(activations_, network_);
    sgd_.step(network_, gradients_.nodes);
    return loss;
  }

  void require_finite(double value) const {
    if (std::isfinite(value)) return;
    throw UserError(
        fmt::format("train.learning_rate: value {}: the training diverged, numbers of step {} are "
                    "not finite; allowed: a smaller one",
                    settings_.sgd.learning_rate, where_.step + 1));
  }

  void test() {
    const Clock::time_point learned = Clock::now();
    evaluator_->begin(network_, context(PassKind::kEvaluation, nullptr));
    task_->begin_test();
    const int images = scenes_.test.images();
    std::vector<int> numbers(as_size(images));
    std::iota(numbers.begin(), numbers.end(), 0);
    for (int first = 0; first < images;) {
      const int size = std::min(settings_.test_batch, images - first);
      gather(scenes_.test, std::span(numbers).subspan(as_size(first), as_size(size)),
             input_of(test_activations_, network_, size));
      test_activations_.first_sample = static_cast<std::uint32_t>(first);
      forward_pass(network_, *evaluator_, test_activations_);
      for (std::size_t h = 0; h < network_.heads.size(); ++h) {
        for (const float value : test_activations_.logits(static_cast<int>(h)).values) {
          require_finite(static_cast<double>(value));
        }
      }
      task_->test(scenes_.test, first, size, test_activations_);
      first += size;
    }
    const TaskScore score = task_->score(scenes_.test);
    result_.linear.accuracy = {score.mean()};
    std::vector<double>& by_class = result_.linear.class_accuracy.emplace_back();
    for (const std::optional<double>& value : score.by_class) {
      by_class.push_back(value.value_or(std::numeric_limits<double>::quiet_NaN()));
    }
    where_.accuracy = score.mean();
    result_.evaluation_seconds += seconds_since(learned);
  }

  void report(TrainProgress::Event event) {
    where_.event = event;
    if (event != TrainProgress::Event::kUpdate) ++where_.records;
    if (!hooks_.progress) return;
    where_.limited_tile_share = result_.totals.limited_tile_share();
    hooks_.progress(where_);
  }

  void offer_state() {
    if (hooks_.wants_state && hooks_.wants_state()) hooks_.save(state());
  }

  [[nodiscard]] Json state() const {
    return {{"finished", finished_},
            {"next_epoch", next_epoch_},
            {"cut_short", cut_short_},
            {"step", where_.step},
            {"records", where_.records},
            {"network", to_state(network_)},
            {"velocity", to_state(sgd_.velocity())},
            {"executor", to_binary(student_->state())},
            {"linear", to_state(result_.linear)},
            {"task_loss", result_.task_loss},
            {"totals", to_state(result_.totals)},
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

  void restore_unchecked(const Json& state) {
    state.at("finished").get_to(finished_);
    state.at("next_epoch").get_to(next_epoch_);
    state.at("cut_short").get_to(cut_short_);
    if (next_epoch_ < 0 || next_epoch_ > settings_.epochs) {
      throw UserError("the saved state belongs to a run with other epochs");
    }
    from_state(state.at("network"), network_);
    Sgd::Velocity velocity = sgd_.velocity();
    from_state(state.at("velocity"), velocity);
    sgd_.restore(std::move(velocity));
    std::vector<double> executor = from_binary<double>(state.at("executor"));
    if (!executor.empty() && executor.size() != 2 * network_.layers.size()) {
      throw UserError("the saved state belongs to a network of another shape");
    }
    student_->restore(std::move(executor));
    state.at("step").get_to(where_.step);
    state.at("records").get_to(where_.records);
    from_state(state.at("linear"), result_.linear);
    state.at("task_loss").get_to(result_.task_loss);
    if (!result_.task_loss.empty()) where_.loss = result_.task_loss.back();
    from_state(state.at("totals"), result_.totals);
    state.at("evaluation_seconds").get_to(result_.evaluation_seconds);
    state.at("seconds").get_to(earlier_seconds_);
  }

  const TrainSettings& settings_;
  const SceneSplit& scenes_;
  const RunHooks& hooks_;
  std::unique_ptr<SceneTask> task_;
  std::unique_ptr<Executor> student_;
  std::unique_ptr<Executor> evaluator_;
  Sgd sgd_;
  HostRandom root_;
  Network network_;
  bool finished_ = false;
  int next_epoch_ = 0;
  bool cut_short_ = false;
  TrainProgress where_;
  TrainResult result_;
  Clock::time_point start_ = Clock::now();
  double earlier_seconds_ = 0.0;  // of the parts before this one
  // Memory of the passes.
  Activations activations_;
  Activations test_activations_;
  Gradients gradients_;
};

}  // namespace

TrainResult run_scenes(const SceneSettings& settings, const SceneSplit& scenes, Backend& backend,
                       const RunHooks& hooks) {
  return SceneRun(settings, scenes, backend, hooks)();
}

}  // namespace sylvester
