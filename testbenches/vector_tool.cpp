// vector_tool: test vectors of the numeric contract (docs/numerics.md section 10).
//   vector_tool make DIR --seed S   writes golden's vectors
//   vector_tool check FILE...       compares golden with the expected fields of the files
//   vector_tool fill IN OUT         adds the expected fields to jobs
// Exit status: 0 everything agrees, 1 a difference, 2 bad input, 3 the environment is at fault.
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "golden/numerics/job_io.hpp"
#include "golden/support/atomic_file.hpp"
#include "golden/support/error.hpp"

namespace sylvester {
namespace {

constexpr const char* kUsage = "usage: vector_tool make DIR --seed S | check FILE... | fill IN OUT";

// One case per line: short, and a change of one case changes one line.
std::string text_of(const nlohmann::json& file) {
  std::string text = "{\n";
  for (const auto& [name, value] : file.items()) {
    if (name != "cases") text += "\"" + name + "\": " + value.dump() + ",\n";
  }
  text += "\"cases\": [\n";
  const auto& cases = file.at("cases");
  for (std::size_t i = 0; i < cases.size(); ++i) {
    text += cases[i].dump() + (i + 1 < cases.size() ? ",\n" : "\n");
  }
  return text + "]\n}\n";
}

int make(const std::string& folder, const std::string& seed_text) {
  std::uint64_t seed = 0;
  try {
    seed = std::stoull(seed_text);
  } catch (const std::exception&) {
    throw UserError("--seed " + seed_text + " is not a number");
  }
  make_output_folder(folder);
  for (const auto& [name, file] : make_vectors(seed)) {
    write_file(std::filesystem::path(folder) / name, text_of(file));
  }
  return 0;
}

int check(const std::vector<std::string>& paths) {
  int status = 0;
  for (const std::string& path : paths) {
    const VectorReport report = check_vectors(read_vectors(path), path);
    std::printf("%s: %d cases checked, %zu differ", path.c_str(), report.checked,
                report.mismatches.size());
    for (const auto& [name, count] : report.skipped) {
      std::printf(", %d skipped (%s)", count, name.c_str());
    }
    std::printf("\n");
    for (const std::string& mismatch : report.mismatches) std::printf("  %s\n", mismatch.c_str());
    if (!report.mismatches.empty()) status = 1;
  }
  return status;
}

int fill(const std::string& in, const std::string& out) {
  nlohmann::json file = read_vectors(in);
  fill_vectors(file);
  write_file(out, text_of(file));
  return 0;
}

int run(const std::vector<std::string>& arguments) {
  const std::string command = arguments.empty() ? "" : arguments[0];
  if (command == "make" && arguments.size() == 4 && arguments[2] == "--seed") {
    return make(arguments[1], arguments[3]);
  }
  if (command == "check" && arguments.size() >= 2) {
    return check({arguments.begin() + 1, arguments.end()});
  }
  if (command == "fill" && arguments.size() == 3) return fill(arguments[1], arguments[2]);
  throw UserError(kUsage);
}

}  // namespace
}  // namespace sylvester

int main(int argc, char** argv) {
  try {
    return sylvester::run({argv + 1, argv + argc});
  } catch (...) {
    const sylvester::Failure failure = sylvester::failure_of(std::current_exception());
    std::fprintf(stderr, "vector_tool: %s\n", failure.sentence.c_str());
    return failure.fault == sylvester::Fault::kInput ? 2 : 3;
  }
}
