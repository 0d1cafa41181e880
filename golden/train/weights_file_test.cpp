#include "golden/train/weights_file.hpp"

#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "golden/support/error.hpp"
#include "golden/support/npz.hpp"
#include "golden/support/test_folder.hpp"
#include "golden/train/layer_list.hpp"

namespace sylvester {
namespace {

using testing::HasSubstr;

Network network_of(std::uint64_t seed, int classes = 3,
                   const std::string& first = "conv 4 kernel=2") {
  HostRandom random(seed);
  const std::vector<std::string> layers = {first, "batch-norm", "position", "layer-norm",
                                           "flatten"};
  Network network =
      make_network({.height = 3, .width = 4, .channels = 2}, layers, classes, true, random);
  for (float& mean : network.node(2).running_mean) mean = random.uniform();
  return network;
}

TEST(WeightsFile, ANetworkBeginsWithWhatAnotherOneLeft) {
  const TestFolder folder;
  const Network left = network_of(1);
  const auto file = folder.write("w.npz", weights_npz(left));
  const auto weights = InitialWeights::read(file);
  Network network = network_of(2);
  EXPECT_NE(weights_sha256(network), weights_sha256(left));
  weights->put_into(network);
  EXPECT_EQ(weights_sha256(network), weights_sha256(left));
  EXPECT_EQ(weights->sha256().size(), 64U);
  const Npz npz = Npz::read(file);
  EXPECT_EQ(npz.shape("layer-0-weight"), (std::vector<std::size_t>{4, 2, 2, 2}));
  EXPECT_EQ(npz.shape("position-0-weight"), (std::vector<std::size_t>{6, 4}));
  EXPECT_EQ(npz.shape("norm-1-bias"), std::vector<std::size_t>{4});
  EXPECT_EQ(npz.shape("layer-1-weight"), (std::vector<std::size_t>{3, 24}));
}

TEST(WeightsFile, RefusesWhatIsNotOfTheNetwork) {
  const TestFolder folder;
  const auto error = [&](const std::string& bytes, Network network = network_of(1)) {
    const auto file = folder.write("w.npz", bytes);
    try {
      InitialWeights::read(file)->put_into(network);
    } catch (const UserError& thrown) {
      const std::string sentence = thrown.what();
      EXPECT_EQ(sentence.find(file.string() + ": "), 0U) << sentence;
      return sentence.substr(file.string().size() + 2);
    }
    return std::string();
  };
  const std::string good = weights_npz(network_of(1));
  EXPECT_EQ(error(good), "");
  EXPECT_EQ(error(weights_npz(network_of(1, 2))),
            "is not of this network: array 'layer-1-weight' has the shape 2 x 24; allowed: 3 x 24");
  EXPECT_EQ(error(weights_npz(network_of(1, 3, "conv 4 kernel=1x2"))),
            "is not of this network: array 'layer-0-weight' has the shape 4 x 1 x 2 x 2; allowed: "
            "4 x 2 x 2 x 2");
  HostRandom random(1);
  const Network small = make_network({.height = 1, .width = 1, .channels = 2},
                                     std::vector<std::string>{}, 2, false, random);
  const Network with_bias = make_network({.height = 1, .width = 1, .channels = 2},
                                         std::vector<std::string>{}, 2, true, random);
  EXPECT_EQ(error(weights_npz(small), with_bias),
            "is not of this network: array 'layer-0-bias' is missing");
  EXPECT_EQ(error(good, small),
            "is not of this network: array 'layer-0-weight' has the shape 4 x 2 x 2 x 2; allowed: "
            "2 x 2");
  const auto array = [](std::vector<double> floats) {
    return npy_bytes({.name = {},
                      .is_float = true,
                      .shape = {2, 2},
                      .integers = {},
                      .floats = std::move(floats)});
  };
  const std::string weight = array({1, 2, 3, 4});
  EXPECT_EQ(error(npz_bytes({{"layer-0-weight", weight}}), small), "");  // of NumPy's doubles
  EXPECT_EQ(error(npz_bytes({{"layer-0-weight", weight}, {"more", weight}}), small),
            "is not of this network: array 'more' has no place in it");
  for (const double value : {std::numeric_limits<double>::quiet_NaN(), 1e39, -1e300}) {
    EXPECT_THAT(error(npz_bytes({{"layer-0-weight", array({1, value, 3, 4})}}), small),
                HasSubstr("allowed: finite float32 numbers"));
  }
  const std::string integers = npy_bytes(
      {.name = {}, .is_float = false, .shape = {2, 2}, .integers = {1, 2, 3, 4}, .floats = {}});
  EXPECT_EQ(error(npz_bytes({{"layer-0-weight", integers}}), small),
            "array 'layer-0-weight' has integers; allowed: floats");
  EXPECT_NE(error("no archive"), "");
  EXPECT_NE(error(good.substr(0, good.size() / 2)), "");
  EXPECT_THROW(InitialWeights::read(folder.path() / "none.npz"), UserError);
}

}  // namespace
}  // namespace sylvester
