#include "golden/data/file_bytes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "golden/data/test_files.hpp"

namespace sylvester {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// Long enough for several chunks of the unpackers, and not compressible to nothing.
std::string long_text() {
  std::string text;
  for (int i = 0; i < 700000; ++i) text += std::to_string(i % 1000 * 7919 % 1000);
  return text;
}

TEST(FileBytes, ReadsPlainXzAndGzip) {
  const TestFolder folder;
  const std::string text = long_text();
  EXPECT_EQ(read_file_bytes(folder.write("a.csv", text)), text);
  EXPECT_EQ(read_file_bytes(folder.write("a.csv.xz", xz_packed(text))), text);
  EXPECT_EQ(read_file_bytes(folder.write("a.csv.gz", gzipped(text))), text);
}

TEST(FileBytes, JoinsConcatenatedMembers) {
  const TestFolder folder;
  EXPECT_EQ(read_file_bytes(folder.write("a.xz", xz_packed("one,") + xz_packed("two"))), "one,two");
  EXPECT_EQ(read_file_bytes(folder.write("a.gz", gzipped("one,") + gzipped("two"))), "one,two");
}

TEST(FileBytes, RefusesMissingFileAndFolder) {
  const TestFolder folder;
  const auto missing = folder.path() / "nothing.csv";
  EXPECT_THAT(user_error([&] { read_file_bytes(missing); }),
              AllOf(HasSubstr("nothing.csv"), HasSubstr("No such file")));
  EXPECT_THAT(user_error([&] { read_file_bytes(folder.path()); }), HasSubstr("is a folder"));
}

TEST(FileBytes, RefusesEmptyFiles) {
  const TestFolder folder;
  for (const char* name : {"a.csv", "a.csv.xz", "a.csv.gz"}) {
    EXPECT_THAT(user_error([&] { read_file_bytes(folder.write(name, "")); }),
                AllOf(HasSubstr(name), HasSubstr("empty")));
  }
  EXPECT_THAT(user_error([&] { read_file_bytes(folder.write("b.xz", xz_packed(""))); }),
              HasSubstr("unpacks to nothing"));
  EXPECT_THAT(user_error([&] { read_file_bytes(folder.write("b.gz", gzipped(""))); }),
              HasSubstr("unpacks to nothing"));
}

TEST(FileBytes, RefusesEveryTruncation) {
  const TestFolder folder;
  const std::string text = "1.5,2.5,3\n4.5,5.5,6\n";
  for (const auto& [name, packed] :
       {std::pair{"t.xz", xz_packed(text)}, std::pair{"t.gz", gzipped(text)}}) {
    for (std::size_t size = 1; size < packed.size(); ++size) {
      EXPECT_THAT(user_error([&] { read_file_bytes(folder.write(name, packed.substr(0, size))); }),
                  AllOf(HasSubstr(name), HasSubstr("ends early")))
          << size << " of " << packed.size() << " bytes";
    }
  }
}

TEST(FileBytes, RefusesTruncationOfALongFile) {
  const TestFolder folder;
  const std::string text = long_text();
  const std::string xz = xz_packed(text), gz = gzipped(text);
  EXPECT_THAT(
      user_error([&] { read_file_bytes(folder.write("t.xz", xz.substr(0, xz.size() / 2))); }),
      HasSubstr("ends early"));
  EXPECT_THAT(
      user_error([&] { read_file_bytes(folder.write("t.gz", gz.substr(0, gz.size() / 2))); }),
      HasSubstr("ends early"));
}

TEST(FileBytes, RefusesCorruptFiles) {
  const TestFolder folder;
  for (const char* name : {"t.xz", "t.gz"}) {
    EXPECT_THAT(user_error([&] { read_file_bytes(folder.write(name, "this is not packed")); }),
                AllOf(HasSubstr(name), HasSubstr("not a valid")));
  }
  std::string xz = xz_packed(long_text()), gz = gzipped(long_text());
  xz[xz.size() / 2] = static_cast<char>(xz[xz.size() / 2] ^ 0x10);
  gz[gz.size() - 6] = static_cast<char>(gz[gz.size() - 6] ^ 0x10);  // the check sum
  EXPECT_THAT(user_error([&] { read_file_bytes(folder.write("t.xz", xz)); }),
              HasSubstr("not a valid xz"));
  EXPECT_THAT(user_error([&] { read_file_bytes(folder.write("t.gz", gz)); }),
              HasSubstr("not a valid gzip"));
}

TEST(FileBytes, RefusesGarbageBehindTheEnd) {
  const TestFolder folder;
  EXPECT_THAT(user_error([&] { read_file_bytes(folder.write("t.gz", gzipped("1,2") + "xyz")); }),
              HasSubstr("t.gz"));
  EXPECT_THAT(user_error([&] { read_file_bytes(folder.write("t.xz", xz_packed("1,2") + "xyz1")); }),
              HasSubstr("t.xz"));
}

TEST(FileBytes, FindsPlainBeforePacked) {
  const TestFolder folder;
  folder.write("a.gz", "g");
  EXPECT_EQ(find_file(folder.path(), "a").filename(), "a.gz");
  folder.write("a.xz", "x");
  EXPECT_EQ(find_file(folder.path(), "a").filename(), "a.xz");
  folder.write("a", "p");
  EXPECT_EQ(find_file(folder.path(), "a").filename(), "a");
  EXPECT_THAT(user_error([&] { find_file(folder.path(), "b"); }),
              AllOf(HasSubstr("b is missing"), HasSubstr("b.xz"), HasSubstr("b.gz")));
}

}  // namespace
}  // namespace sylvester
