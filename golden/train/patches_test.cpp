// Patches, and that a convolution is the dense layer of its patches in every arithmetic.
#include "golden/train/patches.hpp"

#include <cmath>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "golden/config/test_recipe.hpp"
#include "golden/train/executor.hpp"
#include "golden/train/layer_list.hpp"

namespace sylvester {
namespace {

std::vector<float> random_values(std::size_t count, HostRandom& random) {
  std::vector<float> values(count);
  for (float& value : values) value = 2.0F * random.uniform() - 1.0F;
  return values;
}

int between(int least, int most, HostRandom& random) {
  return least + static_cast<int>(random.below(static_cast<std::uint32_t>(most - least + 1)));
}

PatchShape random_shape(HostRandom& random) {
  const auto axis = [&](int& in, int& kernel, int& stride, int& pad, int& out) {
    in = between(1, 7, random);
    kernel = between(1, 4, random);
    pad = between(0, kernel - 1, random);
    if (in + 2 * pad < kernel) in = kernel;
    stride = between(1, 3, random);
    out = (in + 2 * pad - kernel) / stride + 1;
  };
  PatchShape s;
  axis(s.in.height, s.window.kernel.height, s.window.stride.height, s.window.pad.height,
       s.out.height);
  axis(s.in.width, s.window.kernel.width, s.window.stride.width, s.window.pad.width, s.out.width);
  s.in.channels = between(1, 5, random);
  return s;
}

TEST(Patches, HoldTheValuesUnderTheWindow) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    HostRandom random(seed);
    const PatchShape s = random_shape(random);
    const int images = between(1, 3, random);
    const std::vector<float> x =
        random_values(static_cast<std::size_t>(images * s.in.size()), random);
    std::vector<float> patches(static_cast<std::size_t>(images * s.out.positions() * s.k()), 9.0F);
    gather_patches(s, x.data(), images, patches.data());
    std::size_t at = 0;
    for (int i = 0; i < images; ++i) {
      for (int oy = 0; oy < s.out.height; ++oy) {
        for (int ox = 0; ox < s.out.width; ++ox) {
          for (int ky = 0; ky < s.window.kernel.height; ++ky) {
            for (int kx = 0; kx < s.window.kernel.width; ++kx) {
              for (int c = 0; c < s.in.channels; ++c) {
                const int y = oy * s.window.stride.height + ky - s.window.pad.height;
                const int column = ox * s.window.stride.width + kx - s.window.pad.width;
                const bool inside = y >= 0 && y < s.in.height && column >= 0 && column < s.in.width;
                const int value = ((i * s.in.height + y) * s.in.width + column) * s.in.channels + c;
                ASSERT_EQ(patches[at++], inside ? x[static_cast<std::size_t>(value)] : 0.0F);
              }
            }
          }
        }
      }
    }
  }
}

// <A x, y> = <x, A' y> for all x and y: integers, so that sums are exact.
TEST(Patches, SummingIsTheAdjointOfGathering) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    HostRandom random(seed);
    const PatchShape s = random_shape(random);
    const int images = between(1, 3, random);
    const auto integers = [&](int count) {
      std::vector<float> values(static_cast<std::size_t>(count));
      for (float& value : values) value = static_cast<float>(between(-8, 8, random));
      return values;
    };
    const std::vector<float> x = integers(images * s.in.size());
    const std::vector<float> y = integers(images * s.out.positions() * s.k());
    std::vector<float> patches(y.size());
    std::vector<float> sums(x.size(), 9.0F);
    gather_patches(s, x.data(), images, patches.data());
    sum_patches(s, y.data(), images, sums.data());
    double forward = 0.0;
    double backward = 0.0;
    for (std::size_t i = 0; i < y.size(); ++i) forward += double{patches[i]} * y[i];
    for (std::size_t i = 0; i < x.size(); ++i) backward += double{x[i]} * sums[i];
    EXPECT_EQ(forward, backward);
  }
}

// One convolution behind a convolution of 1 x 1 and a ReLU, so that it is layer 1 and its input is
// not negative, and the dense layer of its patches.
struct Twins {
  Network conv;
  Network dense;
  PatchShape shape;
};
Twins twins(const PatchShape& shape, int channels, HostRandom& random) {
  const Window& w = shape.window;
  const std::string conv =
      fmt::format("conv {} kernel={}x{} stride={}x{} pad={}x{}", channels, w.kernel.height,
                  w.kernel.width, w.stride.height, w.stride.width, w.pad.height, w.pad.width);
  Twins t;
  t.conv = make_network(shape.in,
                        std::vector<std::string>{fmt::format("conv {} kernel=1", shape.in.channels),
                                                 "relu", conv, "flatten"},
                        1, false, random);
  t.shape = patch_shape(t.conv, t.conv.layer(1));
  t.dense = make_network({.height = 1, .width = 1, .channels = t.shape.k()},
                         std::vector<std::string>{"dense input", "relu"}, channels, false, random);
  t.dense.layer(1).weight = t.conv.layer(1).weight;
  return t;
}

struct Results {
  FloatMatrix y;
  FloatMatrix dx;
  std::vector<float> dw;
};
Results run(const Network& network, const TrainRecipe& recipe, const FloatMatrix& x,
            const FloatMatrix& g) {
  const auto backend = make_golden_backend();
  const auto executor = make_executor(recipe, *backend);
  Results r;
  executor->begin(network, {.seed = 3, .step = 4});
  executor->forward(1, x, 0, r.y);
  WeightGradient dw;
  executor->backward(1, g, &r.dx, &dw);
  r.dw = dw.values();
  // Each gradient alone is the same.
  FloatMatrix dx;
  executor->backward(1, g, nullptr, &dw);
  executor->backward(1, g, &dx, nullptr);
  EXPECT_EQ(dw.values(), r.dw);
  EXPECT_EQ(dx.values, r.dx.values);
  return r;
}

TrainRecipe forward_transform_recipe() {
  TrainRecipe recipe = preset_recipe("hdqt");
  LayerRecipe& layer = recipe.layers[0];
  layer.backward_from_codes = false;
  for (const Role role : {Role::kForwardInput, Role::kForwardActivation, Role::kForwardWeight}) {
    layer.operand(role).block_rule = BlockRule::kPad;
    layer.operand(role).block = 8;
    layer.operand(role).format = format_index("i4");
    layer.operand(role).rounding = Rounding::kStochastic;
  }
  return recipe;
}

TrainRecipe from_wide_recipe() {
  TrainRecipe recipe = preset_recipe("fqt");
  recipe.layers[0].backward_from_codes = false;
  return recipe;
}

void expect_twins_agree(const TrainRecipe& recipe, bool exact, std::uint64_t seed, int images) {
  SCOPED_TRACE(fmt::format("seed {}", seed));
  HostRandom random(seed);
  // Every position is under a window, so that both see the same largest magnitude.
  PatchShape shape = random_shape(random);
  shape.window.stride = {.height = 1, .width = 1};
  const Twins t = twins(shape, between(1, 6, random), random);
  FloatMatrix x;
  x.resize(images * t.shape.in.positions(), t.shape.in.channels);
  for (float& value : x.values) value = random.uniform();
  FloatMatrix g;
  g.resize(images * t.shape.out.positions(), t.conv.layer(1).outputs());
  g.values = random_values(g.values.size(), random);
  FloatMatrix patches;
  patches.resize(g.rows, t.shape.k());
  gather_patches(t.shape, x.values.data(), images, patches.values.data());

  const Results conv = run(t.conv, recipe, x, g);
  const Results dense = run(t.dense, recipe, patches, g);
  std::vector<float> dx(x.values.size());
  sum_patches(t.shape, dense.dx.values.data(), images, dx.data());
  EXPECT_EQ(conv.y.rows, g.rows);
  EXPECT_EQ(conv.dx.rows, x.rows);
  const auto expect_equal = [&](const std::vector<float>& a, const std::vector<float>& b) {
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (exact) {
        ASSERT_EQ(a[i], b[i]) << i;
      } else {
        ASSERT_NEAR(a[i], b[i], 1e-4F) << i;
      }
    }
  };
  expect_equal(conv.y.values, dense.y.values);
  expect_equal(conv.dx.values, dx);
  expect_equal(conv.dw, dense.dw);
}

TEST(Convolution, IsTheDenseLayerOfItsPatches) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    expect_twins_agree(preset_recipe("fp32"), false, seed, 5);
    expect_twins_agree(preset_recipe("hdqt"), true, seed, 5);
    expect_twins_agree(preset_recipe("fqt"), true, seed, 3);
    expect_twins_agree(from_wide_recipe(), true, seed, 3);
    expect_twins_agree(forward_transform_recipe(), true, seed, 3);
    // One image: the published code has draws of their own for every further one.
    expect_twins_agree(preset_recipe("hdqt-paper"), true, seed, 1);
  }
}

// Backward operands rounded to nearest: no draws, so that one image can be run alone.
TrainRecipe image_recipe(bool transform) {
  TrainRecipe recipe = preset_recipe(transform ? "hdqt" : "fqt");
  recipe.conv_scale = ConvScale::kImage;
  for (PrepareRecipe& operand : recipe.layers[0].operands) operand.rounding = Rounding::kNearest;
  return recipe;
}

FloatMatrix rows_of(const FloatMatrix& x, int first, int count) {
  FloatMatrix part;
  part.resize(count, x.cols);
  std::copy_n(x.row(first), part.values.size(), part.values.data());
  return part;
}

TEST(Convolution, WithImageScaleIsOneLinearLayerPerImage) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    HostRandom random(seed);
    PatchShape shape = random_shape(random);
    shape.window.stride = {.height = 1, .width = 1};
    const Twins t = twins(shape, between(1, 6, random), random);
    constexpr int images = 4;
    const int in = t.shape.in.positions();
    const int out = t.shape.out.positions();
    FloatMatrix x;
    x.resize(images * in, t.shape.in.channels);
    for (float& value : x.values) value = random.uniform();
    FloatMatrix g;
    g.resize(images * out, t.conv.layer(1).outputs());
    g.values = random_values(g.values.size(), random);
    // Every image has the same largest input, so that one image alone has the scale of the batch.
    for (int i = 0; i < images; ++i) x.row(i * in)[0] = 1.0F;

    const TrainRecipe recipe = image_recipe(seed % 2 == 0);
    const Results conv = run(t.conv, recipe, x, g);
    std::vector<float> dw;
    for (int i = 0; i < images; ++i) {
      const FloatMatrix image = rows_of(x, i * in, in);
      FloatMatrix patches;
      patches.resize(out, t.shape.k());
      gather_patches(t.shape, image.values.data(), 1, patches.values.data());
      const Results dense = run(t.dense, recipe, patches, rows_of(g, i * out, out));
      EXPECT_EQ(rows_of(conv.y, i * out, out).values, dense.y.values);
      std::vector<float> dx(image.values.size());
      sum_patches(t.shape, dense.dx.values.data(), 1, dx.data());
      EXPECT_EQ(rows_of(conv.dx, i * in, in).values, dx);
      if (i == 0) dw = dense.dw;
      for (std::size_t j = 0; i > 0 && j < dw.size(); ++j) dw[j] += dense.dw[j];
    }
    EXPECT_EQ(conv.dw, dw);
  }
}

TEST(Convolution, OneImageIsABatch) {
  HostRandom random(3);
  const Twins t = twins(random_shape(random), 3, random);
  FloatMatrix x;
  x.resize(t.shape.in.positions(), t.shape.in.channels);
  for (float& value : x.values) value = random.uniform();
  FloatMatrix g;
  g.resize(t.shape.out.positions(), 3);
  g.values = random_values(g.values.size(), random);
  for (const char* preset : {"hdqt", "fqt"}) {
    TrainRecipe recipe = preset_recipe(preset);
    const Results batch = run(t.conv, recipe, x, g);
    recipe.conv_scale = ConvScale::kImage;
    const Results image = run(t.conv, recipe, x, g);
    EXPECT_EQ(image.dw, batch.dw);
    EXPECT_EQ(image.dx.values, batch.dx.values);
  }
}

}  // namespace
}  // namespace sylvester
