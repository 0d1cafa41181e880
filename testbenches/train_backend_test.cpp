// A trainer on a model of the accelerator gets the model's own results.
#include <gtest/gtest.h>

#include "golden/config/config.hpp"
#include "golden/config/convert.hpp"
#include "golden/continual/class_incremental.hpp"
#include "golden/data/load.hpp"
#include "golden/support/random.hpp"
#include "sim/systemc/faults.hpp"
#include "testbenches/backends.hpp"

namespace sylvester {
namespace {

TEST(TrainBackend, AFaultOfTheModelChangesTheTrainedWeights) {
  const Config config =
      Config::load("train-small", {"train.max_steps=3", "train.learning_rate=1e-6"});
  const Split split = make_split(load_dataset("embedded", {}), split_options(config));
  const auto trained_on = [&](Backend& backend) {
    return run_class_incremental(train_settings(config), split, backend).weights_sha256;
  };
  const auto golden = make_golden_backend();
  const std::string expected = trained_on(*golden);
  const auto model = make_systemc_backend(hardware_parameters(config));
  EXPECT_EQ(trained_on(*model), expected);
  // One fault in preparation, one in the array, one at the edge; the small learning rate keeps what
  // they do finite.
  for (const SystemcFault fault :
       {SystemcFault::kDrawIndexOfLine, SystemcFault::kSaturationOffByOne,
        SystemcFault::kOuterNotCleared}) {
    select_systemc_fault(fault);
    EXPECT_NE(trained_on(*model), expected) << static_cast<int>(fault);
  }
  select_systemc_fault(SystemcFault::kNone);
  EXPECT_EQ(trained_on(*model), expected);
}

struct Method {
  const char* name;
  const char* preset;
  std::vector<std::string> overrides;
};

/// A method on a model that is made in a process of its own.
class TrainBackendMethods : public ::testing::TestWithParam<Method> {};

TEST_P(TrainBackendMethods, HaveOneHashOnGoldenAndTheModel) {
  std::vector<std::string> overrides = {"array.rows=8",
                                        "array.cols=8",
                                        "prepare.lanes=8",
                                        "prepare.block_max=32",
                                        "hardware.buffers.code_chunk=128",
                                        "network.layers=dense 13,relu",
                                        "continual.classes_per_task=4",
                                        "continual.memory=0",
                                        "train.batch=40",
                                        "train.max_steps=3",
                                        "train.test_samples_per_class=1"};
  overrides.insert(overrides.end(), GetParam().overrides.begin(), GetParam().overrides.end());
  const Config config = Config::load(GetParam().preset, overrides);
  const Split split = make_split(load_dataset("embedded", {}), split_options(config));
  const auto trained_on = [&](Backend& backend) {
    return run_class_incremental(train_settings(config), split, backend).weights_sha256;
  };
  const auto golden = make_golden_backend();
  const auto model = make_systemc_backend(hardware_parameters(config));
  EXPECT_EQ(trained_on(*model), trained_on(*golden));
}
INSTANTIATE_TEST_SUITE_P(
    Presets, TrainBackendMethods,
    ::testing::Values(
        Method{"hindsight",
               "luq",
               {"operands.input_gradient.scale=hindsight", "backward.gradient_samples=2"}},
        Method{"luq", "luq", {"operands.input_gradient.scale=luq", "backward.one_draw=false"}},
        Method{"rht", "rht", {}}),
    [](const auto& method) { return std::string(method.param.name); });

// Convolutions are the same jobs with other operands.
TEST(TrainBackend, AConvolutionalNetworkHasOneHashOnGoldenAndTheModel) {
  const Config config = Config::load(
      "train-small", {"train.max_steps=2", "train.batch=6", "continual.memory=0",
                      "network.layers=conv 5 kernel=3 pad=1,relu,max-pool 2,conv 4 kernel=2 "
                      "stride=2,relu,flatten"});
  HostRandom random(4);
  Split split;
  split.train.name = "random images";
  split.train.features = 7 * 6 * 3;
  split.train.channels = 3;
  split.train.height = 7;
  split.train.width = 6;
  split.train.classes = 4;
  for (int i = 0; i < 12; ++i) {
    split.train.label.push_back(i % 4);
    for (int f = 0; f < split.train.features; ++f) {
      split.train.x.push_back(2.0F * random.uniform() - 1.0F);
    }
  }
  split.test = split.train;
  const auto trained_on = [&](Backend& backend) {
    return run_class_incremental(train_settings(config), split, backend).weights_sha256;
  };
  const auto golden = make_golden_backend();
  const auto model = make_systemc_backend(hardware_parameters(config));
  EXPECT_EQ(trained_on(*model), trained_on(*golden));
}

}  // namespace
}  // namespace sylvester
