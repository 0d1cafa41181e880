// Convolutional networks under training, on small random images.
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "golden/config/test_recipe.hpp"
#include "golden/continual/class_incremental.hpp"
#include "golden/numerics/simd.hpp"
#include "golden/support/error.hpp"
#include "golden/support/random.hpp"

namespace sylvester {
namespace {

constexpr int kClasses = 5;

// Images of 6 x 5 with 2 channels, whose classes differ by a small pattern somewhere in the image.
Dataset images(int per_class, std::uint64_t seed) {
  constexpr int height = 6;
  constexpr int width = 5;
  constexpr int channels = 2;
  constexpr int pattern = 3;
  HostRandom patterns(1);
  HostRandom random(seed);
  std::vector<float> shapes(kClasses * pattern * pattern * channels);
  for (float& value : shapes) value = patterns.below(2) == 0 ? -1.0F : 1.0F;
  Dataset dataset;
  dataset.name = "images";
  dataset.features = height * width * channels;
  dataset.channels = channels;
  dataset.height = height;
  dataset.width = width;
  dataset.classes = kClasses;
  for (int i = 0; i < per_class * kClasses; ++i) {
    const int label = i % kClasses;
    dataset.label.push_back(label);
    const auto top = static_cast<int>(random.below(height - pattern + 1));
    const auto left = static_cast<int>(random.below(width - pattern + 1));
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        for (int c = 0; c < channels; ++c) {
          const int row = y - top;
          const int column = x - left;
          const bool inside = row >= 0 && row < pattern && column >= 0 && column < pattern;
          const int at = ((label * pattern + row) * pattern + column) * channels + c;
          dataset.x.push_back(0.6F * (random.uniform() - 0.5F) +
                              (inside ? shapes[static_cast<std::size_t>(at)] : 0.0F));
        }
      }
    }
  }
  return dataset;
}

Split image_split() {
  Split split;
  split.train = images(60, 2);
  split.test = images(30, 3);
  return split;
}

TrainSettings image_settings(const std::string& preset) {
  TrainSettings settings;
  settings.recipe = preset_recipe(preset);
  settings.batch = 16;
  settings.layers = {
      "conv 16 kernel=3 pad=1", "relu",   "max-pool 2 stride=1", "conv 12 kernel=2", "relu",
      "max-pool 4x3",           "flatten"};
  settings.sgd.learning_rate = 0.01F;
  settings.classes_per_task = kClasses;
  settings.epochs = 15;
  settings.memory = 0;
  return settings;
}

// Normalisation and a residual block.
TrainSettings residual_settings(const std::string& preset) {
  TrainSettings settings = image_settings(preset);
  settings.layers = {"conv 8 kernel=3 pad=1", "batch-norm", "relu", "basic-block 12 stride=2",
                     "average-pool"};
  settings.sgd.learning_rate = 0.05F;
  return settings;
}

// A small vision transformer.
TrainSettings transformer_settings(const std::string& preset) {
  TrainSettings settings = image_settings(preset);
  settings.layers = {"conv 12 kernel=3", "position", "transformer-block heads=2", "layer-norm",
                     "average-pool"};
  settings.bias = true;
  settings.sgd.learning_rate = 0.05F;
  return settings;
}

TrainResult run_images(const TrainSettings& settings, int threads = 1) {
  const auto backend = make_golden_backend(threads);
  return run_class_incremental(settings, image_split(), *backend);
}

TEST(ImageTraining, NetworksLearnPatternsWhereverTheyAre) {
  for (const char* preset : {"fp32", "hdqt", "fqt", "hdqt-paper"}) {
    EXPECT_GT(run_images(image_settings(preset)).linear.final(), 90.0) << preset;
    const double residual = run_images(residual_settings(preset)).linear.final();
    EXPECT_GT(residual, 90.0) << preset << ", residual";
    const double transformer = run_images(transformer_settings(preset)).linear.final();
    EXPECT_GT(transformer, 80.0) << preset << ", transformer";
  }
}

TEST(ImageTraining, ThreadsAndInstructionSetsDoNotMatter) {
  const SimdLevel best = simd_level();
  for (const auto& [preset, settings_of] :
       {std::pair("hdqt", &residual_settings), std::pair("hdqt-paper", &residual_settings),
        std::pair("hdqt", &transformer_settings)}) {
    TrainSettings settings = settings_of(preset);
    settings.epochs = 1;
    settings.max_steps = 4;
    settings.recipe.conv_scale = ConvScale::kImage;
    const TrainResult expected = run_images(settings);
    EXPECT_EQ(run_images(settings, 2).weights_sha256, expected.weights_sha256) << preset;
    for (const SimdLevel level : supported_simd_levels()) {
      force_simd_level(level);
      const TrainResult result = run_images(settings);
      EXPECT_EQ(result.weights_sha256, expected.weights_sha256)
          << preset << ", " << to_string(level);
      EXPECT_EQ(result.totals, expected.totals) << preset << ", " << to_string(level);
    }
    force_simd_level(best);
  }
}

// Growing networks take batch-norm along.
TEST(ImageTraining, EveryMethodLearnsImagesInTasks) {
  for (const char* method : {"finetune", "icarl", "lwf", "bic", "der", "memo"}) {
    TrainSettings settings = residual_settings("hdqt");
    settings.method = continual_method(method);
    settings.classes_per_task = 2;
    settings.epochs = 6;
    settings.memory = method == std::string("lwf") || method == std::string("finetune") ? 0 : 50;
    settings.shared_layers = 3;
    const TrainResult result = run_images(settings);
    EXPECT_GT(result.linear.accuracy.front(), 90.0) << method;
    if (settings.memory > 0 && method != std::string("finetune")) {
      EXPECT_GT(result.linear.final(), 70.0) << method;
    }
  }
}

// Before anything is trained.
TEST(ImageTraining, BatchesThatDoNotFitTheNetworkAreRefusedAtTheStart) {
  TrainSettings settings = image_settings("fp32");
  settings.layers = {"conv 65535 kernel=1", "average-pool"};
  settings.test_batch = 65535;
  Split split = image_split();
  split.test = images(220, 3);  // 1100 samples of 30·65535 values
  const auto backend = make_golden_backend(1);
  int updates = 0;
  try {
    run_class_incremental(settings, split, *backend,
                          {.progress = [&](const TrainProgress&) { ++updates; }});
    FAIL() << "accepted";
  } catch (const UserError& error) {
    EXPECT_NE(std::string(error.what()).find("train.test_batch: value 65535: a batch of 1100"),
              std::string::npos)
        << error.what();
  }
  EXPECT_EQ(updates, 0);
}

// Convolutions, normalisation and residual blocks in one number each; see ClassIncremental.
TEST(ImageTraining, WeightsArePinned) {
  const std::pair<const char*, const char*> expected[] = {
      {"hdqt", "07857fa99b909dac789294106282f448c1d42a0ca46fad074d42eeeceb2e887a"},
      {"fqt", "836d82abde70dab238bb1c6277563874fef9371775f0c1f05fc3da7b3dc4df67"},
      {"hdqt-paper", "3f1e54bf6093b16a1a1a1f0cd83697edbeac5939360e962abd4d84432de87a85"},
  };
  for (const auto& [preset, sha] : expected) {
    TrainSettings settings = residual_settings(preset);
    settings.max_steps = 10;
    settings.bias = true;
    EXPECT_EQ(run_images(settings).weights_sha256, sha) << preset;
    settings.recipe.conv_scale = ConvScale::kImage;
    EXPECT_EQ(run_images(settings).weights_sha256 == sha, preset == std::string("hdqt-paper"));
  }
  TrainSettings transformer = transformer_settings("hdqt");
  transformer.max_steps = 10;
  EXPECT_EQ(run_images(transformer).weights_sha256,
            "e0c39098227516e00e5b1098a9fac3095124e7f00489a5d95ef5a8aab4d9e6c2");
}

}  // namespace
}  // namespace sylvester
