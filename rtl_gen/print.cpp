#include "rtl_gen/print.hpp"

#include <algorithm>
#include <sstream>

namespace sylvester::rtl {
namespace {

constexpr std::size_t kColumns = 100;

std::string range_text(const Expression& width) {
  if (width.kind == Expression::Kind::kNumber && width.number == 1) return "";
  return "[" + print(highest_bit(width), true) + ":0]";
}

std::string padded(std::string text, std::size_t size) {
  text.resize(std::max(text.size(), size), ' ');
  return text;
}

/// A statement; if it is too long, its blanks become line ends where they have to.
std::string statement(const std::string& text, const std::string& indent) {
  std::string result;
  std::string line = indent;
  std::istringstream words(text);
  bool first = true;
  for (std::string word; words >> word; first = false) {
    if (!first && line.size() + 1 + word.size() > kColumns) {
      result += line + "\n";
      line = indent + "    " + word;
    } else {
      line += (first ? "" : " ") + word;
    }
  }
  return result + line + "\n";
}

std::string range_sentence(const Parameter& parameter) {
  const auto [least, most] = *parameter.range;
  return std::to_string(least) + (least == most ? "" : " ... " + std::to_string(most));
}

std::string print_header(const Module& module) {
  std::string text = print_comment(module.purpose);
  text += "//\n";
  std::size_t width = 0;
  for (const auto& parameter : module.parameters) width = std::max(width, parameter.name.size());
  for (const auto& parameter : module.parameters) {
    std::string line = padded(parameter.name, width) + "  ";
    if (parameter.range) line += range_sentence(parameter) + ": ";
    text += print_comment(line + parameter.meaning, "", 100000);
  }
  return text;
}

std::string print_parameters(const Module& module) {
  if (module.parameters.empty()) return "";
  std::string text = " #(\n";
  for (std::size_t i = 0; i < module.parameters.size(); ++i) {
    const auto& parameter = module.parameters[i];
    const std::string type =
        parameter.bits == 0 ? "integer" : "[" + std::to_string(parameter.bits - 1) + ":0]";
    text += "  parameter " + padded(type, 7) + " " + parameter.name + " = " +
            print(parameter.value) + (i + 1 < module.parameters.size() ? ",\n" : "\n");
  }
  return text + ")";
}

std::string print_ports(const Module& module) {
  constexpr std::size_t kAligned = 32;  // longer ranges stand out of the column
  std::size_t width = 0;
  for (const auto& port : module.ports) {
    const std::size_t size = range_text(port.width).size();
    if (size <= kAligned) width = std::max(width, size);
  }
  std::string text = " (\n";
  for (std::size_t i = 0; i < module.ports.size(); ++i) {
    const auto& port = module.ports[i];
    std::string line = port.direction == Direction::kInput ? "  input  wire " : "  output wire ";
    const std::string name = port.name + (i + 1 < module.ports.size() ? "," : "");
    if (width > 0) line += padded(range_text(port.width), width);
    const bool fits = line.size() + 1 + name.size() <= kColumns;
    text += line + (fits ? (width > 0 ? " " : "") : "\n      ") + name + "\n";
  }
  return text + ");\n";
}

/// `if (!(condition)) illegal_name u_stop ();` of every range and requirement.
std::string print_checks(const Module& module) {
  std::string text;
  const auto add = [&](const std::string& condition, const std::string& name) {
    text += statement("if (" + condition + ") " + name + " u_stop ();", "    ");
  };
  for (const auto& parameter : module.parameters) {
    if (!parameter.range) continue;
    const std::string least = std::to_string(parameter.range->first);
    const std::string most = std::to_string(parameter.range->second);
    add(parameter.name + " < " + least + " || " + parameter.name + " > " + most,
        "illegal_" + parameter.name + "_allowed_" + least + "_to_" + most);
  }
  for (const auto& requirement : module.requirements) {
    Expression negated(Expression::Kind::kUnary);
    negated.text = "!";
    negated.operands.push_back(requirement.condition);
    add(print(negated), requirement.illegal);
  }
  if (text.empty()) return "";
  return "\n" +
         print_comment(
             "An illegal parameter stops the elaboration at a module that does not exist.", "  ") +
         "  generate\n" + text + "  endgenerate\n";
}

std::string print_connections(const std::vector<Connection>& connections) {
  std::string text;
  for (std::size_t i = 0; i < connections.size(); ++i) {
    text += statement("." + connections[i].name + "(" + print(connections[i].value) + ")" +
                          (i + 1 < connections.size() ? "," : ""),
                      "    ");
  }
  return text;
}

std::string print_item(const Item& item) {
  if (const auto* section = std::get_if<Section>(&item)) {
    return "\n" + print_comment(section->text, "  ");
  }
  if (const auto* net = std::get_if<Net>(&item)) {
    const std::string range = range_text(net->width);
    return statement("wire " + (range.empty() ? "" : range + " ") + net->name +
                         (net->value ? " = " + print(*net->value) : "") + ";",
                     "  ");
  }
  if (const auto* assign = std::get_if<Assign>(&item)) {
    return statement("assign " + assign->target + " = " + print(assign->value) + ";", "  ");
  }
  const auto& instance = std::get<Instance>(item);
  std::string text = "  " + instance.module + " ";
  if (!instance.parameters.empty()) {
    text += "#(\n" + print_connections(instance.parameters) + "  ) ";
  }
  return text + instance.name + " (\n" + print_connections(instance.ports) + "  );\n";
}

}  // namespace

std::string print_comment(const std::string& text, const std::string& indent, std::size_t columns) {
  std::string result;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (indent.size() + 3 + line.size() <= columns || columns > kColumns) {
      result += indent + "//" + (line.empty() ? "" : " " + line) + "\n";
      continue;
    }
    std::string current = indent + "//";
    std::istringstream words(line);
    for (std::string word; words >> word;) {
      if (current.size() + 1 + word.size() > columns) {
        result += current + "\n";
        current = indent + "//";
      }
      current += " " + word;
    }
    result += current + "\n";
  }
  return result;
}

std::string print(const Module& module) {
  std::string text = print_header(module);
  text += "module " + module.name + print_parameters(module) + print_ports(module);
  for (const auto& constant : module.constants) {
    text += statement("localparam integer " + constant.name + " = " + print(constant.value) + ";",
                      "  ");
  }
  text += print_checks(module);
  for (const auto& item : module.items) text += print_item(item);
  return text + "endmodule\n";
}

}  // namespace sylvester::rtl
