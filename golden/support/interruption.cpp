#include "golden/support/interruption.hpp"

#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <cstring>

namespace sylvester {
namespace {

// Plain pointers in a table of fixed size: a signal handler reads it.
std::array<std::atomic<char*>, 64> unfinished{};
std::atomic<int> sections{0};
std::atomic<int> waiting{0};  ///< a signal, or 0

}  // namespace

std::size_t register_unfinished(const char* path) {
  char* name = strdup(path);
  std::size_t place = 0;
  for (char* empty = nullptr; place < unfinished.size(); ++place, empty = nullptr) {
    if (unfinished[place].compare_exchange_strong(empty, name)) return place;
  }
  std::free(name);
  return place;
}

void forget_unfinished(std::size_t place) {
  if (place < unfinished.size()) std::free(unfinished[place].exchange(nullptr));
}

void remove_unfinished() {
  for (std::atomic<char*>& place : unfinished) {
    const char* name = place.load();
    if (name != nullptr && unlink(name) != 0) rmdir(name);
  }
}

Uninterrupted::Uninterrupted() { ++sections; }

Uninterrupted::~Uninterrupted() {
  if (--sections > 0) return;
  if (const int signal = waiting.exchange(0); signal != 0) std::raise(signal);
}

bool must_wait(int signal) {
  if (sections.load() == 0) return false;
  waiting = signal;
  return true;
}

}  // namespace sylvester
