// The generated top levels as text: widths, parameters, layout, determinism.
#include "rtl_gen/generate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "golden/hardware/streams.hpp"
#include "golden/support/error.hpp"
#include "rtl_gen/interface.hpp"
#include "rtl_gen/library.hpp"
#include "rtl_gen/print.hpp"
#include "rtl_gen/test_hardware.hpp"
#include "rtl_gen/top.hpp"

namespace sylvester {
namespace {

using ::testing::HasSubstr;

TEST(GeneratedTop, StreamWidthsAreThoseOfTheStreamTable) {
  for (const auto& [name, hardware] : test_hardware()) {
    rtl::Values values;
    for (const auto& parameter : rtl::top_parameters(hardware)) {
      if (parameter.bits == 0) values[parameter.name] = rtl::evaluate(parameter.value, {});
    }
    for (const auto& stream : streams()) {
      EXPECT_EQ(rtl::evaluate(rtl::stream_width(stream.stream), values),
                payload_bits(hardware, stream.stream))
          << name << " " << stream.name;
    }
  }
}

TEST(GeneratedTop, SameParametersGiveSameBytes) {
  for (const bool verification : {false, true}) {
    EXPECT_EQ(generate_rtl(small_hardware(), {verification}),
              generate_rtl(small_hardware(), {verification}));
  }
}

TEST(GeneratedTop, OnlyParameterValuesDependOnTheHardware) {
  // Overriding parameters is the same as regenerating exactly because nothing else differs.
  const auto without_values = [](const std::string& text) {
    std::string result;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      if (line.rfind("  parameter ", 0) == 0) line.erase(line.find('='));
      result += line + "\n";
    }
    return result;
  };
  for (const bool verification : {false, true}) {
    const std::string file = verification ? "sylvester_verify_top.v" : "sylvester_top.v";
    const std::string first = generate_rtl(small_hardware(), {verification}).at(file);
    for (const auto& [name, hardware] : test_hardware()) {
      const auto files = generate_rtl(hardware, {verification});
      EXPECT_EQ(without_values(files.at(file)), without_values(first)) << name;
      EXPECT_EQ(files.size(), generate_rtl(small_hardware(), {verification}).size()) << name;
    }
  }
}

TEST(GeneratedTop, EveryFileHoldsOneModuleOfItsNameInAHundredColumns) {
  auto files = generate_rtl(small_hardware());
  files.merge(generate_rtl(small_hardware(), {.verification = true}));
  for (const auto& [name, text] : files) {
    EXPECT_EQ(rtl::read_interface(text).name + ".v", name);
    EXPECT_EQ(text.rfind("// ", 0), 0u) << name;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(line.size(), 100u) << name << ": " << line;
      EXPECT_TRUE(line.empty() || line.back() != ' ') << name << ": " << line;
    }
  }
}

TEST(GeneratedTop, DeliveryHasNeitherGatesNorProbes) {
  const auto files = generate_rtl(small_hardware());
  EXPECT_EQ(files.count("stream_gate.v"), 0u);
  EXPECT_EQ(files.count("sylvester_verify_top.v"), 0u);
  EXPECT_EQ(files.at("sylvester_top.v").find("probe_"), std::string::npos);
  EXPECT_EQ(files.at("sylvester_top.v").find("stall"), std::string::npos);
  EXPECT_EQ(generate_rtl(small_hardware(), {.verification = true}).count("stream_gate.v"), 1u);
}

TEST(GeneratedTop, TheWholeLibraryIsUsed) {
  const auto files = generate_rtl(small_hardware(), {.verification = true});
  for (const auto& [name, text] : verilog_library()) {
    if (name.find('/') != std::string::npos) continue;
    EXPECT_EQ(files.count(name), 1u) << name;
  }
}

TEST(GeneratedTop, CarriesTheHash) {
  EXPECT_THAT(generate_rtl(small_hardware()).at("sylvester_top.v"),
              HasSubstr("HardwareHash = " + rtl::hex_literal(hardware_hash(small_hardware()))));
}

TEST(GeneratedTop, ImpossibleHardwareIsRefused) {
  HardwareParameters hardware = small_hardware();
  hardware.rows = 65;
  EXPECT_THROW(generate_rtl(hardware), UserError);
}

TEST(Print, CommentsAreWrapped) {
  EXPECT_EQ(rtl::print_comment("one two three", "  ", 12), "  // one two\n  // three\n");
  EXPECT_EQ(rtl::print_comment("a\n\nb"), "// a\n//\n// b\n");
}

TEST(Print, SmallModule) {
  rtl::Module module;
  module.name = "sample";
  module.purpose = "Doubles.";
  module.parameters = {{"N", 4, 0, {{1, 8}}, "bits"}, {"Hash", "64'h12", 64, {}, "a name"}};
  module.ports = {{rtl::Direction::kInput, "a_i", "N"}, {rtl::Direction::kOutput, "b_o", "2 * N"}};
  module.constants = {{"Twice", "2 * N"}};
  module.requirements = {{"N != 3", "illegal_N_three"}};
  module.items = {rtl::Section{"Body."}, rtl::Net{"pair", "Twice", "{a_i, a_i}"},
                  rtl::Assign{"b_o", "pair"}};
  EXPECT_EQ(rtl::print(module),
            "// Doubles.\n"
            "//\n"
            "// N     1 ... 8: bits\n"
            "// Hash  a name\n"
            "module sample #(\n"
            "  parameter integer N = 4,\n"
            "  parameter [63:0]  Hash = 64'h12\n"
            ") (\n"
            "  input  wire [N-1:0]   a_i,\n"
            "  output wire [2*N-1:0] b_o\n"
            ");\n"
            "  localparam integer Twice = 2 * N;\n"
            "\n"
            "  // An illegal parameter stops the elaboration at a module that does not exist.\n"
            "  generate\n"
            "    if (N < 1 || N > 8) illegal_N_allowed_1_to_8 u_stop ();\n"
            "    if (!(N != 3)) illegal_N_three u_stop ();\n"
            "  endgenerate\n"
            "\n"
            "  // Body.\n"
            "  wire [Twice-1:0] pair = {a_i, a_i};\n"
            "  assign b_o = pair;\n"
            "endmodule\n");
}

}  // namespace
}  // namespace sylvester
