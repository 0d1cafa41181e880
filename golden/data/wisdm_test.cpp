#include "golden/data/wisdm.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "golden/data/load.hpp"
#include "golden/data/test_files.hpp"

namespace sylvester {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

/// Records in the format of 2011; `end` stands behind each. The x axis counts from `first`.
std::string records(int subject, std::string_view activity, int count, std::string_view end = ";\n",
                    int first = 0) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    text += fmt::format("{},{},4910596{:07},{}.5,12.680544,0.50395286{}", subject, activity, i,
                        first + i, end);
  }
  return text;
}

/// An arff file of the publisher: 93 attributes, the last of which is the subject.
std::string arff(int subject, const std::vector<std::string>& rows) {
  std::string text = fmt::format("@relation person_{}_accel_phone\n\n", subject);
  text += "@attribute \"ACTIVITY\" { A , B , C , S }\n";
  for (int i = 0; i < 91; ++i) text += fmt::format("@attribute \"F{}\" numeric\n", i);
  text += fmt::format("@attribute \"class\" {{ \"{}\" }}\n\n@data\n\n", subject);
  for (const std::string& row : rows) text += row;
  return text;
}

std::string arff_row(std::string_view activity, int subject, int features = 91, double first = 0) {
  std::string text(activity);
  for (int i = 0; i < features; ++i) text += fmt::format(",{}", first + i * 0.25);
  return text + fmt::format(",\"{}\"\n", subject);
}

class Wisdm : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((folder_.path() / name).parent_path());
    folder_.write(name, text);
  }
  [[nodiscard]] std::string error() const {
    return user_error([this] { load_dataset("wisdm", folder_.path()); });
  }

  TestFolder folder_;
};

TEST_F(Wisdm, CutsRecordingsOf2011IntoWindows) {
  write("WISDM_ar_v1.1/WISDM_ar_v1.1_raw.txt",
        records(33, "Jogging", 399) + records(33, "Walking", 400) + "\n" +
            records(36, "Walking", 200, ",;\n", 7) + records(36, "Standing", 199));
  const Dataset dataset = load_dataset("wisdm", folder_.path());
  EXPECT_EQ(dataset.features, 108);
  EXPECT_EQ(dataset.classes, 6);
  EXPECT_THAT(dataset.class_number, ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(dataset.label, ElementsAre(1, 0, 0, 0));
  EXPECT_THAT(dataset.subject, ElementsAre(33, 33, 33, 36));
  ASSERT_EQ(dataset.x.size(), 4U * 108);
  EXPECT_EQ(dataset.x[1 * 108 + 2], 0.5F);
  EXPECT_EQ(dataset.x[2 * 108 + 2], 200.5F);
  EXPECT_EQ(dataset.x[3 * 108 + 3], 206.5F);
}

TEST_F(Wisdm, ReadsSeveralRecordsOnALineAndToleratesAFewDamagedOnes) {
  std::string text = records(1, "Sitting", 1999, ";");
  write("WISDM_ar_v1.1_raw.txt", text + "1,Sitting,0,1.0,2.0,;" + records(1, "Sitting", 1, ""));
  EXPECT_EQ(load_dataset("wisdm", folder_.path()).samples(), 10);
  write("WISDM_ar_v1.1_raw.txt", text + "1,Sitting,0,1,2,;1,Sitting,0,1,2,;1,Sitting,0,1,nan;");
  EXPECT_THAT(error(),
              AllOf(HasSubstr("3 of 2002 records are damaged, allowed is 1 in 1000"),
                    HasSubstr("line 1 has '1,Sitting,0,1,2,'"), HasSubstr("subject 1 ... 36")));
}

TEST_F(Wisdm, ReadsRecordingsOf2019) {
  write("raw/phone/accel/data_1650_accel_phone.txt", records(1650, "S", 200));
  write("raw/phone/accel/data_1600_accel_phone.txt",
        records(1600, "A", 200) + records(1600, "O", 200));
  write("raw/watch/gyro/data_1601_gyro_watch.txt", records(1601, "B", 200));
  const Dataset dataset = load_dataset("wisdm", folder_.path());
  EXPECT_EQ(dataset.features, 108);
  EXPECT_EQ(dataset.classes, 18);
  EXPECT_EQ(dataset.class_number[13], 15);
  EXPECT_THAT(dataset.label, ElementsAre(0, 13, 17));
  EXPECT_THAT(dataset.subject, ElementsAre(1600, 1600, 1650));
  // The folder of another sensor.
  EXPECT_THAT(load_dataset("wisdm", folder_.path() / "raw" / "watch" / "gyro").subject,
              ElementsAre(1601));
}

TEST_F(Wisdm, ReadsThePublishedFeaturesBeforeTheRecordings) {
  write("wisdm-dataset/raw/phone/accel/data_1600_accel_phone.txt", "not read");
  const std::string folder = "wisdm-dataset/arff_files/phone/accel/";
  write(folder + "data_1600_accel_phone.arff",
        arff(1600, {arff_row("A", 1600), arff_row("S", 1600, 91, -3)}));
  write(folder + "data_1605_accel_phone.arff", arff(1605, {arff_row("O", 1605)}));
  // The same rows under the name of another subject.
  write(folder + "data_1611_accel_phone.arff",
        arff(1600, {arff_row("A", 1600), arff_row("S", 1600, 91, -3)}));
  const Dataset dataset = load_dataset("wisdm", folder_.path());
  EXPECT_EQ(dataset.features, 91);
  EXPECT_EQ(dataset.channels, 91);
  EXPECT_THAT(dataset.label, ElementsAre(0, 17, 13));
  EXPECT_THAT(dataset.subject, ElementsAre(1600, 1600, 1605));
  EXPECT_EQ(dataset.x[90], 22.5F);
  EXPECT_EQ(dataset.x[91], -3.0F);
}

TEST_F(Wisdm, RefusesDamagedArffFiles) {
  const auto error_with = [&](const std::string& text) {
    write("data_1600_accel_phone.arff", text);
    return error();
  };
  EXPECT_THAT(error_with(arff(1600, {arff_row("A", 1600, 90)})),
              HasSubstr("line 99 has 92 columns, every window must have 93"));
  EXPECT_THAT(error_with(arff(1600, {arff_row("N", 1600)})),
              HasSubstr("line 99, column 1 is 'N', allowed is an activity A ... S without N"));
  EXPECT_THAT(error_with(arff(1600, {arff_row("A", 1651)})),
              HasSubstr("column 93 is '1651', allowed is a subject 1600 ... 1650"));
  EXPECT_THAT(error_with(arff(1600, {"A,nan" + arff_row("", 1600, 90)})),
              HasSubstr("column 2 is 'nan', allowed is a finite float32 number"));
  EXPECT_THAT(error_with(arff(1600, {})), HasSubstr("no window"));
  EXPECT_THAT(error_with("@relation x\n@data\n"),
              HasSubstr("0 attributes, an arff file of 93 and @data is needed"));
  EXPECT_THAT(error_with(arff(1600, {}).substr(0, 900)), HasSubstr("and no @data"));
  EXPECT_THAT(error_with(""), HasSubstr("the file is empty"));
}

TEST_F(Wisdm, RefusesDamagedRecordings) {
  const auto error_with = [&](const std::string& text) {
    write("data_1600_accel_phone.txt", text);
    return error();
  };
  EXPECT_THAT(error_with(records(1599, "A", 1)), HasSubstr("subject 1600 ... 1650"));
  EXPECT_THAT(error_with(records(1600, "N", 1)), HasSubstr("activity (one of A, B, C"));
  EXPECT_THAT(error_with("1600,A,1,1e10,1,1;"), HasSubstr("1 of 1 records are damaged"));
  EXPECT_THAT(error_with("1600,A,1,1,1,1,1;"), HasSubstr("1 of 1 records are damaged"));
  EXPECT_THAT(error_with(records(1600, "A", 199)), HasSubstr("a run of 200 records"));
  EXPECT_THAT(error_with(";;\n\n"), HasSubstr("no window"));
}

}  // namespace
}  // namespace sylvester
