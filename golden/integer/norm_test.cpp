// Rules INT-8 and INT-9 of docs/numerics.md against the float32 layers.
#include "golden/train/norm.hpp"

#include <gtest/gtest.h>

#include "golden/integer/fit.hpp"
#include "golden/integer/norm.hpp"
#include "golden/integer/test_tensors.hpp"

namespace sylvester {
namespace {

FloatMatrix matrix(const IntTensor& tensor) {
  FloatMatrix result;
  result.rows = tensor.rows;
  result.cols = tensor.cols;
  to_floats(tensor, result.values);
  return result;
}

// Both get the same numbers: those of the integers.
struct Case {
  Node node;
  IntParameters parameters;
  IntNormState state;
  NormState float_state;
  IntTensor g;
  FloatMatrix x;
  FloatMatrix y;
  IntTensor int_y;
};

IntTensor narrow(const std::vector<float>& values, int rows) {
  IntTensor tensor;
  fit(tensor_of(values, rows), kNarrowBits, test_draws(1), tensor);
  return tensor;
}

// Channels of different means and deviations, from `least` to 1.
Case make_case(int rows, int channels, float least, std::uint64_t seed) {
  HostRandom random(seed);
  Case c;
  const auto size = static_cast<std::size_t>(rows) * static_cast<std::size_t>(channels);
  std::vector<float> x = noise(size, random);
  for (std::size_t i = 0; i < size; ++i) {
    const float place =
        static_cast<float>(i % static_cast<std::size_t>(channels)) / static_cast<float>(channels);
    x[i] = x[i] * std::pow(least, place) + 0.5F - place;
  }
  c.state.narrow = narrow(x, rows);
  const auto width = static_cast<std::size_t>(channels);
  c.parameters.weight = narrow(noise(width, random), 1);
  c.parameters.bias = narrow(noise(width, random), 1);
  std::vector<float> variance(width);
  for (float& value : variance) value = 0.1F + random.uniform();
  c.parameters.mean = narrow(noise(width, random), 1);
  c.parameters.variance = narrow(variance, 1);
  to_floats(c.parameters.weight, c.node.weight);
  to_floats(c.parameters.bias, c.node.bias);
  to_floats(c.parameters.mean, c.node.running_mean);
  to_floats(c.parameters.variance, c.node.running_variance);
  c.x = matrix(c.state.narrow);
  c.g = narrow(noise(size, random), rows);
  c.y.resize(rows, channels);
  c.int_y.resize(rows, channels);
  return c;
}

struct Shapes {
  int rows;
  int channels;
};
constexpr Shapes kShapes[] = {{2, 3}, {16, 5}, {96, 8}, {1000, 4}, {7, 64}};

TEST(IntNorm, BatchNormIsThatOfTheReals) {
  for (const auto& [rows, channels] : kShapes) {
    for (const bool of_batch : {true, false}) {
      SCOPED_TRACE(testing::Message() << rows << " x " << channels << " " << of_batch);
      Case c = make_case(rows, channels, 0.02F, 5);
      batch_norm(c.parameters, of_batch, test_draws(2), c.int_y, c.state);
      batch_norm(c.node, of_batch, c.x, c.y, c.float_state);
      EXPECT_LT(distance(reals(c.int_y), c.y.values), 2e-4);

      ParameterGradient expected;
      FloatMatrix dx;
      dx.resize(rows, channels);
      std::vector<double> sums;
      batch_norm_gradient(c.node, of_batch, c.float_state, c.x, matrix(c.g), &expected, &dx, sums);
      IntNormGradient gradient;
      IntTensor int_dx;
      int_dx.resize(rows, channels);
      batch_norm_gradient(c.parameters, of_batch, c.state, c.g, test_draws(3), test_draws(4),
                          test_draws(5), gradient, &int_dx);
      EXPECT_LT(distance(reals(gradient.weight), expected.weight.floats), 5e-4);
      EXPECT_LT(distance(reals(gradient.bias), expected.bias), 1e-5);
      if (rows == 2 && of_batch) continue;  // dx is the difference of nearly equal numbers
      EXPECT_LT(distance(reals(int_dx), dx.values), 1e-3);
    }
  }
}

TEST(IntNorm, LayerNormIsThatOfTheReals) {
  for (const auto& [rows, channels] : kShapes) {
    if (channels < 4) continue;
    SCOPED_TRACE(testing::Message() << rows << " x " << channels);
    Case c = make_case(rows, channels, 0.5F, 6);
    layer_norm(c.parameters, test_draws(2), c.int_y, c.state);
    layer_norm(c.node, c.x, c.y, c.float_state);
    EXPECT_LT(distance(reals(c.int_y), c.y.values), 2e-4);

    ParameterGradient expected;
    FloatMatrix dx;
    dx.resize(rows, channels);
    std::vector<double> sums;
    layer_norm_gradient(c.node, c.float_state, c.x, matrix(c.g), &expected, &dx, sums);
    IntNormGradient gradient;
    IntTensor int_dx;
    IntTensor scaled;
    int_dx.resize(rows, channels);
    layer_norm_gradient(c.parameters, c.state, c.g, test_draws(3), test_draws(4), test_draws(5),
                        test_draws(6), gradient, &int_dx, scaled);
    EXPECT_LT(distance(reals(gradient.weight), expected.weight.floats), 5e-4);
    EXPECT_LT(distance(reals(gradient.bias), expected.bias), 1e-5);
    EXPECT_LT(distance(reals(int_dx), dx.values), 1e-3);
  }
}

TEST(IntNorm, RunningStatisticsFollowTheBatches) {
  Case c = make_case(200, 6, 0.02F, 7);
  batch_norm(c.parameters, true, test_draws(2), c.int_y, c.state);
  batch_norm(c.node, true, c.x, c.y, c.float_state);
  for (std::uint32_t step = 0; step < 30; ++step) {
    learn_statistics(
        c.state,
        {test_draws(step), test_draws(step + 100), test_draws(step + 200), test_draws(step + 300)},
        c.parameters);
    learn_statistics(c.float_state, 200, c.node);
  }
  const std::vector<double> mean = reals(c.parameters.mean);
  const std::vector<double> variance = reals(c.parameters.variance);
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_NEAR(mean[i], c.node.running_mean[i], 1e-3 * (1 + std::fabs(mean[i])));
    EXPECT_NEAR(variance[i] / c.node.running_variance[i], 1.0, 2e-3) << i;
  }
}

TEST(IntNorm, ConstantAndExtremeChannelsAreSafe) {
  for (const int exponent : {-400, -60, -15, 0, 60, 400}) {
    Case c = make_case(64, 3, 1.0F, 8);
    IntTensor& x = c.state.narrow;
    x.exponent = exponent;
    for (int i = 0; i < 64; ++i) {
      x.row(i)[0] = 32767;                        // constant
      x.row(i)[1] = i == 0 ? 32767 : -32767;      // a single outlier
      x.row(i)[2] = i % 2 == 0 ? 32767 : -32767;  // the largest spread
    }
    for (const bool of_batch : {true, false}) {
      batch_norm(c.parameters, of_batch, test_draws(2), c.int_y, c.state);
      if (of_batch) {
        for (int i = 0; i < 64; ++i) EXPECT_EQ(c.state.normalised.row(i)[0], 0);
      }
      if (of_batch && exponent >= -15) {
        EXPECT_NEAR(c.state.normalised.row(0)[2] * 0x1p-16, 1.0, 1e-3);
        EXPECT_NEAR(c.state.normalised.row(0)[1] * 0x1p-16, std::sqrt(63.0), 1e-2);
      }
      IntNormGradient gradient;
      IntTensor dx;
      dx.resize(64, 3);
      batch_norm_gradient(c.parameters, of_batch, c.state, c.g, test_draws(3), test_draws(4),
                          test_draws(5), gradient, &dx);
    }
    learn_statistics(c.state, {test_draws(1), test_draws(2), test_draws(3), test_draws(4)},
                     c.parameters);
    layer_norm(c.parameters, test_draws(2), c.int_y, c.state);
  }
}

}  // namespace
}  // namespace sylvester
