#include "rtl_gen/package.hpp"

#include <set>
#include <sstream>
#include <system_error>

#include "golden/support/atomic_file.hpp"
#include "golden/support/output_folder.hpp"
#include "rtl_gen/expression.hpp"
#include "rtl_gen/generate.hpp"
#include "rtl_gen/library.hpp"
#include "rtl_gen/testbench.hpp"

namespace sylvester {
namespace {

namespace fs = std::filesystem;

constexpr const char* kManifest = "files.txt";
constexpr const char* kCore = "sylvester.core";
constexpr const char* kRunTest = "run_test";
constexpr const char* kBuildFolder = "build";  // what the delivered scripts write

std::string hash_digits(const HardwareParameters& hardware) {
  return rtl::hex_literal(hardware_hash(hardware)).substr(4);
}

// ---------------------------------------------------------------- files for tools

std::string run_test_script() {
  return "#!/bin/sh\n"
         "# Simulates the testbench with Icarus Verilog. Exit status 0: PASS, 1: FAIL.\n"
         "set -eu\n"
         "cd \"$(dirname \"$0\")\"\n"
         "mkdir -p build\n"
         "iverilog -g2012 -s sylvester_tb -o build/sylvester_tb.vvp tb/*.v rtl/*.v\n"
         "vvp -n build/sylvester_tb.vvp\n";
}

std::string yosys_script(const std::string& family, const std::string& command) {
  return "# Synthesis for " + family +
         ". Run from the folder of the package: mkdir -p build; yosys -s synth/" + family +
         ".ys\n"
         "read_verilog rtl/*.v\n"
         "hierarchy -check -top sylvester_top\n" +
         command + " -top sylvester_top\nstat\nwrite_json build/" + family + ".json\n";
}

std::string fusesoc_core(const HardwareParameters& hardware, const GeneratedFiles& files) {
  std::string rtl_files;
  std::string tb_files;
  std::string vectors;
  for (const auto& [path, text] : files) {
    if (path.rfind("rtl/", 0) == 0) rtl_files += "      - " + path + "\n";
    if (path.rfind("tb/vectors/", 0) == 0) {
      vectors.append("      - ").append(path).append(": {file_type: user, copyto: ");
      vectors.append(path).append("}\n");
    } else if (path.rfind("tb/", 0) == 0) {
      tb_files += "      - " + path + "\n";
    }
  }
  return "CAPI=2:\n"
         "name: sylvester:accelerator:sylvester_top:0\n"
         "description: Sylvester training accelerator, hardware " +
         hash_digits(hardware) +
         "\n"
         "filesets:\n"
         "  rtl:\n"
         "    files:\n" +
         rtl_files +
         "    file_type: verilogSource-2005\n"
         "  tb:\n"
         "    files:\n" +
         tb_files +
         "    file_type: systemVerilogSource\n"
         "  vectors:\n"
         "    files:\n" +
         vectors +
         "targets:\n"
         "  default: &default\n"
         "    filesets: [rtl]\n"
         "    toplevel: sylvester_top\n"
         "  lint:\n"
         "    <<: *default\n"
         "    default_tool: verilator\n"
         "    tools:\n"
         "      verilator:\n"
         "        mode: lint-only\n"
         "        verilator_options: [-Wall]\n"
         "  sim:\n"
         "    <<: *default\n"
         "    filesets: [rtl, tb, vectors]\n"
         "    default_tool: icarus\n"
         "    toplevel: sylvester_tb\n"
         "    tools:\n"
         "      icarus:\n"
         "        iverilog_options: [-g2012]\n";
}

std::string readme(const HardwareParameters& hardware) {
  return "Sylvester accelerator, hardware " + hash_digits(hardware) +
         "\n\n"
         "rtl/            Verilog-2005; top level sylvester_top, its header lists the parameters\n"
         "tb/             self-checking testbench (SystemVerilog) and its vectors\n"
         "run_test        runs the testbench (Icarus Verilog): PASS or FAIL, exit status 0 or 1\n"
         "synth/*.ys      Yosys scripts for iCE40, ECP5 and Xilinx 7\n"
         "sylvester.core  FuseSoC description: targets default, lint and sim\n"
         "files.txt       the files of this package\n\n"
         "The comments of the Verilog name rules (PRE-4) and sections of Sylvester's documents\n"
         "numerics.md and architecture.md.\n"
         "Timing: the paths from u_quantise.max_q to u_quantise.top_divisor_q and fine_q have\n"
         "ScaleSetup cycles; declare them as multicycle paths (hold: ScaleSetup - 1).\n\n"
         "Parameters (canonical text of the hash):\n" +
         canonical_text(hardware);
}

std::string manifest(const GeneratedFiles& files) {
  std::string text;
  for (const auto& [path, content] : files) text += path + "\n";
  return text;
}

// ---------------------------------------------------------------- writing

/// The files that a package in this folder consists of; none if there is no package.
std::set<std::string> earlier_files(const fs::path& folder) {
  std::set<std::string> known;
  std::error_code ignored;
  if (!fs::is_regular_file(folder / kManifest, ignored)) return known;
  std::istringstream list(read_file(folder / kManifest));
  for (std::string line; std::getline(list, line);) known.insert(line);
  if (known.count(kCore) == 0) return {};  // a list of files may be anybody's
  known.insert(kManifest);
  return known;
}

void write_new(const GeneratedFiles& files, const fs::path& folder) {
  for (const auto& [path, content] : files) {
    write_file(folder / path, content);
    if (path == kRunTest) {
      fs::permissions(folder / path,
                      fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec,
                      fs::perm_options::add);
    }
  }
}

}  // namespace

GeneratedFiles generate_package(const HardwareParameters& hardware, const SampleJobs& jobs) {
  GeneratedFiles files;
  for (const auto& [name, text] : generate_rtl(hardware)) files["rtl/" + name] = text;
  for (const std::string name : {"stream_source.v", "stream_check.v"}) {
    files["tb/" + name] = verilog_library().at("testbench/" + name);
  }
  const StreamVectors vectors = stream_vectors(hardware, jobs);
  files["tb/sylvester_tb.v"] = testbench(hardware, vectors);
  for (const auto& stream : streams()) {
    const auto& beats = vectors[static_cast<std::size_t>(stream.stream)];
    if (beats.empty()) continue;
    std::string text;
    for (const auto& beat : beats) {
      text += hex_text(beat, payload_bits(hardware, stream.stream)) + "\n";
    }
    files[vector_file(stream.name)] = text;
  }
  files[kRunTest] = run_test_script();
  files["synth/ice40.ys"] = yosys_script("ice40", "synth_ice40");
  files["synth/ecp5.ys"] = yosys_script("ecp5", "synth_ecp5 -nodsp");
  files["synth/xilinx.ys"] = yosys_script("xilinx", "synth_xilinx -family xc7 -nodsp");
  files[kCore] = fusesoc_core(hardware, files);
  files["README.txt"] = readme(hardware);
  files[kManifest] = manifest(files);
  return files;
}

GeneratedFiles generate_package(const HardwareParameters& hardware) {
  check(hardware);
  return generate_package(hardware, sample_jobs(hardware));
}

void write_package(const GeneratedFiles& files, const fs::path& folder) {
  const std::set<std::string> earlier = earlier_files(folder);
  const auto is_own = [&](const std::string& path) {
    const bool built = path == kBuildFolder || path.starts_with(std::string(kBuildFolder) + "/");
    return earlier.count(path) != 0 || (built && !earlier.empty());
  };
  write_output_folder(folder, is_own, [&](const fs::path& fresh) { write_new(files, fresh); });
}

}  // namespace sylvester
