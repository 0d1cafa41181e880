#include "rtl_gen/package.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "golden/support/atomic_file.hpp"
#include "golden/support/error.hpp"
#include "rtl_gen/test_hardware.hpp"

namespace sylvester {
namespace {

namespace fs = std::filesystem;

class PackageFolder : public ::testing::Test {
 protected:
  void SetUp() override {
    base_ = fs::temp_directory_path() / ("sylvester_package_" + std::to_string(getpid()));
    fs::remove_all(base_);
    fs::create_directories(base_);
  }
  void TearDown() override { fs::remove_all(base_); }

  [[nodiscard]] GeneratedFiles read(const fs::path& folder) const {
    GeneratedFiles files;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.is_directory()) continue;
      files[entry.path().lexically_relative(folder).generic_string()] = read_file(entry.path());
    }
    return files;
  }
  [[nodiscard]] std::size_t entries() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(base_), fs::directory_iterator()));
  }

  fs::path base_;
};

TEST(Package, TheCommittedSampleIsWhatTheGeneratorWrites) {
  const GeneratedFiles files = generate_package(small_hardware());
  const fs::path sample = fs::path(SYLVESTER_SOURCE_DIR) / "rtl_gen" / "sample";
  const bool update = std::getenv("SYLVESTER_UPDATE_SAMPLE") != nullptr;
  if (update) write_package(files, sample);
  std::size_t found = 0;
  for (const auto& entry : fs::recursive_directory_iterator(sample)) {
    if (entry.is_directory()) continue;
    const std::string name = entry.path().lexically_relative(sample).generic_string();
    if (name.rfind("build/", 0) == 0) continue;
    ++found;
    ASSERT_EQ(files.count(name), 1u) << name << " is no longer generated";
    EXPECT_TRUE(files.at(name) == read_file(entry.path()))
        << name << " differs; after a wanted change run this test with SYLVESTER_UPDATE_SAMPLE=1";
  }
  EXPECT_EQ(found, files.size());
}

TEST(Package, NamesNoDateAndNoPath) {
  for (const auto& [name, text] : generate_package(small_hardware())) {
    EXPECT_EQ(text.find(SYLVESTER_SOURCE_DIR), std::string::npos) << name;
    EXPECT_EQ(text.find("/home"), std::string::npos) << name;
    EXPECT_EQ(text.find("/tmp"), std::string::npos) << name;
  }
}

TEST(Package, EveryConfigurationHasBeatsInEveryStream) {
  for (const auto& [name, hardware] : test_hardware()) {
    const auto vectors = stream_vectors(hardware, sample_jobs(hardware));
    for (const auto& stream : streams()) {
      const bool outside = stream.producer == "host" || stream.consumer == "host";
      EXPECT_EQ(!vectors[static_cast<std::size_t>(stream.stream)].empty(), outside)
          << name << " " << stream.name;
    }
  }
}

TEST(Package, HexText) {
  EXPECT_EQ(hex_text({0x89abcdef, 0x5}, 35), "589abcdef");
  EXPECT_EQ(hex_text({0x3}, 2), "3");
}

TEST_F(PackageFolder, WritesReplacesAndLeavesNothingElse) {
  const fs::path folder = base_ / "out";
  const GeneratedFiles files = generate_package(small_hardware());
  write_package(files, folder);
  EXPECT_EQ(read(folder), files);
  EXPECT_NE(fs::status(folder / "run_test").permissions() & fs::perms::owner_exec, fs::perms::none);
  fs::create_directories(folder / "build");
  write_file(folder / "build" / "left.vvp", "x");
  GeneratedFiles fewer = files;
  fewer.erase("README.txt");
  write_package(fewer, folder / "");  // a separator at the end changes nothing
  EXPECT_EQ(read(folder), fewer);
  EXPECT_EQ(entries(), 1u);
}

TEST_F(PackageFolder, AnEmptyFolderIsFilled) {
  fs::create_directories(base_ / "empty");
  write_package({{"files.txt", "files.txt\n"}}, base_ / "empty");
  EXPECT_EQ(read(base_ / "empty").size(), 1u);
}

TEST_F(PackageFolder, FilesOfOthersAreKept) {
  const fs::path folder = base_ / "mine";
  write_file(folder / "thesis.txt", "text");
  EXPECT_THROW(write_package(generate_package(small_hardware()), folder), UserError);
  EXPECT_EQ(read(folder), (GeneratedFiles{{"thesis.txt", "text"}}));
  EXPECT_EQ(entries(), 1u);
}

TEST_F(PackageFolder, AListOfFilesIsNoPackage) {
  const fs::path folder = base_ / "mine";
  write_file(folder / "files.txt", "files.txt\nthesis.txt\n");
  write_file(folder / "thesis.txt", "text");
  const GeneratedFiles before = read(folder);
  EXPECT_THROW(write_package(generate_package(small_hardware()), folder), UserError);
  EXPECT_EQ(read(folder), before);
}

TEST_F(PackageFolder, AFileInThePlaceOfTheFolderIsRefused) {
  write_file(base_ / "file", "text");
  EXPECT_THROW(write_package({{"a", "b"}}, base_ / "file"), UserError);
  EXPECT_EQ(entries(), 1u);
}

TEST_F(PackageFolder, NothingIsLeftWhenWritingFails) {
  // A file name that is a folder at the same time cannot be written.
  const GeneratedFiles impossible{{"a", "x"}, {"a/b", "y"}};
  EXPECT_THROW(write_package(impossible, base_ / "out"), UserError);
  EXPECT_EQ(entries(), 0u);
}

}  // namespace
}  // namespace sylvester
