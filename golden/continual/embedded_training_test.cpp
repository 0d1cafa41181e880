// The embedded data set under training: neither trivial nor hopeless, and hard on the registers.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "golden/config/config.hpp"
#include "golden/config/convert.hpp"
#include "golden/continual/class_incremental.hpp"
#include "golden/data/load.hpp"
#include "golden/data/split.hpp"

namespace sylvester {
namespace {

Split embedded_split(const Config& config) {
  return make_split(load_dataset("embedded", ""), split_options(config));
}

constexpr int kSeeds = 3;

TrainResult train(const std::string& preset, int seed) {
  const Config config = Config::load(preset, {"train.seed=" + std::to_string(seed)});
  const Split split = embedded_split(config);
  for (const std::int32_t subject : split.test_subjects) {
    EXPECT_EQ(std::count(split.train.subject.begin(), split.train.subject.end(), subject), 0);
  }
  const auto backend = make_golden_backend(1);
  return run_class_incremental(train_settings(config), split, *backend);
}

TEST(LongEmbeddedTraining, FloatAccuracyIsBetween75And95) {
  for (int seed = 1; seed <= kSeeds; ++seed) {
    const double accuracy = train("fp32", seed).linear.average_incremental();
    EXPECT_GE(accuracy, 75.0) << "seed " << seed;
    EXPECT_LE(accuracy, 95.0) << "seed " << seed;
  }
}

TEST(LongEmbeddedTraining, HdqtLearnsWithLimitedTiles) {
  for (int seed = 1; seed <= kSeeds; ++seed) {
    const TrainResult result = train("hdqt", seed);
    EXPECT_GE(result.linear.average_incremental(), 75.0) << "seed " << seed;
    EXPECT_LE(result.linear.average_incremental(), 95.0) << "seed " << seed;
    EXPECT_GE(result.totals.limited_tile_share(), 0.01) << "seed " << seed;
    EXPECT_LE(result.totals.limited_tile_share(), 0.20) << "seed " << seed;
  }
}

}  // namespace
}  // namespace sylvester
