// The embedded data set under training: neither trivial nor hopeless, and hard on the registers.
#include <gtest/gtest.h>

#include <algorithm>

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

TEST(LongEmbeddedTraining, FloatAccuracyIsBetween75And95) {
  const Config config = Config::load("fp32");
  const Split split = embedded_split(config);
  for (const std::int32_t subject : split.test.subject) {
    ASSERT_EQ(std::count(split.train.subject.begin(), split.train.subject.end(), subject), 0);
  }
  const auto backend = make_golden_backend(1);
  const TrainResult result = run_class_incremental(train_settings(config), split, *backend);
  EXPECT_GE(result.linear.average_incremental(), 75.0);
  EXPECT_LE(result.linear.average_incremental(), 95.0);
}

TEST(LongEmbeddedTraining, ForwardTilesAreLimitedWithHdqt) {
  const Config config = Config::load("hdqt", {"train.epochs=20"});
  const auto backend = make_golden_backend(1);
  const TrainResult result =
      run_class_incremental(train_settings(config), embedded_split(config), *backend);
  const double share =
      result.totals.gemm[static_cast<std::size_t>(GemmKind::kForward)].limited_tile_share();
  EXPECT_GE(share, 0.01);
  EXPECT_LE(share, 0.20);
}

}  // namespace
}  // namespace sylvester
