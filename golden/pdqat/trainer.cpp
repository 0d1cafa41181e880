#include "golden/pdqat/trainer.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "golden/pdqat/overflow.hpp"
#include "golden/support/error.hpp"

namespace sylvester {
namespace {

bool is_batch_norm(const Node& node) { return node.kind == NodeKind::kBatchNorm; }

// While it lives, nothing but batch-norm is trained.
class OnlyBatchNorm {
 public:
  explicit OnlyBatchNorm(Network& network) : network_(network) {
    for (Node& node : network_.nodes) {
      frozen_.push_back(node.frozen);
      if (!is_batch_norm(node)) node.frozen = true;
    }
  }
  ~OnlyBatchNorm() {
    for (std::size_t n = 0; n < frozen_.size(); ++n) network_.nodes[n].frozen = frozen_[n];
  }
  OnlyBatchNorm(const OnlyBatchNorm&) = delete;
  OnlyBatchNorm& operator=(const OnlyBatchNorm&) = delete;

 private:
  Network& network_;
  std::vector<bool> frozen_;
};

void require_length(const char* key, std::size_t length, std::size_t wanted) {
  if (length == 1 || length == wanted) return;
  throw UserError(
      fmt::format("{}: value has {} numbers; allowed: 1, or {}, one for each "
                  "low-precision layer with the constraint",
                  key, length, wanted));
}

}  // namespace

PdqatTrainer::PdqatTrainer(const TrainRecipe& recipe, const PdqatSettings& settings,
                           const SgdSettings& sgd, Backend& backend)
    : recipe_(recipe),
      settings_(settings),
      low_(recipe, backend, DorefaExecutor::Branch::kLow),
      high_(recipe, backend, DorefaExecutor::Branch::kHigh),
      lagrangian_(settings),
      high_sgd_(sgd) {
  high_.share_weights(low_);
}

void PdqatTrainer::begin(const Network& network) {
  high_network_ = network;
  high_sgd_.reset(high_network_);
  has_batch_norm_ = std::ranges::any_of(network.nodes, is_batch_norm);
  layers_ = constrained_layers(network, recipe_);
  if (layers_.empty()) {
    throw UserError(
        "pdqat.high_precision: no layer is left in low precision; allowed: fewer layers");
  }
  const auto proximities = std::ranges::count_if(layers_, &ConstrainedLayer::proximity);
  if (settings_.layerwise) {
    require_length("pdqat.layer_epsilon", settings_.layer_epsilon.size(),
                   static_cast<std::size_t>(proximities));
  }
  require_length("pdqat.accumulator_epsilon", settings_.accumulator_epsilon.size(), layers_.size());
  const bool bounds_tiles =
      std::ranges::any_of(settings_.accumulator_epsilon, [](double e) { return e < 1.0; });
  if (bounds_tiles && recipe_.counters != CounterMode::kFull) {
    throw UserError(fmt::format(
        "hardware.counters: value {}; allowed with pdqat.accumulator_epsilon below 1: full",
        to_string(recipe_.counters)));
  }
  duals_ = {.layers = std::vector<double>(layers_.size(), 0.0),
            .output = 1.0,
            .accumulators = std::vector<double>(layers_.size(), 0.0)};
  measured_ = 0;
}

double PdqatTrainer::layer_bound(std::size_t i) const {
  if (settings_.layer_epsilon.size() == 1) return settings_.layer_epsilon.front();
  const auto before =
      std::count_if(layers_.begin(), layers_.begin() + static_cast<std::ptrdiff_t>(i),
                    [](const ConstrainedLayer& l) { return l.proximity; });
  return settings_.layer_epsilon[static_cast<std::size_t>(before)];
}

double PdqatTrainer::accumulator_bound(std::size_t i) const {
  const std::vector<double>& bounds = settings_.accumulator_epsilon;
  return bounds.size() == 1 ? bounds.front() : bounds[i];
}

double PdqatTrainer::share(std::size_t i) const {
  return low_.counted(layers_[i].layer).limited_tile_share();
}

// Batch-norm stays that of the high-precision network.
void PdqatTrainer::take_parameters(const Network& network) {
  for (std::size_t n = 0; n < network.nodes.size(); ++n) {
    if (is_batch_norm(network.nodes[n])) continue;
    high_network_.nodes[n].weight = network.nodes[n].weight;
    high_network_.nodes[n].bias = network.nodes[n].bias;
  }
}

// After the low-precision pass; the executors have begun.
Measures PdqatTrainer::evaluate(const Network& network, std::span<const std::int32_t> labels,
                                bool learns) {
  take_low_side(network, recipe_, layers_, low_, low_activations_, side_);
  input_of(high_activations_, high_network_, static_cast<int>(labels.size())).values =
      low_activations_.of(0).values;
  forward_pass(high_network_, high_, high_activations_);
  LowGradients low;
  if (learns && has_batch_norm_) low = {&low_gradients_, &low_activations_};
  return lagrangian_(high_network_, high_, high_activations_, labels, layers_, side_, duals_,
                     learns ? &high_gradients_ : nullptr, low);
}

double PdqatTrainer::learn(Network& network, const PassContext& context,
                           std::span<const std::int32_t> labels, Sgd& sgd, float learning_rate) {
  take_parameters(network);
  low_.begin(network, context);
  PassContext uncounted = context;
  uncounted.totals = nullptr;
  high_.begin(high_network_, uncounted);
  forward_pass(network, low_, low_activations_);
  const Measures measures = evaluate(network, labels, true);
  add_overflow(network);
  std::vector<ParameterGradient>& gradients = high_gradients_.nodes;
  norm_gradients_.resize(gradients.size());
  if (has_batch_norm_) {
    {
      const OnlyBatchNorm only(network);
      backward_pass(network, low_, low_activations_, low_gradients_);
    }
    learn_statistics(low_activations_, network);
    learn_statistics(high_activations_, high_network_);
    for (std::size_t n = 0; n < gradients.size(); ++n) {
      if (!is_batch_norm(network.nodes[n])) continue;
      std::swap(norm_gradients_[n], gradients[n]);
      std::swap(gradients[n], low_gradients_.nodes[n]);
    }
    high_sgd_.set_rate(learning_rate);
    high_sgd_.step(high_network_, norm_gradients_);
  }
  sgd.step(network, gradients);
  return measures.loss;
}

// With a high part of the weights' codes (k = 8), that alone: it is a sixteenth of the code, and
// the low part is no monotone function of the weight.
void PdqatTrainer::add_overflow(const Network& network) {
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const int l = layers_[i].layer;
    const NormalisedWeights& weights = low_.normalised(l);
    if (duals_.accumulators[i] == 0.0 || weights.mean == 0.0F) continue;
    const std::span<const GemmJob> jobs = low_.jobs(l);
    const int bits = recipe_.dorefa_layer(l).bits;
    const auto parts = static_cast<std::size_t>(dorefa_formats(bits).parts);
    weight_slope_.assign(network.layer(l).weight.size(), 0.0F);
    for (std::size_t j = 0; j < jobs.size(); j += parts) {  // by the weights' first part
      slope_.assign(weight_slope_.size(), 0.0F);
      overflow_hinge(jobs[j], duals_.accumulators[i] / static_cast<double>(jobs.size()), &slope_);
      // Of the code v, and of the low-precision weight E·v/n.
      const float of_code = parts == 1 ? 1.0F : 1.0F / 16.0F;
      const float factor = of_code * static_cast<float>(dorefa_levels(bits)) / weights.mean;
      for (std::size_t w = 0; w < slope_.size(); ++w) weight_slope_[w] += factor * slope_[w];
    }
    normalisation_gradient(weights, weight_slope_);
    ParameterGradient& gradient = high_gradients_.nodes[static_cast<std::size_t>(layers_[i].node)];
    for (std::size_t w = 0; w < weight_slope_.size(); ++w) {
      gradient.weight.floats[w] += weight_slope_[w];
    }
  }
}

void PdqatTrainer::measure(const Network& network, const PassContext& context,
                           std::span<const std::int32_t> labels) {
  if (measured_ == 0) {
    take_parameters(network);
    unreported_ = {};
    PassContext counted = context;
    counted.kind = PassKind::kEvaluation;
    counted.totals = &unreported_;
    low_.begin(network, counted);
    counted.totals = nullptr;
    high_.begin(high_network_, counted);
    sums_ = {};
    sums_.layers.assign(layers_.size(), 0.0);
  }
  forward_pass(network, low_, low_activations_);
  const Measures measures = evaluate(network, labels, false);
  const auto samples = static_cast<double>(labels.size());
  sums_.loss += samples * measures.loss;
  sums_.output += samples * measures.output;
  for (std::size_t i = 0; i < layers_.size(); ++i) sums_.layers[i] += samples * measures.layers[i];
  measured_ += static_cast<std::int64_t>(labels.size());
}

nlohmann::ordered_json PdqatTrainer::ascend() {
  using Ordered = nlohmann::ordered_json;
  const auto samples = static_cast<double>(measured_);
  const double primal = sums_.loss / samples;
  double penalty = 0.0;
  // Adds a constraint's part and moves its multiplier.
  const auto move = [&](double measure, double bound, double rate, double& dual) {
    const double slack = measure - bound;
    Ordered object = {{"measure", measure}, {"bound", bound}, {"dual_before", dual}};
    penalty += dual * slack;
    dual = std::max(0.0, dual + rate * slack);
    object["dual"] = dual;
    return object;
  };
  Ordered output =
      move(sums_.output / samples, settings_.output_epsilon, settings_.dual_rate, duals_.output);
  Ordered layers = Ordered::array();
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    Ordered layer = {{"layer", layers_[i].layer},
                     {"bits", recipe_.dorefa_layer(layers_[i].layer).bits}};
    if (settings_.layerwise && layers_[i].proximity) {
      layer["proximity"] =
          move(sums_.layers[i] / samples, layer_bound(i), settings_.dual_rate, duals_.layers[i]);
    }
    layer["limited_tile_share"] = share(i);
    if (accumulator_bound(i) < 1.0) {
      layer["accumulator"] = move(share(i), accumulator_bound(i), settings_.accumulator_dual_rate,
                                  duals_.accumulators[i]);
    }
    layers.push_back(std::move(layer));
  }
  measured_ = 0;
  return {{"primal", primal},
          {"lagrangian", primal + penalty},
          {"gap", -penalty},
          {"output", std::move(output)},
          {"layers", std::move(layers)}};
}

}  // namespace sylvester
