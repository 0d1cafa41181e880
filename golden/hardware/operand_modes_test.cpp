#include "golden/hardware/operand_modes.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "golden/support/error.hpp"

namespace sylvester {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

std::vector<OperandMode> modes(std::initializer_list<const char*> names) {
  std::vector<OperandMode> result;
  for (const char* name : names) result.push_back(operand_mode(name));
  return result;
}

std::vector<std::string> names_of(const std::vector<int>& rows) {
  std::vector<std::string> names;
  for (const int row : rows) names.push_back(formats()[static_cast<std::size_t>(row)].name);
  return names;
}

TEST(OperandModes, AreNamedByTheirFormats) {
  EXPECT_EQ(to_string(operand_mode("u4xi4")), "u4xi4");
  EXPECT_EQ(to_string(modes({"u4xi4", "i4xi4"})), "i4xi4, u4xi4");
  EXPECT_EQ(to_string(operand_mode("i8xi8")), "i8xi8");
  EXPECT_THAT([] { operand_mode("i6xi6"); },
              ThrowsMessage<UserError>(HasSubstr("'i6xi6', allowed are i4xi4")));
}

TEST(OperandModes, TheLargestMagnitudeIsARunOfOnes) {
  for (const Format& format : formats()) {
    const auto largest = largest_magnitude(format);
    ASSERT_TRUE(largest.has_value()) << format.name;
    EXPECT_EQ((1 << largest->high) - (1 << largest->low), format.largest()) << format.name;
  }
  Format ten = format("u4");
  ten.magnitudes.resize(11);
  EXPECT_FALSE(largest_magnitude(ten).has_value());
  EXPECT_FALSE(is_buildable(ten));
}

TEST(OperandModes, GapsOfAListArePowersOfTwo) {
  Format listed = format("e3");
  EXPECT_TRUE(is_buildable(listed));
  listed.magnitudes = {0, 1, 4};
  EXPECT_FALSE(is_buildable(listed));
  listed.magnitudes = {0, 1, 2, 3, 4, 6, 8, 12};
  EXPECT_TRUE(is_buildable(listed));
  EXPECT_FALSE(is_buildable(format("i8")));
}

TEST(OperandModes, WidthsFollowFromTheFormats) {
  const OperandWidths integer = operand_widths(modes({"i4xi4", "u4xi4"}));
  EXPECT_EQ(integer.a_code, 5);
  EXPECT_EQ(integer.b_code, 4);
  EXPECT_EQ(integer.a_value, 5);
  EXPECT_EQ(integer.b_value, 4);
  EXPECT_EQ(integer.quotient, 4);
  EXPECT_EQ(integer.largest_product, 15 * 7);
  EXPECT_FALSE(integer.a_listed || integer.b_listed);
  const OperandWidths log = operand_widths(modes({"u4xi4", "i4xe3"}));
  EXPECT_EQ(log.a_code, 5);
  EXPECT_EQ(log.b_code, 4);
  EXPECT_EQ(log.b_value, 8);
  EXPECT_EQ(log.quotient, 7);
  EXPECT_EQ(log.largest_product, 15 * 64);
  EXPECT_TRUE(log.b_listed);
  EXPECT_FALSE(log.a_listed);
}

TEST(OperandModes, PowersOfTwoShift) {
  EXPECT_TRUE(shifts(format("e3")));
  EXPECT_TRUE(shifts(format("i2")));
  EXPECT_FALSE(shifts(format("i4")));
  Format listed = format("e3");
  listed.magnitudes = {0, 1, 2, 3, 4, 6, 8, 12};
  EXPECT_FALSE(shifts(listed));
}

TEST(OperandModes, AMultiplierIsBuiltWhereAProductDoesNotShift) {
  const auto widths = [](std::initializer_list<const char*> names) {
    return operand_widths(modes(names));
  };
  EXPECT_FALSE(widths({"i4xi4"}).shift);
  EXPECT_TRUE(widths({"i4xi4"}).multiply);
  EXPECT_TRUE(widths({"e3xu4"}).shift);
  EXPECT_FALSE(widths({"e3xu4"}).multiply);
  EXPECT_FALSE(widths({"e3xi4", "e3xe3"}).multiply);
  EXPECT_TRUE(widths({"e3xi4", "i4xe3"}).multiply);
  EXPECT_TRUE(widths({"e3xi4", "u4xi4"}).multiply);
}

TEST(OperandModes, EightBitsAreTwoNibbles) {
  const OperandWidths widths = operand_widths(modes({"i4xi4", "i8xi8"}));
  EXPECT_TRUE(widths.nibbles);
  EXPECT_EQ(widths.a_code, 8);
  EXPECT_EQ(widths.b_code, 8);
  EXPECT_EQ(widths.code, 8);
  EXPECT_EQ(widths.a_value, 5);
  EXPECT_EQ(widths.largest_product, 225);
  EXPECT_EQ(widths.quotient, 8);  // 127 * 40/39 needs one bit more than 127
  EXPECT_THAT(names_of(a_formats(modes({"i8xi8"}))),
              testing::ElementsAre("i2", "i3", "i4", "i5", "i6", "i7", "i8", "u2", "u3", "u4", "u5",
                                   "u6", "u7"));
  EXPECT_TRUE(needs_nibbles(format("i4"), format("i6")));
  EXPECT_FALSE(needs_nibbles(format("u4"), format("i5")));
  const OperandWidths plain = operand_widths(modes({"u4xi4"}));
  EXPECT_FALSE(plain.nibbles);
  EXPECT_EQ(plain.code, 5);
}

TEST(OperandModes, SayWhichFormatsAnOperandMayHave) {
  const auto log = modes({"u4xi4", "i4xe3"});
  EXPECT_THAT(names_of(a_formats(log)),
              testing::ElementsAre("i2", "i3", "i4", "i5", "u2", "u3", "u4"));
  EXPECT_THAT(names_of(b_formats(log)), testing::ElementsAre("i2", "i3", "i4", "u2", "u3", "e3"));
  EXPECT_THAT(names_of(a_formats(modes({"e3xi4"}))), testing::ElementsAre("e3"));
  EXPECT_THAT(names_of(prepared_formats(log)), testing::Contains("e3"));
  EXPECT_THAT(names_of(prepared_formats(modes({"i4xi4"}))), testing::Not(testing::Contains("e3")));
}

TEST(OperandModes, NoneAndTwiceTheSameAreRefused) {
  EXPECT_THAT([] { check(std::vector<OperandMode>{}); },
              ThrowsMessage<UserError>(HasSubstr("modes is empty")));
  EXPECT_THAT(
      [] {
        check(modes({"i4xi4", "i4xi4"}));
      },
      ThrowsMessage<UserError>(HasSubstr("i4xi4 twice")));
}

}  // namespace
}  // namespace sylvester
