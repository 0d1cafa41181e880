// For tests: a folder that no other test has, in this process or in another one.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>

namespace sylvester {

/// An empty folder with the name of the running test, removed at the end unless the test failed.
class TestFolder {
 public:
  TestFolder() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    static int number = 0;
    path_ = std::filesystem::temp_directory_path() /
            (std::string("sylvester_") + test->test_suite_name() + "_" + test->name() + "_" +
             std::to_string(getpid()) + "_" + std::to_string(number++));
    std::filesystem::create_directories(path_);
  }
  ~TestFolder() {
    if (testing::Test::HasFailure()) return;
    std::error_code ignored;  // a folder that stays behind is no reason to fail a test
    std::filesystem::remove_all(path_, ignored);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  std::filesystem::path write(const std::string& name, std::string_view bytes) const {
    const std::filesystem::path file = path_ / name;
    std::ofstream(file, std::ios::binary).write(bytes.data(), static_cast<long>(bytes.size()));
    return file;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace sylvester
