#include "testbenches/delivered_rtl.hpp"

#include <cctype>
#include <regex>
#include <vector>

#include "golden/hardware/streams.hpp"
#include "golden/support/atomic_file.hpp"
#include "golden/support/error.hpp"
#include "golden/support/sha256.hpp"
#include "rtl_gen/generate.hpp"
#include "rtl_gen/interface.hpp"
#include "rtl_gen/library.hpp"
#include "rtl_gen/top.hpp"

namespace sylvester {
namespace {

namespace fs = std::filesystem;

constexpr const char* kGate = "stream_gate.v";
constexpr std::size_t kMostBytes = std::size_t{1} << 26;  // of a Verilog file

std::string file_of(const char* module) { return std::string(module) + ".v"; }
bool from_host(const StreamInfo& stream) { return stream.producer == "host"; }
bool to_host(const StreamInfo& stream) { return stream.consumer == "host"; }

/// Every identifier of a text.
std::vector<std::string> identifiers(const std::string& source) {
  std::vector<std::string> result;
  std::string word;
  for (const char c : rtl::without_comments(source) + " ") {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_') {
      word += c;
    } else if (!word.empty()) {
      result.push_back(std::move(word));
      word.clear();
    }
  }
  return result;
}

/// `top` and all modules below it that the folder has, one per file.
std::map<std::string, std::string> reachable(const std::map<std::string, fs::path>& files,
                                             const std::string& top) {
  std::map<std::string, std::string> sources;
  std::vector<std::string> waiting = {top};
  while (!waiting.empty()) {
    const std::string file = waiting.back();
    waiting.pop_back();
    const auto found = files.find(file);
    if (found == files.end() || sources.count(file) != 0) continue;
    const std::string& text = sources[file] = read_file(found->second, kMostBytes);
    for (const auto& word : identifiers(text)) waiting.push_back(word + ".v");
  }
  return sources;
}

/// A module with the ports of the verification top around the delivered top.
std::string wrapper(const HardwareParameters& hardware) {
  const std::string verify_top =
      generate_rtl(hardware, {.verification = true}).at(file_of(rtl::kVerifyTopName));
  const std::size_t begin = verify_top.find("module ");
  const std::string end_of_ports = "\n);\n";
  std::string text = "/* verilator lint_off UNUSED */\n";
  text += verify_top.substr(begin, verify_top.find(end_of_ports, begin) - begin) + end_of_ports;
  std::string ports = "    .clk_i(clk_i),\n    .rst_ni(rst_ni)";
  const auto connect = [&](const std::string& port, const std::string& net) {
    ports += ",\n    ." + port + "(" + net + ")";
  };
  for (const auto& stream : streams()) {
    const std::string name(stream.name);
    const std::string probe = "  assign probe_" + name;
    const auto number = static_cast<int>(stream.stream);
    if (!from_host(stream) && !to_host(stream)) {
      for (const char* part : {"_valid_o", "_ready_o", "_data_o"})
        text += probe + part + " = '0;\n";
      continue;
    }
    // The gate stands between the producer's and the consumer's side of the stream.
    const bool in = from_host(stream);
    const std::string valid = name + "_valid";
    const std::string ready = name + "_ready";
    text += "  wire inner_" + valid + ";\n  wire inner_" + ready + ";\n";
    text += "  stream_gate u_gate_" + name + " (.stall_i(stall_i[" + std::to_string(number) +
            "]), .valid_i(" + (in ? valid + "_i" : "inner_" + valid) + "), .ready_o(" +
            (in ? ready + "_o" : "inner_" + ready) + "), .valid_o(" +
            (in ? "inner_" + valid : valid + "_o") + "), .ready_i(" +
            (in ? "inner_" + ready : ready + "_i") + "));\n";
    connect(valid + (in ? "_i" : "_o"), "inner_" + valid);
    connect(ready + (in ? "_o" : "_i"), "inner_" + ready);
    connect(name + (in ? "_data_i" : "_data_o"), name + (in ? "_data_i" : "_data_o"));
    text += probe + "_valid_o = " + (in ? valid + "_i" : "inner_" + valid) + ";\n";
    text += probe + "_ready_o = " + (in ? ready + "_o" : "inner_" + ready) + ";\n";
    text += probe + "_data_o = " + name + (in ? "_data_i" : "_data_o") + ";\n";
  }
  connect("hardware_hash_o", "hardware_hash_o");
  text += "  " + std::string(rtl::kTopName) + " u_delivered (\n" + ports + "\n  );\nendmodule\n";
  return text + "/* verilator lint_on UNUSED */\n";
}

/// Throws UserError if the top names the hardware that it was generated for and that is another
/// one. Says more than the widths that would not fit.
void check_hash(const HardwareParameters& hardware, const std::string& top, const fs::path& file) {
  static const std::regex pattern("HardwareHash *= *64'h([0-9a-fA-F]{16})");
  std::smatch found;
  const std::string expected = to_hex(hardware_hash(hardware));
  if (!std::regex_search(top, found, pattern) || found[1] == expected) return;
  throw UserError(file.string() + ": HardwareHash is " + found[1].str() + "; allowed: " + expected +
                  ", that of the configuration");
}

}  // namespace

std::uint32_t host_streams() {
  std::uint32_t mask = 0;
  for (const auto& stream : streams()) {
    if (from_host(stream) || to_host(stream)) mask |= 1U << static_cast<int>(stream.stream);
  }
  return mask;
}

DeliveredRtl read_delivered_rtl(const HardwareParameters& hardware, const fs::path& folder) {
  if (!fs::is_directory(folder)) {
    throw UserError(folder.string() + ": is no folder; allowed: a folder of Verilog files");
  }
  std::map<std::string, fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".v") files[entry.path().filename().string()] = entry.path();
  }
  DeliveredRtl result;
  if (files.count(file_of(rtl::kVerifyTopName)) != 0) {
    result.sources = reachable(files, file_of(rtl::kVerifyTopName));
    check_hash(hardware, result.sources.at(file_of(rtl::kVerifyTopName)),
               files.at(file_of(rtl::kVerifyTopName)));
    result.observed = (1U << kStreams) - 1;
  } else if (files.count(file_of(rtl::kTopName)) != 0) {
    result.sources = reachable(files, file_of(rtl::kTopName));
    check_hash(hardware, result.sources.at(file_of(rtl::kTopName)),
               files.at(file_of(rtl::kTopName)));
    result.sources[file_of(rtl::kVerifyTopName)] = wrapper(hardware);
    result.sources[kGate] = verilog_library().at(kGate);
    result.observed = host_streams();
  } else {
    throw UserError(folder.string() + ": holds neither " + file_of(rtl::kTopName) + " nor " +
                    file_of(rtl::kVerifyTopName));
  }
  return result;
}

}  // namespace sylvester
