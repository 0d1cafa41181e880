#include "rtl_gen/expression.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace sylvester::rtl {
namespace {

std::string round_trip(const char* text) { return print(Expression(text)); }

TEST(Expression, PrintsWhatItRead) {
  for (const char* text :
       {"Rows * ABits + 1", "(A + B) * C", "A - (B - C)", "A - B - C", "{a, b[3], c[7:0]}",
        "&{1'b0, x}", "!(a & b)", "(Counters == 2) ? $clog2(TileMax + 1) : 1", "a || b && c",
        "64'h0123456789abcdef", "Rows < 1 || Rows > 64"}) {
    EXPECT_EQ(round_trip(text), text);
  }
}

TEST(Expression, DropsParenthesesThatChangeNothing) {
  EXPECT_EQ(round_trip("((A * B)) + (C)"), "A * B + C");
  EXPECT_EQ(print(Expression("A * (B + 1)"), true), "A*(B+1)");
}

TEST(Expression, Evaluates) {
  const Values values{{"TileMax", 512}, {"Counters", 2}, {"Cols", 4}, {"AccBits", 8}};
  EXPECT_EQ(evaluate("(Counters == 2) ? $clog2(TileMax + 1) : 1", values), 10);
  EXPECT_EQ(evaluate("Cols * (AccBits + 2) - 1", values), 39);
  EXPECT_EQ(evaluate("7 - 4 - 2", values), 1);
  EXPECT_EQ(evaluate("1 + 2 << 3", values), 24);  // shifts bind weaker than sums
  EXPECT_THROW(evaluate("Rows", values), std::logic_error);
  EXPECT_THROW(evaluate("1 / 0", values), std::logic_error);
}

TEST(Expression, MeasuresWidths) {
  const Values values{{"N", 4}};
  const auto nets = [](const std::string& name) -> std::int64_t { return name == "bit" ? 1 : 8; };
  EXPECT_EQ(width("{byte_a, bit}", values, nets), 9);
  EXPECT_EQ(width("byte_a[2*N-1:N]", values, nets), 4);
  EXPECT_EQ(width("byte_a == byte_b", values, nets), 1);
  EXPECT_EQ(width("&{1'b0, byte_a}", values, nets), 1);
  EXPECT_EQ(width("~byte_a", values, nets), 8);
  EXPECT_THROW(width("byte_a & bit", values, nets), std::logic_error);
  EXPECT_THROW(width("byte_a[8]", values, nets), std::logic_error);
  EXPECT_THROW(width("12", values, nets), std::logic_error);
}

TEST(Expression, RefusesWhatItDoesNotKnow) {
  for (const char* text : {"", "a +", "(a", "a b", "a[3", "$signed(a)", "{a"}) {
    EXPECT_THROW(Expression{text}, std::logic_error) << text;
  }
}

TEST(Expression, HighestBit) {
  EXPECT_EQ(print(highest_bit(16), true), "15");
  EXPECT_EQ(print(highest_bit("Rows * ABits"), true), "Rows*ABits-1");
  EXPECT_EQ(print(highest_bit("Rows * ABits + 1"), true), "Rows*ABits");
}

TEST(Expression, HexLiteral) {
  EXPECT_EQ(hex_literal(0x1234), "64'h0000000000001234");
  EXPECT_EQ(hex_literal(~0ULL), "64'hffffffffffffffff");
}

}  // namespace
}  // namespace sylvester::rtl
