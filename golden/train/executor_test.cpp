// The GEMMs of a layer in every arithmetic, against independent references.
#include "golden/train/executor.hpp"

#include <array>
#include <cmath>
#include <set>
#include <string>
#include <tuple>

#include <gtest/gtest.h>

#include "golden/config/test_recipe.hpp"
#include "golden/numerics/scale.hpp"
#include "golden/support/error.hpp"
#include "golden/train/loss.hpp"
#include "golden/train/pass.hpp"

namespace sylvester {
namespace {

constexpr std::array<Role, kRoles> kAllRoles = {
    Role::kForwardInput,   Role::kForwardActivation, Role::kForwardWeight,     Role::kInputGradient,
    Role::kBackwardWeight, Role::kWeightGradient,    Role::kBackwardActivation};

Mlp small_network(bool bias = false) {
  HostRandom random(5);
  const std::array<int, 2> hidden = {9, 6};
  return make_mlp(7, hidden, 4, bias, random);
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

// Gradient of the mean cross-entropy with the given arithmetic.
std::vector<LayerGradient> gradients_of(const Mlp& network, Executor& executor,
                                        const FloatMatrix& x, const PassContext& context) {
  Activations activations;
  input_of(activations, network, x.rows) = x;
  executor.begin(network, context);
  forward_pass(network, executor, activations);
  Gradients gradients;
  cross_entropy(activations.logits, some_labels(x.rows), gradients.logits);
  backward_pass(network, executor, activations, gradients);
  return gradients.layers;
}

// The loss in double, written independently of the trainer.
double reference_loss(const Mlp& network, const FloatMatrix& x) {
  double loss = 0.0;
  for (int i = 0; i < x.rows; ++i) {
    std::vector<double> a(x.row(i), x.row(i) + x.cols);
    for (std::size_t l = 0; l < network.layers.size(); ++l) {
      const DenseLayer& dense = network.layers[l];
      std::vector<double> y;
      for (std::size_t o = 0; o < static_cast<std::size_t>(dense.outputs); ++o) {
        double sum = dense.bias.empty() ? 0.0 : dense.bias[o];
        for (std::size_t k = 0; k < a.size(); ++k) sum += a[k] * dense.weight[o * a.size() + k];
        y.push_back(l + 1 < network.layers.size() ? std::max(sum, 0.0) : sum);
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
  Mlp network = small_network(true);
  const FloatMatrix x = random_matrix(10, 7, 1);
  const auto executor = make_float_executor();
  const std::vector<LayerGradient> gradients = gradients_of(network, *executor, x, {});
  constexpr float step = 0x1p-12F;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    DenseLayer& dense = network.layers[l];
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
  const Mlp network = small_network(true);
  const FloatMatrix x = random_matrix(400, 7, 2);
  const auto backend = make_golden_backend();
  const auto exact = make_float_executor();
  const std::vector<LayerGradient> expected = gradients_of(network, *exact, x, {});
  for (const auto& [rule, block] :
       {std::pair{BlockRule::kNone, 0}, {BlockRule::kPad, 32}, {BlockRule::kPaper, 0}}) {
    const auto executor = make_executor(wide_recipe(rule, block), *backend);
    const std::vector<LayerGradient> gradients = gradients_of(network, *executor, x, {.seed = 1});
    for (std::size_t l = 0; l < gradients.size(); ++l) {
      // What is left are outputs near 0 that fall on the other side of the ReLU.
      EXPECT_GT(cosine(gradients[l].weight.values(), expected[l].weight.values()), 0.995)
          << to_string(rule) << ", layer " << l;
      EXPECT_GT(cosine(gradients[l].bias, expected[l].bias), 0.995);
    }
  }
}

TEST(Executor, PaperWithSevenBitsAndNoClampGivesTheFloatGradient) {
  const Mlp network = small_network();
  const FloatMatrix x = random_matrix(40, 7, 2);
  TrainRecipe recipe = preset_recipe("hdqt-paper");
  recipe.paper.operand_bits = 7;
  recipe.paper.accumulator_bits = 16;
  const auto exact = make_float_executor();
  const auto paper = make_paper_executor(recipe);
  const std::vector<LayerGradient> expected = gradients_of(network, *exact, x, {});
  const std::vector<LayerGradient> gradients = gradients_of(network, *paper, x, {.seed = 1});
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
    Mlp network;
    network.layers.resize(2);  // layer 1 is the one under test: its input is not signed
    for (DenseLayer& dense : network.layers) {
      dense.inputs = inputs;
      dense.outputs = c.outputs;
      dense.weight = small(c.outputs, inputs, -1).values;
    }
    const FloatMatrix x = small(c.batch, inputs, 0);
    const FloatMatrix g = small(c.batch, c.outputs, -1);
    const auto backend = make_golden_backend();
    const auto executor = make_executor(recipe, *backend);
    FloatMatrix y;
    FloatMatrix dx;
    WeightGradient dw;
    executor->begin(network, {.seed = 3});
    executor->forward(1, x, 0, y);
    executor->backward(1, g, &dx, dw);
    const std::vector<float> weight_gradient = dw.values();
    const auto weight = [&](int o, int i) {
      return network.layers[1].weight[static_cast<std::size_t>(o * inputs + i)];
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
    const Mlp network = small_network();
    const auto executor = make_executor(preset_recipe(preset), recorder);
    TrainTotals totals;
    gradients_of(network, *executor, random_matrix(10, 7, 3),
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

TEST(Executor, AnUntransformedElementHasOneIndexHoweverItIsRead) {
  Recorder recorder;
  const Mlp network = small_network();
  const auto executor = make_executor(preset_recipe("fqt"), recorder);
  gradients_of(network, *executor, random_matrix(10, 7, 3), {});
  for (const PrepareJob& job : recorder.prepares) {
    const bool turned = job.recipe.draw.role >= static_cast<int>(Role::kBackwardWeight);
    EXPECT_EQ(job.recipe.stride_k, turned ? static_cast<std::uint32_t>(job.input.lines) : 1U);
    EXPECT_EQ(job.recipe.stride_line, turned ? 1U : static_cast<std::uint32_t>(job.input.k));
  }
}

TEST(Executor, BackwardOperandsAreTheForwardCodes) {
  Recorder recorder;
  const Mlp network = small_network();
  const auto executor = make_executor(preset_recipe("hdqt"), recorder);
  gradients_of(network, *executor, random_matrix(10, 7, 3), {});
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
  const Mlp network = small_network();
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

TEST(Executor, DivergedWeightsAreNamed) {
  Mlp network = small_network();
  network.layers[1].weight[3] = std::nanf("");
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
  const Mlp network = small_network();
  const auto backend = make_golden_backend();
  const auto integers = make_executor(preset_recipe("hdqt"), *backend);
  // Layer 0: 8·7 codes of 4 bits. Layer 1: 8·9 codes, 8·9 mask bits, 9·6 weight codes.
  EXPECT_EQ(integers->kept_bytes(network, 0, 8), 28U);
  EXPECT_EQ(integers->kept_bytes(network, 1, 8), (72U * 5 + 54 * 4 + 7) / 8);
  EXPECT_EQ(make_float_executor()->kept_bytes(network, 1, 8), 4U * 72);
}

}  // namespace
}  // namespace sylvester
