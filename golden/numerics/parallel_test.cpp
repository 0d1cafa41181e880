#include "golden/numerics/parallel.hpp"

#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <stdexcept>
#include <vector>

#include "golden/support/error.hpp"

namespace sylvester {
namespace {

TEST(ParallelFor, CallsEveryIndexOnce) {
  for (const int threads : {1, 3, 64}) {
    std::vector<std::atomic<int>> calls(100);
    parallel_for(calls.size(), threads, [&](std::size_t i) { ++calls[i]; });
    for (const auto& count : calls) EXPECT_EQ(count, 1);
  }
  EXPECT_THROW(parallel_for(1, -1, [](std::size_t) {}), UserError);
}

TEST(ParallelFor, GivesTheFailureOfTheLowestIndex) {
  try {
    parallel_for(100, 4, [](std::size_t i) {
      if (i >= 10) throw std::runtime_error(std::to_string(i));
    });
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "10");
  }
}

// A stack that fits nowhere: the system cannot start another thread.
TEST(ParallelFor, DoesAllTheWorkWhenNoThreadCanBeStarted) {
  pthread_attr_t before;
  pthread_attr_t huge;
  ASSERT_EQ(pthread_getattr_default_np(&before), 0);
  pthread_attr_init(&huge);
  ASSERT_EQ(pthread_attr_setstacksize(&huge, std::size_t{1} << 50), 0);
  ASSERT_EQ(pthread_setattr_default_np(&huge), 0);
  std::atomic<int> calls = 0;
  EXPECT_NO_THROW(parallel_for(100, 4, [&](std::size_t) { ++calls; }));
  EXPECT_EQ(calls, 100);
  pthread_setattr_default_np(&before);
}

}  // namespace
}  // namespace sylvester
