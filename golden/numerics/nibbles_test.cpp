#include "golden/numerics/nibbles.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "golden/numerics/accumulate.hpp"
#include "golden/numerics/job_io.hpp"

namespace sylvester {
namespace {

TEST(Nibbles, AreTheHighAndTheLowFourBits) {  // I8-1, the example
  EXPECT_EQ(nibble_of_a(NibblePass::kHighHigh, -100), -7);
  EXPECT_EQ(nibble_of_a(NibblePass::kHighLow, -100), -7);
  EXPECT_EQ(nibble_of_a(NibblePass::kLowHigh, -100), 12);
  EXPECT_EQ(nibble_of_a(NibblePass::kLowLow, -100), 12);
  EXPECT_EQ(nibble_of_b(NibblePass::kHighHigh, 55), 3);
  EXPECT_EQ(nibble_of_b(NibblePass::kHighLow, 55), 7);
  EXPECT_EQ(nibble_of_b(NibblePass::kLowHigh, 55), 3);
  EXPECT_EQ(nibble_of_b(NibblePass::kLowLow, 55), 7);
}

TEST(Nibbles, FourPassesAreTheProductOfAnyTwoCodes) {  // I8-1
  for (int a = -127; a <= 127; ++a) {
    for (int b = -127; b <= 127; ++b) {
      std::int64_t sum = 77;  // the first pass does not read it
      for (int i = 0; i < kNibblePasses; ++i) {
        const auto pass = static_cast<NibblePass>(i);
        sum = add_pass(pass, sum, nibble_of_a(pass, a) * nibble_of_b(pass, b));
      }
      ASSERT_EQ(sum, a * b) << a << " * " << b;
    }
  }
}

TEST(Nibbles, PassesOverTilesAreThoseOfTheVectors) {  // I8-1, from the NumPy reference
  const auto file =
      read_vectors(std::string(SYLVESTER_SOURCE_DIR) + "/testbenches/vectors/numpy/nibble.json");
  int partials = 0;
  for (const auto& vector_case : file.at("cases")) {
    const auto a = vector_case.at("a").get<std::vector<int>>();
    const auto b = vector_case.at("b").get<std::vector<int>>();
    const auto given = vector_case.at("tile").get<std::size_t>();
    const std::size_t tile = given == 0 ? a.size() : given;
    std::size_t start = 0;
    for (const int partial : vector_case.at("expected").at("partials").get<std::vector<int>>()) {
      const std::size_t end = std::min(start + tile, a.size());
      std::int64_t sum = 0;
      for (int i = 0; i < kNibblePasses; ++i) {
        const auto pass = static_cast<NibblePass>(i);
        std::int64_t pass_sum = 0;
        for (std::size_t k = start; k < end; ++k) {
          pass_sum += nibble_of_a(pass, a[k]) * nibble_of_b(pass, b[k]);
        }
        sum = add_pass(pass, sum, pass_sum);
      }
      EXPECT_EQ(leave_tile(AccumulatePolicy::kClamp, vector_case.at("bits").get<int>(),
                           static_cast<std::int32_t>(sum))
                    .value,
                partial);
      start = end;
      ++partials;
    }
    EXPECT_EQ(start, a.size());
  }
  EXPECT_GT(partials, 50);
}

}  // namespace
}  // namespace sylvester
