#include "golden/support/atomic_file.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "golden/support/error.hpp"

namespace sylvester {
namespace {

namespace fs = std::filesystem;

class AtomicFileTest : public testing::Test {
 protected:
  AtomicFileTest()
      : folder_(fs::temp_directory_path() / ("sylvester_file_" + std::to_string(getpid()))) {
    fs::create_directories(folder_);
  }
  ~AtomicFileTest() override { fs::remove_all(folder_); }

  [[nodiscard]] std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), {}));
  }

  fs::path folder_;
};

TEST_F(AtomicFileTest, WrittenFileReadsBack) {
  const std::string content("a\0b\r\n\xff", 6);
  write_file(folder_ / "new" / "file", content);
  EXPECT_EQ(read_file(folder_ / "new" / "file"), content);
}

TEST_F(AtomicFileTest, LargeFilesReadBackOrAreRefused) {
  const std::string content(200000, 'x');
  write_file(folder_ / "file", content);
  EXPECT_EQ(read_file(folder_ / "file"), content);
  EXPECT_EQ(read_file(folder_ / "file", content.size()), content);
  EXPECT_THROW(read_file(folder_ / "file", content.size() - 1), UserError);
}

TEST_F(AtomicFileTest, NothingIsLeftWithoutCommit) {
  write_file(folder_ / "file", "old");
  {
    AtomicFile file(folder_ / "file");
    file.stream() << "half of it";
  }
  EXPECT_EQ(read_file(folder_ / "file"), "old");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(AtomicFileTest, BadPathsAreUserErrors) {
  write_file(folder_ / "file", "text");
  EXPECT_THROW(write_file(folder_ / "file" / "below", "x"), UserError);
  EXPECT_THROW(write_file(folder_, "x"), UserError);
  EXPECT_THROW(read_file(folder_), UserError);
  EXPECT_THROW(read_file(folder_ / "absent"), UserError);
  EXPECT_THROW(make_output_folder(folder_ / "file"), UserError);
  EXPECT_THROW(make_output_folder("/proc/sylvester"), UserError);
}

TEST_F(AtomicFileTest, FullDiskIsAnEnvironmentError) {
  if (!fs::exists("/dev/full")) GTEST_SKIP();
  std::ofstream full("/dev/full");
  AtomicFile file(folder_ / "file");
  std::streambuf* original = file.stream().rdbuf(full.rdbuf());
  file.stream() << "text";
  EXPECT_THROW(file.commit(), EnvironmentError);
  file.stream().rdbuf(original);
}

}  // namespace
}  // namespace sylvester
