#include "golden/numerics/parallel.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "golden/support/error.hpp"

namespace sylvester {
namespace {

TEST(Parallel, EachIndexOnce) {
  for (int round = 0; round < 200; ++round) {
    const int threads = 1 + round % 5;
    std::vector<std::atomic<int>> calls(37);
    parallel_for(calls.size(), threads, [&](std::size_t i) { ++calls[i]; });
    for (const auto& count : calls) EXPECT_EQ(count, 1);
  }
  parallel_for(0, 4, [](std::size_t) { FAIL(); });
}

TEST(Parallel, LoopInsideALoop) {
  std::array<std::atomic<int>, 12> calls{};
  parallel_for(3, 2, [&](std::size_t i) {
    parallel_for(4, 2, [&, i](std::size_t j) { ++calls[i * 4 + j]; });
  });
  for (const auto& count : calls) EXPECT_EQ(count, 1);
}

TEST(Parallel, CallersAtTheSameTime) {
  std::atomic<int> sum{0};
  std::vector<std::jthread> callers;
  for (int c = 0; c < 4; ++c) {
    callers.emplace_back([&] {
      for (int i = 0; i < 100; ++i) parallel_for(5, 3, [&](std::size_t) { ++sum; });
    });
  }
  callers.clear();
  EXPECT_EQ(sum, 4 * 100 * 5);
}

TEST(Parallel, TheLowestFailureIsRethrownAfterTheLoop) {
  for (const int threads : {2, 4}) {
    std::atomic<int> calls{0};
    try {
      parallel_for(20, threads, [&](std::size_t i) {
        ++calls;
        if (i % 2 == 1) throw std::runtime_error(std::to_string(i));
      });
      FAIL();
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "1");
    }
    EXPECT_EQ(calls, 20);
  }
  EXPECT_THROW(resolve_threads(-1), UserError);
}

}  // namespace
}  // namespace sylvester
