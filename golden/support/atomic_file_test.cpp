#include "golden/support/atomic_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include "golden/support/error.hpp"

namespace sylvester {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

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
  fs::resize_file(folder_ / "file", std::uintmax_t{1} << 40);  // a hole: refused, not read
  EXPECT_THROW(read_file(folder_ / "file", 1000), UserError);
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

// A limit of the file size fails as a full disk does, in the middle of writing.
TEST_F(AtomicFileTest, FullDiskIsAnEnvironmentErrorThatSaysWhy) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{4096, before.rlim_max};
  std::string message;
  setrlimit(RLIMIT_FSIZE, &small);
  try {
    write_file(folder_ / "new" / "file", std::string(100000, 'x'));
  } catch (const EnvironmentError& error) {
    message = error.what();
  }
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_THAT(message, HasSubstr("file: writing failed: File too large"));
  EXPECT_EQ(entries(), 0u);
}

TEST_F(AtomicFileTest, OnlyRegularFilesAreReadAndReplaced) {
  const fs::path fifo = folder_ / "fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  for (const fs::path& path : {fifo, fs::path("/dev/zero"), folder_}) {
    EXPECT_THROW(read_file(path), UserError) << path;
    EXPECT_THROW(write_file(path, "x"), UserError) << path;
  }
}

TEST_F(AtomicFileTest, AFolderIsMadeOnlyWhenItIsUsed) {
  require_output_folder(folder_ / "a" / "b");
  EXPECT_EQ(entries(), 0u);
  { const AtomicFile unused(folder_ / "a" / "b" / "file"); }
  EXPECT_EQ(entries(), 0u);
  make_output_folder(folder_ / "a" / "b");
  EXPECT_TRUE(fs::is_empty(folder_ / "a" / "b"));
  require_output_folder(folder_ / "a" / "b");
  EXPECT_TRUE(fs::is_directory(folder_ / "a" / "b")) << "what was there stays";
}

}  // namespace
}  // namespace sylvester
