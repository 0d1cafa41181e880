#include "testbenches/child.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <thread>

#include "golden/support/error.hpp"

namespace sylvester {
namespace {

// A child sends one kStep for every step, then a result or the number of a Fault, and its text.
constexpr char kStep = 'S';
constexpr char kResult = 'R';
constexpr char kFirstFault = '0';

struct Child {
  std::size_t task = 0;
  pid_t pid = -1;
  int pipe = -1;
  std::string text;
};

void send(int pipe, const std::string& text) {
  std::size_t sent = 0;
  while (sent < text.size()) {
    const ssize_t count = write(pipe, text.data() + sent, text.size() - sent);
    if (count < 0 && errno != EINTR) _exit(1);
    if (count > 0) sent += static_cast<std::size_t>(count);
  }
}

std::string outcome(const ChildTask& task, const StepReport& done) {
  try {
    return kResult + task(done);
  } catch (...) {
    const Failure failure = failure_of(std::current_exception());
    return static_cast<char>(kFirstFault + static_cast<int>(failure.fault)) + failure.sentence;
  }
}

/// Only the parent prints results: what a model prints, as $display of given Verilog does, is for
/// the user's eyes. A child does not outlive its parent.
void become_child() {
  dup2(STDERR_FILENO, STDOUT_FILENO);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
}

Child start(std::size_t task, const ChildTask& work) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) {
    throw EnvironmentError(std::string("no pipe for a child process: ") + std::strerror(errno));
  }
  std::fflush(nullptr);
  const pid_t pid = fork();
  if (pid < 0) throw EnvironmentError(std::string("no child process: ") + std::strerror(errno));
  if (pid == 0) {
    become_child();
    close(ends[0]);
    const int pipe = ends[1];
    send(pipe, outcome(work, [pipe](std::size_t steps) { send(pipe, std::string(steps, kStep)); }));
    std::fflush(nullptr);
    _exit(0);  // neither SystemC's nor the parent's objects are destroyed here
  }
  close(ends[1]);
  return {task, pid, ends[0], ""};
}

/// Reads what has arrived; false at the end.
bool receive(Child& child, const StepReport& done) {
  std::array<char, 65536> buffer{};
  const ssize_t count = read(child.pipe, buffer.data(), buffer.size());
  if (count < 0) return errno == EINTR;
  child.text.append(buffer.data(), static_cast<std::size_t>(count));
  // Text begins with another byte and is left alone from then on.
  const std::size_t steps = std::min(child.text.find_first_not_of(kStep), child.text.size());
  if (steps > 0 && done) done(steps);
  child.text.erase(0, steps);
  return count > 0;
}

std::string finish(const Child& child) {
  close(child.pipe);
  int status = 0;
  while (waitpid(child.pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || child.text.empty()) {
    throw EnvironmentError(
        "a child process of the verification died" +
        (WIFSIGNALED(status) ? " of signal " + std::to_string(WTERMSIG(status)) : std::string()));
  }
  const std::string text = child.text.substr(1);
  if (child.text.front() == kResult) return text;
  throw_failure({static_cast<Fault>(child.text.front() - kFirstFault), text});
}

}  // namespace

std::vector<std::string> run_in_children(const std::vector<ChildTask>& tasks, int processes,
                                         const StepReport& done) {
  const std::size_t most = processes > 0
                               ? static_cast<std::size_t>(processes)
                               : std::max<std::size_t>(1, std::thread::hardware_concurrency());
  std::vector<std::string> results(tasks.size());
  std::vector<Child> running;
  std::exception_ptr failure;
  std::size_t next = 0;
  while (next < tasks.size() || !running.empty()) {
    while (!failure && next < tasks.size() && running.size() < most) {
      running.push_back(start(next, tasks[next]));
      ++next;
    }
    if (running.empty()) break;
    std::vector<pollfd> waiting;
    for (const auto& child : running) waiting.push_back({child.pipe, POLLIN, 0});
    if (poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) {
      throw EnvironmentError(std::string("waiting for a child process: ") + std::strerror(errno));
    }
    for (std::size_t i = running.size(); i-- > 0;) {
      if (waiting[i].revents == 0 || receive(running[i], done)) continue;
      try {
        results[running[i].task] = finish(running[i]);
      } catch (...) {
        if (!failure) failure = std::current_exception();
      }
      running.erase(running.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  if (failure) std::rethrow_exception(failure);
  return results;
}

}  // namespace sylvester
