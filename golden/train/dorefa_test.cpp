// The DoReFa quantiser and the networks of its codes (rules DRF-*).
#include "golden/train/dorefa_executor.hpp"

#include <cmath>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "golden/support/error.hpp"
#include "golden/train/float_math.hpp"
#include "golden/train/layer_list.hpp"
#include "golden/train/pass.hpp"

namespace sylvester {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<Code> activations(const std::vector<float>& x, int bits) {
  std::vector<Code> codes(x.size());
  dorefa_activations(x, bits, codes);
  return codes;
}

std::vector<Code> weights(const std::vector<float>& w, int bits) {
  NormalisedWeights normalised;
  normalise(w, normalised);
  std::vector<Code> codes(w.size());
  dorefa_weights(normalised, bits, codes);
  return codes;
}

TEST(Dorefa, ActivationsAreClippedAndTiesGoToEven) {  // DRF-1
  EXPECT_THAT(activations({-0.2F, 0.5F, 0.9F, 2.0F}, 2), ElementsAre(0, 2, 3, 3));
  EXPECT_THAT(activations({1.0F / 6.0F, 0.5F}, 2), ElementsAre(0, 2));
  EXPECT_THAT(activations({0.5F, std::nextafter(0.5F, 1.0F)}, 1), ElementsAre(0, 1));
  EXPECT_THAT(activations({0.5F, 0.1F, 1.0F}, 4), ElementsAre(8, 2, 15));
  EXPECT_THAT(activations({0.5F, 1.0F, NAN, INFINITY}, 8), ElementsAre(128, 255, 0, 255));
}

TEST(Dorefa, WeightsAreOddNumbers) {  // DRF-2
  EXPECT_THAT(weights({0.5F, -1.0F, 0.25F}, 2), ElementsAre(1, -3, 1));
  // u = 1/2 is a tie: 0.5 to 0, 1.5 to 2, 7.5 to 8, 127.5 to 128.
  EXPECT_THAT(weights({0.0F, 1.0F}, 1), ElementsAre(-1, 1));
  EXPECT_THAT(weights({0.0F, 1.0F}, 2), ElementsAre(1, 3));
  EXPECT_THAT(weights({0.0F, -1.0F}, 4), ElementsAre(1, -15));
  EXPECT_THAT(weights({0.0F, 1.0F}, 8), ElementsAre(1, 255));
  EXPECT_THAT(weights({0.0F, 0.0F}, 4), ElementsAre(1, 1)) << "all zeros, which E makes zeros";
}

// The published code's formulas in float64.
TEST(Dorefa, FollowsThePublishedFloatPath) {
  HostRandom random(5);
  std::vector<float> w(500);
  for (float& value : w) value = 2.0F * random.uniform() - 1.0F;
  NormalisedWeights normalised;
  normalise(w, normalised);
  double largest = 0.0;
  double mean = 0.0;
  for (const float value : w) {
    largest = std::max(largest, std::fabs(std::tanh(double{value})));
    mean += std::fabs(double{value}) / static_cast<double>(w.size());
  }
  std::vector<float> high;
  high_precision_weights(normalised, high);
  for (const int bits : {1, 2, 4, 8}) {
    const int n = dorefa_levels(bits);
    const std::vector<Code> codes = weights(w, bits);
    for (std::size_t i = 0; i < w.size(); ++i) {
      const double t = std::tanh(double{w[i]});
      const double u = (t / 2.0 / largest + 0.5) * n;
      EXPECT_LE(std::fabs((codes[i] + n) / 2.0 - u), 0.5 + 1e-4) << "seed 5, " << i;
      EXPECT_NE(codes[i] % 2, 0);
      EXPECT_LE(std::abs(codes[i]), n);
      EXPECT_NEAR(high[i], t / largest * mean, 1e-6);
    }
    EXPECT_NEAR(dorefa_scale(normalised.mean, bits), mean / (n * n), 1e-6 * mean / (n * n));
  }
}

TEST(Dorefa, PartsMakeUpTheCodes) {  // DRF-3
  std::vector<Code> v;
  std::vector<Code> a;
  for (int c = 0; c < 256; ++c) {
    a.push_back(static_cast<Code>(c));
    v.push_back(static_cast<Code>(2 * c - 255));
  }
  std::vector<Code> high(256);
  std::vector<Code> low(256);
  weight_part(v, 0, high);
  weight_part(v, 1, low);
  for (std::size_t c = 0; c < v.size(); ++c) {
    EXPECT_EQ(16 * high[c] + low[c], v[c]);
    EXPECT_LE(std::max(std::abs(high[c]), std::abs(low[c])), format("i5").largest());
  }
  EXPECT_EQ(high[200], 9);
  EXPECT_EQ(low[200], 1);
  activation_part(a, 0, high);
  activation_part(a, 1, low);
  for (std::size_t c = 0; c < a.size(); ++c) EXPECT_EQ(16 * high[c] + low[c], a[c]);
}

TEST(Dorefa, NormalisationGradientIsTheSlope) {
  HostRandom random(7);
  std::vector<float> w(9);
  for (float& value : w) value = 2.0F * random.uniform() - 1.0F;
  std::vector<float> g(w.size());
  for (float& value : g) value = 2.0F * random.uniform() - 1.0F;
  const auto loss = [&](const std::vector<float>& at) {
    double largest = 0.0;
    for (const float value : at) largest = std::max(largest, std::fabs(std::tanh(double{value})));
    double sum = 0.0;
    for (std::size_t i = 0; i < at.size(); ++i) {
      sum += double{g[i]} * std::tanh(double{at[i]}) / largest;
    }
    return sum;
  };
  NormalisedWeights normalised;
  normalise(w, normalised);
  std::vector<float> gradient = g;
  normalisation_gradient(normalised, gradient);
  for (std::size_t i = 0; i < w.size(); ++i) {
    std::vector<float> right = w;
    std::vector<float> left = w;
    right[i] += 0x1p-10F;
    left[i] -= 0x1p-10F;
    const double slope =
        normalised.mean * (loss(right) - loss(left)) / (double{right[i]} - double{left[i]});
    EXPECT_NEAR(gradient[i], slope, 1e-4) << "seed 7, " << i;
  }
}

TrainRecipe recipe_of(const std::vector<int>& bits, const AccumulateRecipe& accumulate) {
  TrainRecipe recipe;
  recipe.mode = TrainMode::kDorefa;
  for (const int k : bits) recipe.dorefa.push_back({.bits = k, .accumulate = accumulate});
  return recipe;
}

// Registers that nothing limits.
constexpr AccumulateRecipe kWide{
    .policy = AccumulatePolicy::kSaturate, .bits = 24, .tile = 16, .outer_bits = 32};

Network small_network(const std::vector<std::string>& layers, const Shape& input) {
  HostRandom random(3);
  return make_network(input, layers, 4, true, random);
}

FloatMatrix& fill_input(Activations& activations, const Network& network, int batch) {
  HostRandom random(4);
  FloatMatrix& x = input_of(activations, network, batch);
  for (float& value : x.values) value = 2.0F * random.uniform() - 1.0F;
  return x;
}

// With registers that nothing limits, the integers give what float32 gives with the same codes.
TEST(DorefaNetwork, IsTheFloatNetworkOfItsCodes) {
  const Network networks[] = {
      small_network({"dense 9", "clip", "dense 11", "clip"},
                    {.height = 1, .width = 1, .channels = 7}),
      small_network({"conv 3 kernel=3 pad=1", "clip", "conv 5 kernel=3 stride=2 pad=1",
                     "batch-norm", "clip", "flatten"},
                    {.height = 5, .width = 4, .channels = 2})};
  const auto backend = make_golden_backend(1);
  for (const Network& network : networks) {
    for (const int bits : {1, 2, 4, 8}) {
      const int high = DorefaLayer::kFloatBits;
      DorefaExecutor low(recipe_of({high, bits, bits}, kWide), *backend,
                         DorefaExecutor::Branch::kLow);
      TrainTotals totals;
      Activations activations;
      fill_input(activations, network, 3);
      low.begin(network, {.totals = &totals});
      forward_pass(network, low, activations);
      EXPECT_EQ(totals.limited_tile_share(), 0.0);
      EXPECT_EQ(low.counted(1).tiles + low.counted(2).tiles, totals.gemm[0].tiles);

      Network decoded = network;
      for (const int l : {1, 2}) {
        std::vector<Code> codes(network.layer(l).weight.size());
        dorefa_weights(low.normalised(l), bits, codes);
        for (std::size_t i = 0; i < codes.size(); ++i) {
          decoded.layer(l).weight[i] =
              static_cast<float>(codes[i]) / dorefa_levels(bits) * low.normalised(l).mean;
        }
      }
      const auto reference = make_float_executor();
      reference->begin(decoded, {});
      for (const int l : {1, 2}) {
        FloatMatrix expected;
        FloatMatrix y;
        reference->forward(l, low.quantised_input(l), 0, expected);
        low.forward(l, activations.of(network.layer(l).inputs.front()), 0, y);
        ASSERT_EQ(y.values.size(), expected.values.size());
        for (std::size_t i = 0; i < y.values.size(); ++i) {
          EXPECT_NEAR(y.values[i], expected.values[i], 1e-5F * (1 + std::fabs(y.values[i])))
              << bits << " bits, layer " << l;
        }
      }
    }
  }
}

TEST(DorefaNetwork, NarrowRegistersLimitAndAreCounted) {
  const Network network = small_network({"dense 40", "clip", "dense 9", "clip"},
                                        {.height = 1, .width = 1, .channels = 7});
  const auto backend = make_golden_backend(1);
  AccumulateRecipe narrow = kWide;
  narrow.bits = 6;
  DorefaExecutor low(recipe_of({32, 4, 32}, narrow), *backend, DorefaExecutor::Branch::kLow);
  TrainTotals totals;
  Activations activations;
  fill_input(activations, network, 8);
  low.begin(network, {.totals = &totals});
  forward_pass(network, low, activations);
  EXPECT_GT(low.counted(1).limited_tile_share(), 0.0);
  EXPECT_EQ(low.counted(1).tiles, 8U * 9U * 3U);
}

TEST(DorefaNetwork, RefusesLayersOfNegativeValues) {
  const Network network =
      small_network({"dense 9", "clip"}, {.height = 1, .width = 1, .channels = 7});
  const auto backend = make_golden_backend(1);
  DorefaExecutor low(recipe_of({4, 4}, kWide), *backend, DorefaExecutor::Branch::kLow);
  try {
    low.begin(network, {});
    FAIL();
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("layer 0 reads values that can be negative"));
  }
}

TEST(FloatMath, TanhIsTheLibrarysWithinOneUnit) {
  for (float x = 1e-7F; x < 12.0F; x *= 1.0007F) {
    const auto exact = static_cast<float>(std::tanh(double{x}));
    const float step = std::nextafter(exact, 2.0F) - exact;
    EXPECT_LE(std::fabs(tanh_float(x) - exact), step) << x;
    EXPECT_EQ(tanh_float(-x), -tanh_float(x));
  }
  EXPECT_EQ(tanh_float(0.0F), 0.0F);
  EXPECT_EQ(tanh_float(INFINITY), 1.0F);
  EXPECT_TRUE(std::isnan(tanh_float(NAN)));
}

}  // namespace
}  // namespace sylvester
