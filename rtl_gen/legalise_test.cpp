#include "rtl_gen/legalise.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "rtl_gen/interface.hpp"
#include "rtl_gen/print.hpp"

namespace sylvester::rtl {
namespace {

using ::testing::HasSubstr;

const std::map<std::string, Module>& known() {
  static const std::map<std::string, Module> modules{
      {"cell", read_interface("module cell #(parameter integer Width = 8) (\n"
                              "  input  wire             clk_i,\n"
                              "  input  wire [Width-1:0] data_i,\n"
                              "  output wire [Width-1:0] data_o\n"
                              ");\nendmodule\n")}};
  return modules;
}

Instance cell(const std::string& name, const Expression& in, const Expression& out) {
  return {"cell", name, {{"Width", "N"}}, {{"clk_i", "clk_i"}, {"data_i", in}, {"data_o", out}}};
}

Module sample() {
  Module module;
  module.name = "sample";
  module.purpose = "Test.";
  module.parameters = {{"N", 4, 0, {{1, 8}}, "bits"}};
  module.ports = {{Direction::kInput, "clk_i"},
                  {Direction::kInput, "data_i", "N"},
                  {Direction::kOutput, "data_o", "N"}};
  module.items = {Net{"edge", "N"}, cell("u_cell", "data_i", "edge"), Assign{"data_o", "edge"}};
  return module;
}

std::string refusal(Module module) {
  try {
    legalise(module, known());
  } catch (const std::logic_error& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Legalise, RenamesKeywordsEverywhere) {
  Module module = sample();
  legalise(module, known());
  const std::string text = print(module);
  EXPECT_THAT(text, HasSubstr("wire [N-1:0] edge_;"));
  EXPECT_THAT(text, HasSubstr(".data_o(edge_)"));
  EXPECT_THAT(text, HasSubstr("assign data_o = edge_;"));
}

TEST(Legalise, KeepsInstancesApart) {
  Module module = sample();
  module.items.push_back(Net{"other", "N"});
  module.items.push_back(cell("u_cell", "edge", "other"));
  legalise(module, known());
  EXPECT_EQ(std::get<Instance>(module.items.back()).name, "u_cell_2");
}

TEST(Legalise, RefusesIllegalInterfaces) {
  Module module = sample();
  module.ports.push_back({Direction::kInput, "wire"});
  EXPECT_THAT(refusal(module), HasSubstr("'wire' is not a legal free name"));
  module = sample();
  module.ports.push_back({Direction::kInput, "DATA_I"});
  EXPECT_THAT(refusal(module), HasSubstr("'DATA_I'"));
  module = sample();
  module.name = "9";
  EXPECT_THAT(refusal(module), HasSubstr("not a legal module name"));
}

TEST(Legalise, RefusesParametersOutOfRange) {
  Module module = sample();
  module.parameters[0].value = 9;
  EXPECT_THAT(refusal(module), HasSubstr("N = 9 is outside 1 ... 8"));
}

TEST(Legalise, RefusesWidthsThatDiffer) {
  Module module = sample();
  module.items[0] = Net{"edge", "N + 1"};
  EXPECT_THAT(refusal(module), HasSubstr("has 5 bits instead of 4"));
  module = sample();
  std::get<Instance>(module.items[1]).parameters[0].value = "N * 2";
  EXPECT_THAT(refusal(module), HasSubstr("u_cell.data_i"));
}

TEST(Legalise, RefusesWrongConnections) {
  Module module = sample();
  std::get<Instance>(module.items[1]).ports.pop_back();
  EXPECT_THAT(refusal(module), HasSubstr("u_cell.data_o: not connected"));
  module = sample();
  std::get<Instance>(module.items[1]).ports.push_back({"extra_i", "clk_i"});
  EXPECT_THAT(refusal(module), HasSubstr("u_cell.extra_i: no such port"));
  module = sample();
  std::get<Instance>(module.items[1]).ports.push_back({"clk_i", "clk_i"});
  EXPECT_THAT(refusal(module), HasSubstr("u_cell.clk_i: connected twice"));
  module = sample();
  std::get<Instance>(module.items[1]).parameters.push_back({"Depth", 2});
  EXPECT_THAT(refusal(module), HasSubstr("u_cell.Depth: no such parameter"));
  module = sample();
  std::get<Instance>(module.items[1]).module = "cells";
  EXPECT_THAT(refusal(module), HasSubstr("no module 'cells'"));
}

TEST(Legalise, RefusesUndeclaredNamesAndDrivers) {
  Module module = sample();
  module.items.push_back(Net{"late", 1, "nothing"});
  EXPECT_THAT(refusal(module), HasSubstr("'nothing' is not declared"));
  module = sample();
  module.items.pop_back();
  EXPECT_THAT(refusal(module), HasSubstr("'data_o' has 0 drivers"));
  module = sample();
  module.items.push_back(Assign{"edge", "data_i"});
  EXPECT_THAT(refusal(module), HasSubstr("'edge_' has 2 drivers"));
  module = sample();
  module.items.push_back(Assign{"data_i", "edge"});
  EXPECT_THAT(refusal(module), HasSubstr("'data_i' has 2 drivers"));
}

TEST(Legalise, RefusesPortWidthsOfBodyConstants) {
  Module module = sample();
  module.constants = {{"Twice", "N * 2"}};
  module.ports.push_back({Direction::kInput, "wide_i", "Twice"});
  EXPECT_THAT(refusal(module), HasSubstr("its width uses Twice"));
}

TEST(Interface, ReadsAnsiHeaders) {
  const Module module = read_interface(
      "// module comment ( , )\n"
      "module x #(\n  parameter integer A = 2, /* , */ parameter [63:0] Hash = 64'h0\n) (\n"
      "  input wire clk_i, rst_ni,\n"
      "  output wire [A*((A == 2) ? $clog2(A+1) : 1)-1:0] q_o\n);\n");
  EXPECT_EQ(module.name, "x");
  ASSERT_EQ(module.parameters.size(), 2u);
  EXPECT_EQ(module.parameters[1].bits, 64);
  ASSERT_EQ(module.ports.size(), 3u);
  EXPECT_EQ(module.ports[1].name, "rst_ni");
  EXPECT_EQ(module.ports[2].direction, Direction::kOutput);
  EXPECT_EQ(evaluate(module.ports[2].width, {{"A", 2}}), 4);
  EXPECT_THROW(read_interface("module y (input wire [1:4] a_i);"), std::logic_error);
  EXPECT_THROW(read_interface("module y (a_i);"), std::logic_error);
  EXPECT_THROW(read_interface("nothing"), std::logic_error);
}

}  // namespace
}  // namespace sylvester::rtl
