#include "golden/data/number_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "golden/data/test_files.hpp"

namespace sylvester {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr NumberTableLayout kBlanks{.columns = 2};
constexpr NumberTableLayout kCommas{.columns = 2, .separator = ','};

std::string error_of(std::string_view text, const NumberTableLayout& layout) {
  return user_error([&] { parse_number_table(text, "t.txt", layout); });
}

TEST(NumberTable, ReadsColumnsBetweenBlanks) {
  const NumberTable table =
      parse_number_table("  1.5  -2.0000000e-001 \r\n3\t4\n", "t.txt", kBlanks);
  EXPECT_THAT(table.values, ElementsAre(1.5, -0.2, 3, 4));
  EXPECT_EQ(table.rows(), 2U);
  EXPECT_EQ(table.at(1, 0), 3);
  EXPECT_THAT(table.column(1), ElementsAre(-0.2, 4));
}

TEST(NumberTable, ReadsColumnsBetweenCommas) {
  EXPECT_THAT(parse_number_table("1, 2\n3,4", "t.txt", kCommas).values, ElementsAre(1, 2, 3, 4));
}

TEST(NumberTable, AcceptsNanOnlyWhereItIsAValue) {
  NumberTableLayout layout = kBlanks;
  EXPECT_THAT(error_of("1 NaN\n", layout),
              AllOf(HasSubstr("t.txt: row 1, column 2 is 'NaN'"), HasSubstr("-1e9 ... 1e9")));
  layout.nan = true;
  EXPECT_TRUE(std::isnan(parse_number_table("1 NaN\n", "t.txt", layout).at(0, 1)));
  EXPECT_THAT(error_of("1 inf\n", layout), HasSubstr("or NaN"));
}

TEST(NumberTable, RefusesRaggedRows) {
  for (const auto& [text, message] :
       {std::pair{"1 2\n3\n", "row 2 has 1 columns, every row must have 2"},
        std::pair{"1 2 3\n", "row 1 has 3 columns"}, std::pair{"1 2\n\n3 4\n", "row 2 has 0"}}) {
    EXPECT_THAT(error_of(text, kBlanks), AllOf(HasSubstr("t.txt"), HasSubstr(message)));
  }
  EXPECT_THAT(error_of("1,2\n3\n", kCommas), HasSubstr("row 2 has 1 columns"));
  EXPECT_THAT(error_of("1,2,\n", kCommas), HasSubstr("row 1 has 3 columns"));
  EXPECT_THAT(error_of("1,2\n\n", kCommas), HasSubstr("row 2 has 0 columns"));
  EXPECT_THAT(error_of("1,\n", kCommas), HasSubstr("row 1, column 2 is ''"));
}

TEST(NumberTable, RefusesWhatIsNoNumber) {
  for (const char* value : {"x", "1e400", "1.1e9", "-1e10", "inf", "0x1", "1;", "--1"}) {
    EXPECT_THAT(error_of(std::string("1 2\n3 ") + value + "\n", kBlanks),
                AllOf(HasSubstr("row 2, column 2 is '" + std::string(value) + "'"),
                      HasSubstr("a number -1e9 ... 1e9")));
  }
}

TEST(NumberTable, RefusesNoRows) { EXPECT_THAT(error_of("", kBlanks), HasSubstr("no rows")); }

TEST(NumberTable, GivesIntegersInARange) {
  const NumberTable table = parse_number_table("1.5 7\n", "t.txt", kBlanks);
  EXPECT_EQ(integer_at(table, 0, 1, 1, 7, "a label", "t.txt"), 7);
  for (const auto& [column, most] : {std::pair{0, 7}, std::pair{1, 6}}) {
    EXPECT_THAT(user_error([&] { integer_at(table, 0, column, 1, most, "a label", "t.txt"); }),
                AllOf(HasSubstr("t.txt: row 1, column"), HasSubstr("allowed is a label 1 ... ")));
  }
}

}  // namespace
}  // namespace sylvester
