#include "cli/interrupt.hpp"

#include <unistd.h>
#include <csignal>
#include <cstring>

#include "cli/output.hpp"
#include "golden/support/interruption.hpp"

namespace sylvester {
namespace {

static_assert(kSchemaVersion == 1, "the text below names the version");
constexpr char kJsonMessage[] =
    "{\"schema_version\": 1, \"error\": {\"kind\": \"interrupted\", \"message\": "
    "\"interrupted\"}}\n";
constexpr char kTextMessage[] = "\nsylvester: interrupted\n";

volatile std::sig_atomic_t print_json = 0;
pid_t program = 0;  ///< the process that reports, not one of its children

void write_all(int descriptor, const char* text) {
  [[maybe_unused]] const ssize_t ignored = write(descriptor, text, std::strlen(text));
}

// Only what is safe in a signal handler.
void end_program(int signal) {
  if (must_wait(signal)) return;
  remove_unfinished();
  if (getpid() == program) {
    if (print_json != 0) write_all(STDOUT_FILENO, kJsonMessage);
    write_all(STDERR_FILENO, kTextMessage);
  }
  _exit(kInterrupted);
}

void handle(int signal, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  for (const int ending : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&action.sa_mask, ending);
  sigaction(signal, &action, nullptr);
}

}  // namespace

void install_signal_handlers(bool json) {
  print_json = json ? 1 : 0;
  program = getpid();
  handle(SIGINT, end_program);
  handle(SIGTERM, end_program);
  struct sigaction old = {};
  sigaction(SIGHUP, nullptr, &old);
  if (old.sa_handler != SIG_IGN) handle(SIGHUP, end_program);  // nohup has it ignored
  handle(SIGPIPE, SIG_IGN);
  handle(SIGXFSZ, SIG_IGN);
}

}  // namespace sylvester
