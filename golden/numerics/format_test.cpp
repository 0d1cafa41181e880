#include "golden/numerics/format.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "golden/numerics/role.hpp"
#include "golden/support/error.hpp"

namespace sylvester {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(Format, RowNumbersAreThoseOfTheTable) {  // FMT-2
  EXPECT_EQ(format_index("i2"), 0);
  EXPECT_EQ(format_index("i4"), 2);
  EXPECT_EQ(format_index("i8"), 6);
  EXPECT_EQ(format_index("u2"), 7);
  EXPECT_EQ(format_index("u4"), 9);
  EXPECT_EQ(format_index("u8"), 13);
  EXPECT_EQ(format_index("e3"), 14);
  EXPECT_GE(formats().size(), 15U);
}

TEST(Format, LargestMagnitudes) {  // FMT-2
  EXPECT_EQ(format("i4").largest(), 7);
  EXPECT_EQ(format("u4").largest(), 15);
  EXPECT_EQ(format("e3").largest(), 64);
  EXPECT_EQ(format("i8").largest(), 127);
  EXPECT_EQ(format("u8").largest(), 255);
}

TEST(Format, WorkedExample) {  // FMT-2
  EXPECT_EQ(format("i4").value(-5), -5);
  EXPECT_EQ(format("e3").value(-5), -16);
}

TEST(Format, RowsAreConsistent) {  // FMT-1
  for (const Format& row : formats()) {
    SCOPED_TRACE(row.name);
    ASSERT_FALSE(row.magnitudes.empty());
    EXPECT_EQ(row.magnitudes.front(), 0);
    bool uniform = true;
    for (std::size_t i = 0; i < row.magnitudes.size(); ++i) {
      uniform = uniform && row.magnitudes[i] == static_cast<std::int32_t>(i);
      if (i > 0) {
        EXPECT_GT(row.magnitudes[i], row.magnitudes[i - 1]);
      }
    }
    EXPECT_EQ(row.uniform, uniform);
    EXPECT_EQ(row.largest_code() + 1, 1 << (row.is_signed ? row.bits - 1 : row.bits));
    EXPECT_EQ(row.value(0), 0);
  }
}

TEST(Format, UnknownNameListsTheAllowedOnes) {
  EXPECT_THAT([] { format("i9"); },
              ThrowsMessage<UserError>(AllOf(HasSubstr("i9"), HasSubstr("e3"), HasSubstr("u4"))));
}

TEST(Role, Names) {  // ROLE-1
  EXPECT_EQ(to_string(Role::kForwardInput), "forward_input");
  EXPECT_EQ(to_string(Role::kBackwardActivation), "backward_activation");
  EXPECT_EQ(static_cast<int>(Role::kWeightGradient), 5);
}

}  // namespace
}  // namespace sylvester
