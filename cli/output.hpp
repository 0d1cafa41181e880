// What a command says: text for people or, with --json, one object on standard output.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace sylvester {

/// Exit statuses of the program.
enum ExitStatus : int {
  kHolds = 0,        ///< did it, and it holds
  kDoesNotHold = 1,  ///< ran, and it does not hold
  kBadInput = 2,
  kBadEnvironment = 3,  ///< disk, missing tool
  kInterrupted = 130,
};

/// Version of the objects that --json prints: a key keeps its meaning as long as this is the same.
inline constexpr int kSchemaVersion = 1;

class Output {
 public:
  explicit Output(bool json) : json_(json) {}

  /// The result of the command: `result` gets a schema_version in front, `text` ends with a
  /// newline.
  void result(const nlohmann::ordered_json& result, const std::string& text) const;

  /// A failure, one sentence. `kind` is "input", "environment" or "internal".
  void error(const std::string& kind, const std::string& sentence) const;

 private:
  bool json_;
};

/// Throws EnvironmentError if what was printed could not be written.
void flush_standard_output();

}  // namespace sylvester
