// The Lagrangian, its dual ascent, the surrogate of limited tiles, and the choice of layers.
#include <cmath>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "golden/pdqat/lagrangian.hpp"
#include "golden/pdqat/overflow.hpp"
#include "golden/pdqat/selection.hpp"
#include "golden/pdqat/trainer.hpp"
#include "golden/support/error.hpp"
#include "golden/train/layer_list.hpp"

namespace sylvester {
namespace {

using testing::HasSubstr;

constexpr AccumulateRecipe kWide{
    .policy = AccumulatePolicy::kSaturate, .bits = 20, .tile = 16, .outer_bits = 32};
constexpr int kFloat = DorefaLayer::kFloatBits;

TrainRecipe recipe_of(const std::vector<int>& bits, const AccumulateRecipe& accumulate = kWide) {
  TrainRecipe recipe;
  recipe.mode = TrainMode::kPdqat;
  for (const int k : bits) recipe.dorefa.push_back({.bits = k, .accumulate = accumulate});
  return recipe;
}

// One point of the high-precision side: everything that a step computes of it.
class Problem {
 public:
  Problem(const std::vector<std::string>& layers, const Shape& input, const TrainRecipe& recipe)
      : recipe_(recipe),
        backend_(make_golden_backend(1)),
        low_(recipe, *backend_, DorefaExecutor::Branch::kLow),
        high_(recipe, *backend_, DorefaExecutor::Branch::kHigh),
        lagrangian_(PdqatSettings{}) {
    HostRandom random(11);
    network = make_network(input, layers, 4, true, random);
    for (Node& node : network.nodes) {
      for (float& mean : node.running_mean) mean = 0.2F * random.uniform();
      for (float& variance : node.running_variance) variance = 0.2F + random.uniform();
    }
    layers_ = constrained_layers(network, recipe);
    FloatMatrix& x = input_of(low_activations_, network, kSamples);
    for (float& value : x.values) value = 2.0F * random.uniform() - 1.0F;
    x_ = x;
    low_.begin(network, {});
    forward_pass(network, low_, low_activations_);
    take_low_side(network, recipe_, layers_, low_, low_activations_, side);
    duals = {.layers = std::vector<double>(layers_.size(), 0.0),
             .output = 0.7,
             .accumulators = std::vector<double>(layers_.size(), 0.0)};
    for (std::size_t i = 0; i < layers_.size(); ++i) duals.layers[i] = 3.0 + double(i);
  }

  double operator()(const Network& at, Gradients* gradients = nullptr) {
    high_.begin(at, {});
    input_of(activations_, at, kSamples) = x_;
    forward_pass(at, high_, activations_);
    const std::int32_t labels[kSamples] = {0, 3, 1, 2, 2, 0};
    const Measures m =
        lagrangian_(at, high_, activations_, labels, layers_, side, duals, gradients);
    double sum = m.loss + duals.output * m.output;
    for (std::size_t i = 0; i < layers_.size(); ++i) sum += duals.layers[i] * m.layers[i];
    return sum;
  }

  static constexpr int kSamples = 6;
  Network network;
  LowSide side;
  Duals duals;

 private:
  TrainRecipe recipe_;
  std::unique_ptr<Backend> backend_;
  DorefaExecutor low_;
  DorefaExecutor high_;
  Lagrangian lagrangian_;
  std::vector<ConstrainedLayer> layers_;
  Activations low_activations_;
  Activations activations_;
  FloatMatrix x_;
};

// The slope along a direction, of which no weight of the layer changes the sign: two weights move
// by as much towards and away from 0, so that E, a constant of the gradient, stays what it is.
void expect_gradient_is_slope(Problem& problem, const TrainRecipe& recipe) {
  Gradients gradients;
  problem(problem.network, &gradients);
  constexpr float width = 0x1p-9F;
  const auto slope = [&](const auto& move) {
    Network right = problem.network;
    Network left = problem.network;
    move(right, width);
    move(left, -width);
    return (problem(right) - problem(left)) / (2.0 * width);
  };
  double worst = 0.0;
  for (int l = 0; l < problem.network.depth(); ++l) {
    const Node& node = problem.network.layer(l);
    const auto n = static_cast<std::size_t>(problem.network.layers[static_cast<std::size_t>(l)]);
    const std::vector<float> g = gradients.nodes[n].weight.values();
    ASSERT_EQ(g.size(), node.weight.size());
    for (std::size_t i = 1; i < g.size(); ++i) {
      const float sign = (node.weight[i] > 0) == (node.weight[0] > 0) ? -1.0F : 1.0F;
      const bool pairs = recipe.dorefa_layer(l).is_low();
      const double measured = slope([&](Network& network, float by) {
        network.layer(l).weight[i] += by;
        if (pairs) network.layer(l).weight[0] += sign * by;
      });
      const double expected = double{g[i]} + (pairs ? double{sign} * double{g[0]} : 0.0);
      EXPECT_NEAR(measured, expected, 6e-3 * (1 + std::fabs(expected)))
          << "layer " << l << " " << i;
      worst = std::max(worst, std::fabs(expected));
    }
    for (std::size_t o = 0; o < node.bias.size(); ++o) {
      const double measured =
          slope([&](Network& network, float by) { network.layer(l).bias[o] += by; });
      EXPECT_NEAR(measured, gradients.nodes[n].bias[o], 6e-3 * (1 + std::fabs(measured)))
          << "layer " << l << " bias " << o;
    }
  }
  EXPECT_GT(worst, 0.01) << "there is something to compare";
}

TEST(Pdqat, GradientIsTheSlopeOfTheLagrangian) {
  const TrainRecipe recipe = recipe_of({kFloat, 2, 2, kFloat});
  Problem problem({"dense 5", "clip", "dense 4", "clip", "dense 3", "clip"},
                  {.height = 1, .width = 1, .channels = 3}, recipe);
  expect_gradient_is_slope(problem, recipe);
}

TEST(Pdqat, GradientPassesThroughRunningBatchNorm) {
  const TrainRecipe recipe = recipe_of({kFloat, 2, kFloat});
  Problem problem({"dense 5", "clip", "dense 4", "batch-norm", "clip"},
                  {.height = 1, .width = 1, .channels = 3}, recipe);
  // The output has the statistics of the batch; the proximity alone those that run.
  expect_gradient_is_slope(problem, recipe);
}

// A network whose layers distance themselves from their codes: measured slack, multiplier by hand.
TEST(Pdqat, MultipliersRiseWhileAConstraintIsViolatedAndFallToZero) {
  HostRandom random(2);
  Network network = make_network({.height = 1, .width = 1, .channels = 3},
                                 std::vector<std::string>{"dense 6", "clip", "dense 6", "clip"}, 4,
                                 false, random);
  const auto backend = make_golden_backend(1);
  const auto run = [&](double epsilon, double output_epsilon, int epochs) {
    PdqatSettings settings;
    settings.layer_epsilon = {epsilon};
    settings.output_epsilon = output_epsilon;
    settings.dual_rate = 2.0;
    PdqatTrainer trainer(recipe_of({kFloat, 4, kFloat}), settings, {}, *backend);
    trainer.begin(network);
    EXPECT_EQ(trainer.duals().output, 1.0);
    nlohmann::ordered_json details;
    for (int epoch = 0; epoch < epochs; ++epoch) {
      HostRandom noise(3);
      for (float& value : trainer.input(network, 4).values) value = 3.0F * noise.uniform();
      const std::int32_t labels[] = {0, 1, 2, 3};
      const Duals before = trainer.duals();
      trainer.measure(network, {}, labels);
      details = trainer.ascend();
      const auto& proximity = details.at("layers").at(0).at("proximity");
      EXPECT_DOUBLE_EQ(trainer.duals().layers.front(),
                       std::max(0.0, before.layers.front() +
                                         2.0 * (proximity.at("measure").get<double>() - epsilon)));
      EXPECT_NEAR(details.at("gap").get<double>(),
                  details.at("primal").get<double>() - details.at("lagrangian").get<double>(),
                  1e-12);
    }
    EXPECT_EQ(details.at("layers").at(0).at("layer"), 1);
    return trainer.duals();
  };
  EXPECT_GT(run(0.0, 0.0, 1).layers.front(), 0.0);
  EXPECT_GT(run(0.0, 0.0, 2).layers.front(), run(0.0, 0.0, 1).layers.front());
  EXPECT_GT(run(0.0, 0.0, 1).output, 1.0);
  EXPECT_EQ(run(1.0, 10.0, 1).layers.front(), 0.0);
  EXPECT_EQ(run(1.0, 10.0, 5).output, 0.0);
}

GemmJob codes_job(std::vector<Code> a, std::vector<Code> b, int k, const AccumulateRecipe& recipe) {
  const auto operand = [&](std::vector<Code> codes, const char* name) {
    PreparedOperand result;
    result.format = format_index(name);
    result.lines = static_cast<int>(codes.size()) / k;
    result.k = k;
    result.k_padded = k;
    result.codes = std::move(codes);
    return std::make_shared<PreparedOperand>(std::move(result));
  };
  return {.a = operand(std::move(a), "u4"), .b = operand(std::move(b), "i5"), .recipe = recipe};
}

TEST(PdqatOverflow, HingeIsThePeakBeyondTheRegister) {
  // Tiles with prefixes (30, 10) and (60, 0); L = 31.
  GemmJob job =
      codes_job({10, 10, 4, 4}, {3, -2, 15, -15}, 4,
                {.policy = AccumulatePolicy::kSaturate, .bits = 6, .tile = 2, .outer_bits = 24});
  std::vector<float> slope(4, 0.0F);
  EXPECT_DOUBLE_EQ(overflow_hinge(job, 2.0, &slope), (60.0 / 31.0 - 1.0) / 2.0);
  EXPECT_THAT(slope, testing::ElementsAre(0.0F, 0.0F, static_cast<float>(2.0 / 62.0) * 4.0F, 0.0F));
  EXPECT_EQ(gemm_reference(job).counters.tile_limited, 1U);
  job.recipe.policy = AccumulatePolicy::kClamp;  // the sums are 10 and 0
  EXPECT_EQ(overflow_hinge(job, 2.0, nullptr), 0.0);
}

// Of random jobs: whether a tile has a hinge is whether it is limited, but for peaks of L + 1.
TEST(PdqatOverflow, HingeAndLimitedTilesGoTogether) {
  HostRandom random(17);
  for (int round = 0; round < 200; ++round) {
    const int k = 1 + static_cast<int>(random.below(9));
    std::vector<Code> a(static_cast<std::size_t>(k));
    std::vector<Code> b(static_cast<std::size_t>(k));
    for (Code& code : a) code = static_cast<Code>(random.below(16));
    for (Code& code : b) code = static_cast<Code>(2 * static_cast<int>(random.below(16)) - 15);
    for (const auto policy :
         {AccumulatePolicy::kSaturate, AccumulatePolicy::kWrap, AccumulatePolicy::kClamp}) {
      const GemmJob job =
          codes_job(a, b, k, {.policy = policy, .bits = 9, .tile = 0, .outer_bits = 24});
      const double hinge = overflow_hinge(job, 1.0, nullptr);
      const bool limited = gemm_reference(job).counters.tile_limited > 0;
      EXPECT_TRUE(limited || hinge <= 1.0 / 255.0) << "seed 17, round " << round;
      EXPECT_TRUE(!limited || hinge > 0.0) << "seed 17, round " << round;
    }
  }
}

TEST(PdqatSelection, ChoosesByMultipliers) {
  const auto result = nlohmann::ordered_json::parse(R"({"seeds": [
    {"constraints": {"layers": [{"layer": 1, "proximity": {"dual": 0.1}},
                                {"layer": 2, "proximity": {"dual": 0.4}},
                                {"layer": 3, "proximity": {"dual": 0.2}}]}},
    {"constraints": {"layers": [{"layer": 1, "proximity": {"dual": 0.3}},
                                {"layer": 2, "proximity": {"dual": 0.0}},
                                {"layer": 3, "proximity": {"dual": 0.4}}]}}]})");
  const auto duals = layer_duals(result, DualKind::kProximity, "result.json");
  ASSERT_EQ(duals.size(), 3U);
  EXPECT_DOUBLE_EQ(duals[0].dual, 0.2);
  const auto numbers = [&](Choice choice, int count, std::uint64_t seed = 1) {
    std::vector<int> layers;
    for (const LayerDual& layer : choose_layers(duals, choice, count, seed)) {
      layers.push_back(layer.layer);
    }
    return layers;
  };
  EXPECT_THAT(numbers(Choice::kLargest, 1), testing::ElementsAre(3));
  EXPECT_THAT(numbers(Choice::kLargest, 2), testing::ElementsAre(1, 3)) << "the first of equals";
  EXPECT_THAT(numbers(Choice::kSmallest, 2), testing::ElementsAre(1, 2));
  EXPECT_EQ(numbers(Choice::kRandom, 2, 5), numbers(Choice::kRandom, 2, 5));
  EXPECT_EQ(table_text({{3, 0.25}}, {"pdqat.bits = 8"}, "Chosen."),
            "# Chosen.\n\n[[layer]]\nnumber = 3  # multiplier 0.25\npdqat.bits = 8\n");
  EXPECT_THROW(layer_duals(result, DualKind::kAccumulator, "result.json"), UserError);
  for (const char* bad : {"3", "{}", R"({"seeds": [{}]})", R"({"seeds": [{"constraints": 1}]})"}) {
    EXPECT_THROW(layer_duals(nlohmann::ordered_json::parse(bad), DualKind::kProximity, "x"),
                 UserError)
        << bad;
  }
}

}  // namespace
}  // namespace sylvester
