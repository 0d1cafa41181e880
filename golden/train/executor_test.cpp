// The GEMMs of a layer in every arithmetic, against independent references.
#include "golden/train/executor.hpp"

#include <array>
#include <cmath>
#include <set>
#include <string>
#include <tuple>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "golden/config/test_recipe.hpp"
#include "golden/numerics/scale.hpp"
#include "golden/support/error.hpp"
#include "golden/train/layer_list.hpp"
#include "golden/train/loss.hpp"
#include "golden/train/pass.hpp"

namespace sylvester {
namespace {

constexpr std::array<Role, kRoles> kAllRoles = {
    Role::kForwardInput,   Role::kForwardActivation, Role::kForwardWeight,     Role::kInputGradient,
    Role::kBackwardWeight, Role::kWeightGradient,    Role::kBackwardActivation};

Network small_network(bool bias = false) {
  HostRandom random(5);
  const std::vector<std::string> layers = {"dense 9", "relu", "dense 6", "relu"};
  return make_network({.height = 1, .width = 1, .channels = 7}, layers, 4, bias, random);
}

FloatMatrix random_matrix(int rows, int cols, std::uint64_t seed) {
  HostRandom random(seed);
  FloatMatrix x;
  x.resize(rows, cols);
  for (float& value : x.values) value = 2.0F * random.uniform() - 1.0F;
  return x;
}

std::vector<std::int32_t> some_labels(int batch) {
  std::vector<std::int32_t> labels;
  for (int i = 0; i < batch; ++i) labels.push_back(i % 4);
  return labels;
}

// Gradients of the mean cross-entropy by layer, with the given arithmetic.
std::vector<ParameterGradient> gradients_of(const Network& network, Executor& executor,
                                            const FloatMatrix& x, int batch,
                                            const PassContext& context) {
  Activations activations;
  input_of(activations, network, batch) = x;
  executor.begin(network, context);
  forward_pass(network, executor, activations);
  Gradients gradients;
  cross_entropy(activations.logits(), some_labels(batch), gradients.logits());
  backward_pass(network, executor, activations, gradients);
  std::vector<ParameterGradient> layers;
  for (const int n : network.layers) layers.push_back(gradients.nodes[static_cast<std::size_t>(n)]);
  return layers;
}

// The loss in double, written independently of the trainer.
double reference_loss(const Network& network, const FloatMatrix& x) {
  double loss = 0.0;
  for (int i = 0; i < x.rows; ++i) {
    std::vector<double> a(x.row(i), x.row(i) + x.cols);
    for (int l = 0; l < network.depth(); ++l) {
      const Node& dense = network.layer(l);
      std::vector<double> y;
      for (std::size_t o = 0; o < static_cast<std::size_t>(dense.outputs()); ++o) {
        double sum = dense.bias.empty() ? 0.0 : dense.bias[o];
        for (std::size_t k = 0; k < a.size(); ++k) sum += a[k] * dense.weight[o * a.size() + k];
        y.push_back(l + 1 < network.depth() ? std::max(sum, 0.0) : sum);
      }
      a = y;
    }
    double total = 0.0;
    for (const double z : a) total += std::exp(z);
    loss -= a[static_cast<std::size_t>(i % 4)] - std::log(total);
  }
  return loss / x.rows;
}

double cosine(const std::vector<float>& a, const std::vector<float>& b) {
  double ab = 0.0;
  double aa = 0.0;
  double bb = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += double{a[i]} * b[i];
    aa += double{a[i]} * a[i];
    bb += double{b[i]} * b[i];
  }
  return ab / std::sqrt(aa * bb);
}

TEST(Executor, FloatGradientIsThatOfFiniteDifferences) {
  Network network = small_network(true);
  const FloatMatrix x = random_matrix(10, 7, 1);
  const auto executor = make_float_executor();
  const std::vector<ParameterGradient> gradients = gradients_of(network, *executor, x, x.rows, {});
  constexpr float step = 0x1p-12F;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    Node& dense = network.layer(static_cast<int>(l));
    const auto expect_near = [&](std::vector<float>& parameter,
                                 const std::vector<float>& gradient) {
      for (std::size_t i = 0; i < parameter.size(); ++i) {
        const float kept = parameter[i];
        parameter[i] = kept + step;
        const double width_up = double{parameter[i]} - kept;
        const double up = reference_loss(network, x);
        parameter[i] = kept - step;
        const double width_down = double{kept} - parameter[i];
        const double down = reference_loss(network, x);
        parameter[i] = kept;
        EXPECT_NEAR(gradient[i], (up - down) / (width_up + width_down), 2e-5)
            << "layer " << l << ", parameter " << i;
      }
    };
    expect_near(dense.weight, gradients[l].weight.values());
    expect_near(dense.bias, gradients[l].bias);
  }
}

// Formats and accumulators so wide that only rounding to 8 bits remains.
TrainRecipe wide_recipe(BlockRule rule, int block) {
  TrainRecipe recipe = preset_recipe("fqt");
  LayerRecipe& layer = recipe.layers[0];
  for (const Role role : kAllRoles) {
    layer.operand(role).format = format_index("i8");
    layer.operand(role).scale = ScaleRule::kMax;
    if (gemm_of(role) != GemmKind::kForward) {
      layer.operand(role).block_rule = rule;
      layer.operand(role).block = block;
    }
  }
  layer.operand(Role::kForwardActivation).format = format_index("u8");
  for (AccumulateRecipe& gemm : layer.accumulate) {
    gemm = {.policy = AccumulatePolicy::kClamp, .bits = 24, .tile = 0, .outer_bits = 32};
  }
  return recipe;
}

TEST(Executor, EightBitsAndWideAccumulatorsGiveTheFloatGradient) {
  const Network network = small_network(true);
  const FloatMatrix x = random_matrix(400, 7, 2);
  const auto backend = make_golden_backend();
  const auto exact = make_float_executor();
  const std::vector<ParameterGradient> expected = gradients_of(network, *exact, x, x.rows, {});
  for (const auto& [rule, block] :
       {std::pair{BlockRule::kNone, 0}, {BlockRule::kPad, 32}, {BlockRule::kPaper, 0}}) {
    const auto executor = make_executor(wide_recipe(rule, block), *backend);
    const std::vector<ParameterGradient> gradients =
        gradients_of(network, *executor, x, x.rows, {.seed = 1});
    for (std::size_t l = 0; l < gradients.size(); ++l) {
      // What is left are outputs near 0 that fall on the other side of the ReLU.
      EXPECT_GT(cosine(gradients[l].weight.values(), expected[l].weight.values()), 0.995)
          << to_string(rule) << ", layer " << l;
      EXPECT_GT(cosine(gradients[l].bias, expected[l].bias), 0.995);
    }
  }
}

Network image_network() {
  HostRandom random(5);
  return make_network({.height = 6, .width = 5, .channels = 3},
                      std::vector<std::string>{"conv 8 kernel=3 pad=1", "relu", "max-pool 2",
                                               "conv 6 kernel=2 pad=1", "relu", "average-pool"},
                      4, true, random);
}

TEST(Executor, EightBitsAndWideAccumulatorsGiveTheFloatGradientOfConvolutions) {
  const Network network = image_network();
  constexpr int batch = 100;
  const FloatMatrix x = random_matrix(batch * 30, 3, 2);
  const auto backend = make_golden_backend();
  const auto exact = make_float_executor();
  const std::vector<ParameterGradient> expected = gradients_of(network, *exact, x, batch, {});
  TrainRecipe paper = preset_recipe("hdqt-paper");
  paper.paper.operand_bits = 7;
  paper.paper.accumulator_bits = 16;
  TrainRecipe by_image = wide_recipe(BlockRule::kPad, 32);
  by_image.conv_scale = ConvScale::kImage;
  for (const TrainRecipe& recipe :
       {wide_recipe(BlockRule::kNone, 0), wide_recipe(BlockRule::kPad, 32), by_image, paper}) {
    const auto executor = make_executor(recipe, *backend);
    const auto gradients = gradients_of(network, *executor, x, batch, {.seed = 1});
    for (std::size_t l = 0; l < gradients.size(); ++l) {
      EXPECT_GT(cosine(gradients[l].weight.values(), expected[l].weight.values()), 0.98)
          << "layer " << l;
      EXPECT_GT(cosine(gradients[l].bias, expected[l].bias), 0.98) << "layer " << l;
    }
  }
}

TEST(Executor, PaperWithSevenBitsAndNoClampGivesTheFloatGradient) {
  const Network network = small_network();
  const FloatMatrix x = random_matrix(40, 7, 2);
  TrainRecipe recipe = preset_recipe("hdqt-paper");
  recipe.paper.operand_bits = 7;
  recipe.paper.accumulator_bits = 16;
  const auto exact = make_float_executor();
  const auto paper = make_paper_executor(recipe);
  const std::vector<ParameterGradient> expected = gradients_of(network, *exact, x, x.rows, {});
  const std::vector<ParameterGradient> gradients =
      gradients_of(network, *paper, x, x.rows, {.seed = 1});
  for (std::size_t l = 0; l < gradients.size(); ++l) {
    EXPECT_GT(cosine(gradients[l].weight.values(), expected[l].weight.values()), 0.998)
        << "layer " << l;
  }
}

// Small integers are exact codes with power-of-two scales: both backward GEMMs are then plain
// matrix products for every block, which checks transposition, padding and the factor 1/block.
TEST(Executor, WithoutRoundingAndLimitsGemmsArePlainProducts) {
  struct Case {
    BlockRule rule;
    int block;
    int batch;
    int outputs;
  };
  const Case cases[] = {{BlockRule::kNone, 0, 5, 3},   {BlockRule::kPad, 32, 40, 7},
                        {BlockRule::kPad, 8, 13, 1},   {BlockRule::kPad, 4, 1, 33},
                        {BlockRule::kPaper, 0, 12, 6}, {BlockRule::kPaper, 0, 32, 16}};
  for (const Case& c : cases) {
    TrainRecipe recipe = wide_recipe(c.rule, c.block);
    for (const Role role : kAllRoles) recipe.layers[0].operand(role).scale = ScaleRule::kPow2;
    constexpr int inputs = 11;
    HostRandom random(17);
    const auto small = [&](int rows, int cols, int least) {
      FloatMatrix m;
      m.resize(rows, cols);
      for (float& value : m.values) {
        value = static_cast<float>(least + static_cast<int>(random.below(3)));
      }
      return m;
    };
    // Layer 1 is the one under test: its input is not signed.
    const std::vector<std::string> layers = {fmt::format("dense {}", inputs), "relu"};
    Network network = make_network({.height = 1, .width = 1, .channels = inputs}, layers, c.outputs,
                                   false, random);
    network.layer(1).weight = small(c.outputs, inputs, -1).values;
    const FloatMatrix x = small(c.batch, inputs, 0);
    const FloatMatrix g = small(c.batch, c.outputs, -1);
    const auto backend = make_golden_backend();
    const auto executor = make_executor(recipe, *backend);
    FloatMatrix y;
    FloatMatrix dx;
    WeightGradient dw;
    executor->begin(network, {.seed = 3});
    executor->forward(1, x, 0, y);
    executor->backward(1, g, &dx, &dw);
    const std::vector<float> weight_gradient = dw.values();
    const auto weight = [&](int o, int i) {
      return network.layer(1).weight[static_cast<std::size_t>(o * inputs + i)];
    };
    for (int b = 0; b < c.batch; ++b) {
      for (int o = 0; o < c.outputs; ++o) {
        float sum = 0.0F;
        for (int i = 0; i < inputs; ++i) sum += x.row(b)[i] * weight(o, i);
        ASSERT_EQ(y.row(b)[o], sum);
      }
      for (int i = 0; i < inputs; ++i) {
        float sum = 0.0F;
        for (int o = 0; o < c.outputs; ++o) sum += g.row(b)[o] * weight(o, i);
        ASSERT_EQ(dx.row(b)[i], sum) << to_string(c.rule) << " " << c.block;
      }
    }
    for (int o = 0; o < c.outputs; ++o) {
      for (int i = 0; i < inputs; ++i) {
        float sum = 0.0F;
        for (int b = 0; b < c.batch; ++b) sum += g.row(b)[o] * x.row(b)[i];
        ASSERT_EQ(weight_gradient[static_cast<std::size_t>(o * inputs + i)], sum)
            << to_string(c.rule) << " " << c.block;
      }
    }
  }
}

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

TEST(Executor, EveryOperandAndProductIsAJobWithDrawsOfItsOwn) {
  for (const char* preset : {"hdqt", "fqt", "hdqt-paper-int"}) {
    Recorder recorder;
    const Network network = small_network();
    const auto executor = make_executor(preset_recipe(preset), recorder);
    TrainTotals totals;
    gradients_of(network, *executor, random_matrix(10, 7, 3), 10,
                 {.seed = 9, .step = 4, .totals = &totals});
    // Three layers: W and X forward; G and X, and except for the first layer G and W, backward.
    EXPECT_EQ(recorder.prepares.size(), 3U * 2 + 3 * 2 + 2 * 2);
    EXPECT_EQ(recorder.gemms.size(), 3U + 3 + 2);
    EXPECT_EQ(totals.gemm[0].gemms, 3U);
    EXPECT_EQ(totals.gemm[1].gemms, 2U);
    EXPECT_EQ(totals.gemm[2].gemms, 3U);
    EXPECT_EQ(totals.gemm[0].macs, 10U * (9 * 7 + 6 * 9 + 4 * 6));
    std::set<std::tuple<int, int, int, int, std::uint32_t, std::uint32_t>> contexts;
    for (const PrepareJob& job : recorder.prepares) {
      const PrepareRecipe& recipe = job.recipe;
      EXPECT_EQ(recipe.draw.seed, 9U);
      EXPECT_TRUE(contexts
                      .emplace(recipe.draw.layer, recipe.draw.role, recipe.draw.repetition, 0,
                               recipe.draw.step, recipe.draw.seed)
                      .second)
          << job.input.name;
      EXPECT_EQ(job.input.name.rfind("layer " + std::to_string(recipe.draw.layer) + " ", 0), 0U);
      // RND-6: no index twice within a tensor.
      const int block = block_length(recipe.block_rule, recipe.block, job.input.k);
      const int k_padded = padded_length(job.input.k, block);
      std::set<std::uint32_t> indices;
      for (int line = 0; line < job.input.lines; ++line) {
        for (int k = 0; k < k_padded; ++k) {
          indices.insert(recipe.index0 + static_cast<std::uint32_t>(line) * recipe.stride_line +
                         static_cast<std::uint32_t>(k) * recipe.stride_k);
        }
      }
      EXPECT_EQ(indices.size(), static_cast<std::size_t>(job.input.lines * k_padded));
    }
  }
}

// The jobs of the parts of one tensor have one context; their indices differ.
TEST(Executor, ImagesOfATensorHaveDrawsOfTheirOwn) {
  for (const char* preset : {"hdqt", "fqt"}) {
    TrainRecipe recipe = preset_recipe(preset);
    recipe.conv_scale = ConvScale::kImage;
    Recorder recorder;
    const Network network = image_network();
    const auto executor = make_executor(recipe, recorder);
    constexpr int batch = 3;
    gradients_of(network, *executor, random_matrix(batch * 30, 3, 3), batch, {});
    // W and X of three layers; G and X of dW for each image of two convolutions and the batch of
    // the classifier; G of dX likewise and W, except for the first layer.
    EXPECT_EQ(recorder.prepares.size(), 3U * 2 + (2 * batch + 1) * 2 + (batch + 1) + (1 + 1));
    EXPECT_EQ(recorder.gemms.size(), 3U + (2 * batch + 1) + (batch + 1));
    std::set<std::tuple<int, int, std::uint32_t>> indices;
    std::size_t elements = 0;
    for (const PrepareJob& job : recorder.prepares) {
      const PrepareRecipe& r = job.recipe;
      const int k_padded =
          padded_length(job.input.k, block_length(r.block_rule, r.block, job.input.k));
      for (int line = 0; line < job.input.lines; ++line) {
        for (int k = 0; k < k_padded; ++k, ++elements) {
          indices.emplace(r.draw.layer, r.draw.role,
                          r.index0 + static_cast<std::uint32_t>(line) * r.stride_line +
                              static_cast<std::uint32_t>(k) * r.stride_k);
        }
      }
    }
    EXPECT_EQ(indices.size(), elements) << preset;
  }
}

TEST(Executor, AnUntransformedElementHasOneIndexHoweverItIsRead) {
  Recorder recorder;
  const Network network = small_network();
  const auto executor = make_executor(preset_recipe("fqt"), recorder);
  gradients_of(network, *executor, random_matrix(10, 7, 3), 10, {});
  for (const PrepareJob& job : recorder.prepares) {
    const bool turned = job.recipe.draw.role >= static_cast<int>(Role::kBackwardWeight);
    EXPECT_EQ(job.recipe.stride_k, turned ? static_cast<std::uint32_t>(job.input.lines) : 1U);
    EXPECT_EQ(job.recipe.stride_line, turned ? 1U : static_cast<std::uint32_t>(job.input.k));
  }
}

TEST(Executor, BackwardOperandsAreTheForwardCodes) {
  Recorder recorder;
  const Network network = small_network();
  const auto executor = make_executor(preset_recipe("hdqt"), recorder);
  gradients_of(network, *executor, random_matrix(10, 7, 3), 10, {});
  for (const PrepareJob& job : recorder.prepares) {
    if (job.recipe.draw.role != static_cast<int>(Role::kBackwardActivation)) continue;
    const PreparedOperand& forward =
        *recorder.gemms[job.recipe.draw.layer].a;  // forward GEMMs come first, layer by layer
    ASSERT_EQ(job.input.lines, forward.k);
    ASSERT_EQ(job.input.k, forward.lines);
    EXPECT_EQ(job.input.scale, forward.scale);
    for (int i = 0; i < forward.k; ++i) {
      for (int b = 0; b < forward.lines; ++b) {
        ASSERT_EQ(job.input.mantissas[static_cast<std::size_t>(i * forward.lines + b)],
                  forward.codes[static_cast<std::size_t>(b * forward.k + i)]);
      }
    }
  }
}

TEST(Executor, ResultsBecomeFloatsByTheScaleRule) {
  Recorder recorder;
  const Network network = small_network();
  const auto executor = make_executor(preset_recipe("hdqt"), recorder);
  const FloatMatrix x = random_matrix(10, 7, 3);
  FloatMatrix y;
  executor->begin(network, {});
  executor->forward(0, x, 0, y);
  const GemmResult result = gemm(recorder.gemms.front());
  for (std::size_t i = 0; i < y.values.size(); ++i) {
    ASSERT_EQ(y.values[i], to_float(result.values[i], to_float(result.scale)));
  }
}

TEST(Executor, SignednessFollowsFromTheNetwork) {
  HostRandom random(5);
  const Network network = make_network(
      {.height = 5, .width = 4, .channels = 2},
      std::vector<std::string>{"conv 3 kernel=2", "max-pool 2 stride=1", "conv 4 kernel=1", "relu",
                               "max-pool 2 stride=1", "conv 5 kernel=1", "relu", "average-pool",
                               "flatten", "dense 3", "dense 4", "relu"},
      4, false, random);
  const Role expected[] = {Role::kForwardInput,      Role::kForwardInput, Role::kForwardActivation,
                           Role::kForwardActivation, Role::kForwardInput, Role::kForwardActivation};
  ASSERT_EQ(network.depth(), 6);
  Recorder recorder;
  const auto executor = make_executor(preset_recipe("hdqt"), recorder);
  gradients_of(network, *executor, random_matrix(3 * 20, 2, 3), 3, {});
  for (int l = 0; l < network.depth(); ++l) {
    EXPECT_EQ(forward_role(network, l), expected[l]) << l;
    const PrepareRecipe& recipe = recorder.prepares[static_cast<std::size_t>(6 + l)].recipe;
    EXPECT_EQ(recipe.draw.layer, l);
    EXPECT_EQ(recipe.draw.role, static_cast<int>(expected[l]));
    EXPECT_EQ(formats()[static_cast<std::size_t>(recipe.format)].is_signed,
              expected[l] == Role::kForwardInput);
  }
}

TEST(Executor, DivergedWeightsAreNamed) {
  Network network = small_network();
  network.layer(1).weight[3] = std::nanf("");
  const auto backend = make_golden_backend();
  const auto executor = make_executor(preset_recipe("hdqt"), *backend);
  try {
    executor->begin(network, {});
    FAIL() << "accepted";
  } catch (const UserError& error) {
    EXPECT_NE(std::string(error.what()).find("layer 1 forward_weight"), std::string::npos);
  }
}

TEST(Executor, KeptBytes) {
  const Network network = small_network();
  const auto backend = make_golden_backend();
  const auto integers = make_executor(preset_recipe("hdqt"), *backend);
  // Layer 0: 8·7 codes of 4 bits. Layer 1: 8·9 codes, 9·6 weight codes; layer 2: 8·6 and 6·4. The
  // ReLUs between them: 8·9 and 8·6 mask bits.
  const LayerGradients both{.dx = true, .dw = true};
  EXPECT_EQ(integers->kept_bytes(network, 0, 8, {.dw = true}), (KeptBytes{.codes = 28}));
  EXPECT_EQ(integers->kept_bytes(network, 1, 8, both), (KeptBytes{.codes = (72 + 54) / 2}));
  EXPECT_EQ(backward_bytes(network, *integers, 8),
            (KeptBytes{.codes = 28 + 63 + (48 + 24) / 2, .masks = (72 + 48) / 8}));
  const auto floats = make_float_executor();
  EXPECT_EQ(floats->kept_bytes(network, 1, 8, both), (KeptBytes{.floats = 4 * 72}));
  EXPECT_EQ(backward_bytes(network, *floats, 8),
            (KeptBytes{.floats = 4 * 8 * (7 + 9 + 6)}));  // signs are masks
  // The raw inputs of layers 1 and 2 serve their masks and those of the ReLUs.
  const auto paper = make_executor(preset_recipe("hdqt-paper"), *backend);
  EXPECT_EQ(backward_bytes(network, *paper, 8),
            (KeptBytes{.floats = 4 * (8 * (7 + 2 * 9 + 2 * 6) + 54 + 24)}));
  TrainRecipe from_wide = preset_recipe("hdqt");
  from_wide.layers.front().backward_from_codes = false;
  const auto wide = make_executor(from_wide, *backend);
  EXPECT_EQ(backward_bytes(network, *wide, 8),
            (KeptBytes{.masks = (72 + 48) / 8, .wide = 2 * (8 * (7 + 9 + 6) + 54 + 24)}));
  // A convolution keeps its image, not the patches; a maximum of 4 is chosen with 2 bits.
  HostRandom random(5);
  const Network images = make_network(
      {.height = 4, .width = 6, .channels = 3},
      std::vector<std::string>{"conv 5 kernel=3 pad=1", "relu", "max-pool 2", "flatten"}, 2, false,
      random);
  EXPECT_EQ(integers->kept_bytes(images, 0, 8, {.dw = true}), (KeptBytes{.codes = 8 * 72 / 2}));
  EXPECT_EQ(integers->kept_bytes(images, 1, 8, both), (KeptBytes{.codes = (8 * 30 + 2 * 30) / 2}));
  EXPECT_EQ(backward_bytes(images, *floats, 8),
            (KeptBytes{.masks = 8 * 120 / 8 + 8 * 30 / 4, .floats = 4 * 8 * (72 + 30)}));
}

// Weights are kept for dX, inputs for dW, and nothing in front of the first node that is trained.
TEST(Executor, KeptBytesOfFrozenNodes) {
  const auto backend = make_golden_backend();
  const auto integers = make_executor(preset_recipe("hdqt"), *backend);
  const auto floats = make_float_executor();
  Network tail = small_network();
  freeze(tail, 0, 2);  // layer 0 and its ReLU: nobody needs the dX of layer 1
  EXPECT_EQ(backward_bytes(tail, *integers, 8),
            (KeptBytes{.codes = 72 / 2 + (48 + 24) / 2, .masks = 48 / 8}));
  EXPECT_EQ(backward_bytes(tail, *floats, 8), (KeptBytes{.floats = 4 * 8 * (9 + 6)}));
  Network middle = small_network();
  freeze(middle, 3, 3);  // layer 1 hands a gradient on: weights, but no input
  EXPECT_EQ(backward_bytes(middle, *integers, 8),
            (KeptBytes{.codes = 28 + 54 / 2 + (48 + 24) / 2, .masks = (72 + 48) / 8}));
  EXPECT_EQ(backward_bytes(middle, *floats, 8),
            (KeptBytes{.masks = 72 / 8, .floats = 4 * 8 * (7 + 6)}));
  HostRandom random(5);
  Network normalised =
      make_network({.height = 1, .width = 1, .channels = 7},
                   std::vector<std::string>{"dense 9", "batch-norm"}, 2, false, random);
  EXPECT_EQ(backward_bytes(normalised, *floats, 8),
            (KeptBytes{.floats = 4 * (8 * (7 + 9 + 9) + 2 * 9)}));
  freeze(normalised, 2, 2);
  EXPECT_EQ(backward_bytes(normalised, *floats, 8), (KeptBytes{.floats = 4 * 8 * (7 + 9)}));
}

}  // namespace
}  // namespace sylvester
