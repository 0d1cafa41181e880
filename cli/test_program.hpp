// For tests: runs the program as a user does, arguments in, exit status and output streams out.
#pragma once

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "golden/support/atomic_file.hpp"
#include "golden/support/npy.hpp"

namespace sylvester {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

struct Finished {
  int status = -1;  ///< exit status, or 128 + signal
  std::string out;
  std::string err;
};

class Program : public testing::Test {
 protected:
  Program() : folder_(fs::temp_directory_path() / ("sylvester_cli_" + std::to_string(getpid()))) {
    fs::create_directories(folder_);
  }
  ~Program() override { fs::remove_all(folder_); }

  // Starts the program with its streams in files; `out` may be a device instead.
  pid_t start(const std::vector<std::string>& arguments, const std::string& out = "") const {
    std::vector<std::string> words = {SYLVESTER_PROGRAM};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const std::string out_path = out.empty() ? (folder_ / "out").string() : out;
    const std::string err_path = (folder_ / "err").string();
    const pid_t child = fork();
    if (child == 0) {
      dup2(open("/dev/null", O_RDONLY), 0);
      dup2(open(out_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 1);
      dup2(open(err_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 2);
      execv(argv[0], argv.data());
      _exit(127);
    }
    return child;
  }

  Finished finish(pid_t child, bool own_out = true) const {
    int status = 0;
    waitpid(child, &status, 0);
    Finished result;
    result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (own_out) result.out = read_file(folder_ / "out");
    result.err = read_file(folder_ / "err");
    return result;
  }

  Finished run(const std::vector<std::string>& arguments) const { return finish(start(arguments)); }

  std::string file(const std::string& name, const std::string& content) const {
    write_file(folder_ / name, content);
    return (folder_ / name).string();
  }

  std::string matrix(const std::string& name, std::vector<std::size_t> shape,
                     std::vector<std::int64_t> values) const {
    NpyArray array;
    array.shape = std::move(shape);
    array.integers = std::move(values);
    return file(name, npy_bytes(array));
  }

  // Bad input: status 2, one line on standard error, and with --json one error object.
  void expect_bad_input(const std::vector<std::string>& arguments, const std::string& part) const {
    const Finished plain = run(arguments);
    EXPECT_EQ(plain.status, 2) << plain.err;
    EXPECT_EQ(plain.out, "");
    EXPECT_THAT(plain.err, StartsWith("sylvester: "));
    EXPECT_THAT(plain.err, HasSubstr(part));
    EXPECT_EQ(std::count(plain.err.begin(), plain.err.end(), '\n'), 1) << plain.err;

    std::vector<std::string> with_json = arguments;
    with_json.emplace_back("--json");
    const Finished object = run(with_json);
    EXPECT_EQ(object.status, 2);
    const json parsed = json::parse(object.out, nullptr, false);
    ASSERT_FALSE(parsed.is_discarded()) << object.out;
    EXPECT_EQ(parsed.at("schema_version"), 1);
    EXPECT_EQ(parsed.at("error").at("kind"), "input");
    EXPECT_THAT(parsed.at("error").at("message").get<std::string>(), HasSubstr(part));
  }

  json run_json(std::vector<std::string> arguments) const {
    arguments.emplace_back("--json");
    const Finished result = run(arguments);
    EXPECT_EQ(result.status, 0) << result.err;
    const json parsed = json::parse(result.out, nullptr, false);
    EXPECT_FALSE(parsed.is_discarded()) << result.out;
    EXPECT_EQ(parsed.value("schema_version", 0), 1);
    return parsed;
  }

  fs::path folder_;
};

/// Tests that compile generated Verilog.
using VerilatedProgram = Program;

}  // namespace sylvester
