#include "golden/data/dsads.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "golden/data/derived_features.hpp"
#include "golden/data/file_bytes.hpp"
#include "golden/data/load.hpp"
#include "golden/data/test_files.hpp"

namespace sylvester {
namespace {

using testing::AllOf;
using testing::Each;
using testing::HasSubstr;

/// A segment in the publisher's format; every value depends on `seed`.
std::string segment(int seed, int rows = 125, int columns = 45) {
  std::string text;
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < columns; ++column) {
      text += fmt::format("{}{:.4f}", column == 0 ? "" : ",",
                          (row * 7 + column * 3 + seed) % 11 * 0.5 - 2.5);
    }
    text += '\n';
  }
  return text;
}

/// All segments of `subject` below `root`; those of an activity are one file with 60 names.
void write_subject(const std::filesystem::path& root, int subject) {
  for (int activity = 1; activity <= 19; ++activity) {
    const auto folder = root / fmt::format("a{:02}/p{}", activity, subject);
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "s01.txt") << segment(activity + 20 * subject);
    for (int s = 2; s <= 60; ++s) {
      std::filesystem::create_hard_link(folder / "s01.txt", folder / fmt::format("s{:02}.txt", s));
    }
  }
}

TEST(Dsads, ReadsThePublishersSegments) {
  const TestFolder folder;
  write_subject(folder.path() / "data", 2);
  const Dataset dataset = load_dataset("dsads", folder.path());
  EXPECT_EQ(dataset.name, "dsads");
  EXPECT_EQ(dataset.features, 405);
  EXPECT_EQ(dataset.channels, 405);
  EXPECT_EQ(dataset.classes, 19);
  EXPECT_EQ(dataset.class_number.back(), 19);
  ASSERT_EQ(dataset.samples(), 19 * 60);
  EXPECT_EQ(dataset.x.size(), 19U * 60 * 405);
  EXPECT_EQ(dataset.label[59], 0);
  EXPECT_EQ(dataset.label[60], 1);
  EXPECT_THAT(dataset.subject, Each(2));
  // The last sensor of the first segment: row 0 has the columns 42, 43, 44.
  const float* const last = dataset.x.data() + 14 * 27;
  EXPECT_GT(last[0], 0);
  EXPECT_FLOAT_EQ(last[5], last[3] - last[2]);
}

TEST(Dsads, RefusesDamagedSegments) {
  const TestFolder folder;
  write_subject(folder.path(), 1);
  const auto error = [&](std::string_view bytes) {
    std::filesystem::remove(folder.path() / "a01/p1/s01.txt");
    folder.write("a01/p1/s01.txt", bytes);
    return user_error([&] { load_dataset("dsads", folder.path()); });
  };
  EXPECT_THAT(error(segment(1, 124)), AllOf(HasSubstr("s01.txt: 124 rows"), HasSubstr("has 125")));
  EXPECT_THAT(error(segment(1, 125, 44)),
              HasSubstr("row 1 has 44 columns, every row must have 45"));
  EXPECT_THAT(error(""), HasSubstr("s01.txt: the file is empty"));
  std::string nan = segment(1);
  nan.replace(0, 6, "NaN");
  EXPECT_THAT(error(nan), HasSubstr("row 1, column 1 is"));
  EXPECT_THAT(error(segment(1).substr(0, 2000)), HasSubstr("columns"));
}

TEST(Dsads, RefusesAnIncompleteSet) {
  const TestFolder folder;
  write_subject(folder.path(), 1);
  std::filesystem::remove(folder.path() / "a07/p1/s33.txt");
  EXPECT_THAT(user_error([&] { load_dataset("dsads", folder.path()); }),
              HasSubstr("the file a07/p1/s33.txt is missing"));
  std::filesystem::remove_all(folder.path() / "a01/p1");
  EXPECT_THAT(user_error([&] { load_dataset("dsads", folder.path()); }),
              HasSubstr("a01: the folder has no segments"));
}

/// The publisher's segments against the features that another program derived from them.
TEST(Dsads, GivesTheDerivedFeatures) {
  const auto packed = data_folder() / "dsads" / "dsads_p1.tar.xz";
  if (!std::filesystem::exists(packed)) {
    GTEST_SKIP() << "no " << packed.string()
                 << "; set SYLVESTER_DATA to the folder of the public data sets";
  }
  const Dataset derived = load_dataset("dsads", data_folder());
  const TestFolder folder;
  const std::string tar = read_file_bytes(packed);
  for_each_tar_member(tar, [&](const std::string& name, std::string_view bytes) {
    std::filesystem::create_directories((folder.path() / name).parent_path());
    folder.write(name, bytes);
  });
  const Dataset dataset = load_dataset("dsads", folder.path());
  ASSERT_EQ(dataset.samples(), 1140);
  const auto width = static_cast<std::size_t>(dataset.features);
  for (std::size_t i = 0; i < dataset.label.size(); ++i) {
    const std::size_t other = i / 60 * 480 + i % 60;  // 8 subjects there, the first of them here
    ASSERT_EQ(dataset.label[i], derived.label[other]);
    ASSERT_EQ(derived.subject[other], 1);
    SCOPED_TRACE(fmt::format("segment {}", i));
    EXPECT_EQ(expect_derived_features(std::span(dataset.x).subspan(i * width, width),
                                      std::span(derived.x).subspan(other * width, width)),
              0);
    if (HasFailure()) break;
  }
}

}  // namespace
}  // namespace sylvester
