#include "testbenches/process.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "golden/support/error.hpp"

namespace sylvester {
namespace {

/// What the child reports if the program cannot be started.
constexpr int kNotStarted = 127;

struct Child {
  pid_t pid = -1;
  int output = -1;   ///< read end of its standard output and error
  int failure = -1;  ///< read end: errno of a failed exec, closed by a successful one
};

Child start(const std::vector<std::string>& arguments, const std::string& folder) {
  std::vector<char*> argv;
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  std::array<int, 2> output{};
  std::array<int, 2> failure{};
  if (pipe2(output.data(), O_CLOEXEC) != 0 || pipe2(failure.data(), O_CLOEXEC) != 0) {
    throw EnvironmentError(std::string("no pipe for a child process: ") + std::strerror(errno));
  }
  const pid_t pid = fork();
  if (pid < 0) throw EnvironmentError(std::string("no child process: ") + std::strerror(errno));
  if (pid == 0) {
    if (chdir(folder.c_str()) == 0) {
      dup2(output[1], STDOUT_FILENO);
      dup2(output[1], STDERR_FILENO);
      // What this program ignores, a tool need not expect.
      for (const int number : {SIGPIPE, SIGXFSZ}) std::signal(number, SIG_DFL);
      execvp(argv[0], argv.data());
    }
    const int error = errno;
    [[maybe_unused]] const auto written = write(failure[1], &error, sizeof error);
    _exit(kNotStarted);
  }
  close(output[1]);
  close(failure[1]);
  return {pid, output[0], failure[0]};
}

ProcessResult finish(const Child& child) {
  ProcessResult result;
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t count = read(child.output, buffer.data(), buffer.size());
    if (count > 0) {
      result.output.append(buffer.data(), static_cast<std::size_t>(count));
    } else if (count == 0 || errno != EINTR) {
      break;
    }
  }
  close(child.output);
  int status = 0;
  while (waitpid(child.pid, &status, 0) < 0 && errno == EINTR) {
  }
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

}  // namespace

std::vector<ProcessResult> run_processes(const std::vector<std::vector<std::string>>& commands,
                                         const std::string& package, const std::string& folder) {
  std::vector<Child> children;
  for (const auto& command : commands) children.push_back(start(command, folder));
  std::vector<ProcessResult> results;
  std::string problem;
  for (std::size_t i = 0; i < children.size(); ++i) {
    int error = 0;
    if (read(children[i].failure, &error, sizeof error) == sizeof error) {
      problem = "the program " + commands[i].front() + " cannot be started (" +
                std::strerror(error) + "): install the package " + package;
    }
    close(children[i].failure);
    results.push_back(finish(children[i]));
  }
  if (!problem.empty()) throw EnvironmentError(problem);
  return results;
}

ProcessResult run_process(const std::vector<std::string>& arguments, const std::string& package,
                          const std::string& folder) {
  return run_processes({arguments}, package, folder).front();
}

}  // namespace sylvester
