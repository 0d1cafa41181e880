// The two kinds of failure that are not a defect of the program. Each message is one sentence that
// says what was wrong, where, and what is allowed; the command line prints it as it is.
#pragma once

#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace sylvester {

/// One line of valid UTF-8 that moves no cursor: control characters and line ends, which names and
/// values of the user may contain, become \n, \t or \x1b, and so do bytes that are no UTF-8.
/// What is printable already stays as it is.
std::string printable(std::string_view text);

// The input is at fault: a configuration, an argument, a file's content. Exit status 2.
class UserError : public std::runtime_error {
 public:
  explicit UserError(const std::string& sentence) : std::runtime_error(printable(sentence)) {}
};

// The environment is at fault: a full disk, a missing tool. Exit status 3.
class EnvironmentError : public std::runtime_error {
 public:
  explicit EnvironmentError(const std::string& sentence)
      : std::runtime_error(printable(sentence)) {}
};

/// The operating system refused something with a path of the user: throws UserError if another path
/// would do (it does not exist, is a file, is not permitted, ...) and EnvironmentError if not (a
/// full disk). An error of value 0 is one whose reason is not known.
[[noreturn]] void throw_path_error(const std::string& path, const std::string& what,
                                   std::error_code error);
/// The same with errno.
[[noreturn]] void throw_path_error(const std::string& path, const std::string& what, int error);

/// Who is at fault.
enum class Fault { kInput, kEnvironment, kDefect };

struct Failure {
  Fault fault = Fault::kDefect;
  std::string sentence;
};

/// What any exception says to the user.
Failure failure_of(const std::exception_ptr& exception);

/// The UserError, EnvironmentError or, of a defect, std::runtime_error that says this.
[[noreturn]] void throw_failure(const Failure& failure);

}  // namespace sylvester
