#include "cli/interrupt.hpp"

#include <unistd.h>
#include <csignal>
#include <cstring>

#include "cli/output.hpp"
#include "golden/support/atomic_file.hpp"

namespace sylvester {
namespace {

static_assert(kSchemaVersion == 1, "the text below names the version");
constexpr char kJsonMessage[] =
    "{\"schema_version\": 1, \"error\": {\"kind\": \"interrupted\", \"message\": "
    "\"interrupted\"}}\n";
constexpr char kTextMessage[] = "\nsylvester: interrupted\n";

volatile std::sig_atomic_t print_json = 0;

void write_all(int descriptor, const char* text) {
  [[maybe_unused]] const ssize_t ignored = write(descriptor, text, std::strlen(text));
}

// Only what is safe in a signal handler.
void end_program(int) {
  remove_unfinished_files();
  if (print_json != 0) write_all(STDOUT_FILENO, kJsonMessage);
  write_all(STDERR_FILENO, kTextMessage);
  _exit(kInterrupted);
}

}  // namespace

void install_interrupt_handler(bool json) {
  print_json = json ? 1 : 0;
  struct sigaction action = {};
  action.sa_handler = end_program;
  sigemptyset(&action.sa_mask);
  sigaddset(&action.sa_mask, SIGINT);
  sigaddset(&action.sa_mask, SIGTERM);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace sylvester
