// The two kinds of failure that are not a defect of the program. Each message is one sentence that
// says what was wrong, where, and what is allowed; the command line prints it as it is.
#pragma once

#include <algorithm>
#include <stdexcept>
#include <string>

namespace sylvester {

/// Line ends, which names and values of the user may contain, become spaces.
inline std::string one_line(std::string text) {
  std::replace_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return text;
}

// The input is at fault: a configuration, an argument, a file's content. Exit status 2.
class UserError : public std::runtime_error {
 public:
  explicit UserError(const std::string& sentence) : std::runtime_error(one_line(sentence)) {}
};

// The environment is at fault: a full disk, a missing tool. Exit status 3.
class EnvironmentError : public std::runtime_error {
 public:
  explicit EnvironmentError(const std::string& sentence) : std::runtime_error(one_line(sentence)) {}
};

}  // namespace sylvester
