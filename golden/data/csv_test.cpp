#include "golden/data/csv.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "golden/data/test_files.hpp"

namespace sylvester {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr CsvLayout kLayout{.features = 2, .first_label = 1, .classes = 3, .subjects = 4};

Dataset read(std::string_view text, const CsvLayout& layout = kLayout) {
  Dataset dataset;
  append_csv(text, "t.csv", layout, dataset);
  return dataset;
}

std::string error_of(std::string_view text, const CsvLayout& layout = kLayout) {
  return user_error([&] { read(text, layout); });
}

TEST(Csv, ReadsFeaturesLabelAndSubject) {
  const Dataset dataset = read("1.5,-2,1,4\n0.1,3e2,3,1\n");
  EXPECT_EQ(dataset.features, 2);
  EXPECT_EQ(dataset.classes, 3);
  EXPECT_EQ(dataset.samples(), 2);
  EXPECT_THAT(dataset.x, ElementsAre(1.5F, -2.0F, 0.1F, 300.0F));
  EXPECT_THAT(dataset.label, ElementsAre(0, 2));  // 1 is the first label of this layout
  EXPECT_THAT(dataset.subject, ElementsAre(4, 1));
}

TEST(Csv, ReadsWithoutSubject) {
  CsvLayout layout = kLayout;
  layout.subjects = 0;
  const Dataset dataset = read("1,2,3\n", layout);
  EXPECT_THAT(dataset.label, ElementsAre(2));
  EXPECT_TRUE(dataset.subject.empty());
}

TEST(Csv, AcceptsCarriageReturnsAndBlanks) {
  const Dataset dataset = read("1,2,1,1\r\n 3 ,\t4, 2,2\n");
  EXPECT_THAT(dataset.x, ElementsAre(1.0F, 2.0F, 3.0F, 4.0F));
  EXPECT_THAT(dataset.subject, ElementsAre(1, 2));
}

TEST(Csv, ScalesFeatures) {
  CsvLayout layout = kLayout;
  layout.scale = 1.0F / 16.0F;
  EXPECT_THAT(read("4,16,1,1\n", layout).x, ElementsAre(0.25F, 1.0F));
}

TEST(Csv, RoundsTinyMagnitudesToFloat32) {
  EXPECT_THAT(read("1e-60,-1e-40,1,1\n").x, ElementsAre(0.0F, -1e-40F));
}

TEST(Csv, RefusesRaggedRows) {
  EXPECT_THAT(error_of("1,2,1,1\n1,2,1\n"),
              AllOf(HasSubstr("t.csv"), HasSubstr("row 2 has 3 columns"), HasSubstr("have 4")));
  EXPECT_THAT(error_of("1,2,3,1,1\n"), HasSubstr("row 1 has 5 columns"));
  EXPECT_THAT(error_of("1,2,1,1\n\n1,2,1,1\n"), HasSubstr("row 2 has 1 columns"));
}

TEST(Csv, RefusesWhatIsNotAFiniteNumber) {
  for (const char* value : {"nan", "NaN", "inf", "-inf", "1e99", "-1e99", "", "x", "1.0x", "1 2",
                            "0x10", "--1", "1;2"}) {
    EXPECT_THAT(error_of(std::string("1,2,1,1\n1,") + value + ",1,1\n"),
                AllOf(HasSubstr("t.csv: row 2, column 2"),
                      HasSubstr("'" + std::string(value) + "'"), HasSubstr("finite float32")));
  }
}

TEST(Csv, RefusesFeaturesOutOfRange) {
  CsvLayout layout = kLayout;
  layout.smallest = 0;
  layout.largest = 16;
  EXPECT_EQ(read("0,16,1,1\n", layout).samples(), 1);
  EXPECT_THAT(error_of("0,16.5,1,1\n", layout),
              AllOf(HasSubstr("row 1, column 2 is '16.5'"), HasSubstr("0 ... 16")));
  EXPECT_THAT(error_of("-1,0,1,1\n", layout), HasSubstr("row 1, column 1 is '-1'"));
}

TEST(Csv, RefusesLabelsOutOfRange) {
  for (const char* label : {"0", "4", "-1", "1.5", "", "99999999999", "one"}) {
    EXPECT_THAT(error_of(std::string("1,2,") + label + ",1\n"),
                AllOf(HasSubstr("row 1, column 3 is '" + std::string(label) + "'"),
                      HasSubstr("a label 1 ... 3")));
  }
}

TEST(Csv, RefusesSubjectsOutOfRange) {
  for (const char* subject : {"0", "5", "-1", "1.5", ""}) {
    EXPECT_THAT(error_of(std::string("1,2,1,") + subject + "\n"),
                AllOf(HasSubstr("row 1, column 4 is '" + std::string(subject) + "'"),
                      HasSubstr("a subject 1 ... 4")));
  }
}

// The last number may have lost digits.
TEST(Csv, RefusesAFileThatIsCutWithinItsLastNumber) {
  CsvLayout layout = kLayout;
  layout.subjects = 30;
  const std::string text = "1,2,1,1\n3,4,2,25\n";
  EXPECT_EQ(read(text, layout).samples(), 2);
  for (std::size_t cut = 1; cut <= 2; ++cut) {
    EXPECT_THAT(error_of(text.substr(0, text.size() - cut), layout),
                AllOf(HasSubstr("t.csv: row 2"), HasSubstr("cut off")));
  }
}

TEST(Csv, RefusesNoRows) { EXPECT_THAT(error_of(""), HasSubstr("no rows")); }

TEST(Csv, KeepsMessagesShortAndPrintable) {
  const std::string message = error_of(std::string(1000, '\x01') + ",2,1,1\n");
  EXPECT_LT(message.size(), 200U);
  EXPECT_EQ(message.find('\x01'), std::string::npos);
}

}  // namespace
}  // namespace sylvester
