#include "golden/support/progress.hpp"

#include <gtest/gtest.h>

namespace sylvester {
namespace {

TEST(Progress, DurationsAreReadable) {
  EXPECT_EQ(duration_text(0.4), "0 s");
  EXPECT_EQ(duration_text(59.6), "1 min 0 s");
  EXPECT_EQ(duration_text(125), "2 min 5 s");
  EXPECT_EQ(duration_text(7800), "2 h 10 min");
}

TEST(Progress, TimeLeftIsProportional) {
  EXPECT_EQ(progress_text("training", 0, 8, 1.0), "training [........................]   0 %");
  EXPECT_EQ(progress_text("training", 2, 8, 10.0),
            "training [######..................]  25 %, 30 s left");
  EXPECT_EQ(progress_text("training", 8, 8, 40.0),
            "training [########################] 100 %, 40 s");
}

}  // namespace
}  // namespace sylvester
