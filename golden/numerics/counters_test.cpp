#include "golden/numerics/counters.hpp"

#include <gtest/gtest.h>

#include "golden/support/error.hpp"

namespace sylvester {
namespace {

TEST(Counters, Modes) {  // CNT-2
  const GemmCounters gemm{5, 1, 0};
  EXPECT_EQ(reported(gemm, CounterMode::kFull), gemm);
  EXPECT_EQ(reported(gemm, CounterMode::kSticky), (GemmCounters{1, 1, 0}));
  EXPECT_EQ(reported(gemm, CounterMode::kNone), GemmCounters{});
  const PrepareCounters prepare{0, 7, 2};
  EXPECT_EQ(reported(prepare, CounterMode::kFull), prepare);
  EXPECT_EQ(reported(prepare, CounterMode::kSticky), (PrepareCounters{0, 1, 1}));
  EXPECT_EQ(reported(prepare, CounterMode::kNone), PrepareCounters{});
}

TEST(Counters, Names) {
  for (const auto mode : {CounterMode::kNone, CounterMode::kSticky, CounterMode::kFull}) {
    EXPECT_EQ(counter_mode(to_string(mode)), mode);
  }
  EXPECT_THROW(counter_mode("all"), UserError);
}

}  // namespace
}  // namespace sylvester
