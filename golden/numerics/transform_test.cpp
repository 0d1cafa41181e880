#include "golden/numerics/transform.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <vector>

#include "golden/numerics/test_random.hpp"
#include "golden/support/error.hpp"

namespace sylvester {
namespace {

using ::testing::ElementsAre;
using Matrix = std::vector<std::vector<int>>;

// S(n) by its definition (WHT-1).
Matrix sylvester_matrix(int n) {
  if (n == 1) return {{1}};
  const Matrix half = sylvester_matrix(n / 2);
  Matrix result(static_cast<std::size_t>(n), std::vector<int>(static_cast<std::size_t>(n)));
  for (std::size_t i = 0; i < result.size(); ++i) {
    for (std::size_t j = 0; j < result.size(); ++j) {
      const int entry = half[i % half.size()][j % half.size()];
      result[i][j] = i >= half.size() && j >= half.size() ? -entry : entry;
    }
  }
  return result;
}

// H(k) with the paper's block rule, from the blocks' transforms of unit vectors.
Matrix paper_matrix(int k) {
  const int block = block_length(BlockRule::kPaper, 0, k);
  Matrix columns;
  for (int j = 0; j < k; ++j) {
    std::vector<int> line(static_cast<std::size_t>(k), 0);
    line[static_cast<std::size_t>(j)] = 1;
    for (int start = 0; start < k; start += block) {
      walsh_hadamard({line.data() + start, static_cast<std::size_t>(block)});
    }
    columns.push_back(line);
  }
  return columns;
}

TEST(Transform, WorkedExample) {  // WHT-1
  std::vector<std::int32_t> x = {1, 2, 3, 4};
  walsh_hadamard(x);
  EXPECT_THAT(x, ElementsAre(10, -2, -4, 0));
}

TEST(Transform, ButterfliesEqualTheMatrix) {  // WHT-1, WHT-2
  HostRandom random = test_random();
  for (int n = 1; n <= 256; n *= 2) {
    const Matrix s = sylvester_matrix(n);
    std::vector<std::int32_t> x;
    for (int i = 0; i < n; ++i) x.push_back(between(random, -32767, 32767));
    std::vector<std::int32_t> dense(x.size(), 0);
    for (std::size_t i = 0; i < x.size(); ++i) {
      for (std::size_t j = 0; j < x.size(); ++j) dense[i] += s[i][j] * x[j];
    }
    walsh_hadamard(x);
    EXPECT_EQ(x, dense) << "n = " << n;
  }
}

TEST(Transform, HdqtMatrices) {  // H(405) = I, H(6) = three S(2), H(128) is full
  const Matrix odd = paper_matrix(405);
  for (std::size_t i = 0; i < 405; ++i) {
    for (std::size_t j = 0; j < 405; ++j) EXPECT_EQ(odd[i][j], i == j ? 1 : 0);
  }
  const Matrix six = paper_matrix(6);
  for (std::size_t i = 0; i < 6; ++i) {
    for (std::size_t j = 0; j < 6; ++j) {
      const int expected = i / 2 != j / 2 ? 0 : (i % 2 == 1 && j % 2 == 1 ? -1 : 1);
      EXPECT_EQ(six[i][j], expected);
    }
  }
  EXPECT_EQ(paper_matrix(128), sylvester_matrix(128));
}

TEST(Transform, TwiceIsTimesTheBlock) {  // H·H = p·I
  HostRandom random = test_random();
  for (int n = 1; n <= 1024; n *= 2) {
    std::vector<std::int32_t> x;
    for (int i = 0; i < n; ++i) x.push_back(between(random, -1000, 1000));
    std::vector<std::int32_t> y = x;
    walsh_hadamard(y);
    walsh_hadamard(y);
    for (std::size_t i = 0; i < x.size(); ++i) EXPECT_EQ(y[i], n * x[i]);
  }
}

TEST(Transform, InnerProductsGrowByTheBlock) {  // WHT-4
  HostRandom random = test_random();
  std::vector<std::int32_t> a;
  std::vector<std::int32_t> b;
  std::int64_t plain = 0;
  for (int i = 0; i < 128; ++i) {
    a.push_back(between(random, -32767, 32767));
    b.push_back(between(random, -32767, 32767));
    plain += std::int64_t{a.back()} * b.back();
  }
  walsh_hadamard(a);
  walsh_hadamard(b);
  std::int64_t transformed = 0;
  for (std::size_t i = 0; i < a.size(); ++i) transformed += std::int64_t{a[i]} * b[i];
  EXPECT_EQ(transformed, 128 * plain);
}

TEST(Transform, LargestCoefficientHas26Bits) {  // WHT-2
  std::vector<std::int32_t> x(1024, -32767);
  walsh_hadamard(x);
  EXPECT_EQ(x[0], -32767 * 1024);
  EXPECT_LE(std::bit_width(static_cast<unsigned>(-x[0])), 25);
}

TEST(BlockLength, WorkedExamples) {  // WHT-3
  EXPECT_EQ(block_length(BlockRule::kPaper, 0, 405), 1);
  EXPECT_EQ(block_length(BlockRule::kPad, 32, 405), 32);
  EXPECT_EQ(padded_length(405, 32), 416);
  EXPECT_EQ(block_length(BlockRule::kPad, 32, 5), 8);
  EXPECT_EQ(padded_length(5, 8), 8);
  EXPECT_EQ(block_length(BlockRule::kPad, 32, 1), 1);
  EXPECT_EQ(block_length(BlockRule::kPaper, 0, 6), 2);
  EXPECT_EQ(block_length(BlockRule::kPaper, 16, 128), 16);
  EXPECT_EQ(block_length(BlockRule::kPaper, 0, 72), 8);
  EXPECT_EQ(block_length(BlockRule::kNone, 0, 128), 1);
}

TEST(BlockLength, Refusals) {
  EXPECT_THROW(block_length(BlockRule::kPad, 0, 5), UserError);
  EXPECT_THROW(block_length(BlockRule::kPad, 24, 5), UserError);
  EXPECT_THROW(block_length(BlockRule::kPaper, -4, 8), UserError);
  EXPECT_THROW(block_length(BlockRule::kNone, 0, 0), UserError);
  EXPECT_THROW(block_length(BlockRule::kNone, 0, 2147483647), UserError);
  EXPECT_THROW(block_rule("full"), UserError);
  EXPECT_EQ(block_rule("pad"), BlockRule::kPad);
  std::vector<std::int32_t> three(3);
  EXPECT_THROW(walsh_hadamard(three), UserError);
}

}  // namespace
}  // namespace sylvester
