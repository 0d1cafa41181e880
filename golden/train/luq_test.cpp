// What LUQ and the randomised transform add to the GEMMs of a layer: shared codes and draws, means
// of several roundings, the maximum of earlier steps, random signs, fine-tuning.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "golden/config/test_recipe.hpp"
#include "golden/numerics/scale.hpp"
#include "golden/support/error.hpp"
#include "golden/train/executor.hpp"
#include "golden/train/layer_list.hpp"

namespace sylvester {
namespace {

// Passes everything on to golden and keeps the jobs.
class Recorder final : public Backend {
 public:
  [[nodiscard]] std::string_view name() const override { return "recorder"; }
  std::vector<PreparedOperand> prepare(std::span<const PrepareJob> jobs) override {
    prepares.insert(prepares.end(), jobs.begin(), jobs.end());
    return golden_->prepare(jobs);
  }
  std::vector<GemmResult> gemm(std::span<const GemmJob> jobs) override {
    gemms.insert(gemms.end(), jobs.begin(), jobs.end());
    return golden_->gemm(jobs);
  }

  std::vector<PrepareJob> prepares;
  std::vector<GemmJob> gemms;

 private:
  std::unique_ptr<Backend> golden_ = make_golden_backend();
};

constexpr int kInputs = 11;
constexpr int kOutputs = 5;
constexpr int kBatch = 24;

// Layer 1 is the one under test: its input is behind a ReLU.
Network two_layers() {
  HostRandom random(5);
  const std::vector<std::string> layers = {"dense 11", "relu"};
  return make_network({.height = 1, .width = 1, .channels = 7}, layers, kOutputs, false, random);
}

FloatMatrix random_matrix(int rows, int cols, std::uint64_t seed, float least) {
  HostRandom random(seed);
  FloatMatrix x;
  x.resize(rows, cols);
  for (float& value : x.values) value = least + (1.0F - least) * random.uniform();
  return x;
}

// Of wide spread, as gradients are.
FloatMatrix random_gradient(std::uint64_t seed, float size = 1.0F) {
  FloatMatrix g = random_matrix(kBatch, kOutputs, seed, -1.0F);
  for (float& value : g.values) value = size * value * value * value * value * value;
  return g;
}

struct Gradients {
  FloatMatrix dx;
  WeightGradient dw;
};

// One training step of layer 1.
Gradients step_of(Executor& executor, const Network& network, const FloatMatrix& g,
                  std::uint32_t step, TrainTotals* totals = nullptr) {
  const FloatMatrix x = random_matrix(kBatch, kInputs, 7, 0.0F);
  FloatMatrix y;
  y.resize(kBatch, kOutputs);
  Gradients gradients;
  executor.begin(network, {.seed = 3, .step = step, .totals = totals});
  executor.forward(1, x, 0, y);
  executor.backward(1, g, &gradients.dx, &gradients.dw);
  return gradients;
}

std::vector<Code> turned(const PreparedOperand& operand) {
  std::vector<Code> codes;
  for (int k = 0; k < operand.k; ++k) {
    for (int line = 0; line < operand.lines; ++line) {
      codes.push_back(operand.codes[static_cast<std::size_t>(line * operand.k + k)]);
    }
  }
  return codes;
}

TEST(Luq, OneDrawAndTheForwardCodesServeBothBackwardGemms) {
  const Network network = two_layers();
  Recorder recorder;
  const auto executor = make_executor(preset_recipe("luq"), recorder);
  step_of(*executor, network, random_gradient(1), 0);
  // W of both layers, X of layer 1, G.
  ASSERT_EQ(recorder.prepares.size(), 4U);
  EXPECT_EQ(recorder.prepares.back().recipe.draw.role, static_cast<int>(Role::kInputGradient));
  ASSERT_EQ(recorder.gemms.size(), 3U);
  const GemmJob& forward = recorder.gemms[0];
  const GemmJob& dw = recorder.gemms[1];
  const GemmJob& dx = recorder.gemms[2];
  EXPECT_EQ(dw.a->codes, turned(*dx.a));
  EXPECT_EQ(dw.a->scale, dx.a->scale);
  EXPECT_EQ(dw.b->codes, turned(*forward.a));
  EXPECT_EQ(dw.b->scale, forward.a->scale);
  EXPECT_EQ(dw.b->format, format_index("u4"));
  EXPECT_EQ(dx.b->codes, turned(*forward.b));
  EXPECT_EQ(dx.b->scale, forward.b->scale);
  EXPECT_EQ(dx.a->format, format_index("e3"));
}

// The same codes as a second preparation of G with the same draws, which is how hardware that
// cannot turn codes makes them.
TEST(Luq, OneDrawIsWhatPreparingTheTurnedGradientGives) {
  const Network network = two_layers();
  Recorder recorder;
  const auto executor = make_executor(preset_recipe("luq"), recorder);
  step_of(*executor, network, random_gradient(1), 0);
  PrepareJob job = recorder.prepares.back();
  const std::vector<std::int16_t> stored = job.input.mantissas;
  std::swap(job.input.lines, job.input.k);
  std::swap(job.recipe.stride_line, job.recipe.stride_k);
  for (int o = 0; o < kOutputs; ++o) {
    for (int b = 0; b < kBatch; ++b) {
      job.input.mantissas[static_cast<std::size_t>(o * kBatch + b)] =
          stored[static_cast<std::size_t>(b * kOutputs + o)];
    }
  }
  EXPECT_EQ(prepare(job).codes, recorder.gemms[1].a->codes);
}

TEST(Luq, ReusedCodesOfAConvolutionAreItsPatches) {
  HostRandom random(5);
  const Network network = make_network(
      {.height = 6, .width = 5, .channels = 3},
      std::vector<std::string>{"conv 4 kernel=3 pad=1", "relu", "average-pool"}, 4, false, random);
  const FloatMatrix x = random_matrix(2 * 30, 3, 1, -1.0F);
  const FloatMatrix g = random_matrix(2 * 30, 4, 2, -1.0F);
  for (const ConvScale scale : {ConvScale::kBatch, ConvScale::kImage}) {
    TrainRecipe recipe = preset_recipe("luq");
    recipe.conv_scale = scale;
    Recorder recorder;
    const auto executor = make_executor(recipe, recorder);
    FloatMatrix y;
    y.resize(60, 4);
    FloatMatrix dx;
    WeightGradient dw;
    executor->begin(network, {.seed = 3});
    executor->forward(0, x, 0, y);
    executor->backward(0, g, &dx, &dw);
    const std::size_t groups = scale == ConvScale::kBatch ? 1 : 2;
    ASSERT_EQ(recorder.gemms.size(), 1 + 2 * groups);
    const PreparedOperand& patches = *recorder.gemms[0].a;
    const std::vector<Code> whole = turned(patches);
    for (std::size_t i = 0; i < groups; ++i) {
      const PreparedOperand& b = *recorder.gemms[1 + i].b;
      const int rows = patches.lines / static_cast<int>(groups);
      ASSERT_EQ(b.lines, patches.k);
      ASSERT_EQ(b.k, rows);
      for (int line = 0; line < b.lines; ++line) {
        for (int k = 0; k < rows; ++k) {
          ASSERT_EQ(b.codes[static_cast<std::size_t>(line * rows + k)],
                    whole[static_cast<std::size_t>(line * patches.lines +
                                                   static_cast<int>(i) * rows + k)]);
        }
      }
    }
  }
}

// Variance of dW over steps, which have draws of their own, per element and in the mean.
double variance_of_weight_gradient(int samples) {
  const Network network = two_layers();
  TrainRecipe recipe = preset_recipe("luq");
  recipe.layers[0].gradient_samples = samples;
  const auto backend = make_golden_backend();
  const auto executor = make_executor(recipe, *backend);
  const FloatMatrix g = random_gradient(1);
  constexpr int kSteps = 8000;
  std::vector<double> sum(static_cast<std::size_t>(kInputs * kOutputs));
  std::vector<double> squares(sum.size());
  for (std::uint32_t step = 0; step < kSteps; ++step) {
    const std::vector<float> dw = step_of(*executor, network, g, step).dw.values();
    for (std::size_t i = 0; i < sum.size(); ++i) {
      sum[i] += dw[i];
      squares[i] += double{dw[i]} * dw[i];
    }
  }
  double variance = 0.0;
  for (std::size_t i = 0; i < sum.size(); ++i) {
    variance += squares[i] / kSteps - sum[i] / kSteps * sum[i] / kSteps;
  }
  return variance;
}

TEST(Luq, MeansOfNRoundingsHaveTheNthPartOfTheVariance) {  // SMP-1
  const double one = variance_of_weight_gradient(1);
  for (const int samples : {2, 4}) {
    EXPECT_NEAR(variance_of_weight_gradient(samples) * samples / one, 1.0, 0.05) << samples;
  }
}

TEST(Luq, RoundingsOfOneStepHaveDrawsOfTheirOwnAndOneScale) {  // SMP-1, RND-1
  const Network network = two_layers();
  TrainRecipe recipe = preset_recipe("luq");
  recipe.layers[0].gradient_samples = 4;
  Recorder recorder;
  const auto executor = make_executor(recipe, recorder);
  const Gradients gradients = step_of(*executor, network, random_gradient(1), 0);
  ASSERT_EQ(recorder.gemms.size(), 6U);  // forward, four of dW, dX
  std::vector<double> sum(static_cast<std::size_t>(kInputs * kOutputs));
  for (std::size_t s = 0; s < 4; ++s) {
    EXPECT_EQ(recorder.prepares[3 + s].recipe.draw.repetition, 4 * s);
    const GemmJob& job = recorder.gemms[1 + s];
    EXPECT_EQ(job.a->scale, recorder.gemms[1].a->scale);
    if (s > 0) {
      EXPECT_NE(job.a->codes, recorder.gemms[1].a->codes);
    }
    const GemmResult part = gemm(job);
    for (std::size_t i = 0; i < sum.size(); ++i) {
      sum[i] += double{to_float(part.scale)} * part.values[i] / 4;
    }
  }
  const std::vector<float> dw = gradients.dw.values();
  for (std::size_t i = 0; i < sum.size(); ++i) {
    EXPECT_NEAR(dw[i], sum[i], 1e-6 * std::abs(sum[i])) << i;
  }
  EXPECT_EQ(recorder.gemms[5].a->codes, turned(*recorder.gemms[1].a)) << "dX is of the first";
}

TEST(Luq, SumsOfRoundingsAreLimitedAndCounted) {  // SMP-1
  const Network network = two_layers();
  TrainRecipe recipe = preset_recipe("luq");
  LayerRecipe& layer = recipe.layers[0];
  layer.gradient_samples = 8;
  layer.gemm(GemmKind::kWeightGradient).bits = 16;
  layer.gemm(GemmKind::kWeightGradient).outer_bits = 16;
  FloatMatrix g = random_gradient(1);
  std::ranges::fill(g.values, 1.0F);
  TrainTotals totals;
  const auto backend = make_golden_backend();
  const auto executor = make_executor(recipe, *backend);
  const Gradients gradients = step_of(*executor, network, g, 0, &totals);
  EXPECT_GT(totals.gemm[static_cast<std::size_t>(GemmKind::kWeightGradient)].counters.outer_limited,
            0U);
  EXPECT_EQ(*std::ranges::max_element(gradients.dw.integers), 32767);
}

TEST(Luq, HindsightQuantisesWithWhatEarlierStepsMeasured) {  // HND-2
  const Network network = two_layers();
  TrainRecipe recipe = preset_recipe("luq");
  recipe.layers[0].operand(Role::kInputGradient).scale = ScaleRule::kHindsight;
  recipe.hindsight_eta = 0.25;
  Recorder recorder;
  const auto executor = make_executor(recipe, recorder);
  const auto largest = [](const FloatMatrix& g) {
    double most = 0.0;
    for (const float value : g.values) most = std::max(most, std::abs(double{value}));
    return most;
  };
  double kept = 0.0;
  for (std::uint32_t step = 0; step < 4; ++step) {
    const FloatMatrix g = random_gradient(step, std::ldexp(1.0F, 2 * static_cast<int>(step)));
    step_of(*executor, network, g, step);
    const PrepareJob& job = recorder.prepares.back();
    if (step == 0) {
      EXPECT_EQ(job.recipe.scale, ScaleRule::kMax);
      kept = largest(g);
    } else {
      EXPECT_EQ(job.recipe.scale, ScaleRule::kHindsight);
      const double unit = std::ldexp(1.0, job.input.scale.exponent);
      EXPECT_GE(job.max_given * unit, kept * (1 - 1e-4));
      EXPECT_LE(job.max_given * unit, kept * (1 + 1e-4) + unit);
      EXPECT_EQ(prepare(job).max_magnitude,
                std::abs(*std::ranges::max_element(job.input.mantissas, {},
                                                   [](std::int16_t m) { return std::abs(m); })));
      kept = 0.75 * largest(g) + 0.25 * kept;
    }
    ASSERT_EQ(executor->state().size(), 4U);
    EXPECT_NEAR(executor->state()[2], kept, 1e-4 * kept);
  }
  // Another executor goes on with the same codes; one that forgets begins anew.
  const FloatMatrix g = random_gradient(9);
  const auto other = make_executor(recipe, recorder);
  other->restore(executor->state());
  step_of(*executor, network, g, 9);
  const std::vector<Code> codes = recorder.gemms.back().a->codes;
  step_of(*other, network, g, 9);
  EXPECT_EQ(recorder.gemms.back().a->codes, codes);
  EXPECT_EQ(other->state(), executor->state());
  other->restore({});
  step_of(*other, network, g, 9);
  EXPECT_EQ(recorder.prepares.back().recipe.scale, ScaleRule::kMax);
}

TEST(Luq, AMaximumFarAboveTheTensorIsLimited) {  // HND-2
  const Network network = two_layers();
  TrainRecipe recipe = preset_recipe("luq");
  recipe.layers[0].operand(Role::kInputGradient).scale = ScaleRule::kHindsight;
  Recorder recorder;
  const auto executor = make_executor(recipe, recorder);
  step_of(*executor, network, random_gradient(1, 0x1p20F), 0);
  step_of(*executor, network, random_gradient(2), 1);
  EXPECT_EQ(recorder.prepares.back().recipe.scale, ScaleRule::kHindsight);
  EXPECT_EQ(recorder.prepares.back().max_given, (1 << 21) - 1);
}

TEST(FineTuning, GemmsAreFloatWithTheWeightsOfTheForwardCodes) {
  const Network network = two_layers();
  const TrainRecipe recipe = preset_recipe("luq");
  Recorder recorder;
  const auto quantised = make_executor(recipe, recorder);
  const FloatMatrix g = random_gradient(1);
  step_of(*quantised, network, g, 5);
  const PreparedOperand w = *recorder.gemms[0].b;
  Network low = network;
  for (std::size_t i = 0; i < w.codes.size(); ++i) {
    low.layer(1).weight[i] = to_float(w.codes[i], to_float(w.scale));
  }
  const auto tuner = make_fine_tuning_executor(recipe, recorder);
  const auto exact = make_float_executor();
  const Gradients tuned = step_of(*tuner, network, g, 5);
  const Gradients expected = step_of(*exact, low, g, 5);
  EXPECT_EQ(tuned.dx.values, expected.dx.values);
  EXPECT_EQ(tuned.dw.values(), expected.dw.values());
}

TEST(RandomSigns, OfBothOperandsAreTheSameAndOfEveryStepAndGemmOthers) {  // WHT-5
  const Network network = two_layers();
  Recorder recorder;
  const auto executor = make_executor(preset_recipe("rht"), recorder);
  step_of(*executor, network, random_gradient(1), 0);
  step_of(*executor, network, random_gradient(1), 1);
  std::vector<DrawKey> keys;
  for (const PrepareJob& job : recorder.prepares) {
    EXPECT_EQ(job.recipe.sign_role,
              kSignRole + static_cast<int>(gemm_of(static_cast<Role>(job.recipe.draw.role))));
    EXPECT_EQ(job.recipe.block, 32);
    if (job.recipe.draw.layer == 1) keys.push_back(draw_key(sign_context(job.recipe)));
  }
  // W, X, then G and X of dW, G and W of dX; twice.
  ASSERT_EQ(keys.size(), 12U);
  for (const std::size_t i : {0U, 2U, 4U, 6U, 8U, 10U}) {
    EXPECT_EQ(keys[i], keys[i + 1]);
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(keys[i], keys[j]);
  }
}

// With 8 bits and wide registers the signs cancel: the products are those without them, but for
// rounding.
TEST(RandomSigns, Cancel) {  // WHT-5
  const Network network = two_layers();
  TrainRecipe recipe = preset_recipe("rht");
  for (PrepareRecipe& operand : recipe.layers[0].operands) operand.format = format_index("i8");
  for (AccumulateRecipe& gemm : recipe.layers[0].accumulate) {
    gemm = {.policy = AccumulatePolicy::kClamp, .bits = 24, .tile = 0, .outer_bits = 32};
  }
  const auto backend = make_golden_backend();
  const auto executor = make_executor(recipe, *backend);
  const auto exact = make_float_executor();
  const FloatMatrix g = random_matrix(kBatch, kOutputs, 3, -1.0F);
  const Gradients signed_gradients = step_of(*executor, network, g, 0);
  const Gradients expected = step_of(*exact, network, g, 0);
  const auto cosine = [](const std::vector<float>& a, const std::vector<float>& b) {
    const double ab = std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
    return ab / std::sqrt(std::inner_product(a.begin(), a.end(), a.begin(), 0.0) *
                          std::inner_product(b.begin(), b.end(), b.begin(), 0.0));
  };
  EXPECT_GT(cosine(signed_gradients.dx.values, expected.dx.values), 0.999);
  EXPECT_GT(cosine(signed_gradients.dw.values(), expected.dw.values()), 0.999);
}

TEST(LuqRecipe, RefusesWhatDoesNotFitTogether) {
  const auto expect_refusal = [](const char* preset, auto change, const std::string& part) {
    TrainRecipe recipe = preset_recipe(preset);
    change(recipe);
    EXPECT_THAT([&] { check(recipe); },
                testing::ThrowsMessage<UserError>(testing::HasSubstr(part)));
  };
  expect_refusal(
      "luq", [](TrainRecipe& r) { r.layers[0].gradient_samples = 3; },
      "gradient_samples: 3 is not a power of two in 1...64");
  expect_refusal(
      "luq", [](TrainRecipe& r) { r.hindsight_eta = 1.5; }, "hindsight_eta");
  expect_refusal(
      "hdqt", [](TrainRecipe& r) { r.layers[0].reuse_codes = true; },
      "reuse_codes: needs GEMMs without transform");
  expect_refusal(
      "hdqt", [](TrainRecipe& r) { r.layers[0].one_draw = true; }, "one_draw: needs");
  expect_refusal(
      "luq",
      [](TrainRecipe& r) {
        r.layers[0].operand(Role::kForwardWeight).scale = ScaleRule::kHindsight;
      },
      "hindsight is for gradients only");
  expect_refusal(
      "rht", [](TrainRecipe& r) { r.layers[0].operand(Role::kForwardWeight).sign_role = 0; },
      "its random signs are not those of forward_weight");
}

}  // namespace
}  // namespace sylvester
