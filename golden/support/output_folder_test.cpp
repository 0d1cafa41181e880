#include "golden/support/output_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <set>

#include "golden/support/error.hpp"
#include "golden/support/interruption.hpp"

namespace sylvester {
namespace {

namespace fs = std::filesystem;

class OutputFolderTest : public testing::Test {
 protected:
  OutputFolderTest()
      : base_(fs::temp_directory_path() / ("sylvester_out_" + std::to_string(getpid()))) {
    fs::create_directories(base_);
  }
  ~OutputFolderTest() override { fs::remove_all(base_); }

  static bool is_own(const std::string& path) { return path.starts_with("own"); }

  static void write(const fs::path& folder, const std::vector<std::string>& names) {
    write_output_folder(folder, is_own, [&](const fs::path& fresh) {
      for (const auto& name : names) write_file(fresh / name, name);
    });
  }

  /// Everything below the base folder.
  [[nodiscard]] std::set<std::string> entries() const {
    std::set<std::string> result;
    for (const auto& entry : fs::recursive_directory_iterator(base_)) {
      result.insert(entry.path().lexically_relative(base_).generic_string());
    }
    return result;
  }

  fs::path base_;
};

TEST_F(OutputFolderTest, IsMadeFilledAndReplaced) {
  write(base_ / "a" / "out", {"own1", "own_dir/x"});
  EXPECT_EQ(entries(), (std::set<std::string>{"a", "a/out", "a/out/own1", "a/out/own_dir",
                                              "a/out/own_dir/x"}));
  write(base_ / "a" / "out" / "", {"own2"});
  EXPECT_EQ(entries(), (std::set<std::string>{"a", "a/out", "a/out/own2"}));
}

TEST_F(OutputFolderTest, FilesOfOthersStay) {
  write_file(base_ / "out" / "own1", "x");
  write_file(base_ / "out" / "sub" / "thesis.txt", "x");
  const auto before = entries();
  EXPECT_THROW(write(base_ / "out", {"own2"}), UserError);
  EXPECT_EQ(entries(), before);
  fs::remove(base_ / "out" / "sub" / "thesis.txt");
  EXPECT_THROW(write(base_ / "out", {"own2"}), UserError) << "an empty folder of others";
  EXPECT_THROW(require_output_folder(base_ / "out" / "own1", is_own), UserError) << "a file";
  EXPECT_THROW(require_output_folder("/proc/sylvester", is_own), UserError);
}

TEST_F(OutputFolderTest, ALinkAndTheWorkingFolderKeepTheirPlace) {
  fs::create_directory(base_ / "real");
  fs::create_directory_symlink("real", base_ / "link");
  write(base_ / "link", {"own1"});
  EXPECT_TRUE(fs::is_symlink(base_ / "link"));
  EXPECT_TRUE(fs::exists(base_ / "real" / "own1"));
  fs::create_directories(base_ / "deep" / "inner");
  fs::create_directory_symlink("deep/inner", base_ / "far");
  write(base_ / "far" / ".." / "out" / "", {"own1"});
  EXPECT_TRUE(fs::exists(base_ / "deep" / "out" / "own1"));
  fs::create_directory_symlink("nothing", base_ / "dangling");
  EXPECT_THROW(require_output_folder(base_ / "dangling", is_own), UserError);
  const fs::path before = fs::current_path();
  fs::current_path(base_ / "real");
  write(".", {"own2"});
  EXPECT_TRUE(fs::exists("own2"));
  EXPECT_FALSE(fs::exists("own1"));
  fs::current_path(before);
}

TEST_F(OutputFolderTest, NothingIsLeftOfWhatFails) {
  const auto fail = [](const fs::path& fresh) {
    write_file(fresh / "own_new", "x");
    throw EnvironmentError("disk full");
  };
  EXPECT_THROW(write_output_folder(base_ / "a" / "out", is_own, fail), EnvironmentError);
  EXPECT_TRUE(entries().empty());
  write(base_ / "out", {"own_old"});
  EXPECT_THROW(write_output_folder(base_ / "out", is_own, fail), EnvironmentError);
  EXPECT_EQ(entries(), (std::set<std::string>{"out", "out/own_old"}));
  require_output_folder(base_ / "b" / "out", is_own);
  EXPECT_EQ(entries(), (std::set<std::string>{"out", "out/own_old"}));
}

int interruptions = 0;

void count_interruption(int signal) {
  if (!must_wait(signal)) ++interruptions;
}

TEST(Interruption, WaitsForTheEndOfASection) {
  std::signal(SIGUSR1, count_interruption);
  {
    const Uninterrupted outer;
    {
      const Uninterrupted inner;
      std::raise(SIGUSR1);
    }
    EXPECT_EQ(interruptions, 0);
  }
  EXPECT_EQ(interruptions, 1);
  std::raise(SIGUSR1);
  EXPECT_EQ(interruptions, 2);
  std::signal(SIGUSR1, SIG_DFL);
}

TEST(Interruption, RemovesFilesAndEmptyFolders) {
  const fs::path folder = fs::temp_directory_path() / ("sylvester_int_" + std::to_string(getpid()));
  fs::create_directory(folder);
  const std::size_t place = register_unfinished(folder.c_str());
  remove_unfinished();
  forget_unfinished(place);
  EXPECT_FALSE(fs::exists(folder));
}

}  // namespace
}  // namespace sylvester
