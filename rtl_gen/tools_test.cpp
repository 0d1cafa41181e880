// The generated Verilog in the hands of Verilator, Icarus Verilog and Yosys. Tests of a tool that
// is not installed are skipped.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "golden/support/atomic_file.hpp"
#include "golden/support/error.hpp"
#include "rtl_gen/generate.hpp"
#include "rtl_gen/package.hpp"
#include "rtl_gen/test_hardware.hpp"
#include "rtl_gen/top.hpp"

namespace sylvester {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class Workspace {
 public:
  Workspace()
      : folder_(fs::temp_directory_path() /
                ("sylvester_rtl_" + std::to_string(getpid()) + "_" + std::to_string(count_++))) {
    fs::create_directories(folder_);
  }
  ~Workspace() {
    std::error_code ignored;
    if (!::testing::Test::HasFailure()) fs::remove_all(folder_, ignored);
  }
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  [[nodiscard]] const fs::path& path() const { return folder_; }
  void write(const GeneratedFiles& files, const std::string& under = "") const {
    for (const auto& [name, text] : files) write_file(folder_ / under / name, text);
  }

  struct Result {
    int status;
    std::string output;
  };
  /// Runs a shell command in the folder; standard output and error together.
  [[nodiscard]] Result run(const std::string& command) const {
    const fs::path log = folder_ / "log.txt";
    const int status = std::system(("cd '" + folder_.string() + "' && { " + command + "; } > '" +
                                    log.string() + "' 2>&1 < /dev/null")
                                       .c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_file(log)};
  }

 private:
  inline static int count_ = 0;
  fs::path folder_;
};

bool installed(const std::string& tool) {
  return std::system(("command -v " + tool + " > /dev/null 2>&1").c_str()) == 0;
}
#define REQUIRE_TOOL(tool) \
  if (!installed(tool)) GTEST_SKIP() << tool << " is not installed"

std::string top_name(bool verification) {
  return verification ? rtl::kVerifyTopName : rtl::kTopName;
}

TEST(VerilatedTools, VerilatorLintIsClean) {
  REQUIRE_TOOL("verilator");
  for (const auto& [name, hardware] : test_hardware()) {
    for (const bool verification : {false, true}) {
      const Workspace work;
      work.write(generate_rtl(hardware, {verification}));
      const auto result =
          work.run("verilator --lint-only -Wall --top-module " + top_name(verification) + " *.v");
      EXPECT_EQ(result.status, 0) << name;
      EXPECT_EQ(result.output, "") << name;
    }
  }
}

TEST(VerilatedTools, IcarusElaboratesVerilog2005) {
  REQUIRE_TOOL("iverilog");
  for (const auto& [name, hardware] : test_hardware()) {
    for (const bool verification : {false, true}) {
      const Workspace work;
      work.write(generate_rtl(hardware, {verification}));
      const auto result =
          work.run("iverilog -g2005 -Wall -o top.vvp -s " + top_name(verification) + " *.v");
      EXPECT_EQ(result.status, 0) << name;
      EXPECT_EQ(result.output, "") << name;
    }
  }
}

TEST(VerilatedTools, YosysReadsTheHierarchy) {
  REQUIRE_TOOL("yosys");
  for (const auto& [name, hardware] : test_hardware()) {
    const Workspace work;
    work.write(generate_rtl(hardware));
    const auto result = work.run(
        "yosys -q -p 'read_verilog *.v; hierarchy -check -top sylvester_top; proc; check -assert'");
    EXPECT_EQ(result.status, 0) << name << "\n" << result.output;
  }
}

TEST(VerilatedTools, OverridingParametersIsRegenerating) {
  REQUIRE_TOOL("yosys");
  const HardwareParameters other = test_hardware().at(2).second;
  const Workspace work;
  work.write(generate_rtl(small_hardware()), "small");
  work.write(generate_rtl(other), "other");
  std::string overrides;
  for (const auto& parameter : rtl::top_parameters(other)) {
    overrides += " -chparam " + parameter.name + " " + rtl::print(parameter.value);
  }
  // Counted before any optimisation: what those find depends on the order of modules, hence on
  // their names, which differ.
  const auto script = [](const std::string& folder, const std::string& options) {
    return "yosys -q -p \"read_verilog " + folder + "/*.v; hierarchy -check -top sylvester_top" +
           options + "; proc -noopt; flatten; rename -top top; select top; tee -q -o " + folder +
           ".txt stat -width\"";
  };
  EXPECT_EQ(work.run(script("small", overrides)).status, 0);
  EXPECT_EQ(work.run(script("other", "")).status, 0);
  const auto cells = [&work](const std::string& folder) {
    const std::string text = read_file(work.path() / (folder + ".txt"));
    return text.substr(std::min(text.find("=== top"), text.size()));  // behind a running number
  };
  EXPECT_THAT(cells("small"), HasSubstr("$add"));
  EXPECT_EQ(cells("small"), cells("other"));
}

TEST(VerilatedTools, IllegalParametersStopTheElaboration) {
  const Workspace work;
  work.write(generate_rtl(small_hardware()));
  struct Case {
    std::string name, value, message;
  };
  for (const auto& [name, value, message] :
       {Case{"Rows", "65", "illegal_Rows_allowed_1_to_64"},
        Case{"BlockMax", "12", "illegal_BlockMax_not_a_power_of_two"},
        Case{"CodeBits", "6", "illegal_CodeBits_not_5_or_8"},
        Case{"Multiply", "0", "illegal_no_product"},
        Case{"PassBits", "9", "illegal_PassBits_without_exact_passes"},
        Case{"OuterBits", "7", "illegal_OuterBits_below_AccBits"}}) {
    if (installed("verilator")) {
      const auto result = work.run("verilator --lint-only --top-module sylvester_top -G" + name +
                                   "=" + value + " *.v");
      EXPECT_NE(result.status, 0) << name;
      EXPECT_THAT(result.output, HasSubstr(message));
    }
    if (installed("iverilog")) {
      const auto result = work.run("iverilog -g2005 -o top.vvp -s sylvester_top -Psylvester_top." +
                                   name + "=" + value + " *.v");
      EXPECT_NE(result.status, 0) << name;
      EXPECT_THAT(result.output, HasSubstr(message));
    }
    if (installed("yosys")) {
      const auto result =
          work.run("yosys -q -p 'read_verilog *.v; hierarchy -check -top sylvester_top -chparam " +
                   name + " " + value + "'");
      EXPECT_NE(result.status, 0) << name;
      EXPECT_THAT(result.output, HasSubstr(message));
    }
  }
}

TEST(VerilatedPackage, TestbenchPassesOnEveryConfiguration) {
  REQUIRE_TOOL("iverilog");
  for (const auto& [name, hardware] : test_hardware()) {
    const Workspace work;
    write_package(generate_package(hardware), work.path() / "package");
    const auto result = work.run("package/run_test");
    EXPECT_EQ(result.status, 0) << name << "\n" << result.output;
    EXPECT_THAT(result.output, HasSubstr("PASS")) << name;
  }
}

TEST(VerilatedPackage, TestbenchFailsOnEveryCorruptedStream) {
  REQUIRE_TOOL("iverilog");
  const GeneratedFiles good = generate_package(small_hardware());
  for (const auto& [stream, is_input] :
       std::vector<std::pair<std::string, bool>>{{"codes", false},
                                                 {"prepare_done", false},
                                                 {"results", false},
                                                 {"gemm_done", false},
                                                 {"wide", true},
                                                 {"a_codes", true},
                                                 {"b_codes", true}}) {
    GeneratedFiles files = good;
    std::string& text = files.at("tb/vectors/" + stream + ".hex");
    const std::size_t first_end = text.find('\n');
    if (is_input) {  // many wrong values: a single one may be rounded away
      for (std::size_t line = 0; line < text.size(); line += first_end + 1) {
        std::reverse(text.begin() + static_cast<std::ptrdiff_t>(line),
                     text.begin() + static_cast<std::ptrdiff_t>(line + first_end));
      }
    } else {  // one digit
      char& digit = text.at(first_end - 1);
      digit = digit == '0' ? '1' : '0';
    }
    const Workspace work;
    work.write(files);
    const auto result = work.run("sh ./run_test");
    EXPECT_EQ(result.status, 1) << stream << "\n" << result.output;
    EXPECT_THAT(result.output, HasSubstr("FAIL")) << stream;
    EXPECT_EQ(result.output.find("PASS"), std::string::npos) << stream;
  }
}

TEST(VerilatedPackage, TestbenchFailsOnAnotherHardwareHash) {
  REQUIRE_TOOL("iverilog");
  GeneratedFiles files = generate_package(small_hardware());
  std::string& text = files.at("rtl/sylvester_top.v");
  text.replace(text.find("64'h") + 4, 16, "0000000000000000");
  const Workspace work;
  work.write(files);
  const auto result = work.run("sh ./run_test");
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.output, HasSubstr("hardware hash is 0000000000000000"));
}

TEST(VerilatedPackage, YosysScriptRuns) {
  REQUIRE_TOOL("yosys");
  HardwareParameters hardware = test_hardware().at(1).second;
  const Workspace work;
  work.write(generate_package(hardware));
  const auto result = work.run("mkdir -p build && yosys -q -s synth/ice40.ys");
  EXPECT_EQ(result.status, 0) << result.output;
  EXPECT_TRUE(fs::exists(work.path() / "build" / "ice40.json"));
}

}  // namespace
}  // namespace sylvester
