#include "testbenches/rtl_build.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <sstream>
#include <vector>

#include "golden/support/atomic_file.hpp"
#include "golden/support/error.hpp"
#include "golden/support/sha256.hpp"
#include "rtl_gen/generate.hpp"
#include "rtl_gen/top.hpp"
#include "testbenches/delivered_rtl.hpp"
#include "testbenches/faults.hpp"
#include "testbenches/harness_sources.hpp"
#include "testbenches/process.hpp"

namespace sylvester {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPrefix = "Vaccelerator";
constexpr const char* kObject = "model.so";
int builds = 0;

/// The first line of what a program says about itself.
std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

const std::string& verilator_version() {
  static const std::string version =
      first_line(run_process({"verilator", "--version"}, "verilator").output);
  return version;
}

const std::string& verilator_root() {
  static const std::string root =
      first_line(run_process({"verilator", "--getenv", "VERILATOR_ROOT"}, "verilator").output);
  return root;
}

const std::string& compiler_version() {
  static const std::string version =
      first_line(run_process({"g++", "-dumpfullversion"}, "g++").output);
  return version;
}

/// g++ with what a shared object needs; several models live in one process, so that no symbol of
/// one may be taken for that of another.
std::vector<std::string> compiler(const char* optimisation) {
  return {"g++",
          "-std=c++17",
          "-fPIC",
          "-fno-gnu-unique",
          "-fvisibility=hidden",
          "-w",
          optimisation,
          "-DVL_USER_FINISH",  // the harness has these
          "-DVL_USER_STOP",
          "-DVL_USER_FATAL",
          "-I.",
          "-I" + verilator_root() + "/include",
          "-I" + verilator_root() + "/include/vltstd"};
}

void run_all(const std::vector<std::vector<std::string>>& commands, const fs::path& folder) {
  const auto results = run_processes(commands, "g++", folder.string());
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (results[i].status != 0) {
      std::string command;
      for (const auto& word : commands[i]) command += word + " ";
      throw EnvironmentError("the compiler failed in " + folder.string() + ": " + command + ": " +
                             first_line(results[i].output));
    }
  }
}

/// An exclusive lock between processes; released with the object.
class FileLock {
 public:
  explicit FileLock(const fs::path& path)
      : descriptor_(open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644)) {
    if (descriptor_ < 0) {
      throw EnvironmentError("cannot open the lock " + path.string() + ": " + std::strerror(errno));
    }
    while (flock(descriptor_, LOCK_EX) != 0) {
      if (errno != EINTR) {
        const int error = errno;
        close(descriptor_);
        throw EnvironmentError("cannot lock " + path.string() + ": " + std::strerror(error));
      }
    }
  }
  ~FileLock() { close(descriptor_); }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int descriptor_;
};

/// `folder`, made by `fill` in a temporary folder that takes its name when it is complete. Two
/// processes that want the same folder: one makes it, the other one waits.
const fs::path& made_once(const fs::path& folder,
                          const std::function<void(const fs::path&)>& fill) {
  try {
    if (fs::exists(folder)) return folder;
    fs::create_directories(folder.parent_path());
    const FileLock lock(folder.string() + ".lock");
    if (fs::exists(folder)) return folder;
    const fs::path temporary = folder.string() + ".part";
    fs::remove_all(temporary);  // left by a process that was killed while it held the lock
    fs::create_directories(temporary);
    fill(temporary);
    fs::rename(temporary, folder);
    return folder;
  } catch (const fs::filesystem_error& error) {  // nobody has given this path
    throw EnvironmentError("cannot fill the cache folder " + folder.parent_path().string() + ": " +
                           error.code().message());
  }
}

std::vector<std::string> runtime_names(bool trace) {
  std::vector<std::string> names = {"verilated", "verilated_dpi", "verilated_threads"};
  if (trace) names.emplace_back("verilated_vcd_c");
  return names;
}

/// Verilator's run-time library is the larger part of compiling a small model: made once.
fs::path runtime_folder() {
  const auto command = [](const std::string& name) {
    auto words = compiler("-Os");
    words.insert(words.end(), {"-DVM_TRACE=1", "-DVM_TRACE_VCD=1", "-c",
                               verilator_root() + "/include/" + name + ".cpp", "-o", name + ".o"});
    return words;
  };
  std::string key = verilator_version() + "\n" + compiler_version() + "\n";
  for (const auto& word : command("")) key += word + "\n";
  return made_once(cache_folder() / "verilator" / sha256_hex(key).substr(0, 16),
                   [&](const fs::path& folder) {
                     for (const auto& name : runtime_names(true)) run_all({command(name)}, folder);
                   });
}

std::vector<std::string> verilator_arguments(const std::map<std::string, std::string>& sources,
                                             const RtlBuildOptions& options,
                                             const std::map<std::string, std::string>& overrides) {
  std::vector<std::string> arguments = {
      "verilator",   "--cc",   "--Mdir",       ".",
      "--prefix",    kPrefix,  "--top-module", rtl::kVerifyTopName,
      "--no-timing", "-Wall",  "--x-assign",   "unique",
      "--x-initial", "unique", "-Wno-fatal"};
  if (options.trace) arguments.emplace_back("--trace");
  for (const auto& [name, value] : overrides) arguments.push_back("-G" + name + "=" + value);
  // The package of the fault selector comes before the modules that refer to it.
  for (const bool packages : {true, false}) {
    for (const auto& [name, text] : sources) {
      const auto extension = fs::path(name).extension();
      if (extension == ".vh" || (extension == ".sv") != packages) continue;
      arguments.push_back(name);
    }
  }
  return arguments;
}

/// Parameters of the top level that differ between two sets of hardware parameters.
std::map<std::string, std::string> changed_parameters(const HardwareParameters& base,
                                                      const HardwareParameters& wanted) {
  const auto before = rtl::top_parameters(base);
  const auto after = rtl::top_parameters(wanted);
  std::map<std::string, std::string> changed;
  for (std::size_t i = 0; i < after.size(); ++i) {
    const std::string value = rtl::print(after[i].value);
    if (value != rtl::print(before[i].value)) changed[after[i].name] = value;
  }
  return changed;
}

/// Lines of Verilator's output that say what is wrong, without the explanations below them.
std::string complaints(const std::string& output) {
  std::istringstream lines(output);
  std::string line;
  std::string result;
  int count = 0;
  while (std::getline(lines, line)) {
    if (line.rfind("%Error: Exiting", 0) == 0) continue;
    if (line.rfind("%Warning", 0) != 0 && line.rfind("%Error", 0) != 0) continue;
    if (++count <= 3) result += (result.empty() ? "" : "; ") + line;
  }
  return result;
}

void compile(const fs::path& folder, const std::map<std::string, std::string>& sources,
             const RtlBuildOptions& options, const std::map<std::string, std::string>& overrides) {
  for (const auto& [name, text] : sources) write_file(folder / name, text);
  for (const auto& [name, text] : harness_sources()) write_file(folder / name, text);
  const auto verilated =
      run_process(verilator_arguments(sources, options, overrides), "verilator", folder.string());
  const std::string complaint = complaints(verilated.output);
  if (verilated.status != 0 || (!complaint.empty() && !options.faults)) {
    const std::string what = complaint.empty() ? first_line(verilated.output) : complaint;
    if (options.rtl_dir.empty()) throw std::logic_error("Verilator refuses the RTL: " + what);
    throw UserError("Verilator refuses the RTL of " + options.rtl_dir.string() + ": " + what);
  }

  // As in Verilator's own makefile: what runs in every cycle is optimised, the rest is not.
  std::string fast;
  std::string slow;
  std::vector<std::string> generated;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.rfind(kPrefix, 0) == 0 && entry.path().extension() == ".cpp") {
      generated.push_back(name);
    }
  }
  std::sort(generated.begin(), generated.end());
  for (const auto& name : generated) {
    const bool is_slow =
        name.find("__Slow") != std::string::npos || name.find("__Syms") != std::string::npos;
    (is_slow ? slow : fast) += "#include \"" + name + "\"\n";
  }
  write_file(folder / "fast.cpp", fast);
  write_file(folder / "slow.cpp", slow);
  const auto unit = [&](const char* name, const char* optimisation) {
    auto command = compiler(optimisation);
    command.insert(command.end(), {"-DVL_INCLUDE_OPT=include", "-c", std::string(name) + ".cpp",
                                   "-o", std::string(name) + ".o"});
    if (options.faults) command.emplace_back("-DSYLVESTER_FAULTS");
    if (options.trace) {
      command.insert(command.end(), {"-DSYLVESTER_TRACE", "-DVM_TRACE=1", "-DVM_TRACE_VCD=1"});
    }
    return command;
  };
  run_all({unit("fast", "-Os"), unit("slow", "-O0"), unit("harness", "-Os")}, folder);

  std::vector<std::string> link = {"g++",   "-shared", "-Wl,-Bsymbolic", "-o",
                                   kObject, "fast.o",  "slow.o",         "harness.o"};
  const fs::path runtime = runtime_folder();
  for (const auto& name : runtime_names(options.trace)) {
    link.push_back((runtime / (name + ".o")).string());
  }
  link.emplace_back("-pthread");
  run_all({link}, folder);

  // Only the model stays in the cache.
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().filename() != kObject) fs::remove_all(entry.path());
  }
}

}  // namespace

fs::path cache_folder() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && *cache != '\0') return fs::path(cache) / "sylvester";
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') {
    throw EnvironmentError("no folder for the cache: set XDG_CACHE_HOME or HOME");
  }
  return fs::path(home) / ".cache" / "sylvester";
}

int rtl_builds() { return builds; }

std::map<std::string, std::string> rtl_sources(const HardwareParameters& hardware,
                                               const RtlBuildOptions& options) {
  auto sources = options.rtl_dir.empty()
                     ? generate_rtl(options.base.value_or(hardware), {.verification = true})
                     : read_delivered_rtl(hardware, options.rtl_dir).sources;
  if (options.faults) insert_faults(sources);
  return sources;
}

fs::path build_rtl(const HardwareParameters& hardware, const RtlBuildOptions& options) {
  const auto sources = rtl_sources(hardware, options);
  auto overrides = options.overrides;
  if (options.base) overrides.merge(changed_parameters(*options.base, hardware));

  std::string key = verilator_version() + "\n";  // the first tool that may be missing
  key += compiler_version() + "\n";
  for (const auto& argument : verilator_arguments(sources, options, overrides)) {
    key += argument + "\n";
  }
  for (const auto& argument : compiler("-Os")) key += argument + "\n";
  for (const auto* files : {&sources, &harness_sources()}) {
    for (const auto& [name, text] : *files) {
      key += name + " " + std::to_string(text.size()) + "\n" + text;
    }
  }
  const fs::path folder = cache_folder() / "rtl" /
                          (to_hex(hardware_hash(hardware)) + "-" + sha256_hex(key).substr(0, 16));
  made_once(folder, [&](const fs::path& temporary) {
    compile(temporary, sources, options, overrides);
    ++builds;
  });
  return folder / kObject;
}

}  // namespace sylvester
