// The boundary of integer training: numbers of the network and of the data set become integers,
// numbers for reports and files become float32. Steps are those of golden/integer/pass.hpp.
#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "golden/continual/learner.hpp"
#include "golden/integer/fit.hpp"
#include "golden/integer/float_boundary.hpp"
#include "golden/integer/kept_bytes.hpp"
#include "golden/integer/pass.hpp"
#include "golden/support/error.hpp"
#include "golden/train/loss.hpp"

namespace sylvester {
namespace {

void require_method(ContinualMethod method) {
  for (const ContinualMethod allowed :
       {ContinualMethod::kFineTune, ContinualMethod::kReplay, ContinualMethod::kJoint}) {
    if (method == allowed) return;
  }
  throw UserError(
      fmt::format("continual.method: value \"{}\"; allowed with train.arithmetic = \"integer\": "
                  "finetune, replay, joint",
                  to_string(method)));
}

class IntegerLearner final : public Learner {
 public:
  IntegerLearner(const TrainSettings& settings, Backend& backend)
      : recipe_(settings.recipe.integer),
        pass_(recipe_, settings.recipe.counters, backend),
        test_pass_(recipe_, CounterMode::kNone, backend),
        rule_{.rate = coefficient_of(settings.sgd.learning_rate),
              .momentum = coefficient_of(settings.sgd.momentum),
              .decay = coefficient_of(settings.sgd.weight_decay)} {
    check(settings.recipe);
    require_method(settings.method);
  }

  void check_learned(const Network& network, int batch) const override {
    check_batch(network, batch);
    const std::int64_t most = longest_contraction(recipe_);
    for (const Node& node : network.nodes) {
      const std::int64_t rows = std::int64_t{batch} * node.shape.positions();
      if (node.k > 0 || node.kind == NodeKind::kAttention) {
        const std::int64_t longest =
            std::max({node.k > 0 ? rows : std::int64_t{node.shape.positions()},
                      std::int64_t{node.k}, std::int64_t{node.shape.channels}});
        if (longest > most) {
          throw UserError(fmt::format(
              "sums of {} products; allowed with integer.bits = {} and accumulator.outer_bits = "
              "{}: at most {}",
              longest, recipe_.bits, recipe_.accumulate.outer_bits, most));
        }
      }
      const bool by_row = node.kind == NodeKind::kLayerNorm;
      if ((by_row || node.kind == NodeKind::kBatchNorm) &&
          (by_row ? node.shape.channels : rows) > kMostNormalised) {
        throw UserError(
            fmt::format("a normalisation over {} values; allowed in integers: at most "
                        "{}",
                        by_row ? node.shape.channels : rows, kMostNormalised));
      }
    }
  }

  void begin_task(const Network& network, const PassContext& context) override {
    nodes_.resize(network.nodes.size());
    for (std::size_t n = 0; n < nodes_.size(); ++n) {
      const Node& node = network.nodes[n];
      IntNode& to = nodes_[n];
      const auto take = [&](const std::vector<float>& values, int rows, int bits,
                            IntPurpose purpose, IntTensor& out) {
        const int cols = rows == 0 ? 0 : static_cast<int>(values.size()) / rows;
        words_of(values, rows, cols, "weights", out);
        fit(out, bits,
            {.key = draw_key({.seed = context.seed,
                              .step = context.step,
                              .layer = static_cast<std::uint16_t>(n),
                              .role = static_cast<std::uint8_t>(purpose),
                              .repetition = 0})},
            out);
      };
      const int lines = node.weight.empty() ? 0 : node.k > 0 ? node.shape.channels : 1;
      const auto one = [](const std::vector<float>& values) { return values.empty() ? 0 : 1; };
      take(node.weight, lines, kNarrowBits, IntPurpose::kFirstWeight, to.parameters.weight);
      take(node.bias, one(node.bias), kNarrowBits, IntPurpose::kFirstBias, to.parameters.bias);
      take(node.running_mean, one(node.running_mean), kStatisticsBits, IntPurpose::kFirstMean,
           to.parameters.mean);
      take(node.running_variance, one(node.running_variance), kStatisticsBits,
           IntPurpose::kFirstVariance, to.parameters.variance);
      to.weight_velocity = zeros_like(to.parameters.weight);
      to.bias_velocity = zeros_like(to.parameters.bias);
    }
  }
  void set_rate(float learning_rate) override { rule_.rate = coefficient_of(learning_rate); }

  FloatMatrix& input(const Network& network, int batch) override {
    return sized(x_, network, batch);
  }

  double learn(Network& network, const PassContext& context, const LearnedBatch& batch) override {
    pass_.begin(network, nodes_, context);
    read_input(network, x_, pass_);
    pass_.forward(0);
    pass_.backward(batch.labels);
    pass_.update(rule_, nodes_);
    if (!fits_float()) return std::numeric_limits<double>::infinity();
    write(pass_.of(network.heads.front()), logits_);
    return cross_entropy(logits_, batch.labels, unused_);
  }

  void write_back(Network& network) override {
    for (std::size_t n = 0; n < nodes_.size(); ++n) {
      Node& node = network.nodes[n];
      const IntParameters& from = nodes_[n].parameters;
      to_floats(from.weight, node.weight);
      to_floats(from.bias, node.bias);
      to_floats(from.mean, node.running_mean);
      to_floats(from.variance, node.running_variance);
    }
  }

  void begin_test(const Network& network, const PassContext& context) override {
    test_pass_.begin(network, nodes_, context);
  }
  FloatMatrix& test_input(const Network& network, int batch) override {
    return sized(x_, network, batch);
  }
  void test(const Network& network, std::uint32_t first_sample) override {
    read_input(network, x_, test_pass_);
    test_pass_.forward(first_sample);
    write(test_pass_.of(network.heads.front()), logits_);
    write(test_pass_.of(network.classifier().inputs.front()), features_);
  }
  [[nodiscard]] const FloatMatrix& logits() const override { return logits_; }
  [[nodiscard]] const FloatMatrix& features() const override { return features_; }

  [[nodiscard]] KeptBytes backward_bytes(const Network& network, int batch) const override {
    return sylvester::backward_bytes(network, recipe_, batch);
  }

  [[nodiscard]] Sgd::Velocity velocity() const override {
    Sgd::Velocity velocity(nodes_.size());
    for (std::size_t n = 0; n < nodes_.size(); ++n) {
      to_floats(nodes_[n].weight_velocity, velocity[n].weight);
      to_floats(nodes_[n].bias_velocity, velocity[n].bias);
    }
    return velocity;
  }
  void restore(Sgd::Velocity velocity, std::vector<double> /*executor_state*/) override {
    const auto read = [](const std::vector<float>& values, IntTensor& out) {
      words_of(values, out.rows, out.cols, "velocity", out);
      fit(out, kNarrowBits, {}, out);  // exact: the numbers have had these bits
    };
    for (std::size_t n = 0; n < nodes_.size(); ++n) {
      read(velocity[n].weight, nodes_[n].weight_velocity);
      read(velocity[n].bias, nodes_[n].bias_velocity);
    }
  }

 private:
  static IntTensor zeros_like(const IntTensor& tensor) {
    IntTensor zeros;
    zeros.resize(tensor.rows, tensor.cols);
    std::ranges::fill(zeros.values, 0);
    return zeros;
  }
  static FloatMatrix& sized(FloatMatrix& x, const Network& network, int batch) {
    check_batch(network, batch);
    const Shape& shape = network.nodes.front().shape;
    x.resize(batch * shape.positions(), shape.channels);
    return x;
  }
  static void read_input(const Network& network, const FloatMatrix& x, IntegerPass& pass) {
    words_of(x.values, x.rows, x.cols, "input",
             pass.input(x.rows / network.nodes.front().shape.positions()));
  }
  static void write(const IntTensor& from, FloatMatrix& to) {
    to.rows = from.rows;
    to.cols = from.cols;
    to_floats(from, to.values);
  }
  [[nodiscard]] bool fits_float() const {
    constexpr int kMostExponent = std::numeric_limits<float>::max_exponent - kStatisticsBits;
    return std::ranges::all_of(nodes_, [](const IntNode& node) {
      return std::max({node.parameters.weight.exponent, node.parameters.bias.exponent,
                       node.parameters.mean.exponent, node.parameters.variance.exponent,
                       node.weight_velocity.exponent, node.bias_velocity.exponent}) <=
             kMostExponent;
    });
  }

  IntegerRecipe recipe_;
  IntegerPass pass_;
  IntegerPass test_pass_;
  IntSgdRule rule_;
  std::vector<IntNode> nodes_;
  FloatMatrix x_;
  FloatMatrix logits_;
  FloatMatrix features_;
  FloatMatrix unused_;
};

}  // namespace

std::unique_ptr<Learner> make_integer_learner(const TrainSettings& settings, Backend& backend) {
  return std::make_unique<IntegerLearner>(settings, backend);
}

}  // namespace sylvester
