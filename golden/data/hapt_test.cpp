#include "golden/data/hapt.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "golden/data/derived_features.hpp"
#include "golden/data/file_bytes.hpp"
#include "golden/data/load.hpp"
#include "golden/data/test_files.hpp"

namespace sylvester {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

/// `rows` samples of a sensor's three axes; sample i has i in the first.
std::string samples(int rows, int seed) {
  std::string text;
  for (int i = 0; i < rows; ++i) {
    text += fmt::format("{:.6f} {:.6e} {:.6f}\n", 0.001 * i, (i * 13 + seed) % 17 * 0.1, -0.5);
  }
  return text;
}

class Hapt : public testing::Test {
 protected:
  /// Two experiments of 400 samples in the publisher's format, in RawData/.
  void write_recordings(const std::string& labels) const {
    std::filesystem::create_directory(folder_.path() / "RawData");
    for (const auto& [experiment, user] : {std::pair{1, 1}, std::pair{47, 23}}) {
      for (const char* sensor : {"acc", "gyro"}) {
        folder_.write(fmt::format("RawData/{}_exp{:02}_user{:02}.txt", sensor, experiment, user),
                      samples(400, experiment));
      }
    }
    folder_.write("RawData/labels.txt", labels);
  }

  /// The publisher's features: two windows for training, one for testing.
  void write_published() const {
    std::filesystem::create_directory(folder_.path() / "Train");
    std::filesystem::create_directory(folder_.path() / "Test");
    const std::string row = published_row(561);
    folder_.write("Train/X_train.txt", row + row);
    folder_.write("Train/y_train.txt", "5\n12\n");
    folder_.write("Train/subject_id_train.txt", "1\n30\n");
    folder_.write("Test/X_test.txt", row);
    folder_.write("Test/y_test.txt", "1\n");
    folder_.write("Test/subject_id_test.txt", "2\n");
  }

  static std::string published_row(int columns) {
    std::string row;
    for (int i = 0; i < columns; ++i) row += fmt::format(" {:.8e}", i / 561.0 - 0.5);
    return row + "\n";
  }

  Dataset load() const { return load_dataset("hapt", folder_.path()); }
  [[nodiscard]] std::string error() const {
    return user_error([&] { load(); });
  }

  TestFolder folder_;
};

TEST_F(Hapt, CutsRecordingsIntoWindows) {
  // 255 samples: one window; 256: three; 127: none.
  write_recordings("1 1 5 1 191\n1 1 7 192 319\n47 23 12 11 266\n47 23 4 267 393\n");
  const Dataset dataset = load();
  EXPECT_EQ(dataset.features, 216);
  EXPECT_EQ(dataset.classes, 12);
  EXPECT_THAT(dataset.label, ElementsAre(4, 6, 11, 11, 11));
  EXPECT_THAT(dataset.subject, ElementsAre(1, 1, 23, 23, 23));
  ASSERT_EQ(dataset.x.size(), 5U * 216);
  // Least value of acceleration x: the number of the window's first sample, from 0, in thousandths.
  EXPECT_FLOAT_EQ(dataset.x[0 * 216 + 2], 0.0F);
  EXPECT_FLOAT_EQ(dataset.x[1 * 216 + 2], 0.191F);
  EXPECT_FLOAT_EQ(dataset.x[2 * 216 + 2], 0.010F);
  EXPECT_FLOAT_EQ(dataset.x[3 * 216 + 2], 0.074F);
  EXPECT_FLOAT_EQ(dataset.x[4 * 216 + 2], 0.138F);
  EXPECT_FLOAT_EQ(dataset.x[4 * 216 + 3], 0.265F);
}

TEST_F(Hapt, ReadsRecordingsFromTheirOwnFolder) {
  write_recordings("1 1 5 1 128\n");
  EXPECT_EQ(load_dataset("hapt", folder_.path() / "RawData").samples(), 1);
}

TEST_F(Hapt, ReadsThePublishedFeaturesFirst) {
  write_recordings("1 1 5 1 128\n");
  folder_.write("hapt_features_216.csv", "not read");
  write_published();
  const Dataset dataset = load();
  EXPECT_EQ(dataset.features, 561);
  EXPECT_EQ(dataset.channels, 561);
  EXPECT_THAT(dataset.label, ElementsAre(4, 11, 0));
  EXPECT_THAT(dataset.subject, ElementsAre(1, 30, 2));
  EXPECT_EQ(dataset.publisher_training_samples, 0);
  EXPECT_EQ(dataset.x.front(), -0.5F);
  EXPECT_EQ(dataset.x.size(), 3U * 561);
}

TEST_F(Hapt, RefusesDamagedPublishedFeatures) {
  write_published();
  folder_.write("Test/X_test.txt", published_row(560));
  EXPECT_THAT(error(), HasSubstr("X_test.txt: row 1 has 560 columns, every row must have 561"));
  folder_.write("Test/X_test.txt", published_row(561) + published_row(561));
  EXPECT_THAT(error(), AllOf(HasSubstr("y_test.txt: 1 rows"), HasSubstr("X_test.txt has 2")));
}

TEST_F(Hapt, RefusesLabelsOutOfRange) {
  for (const auto& [name, text] :
       {std::pair{"Train/y_train.txt", "13\n12\n"}, std::pair{"Train/y_train.txt", "1.5\n12\n"},
        std::pair{"Train/subject_id_train.txt", "31\n1\n"}, std::pair{"Test/y_test.txt", "0\n"}}) {
    write_published();
    folder_.write(name, text);
    EXPECT_THAT(error(), AllOf(HasSubstr(std::string(name) + ": row 1, column 1 is"),
                               HasSubstr("allowed is a")));
  }
  std::filesystem::remove(folder_.path() / "Test/y_test.txt");
  EXPECT_THAT(error(), HasSubstr("y_test.txt is missing"));
}

TEST_F(Hapt, RefusesBadRuns) {
  for (const auto& [labels, message] :
       {std::pair{"100 1 5 1 128\n", "column 1 is 100, allowed is an experiment 1 ... 99"},
        std::pair{"1 31 5 1 128\n", "column 2 is 31, allowed is a user 1 ... 30"},
        std::pair{"1 1 13 1 128\n", "column 3 is 13, allowed is a label 1 ... 12"},
        std::pair{"1 1 5 0 128\n", "column 4 is 0, allowed is a first sample 1 ... 400"},
        std::pair{"1 1 5 1 401\n", "column 5 is 401, allowed is a last sample 1 ... 400"},
        std::pair{"1 1 5 9 8\n", "column 5 is 8, allowed is a last sample 9 ... 400"},
        std::pair{"1 1 5 1 1e300\n", "row 1, column 5 is '1e300', allowed is a number"},
        std::pair{"1 1 5 1\n", "row 1 has 4 columns, every row must have 5"},
        std::pair{"2 1 5 1 128\n", "acc_exp02_user01.txt is missing"},
        std::pair{"1 1 5 1 100\n", "no run has the 128 samples of a window"}}) {
    write_recordings(labels);
    EXPECT_THAT(error(), HasSubstr(message)) << labels;
  }
}

TEST_F(Hapt, RefusesDamagedRecordings) {
  write_recordings("1 1 5 1 128\n");
  folder_.write("RawData/gyro_exp01_user01.txt", samples(399, 1));
  EXPECT_THAT(error(), AllOf(HasSubstr("gyro_exp01_user01.txt: 399 rows"), HasSubstr("has 400")));
  folder_.write("RawData/gyro_exp01_user01.txt", samples(400, 1) + "0.1 nan 0.2\n");
  EXPECT_THAT(error(), HasSubstr("row 401, column 2 is 'nan', allowed is a number"));
  folder_.write("RawData/gyro_exp01_user01.txt", samples(400, 1) + "0.1 0.2");
  EXPECT_THAT(error(), HasSubstr("row 401 has 2 columns, every row must have 3"));
  folder_.write("RawData/gyro_exp01_user01.txt", "");
  EXPECT_THAT(error(), HasSubstr("the file is empty"));
}

/// All of the publisher's recordings against the features that another program derived from them.
TEST(LongHapt, GivesTheDerivedFeatures) {
  const auto packed = data_folder() / "hapt" / "hapt_raw.tar.xz";
  if (!std::filesystem::exists(packed)) {
    GTEST_SKIP() << "no " << packed.string()
                 << "; set SYLVESTER_DATA to the folder of the public data sets";
  }
  const Dataset derived = load_dataset("hapt", data_folder());
  const TestFolder folder;
  for_each_tar_member(read_file_bytes(packed),
                      [&](const std::string& name, std::string_view bytes) {
                        std::filesystem::create_directories((folder.path() / name).parent_path());
                        folder.write(name, bytes);
                      });
  const Dataset dataset = load_dataset("hapt", folder.path());
  EXPECT_EQ(dataset.label, derived.label);
  EXPECT_EQ(dataset.subject, derived.subject);
  const auto width = static_cast<std::size_t>(dataset.features);
  int decided_otherwise = 0;
  for (std::size_t i = 0; i < dataset.label.size() && !HasFailure(); ++i) {
    SCOPED_TRACE(fmt::format("window {}", i));
    decided_otherwise += expect_derived_features(std::span(dataset.x).subspan(i * width, width),
                                                 std::span(derived.x).subspan(i * width, width));
  }
  EXPECT_LT(decided_otherwise, 100);  // of 174,864
}

}  // namespace
}  // namespace sylvester
