#include "rtl_gen/generate.hpp"

#include <cctype>
#include <set>
#include <vector>

#include "rtl_gen/interface.hpp"
#include "rtl_gen/legalise.hpp"
#include "rtl_gen/library.hpp"
#include "rtl_gen/print.hpp"
#include "rtl_gen/top.hpp"

namespace sylvester {
namespace {

const std::map<std::string, rtl::Module>& library_interfaces() {
  static const auto interfaces = [] {
    std::map<std::string, rtl::Module> result;
    for (const auto& [file, text] : verilog_library()) {
      if (file.find('/') != std::string::npos) continue;  // parts of the delivered testbench
      rtl::Module module = rtl::read_interface(text);
      result.emplace(module.name, std::move(module));
    }
    return result;
  }();
  return interfaces;
}

/// Library modules named anywhere in a source text: its instances.
std::vector<std::string> modules_named_in(const std::string& source) {
  const std::string text = rtl::without_comments(source);
  std::vector<std::string> result;
  std::string word;
  for (const char c : text + " ") {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_') {
      word += c;
      continue;
    }
    if (library_interfaces().count(word) != 0) result.push_back(word);
    word.clear();
  }
  return result;
}

}  // namespace

std::map<std::string, std::string> generate_rtl(const HardwareParameters& hardware,
                                                const RtlOptions& options) {
  check(hardware);
  rtl::Module top = rtl::describe_top(hardware, options.verification);
  rtl::legalise(top, library_interfaces());
  std::map<std::string, std::string> files;
  const std::string top_text = rtl::print(top);
  files[top.name + ".v"] = top_text;
  std::vector<std::string> waiting = modules_named_in(top_text);
  while (!waiting.empty()) {
    const std::string file = waiting.back() + ".v";
    waiting.pop_back();
    const std::string& text = verilog_library().at(file);
    if (!files.emplace(file, text).second) continue;
    for (const auto& name : modules_named_in(text)) waiting.push_back(name);
  }
  return files;
}

}  // namespace sylvester
