// What an interruption (SIGINT, SIGTERM, SIGHUP) must not leave behind, and when it has to wait.
#pragma once

#include <cstddef>

namespace sylvester {

/// Enters a file or an empty folder into the table of what remove_unfinished() removes; returns its
/// place there. What finds no place is merely left behind by an interruption.
std::size_t register_unfinished(const char* path);
void forget_unfinished(std::size_t place);

/// Removes everything in the table; safe in a signal handler.
void remove_unfinished();

/// As long as an object of this type exists, an interruption waits: for steps that leave neither
/// the old nor the new state when they end in the middle. They must be short.
class Uninterrupted {
 public:
  Uninterrupted();
  ~Uninterrupted();
  Uninterrupted(const Uninterrupted&) = delete;
  Uninterrupted& operator=(const Uninterrupted&) = delete;
};

/// For the signal handler: true if the signal has to wait; it is raised again when it may.
bool must_wait(int signal);

}  // namespace sylvester
