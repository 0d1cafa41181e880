// Progress of a long piece of work on standard error: a bar with the time left on a terminal,
// otherwise a line every few seconds. Standard output stays free for results.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace sylvester {

/// "42 s", "3 min 5 s", "2 h 10 min".
std::string duration_text(double seconds);

/// One line of progress without its terminator, for example
/// "training [#####.....]  50 %, 1 min 3 s left".
std::string progress_text(const std::string& title, std::uint64_t done, std::uint64_t total,
                          double seconds);

class Progress {
 public:
  /// total = 0: nothing is shown.
  Progress(std::string title, std::uint64_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void update(std::uint64_t done);

  /// No progress is shown by objects made after set_quiet(true).
  static void set_quiet(bool quiet);

 private:
  using Clock = std::chrono::steady_clock;

  std::string title_;
  std::uint64_t total_;
  bool shown_;
  bool terminal_;
  bool line_open_ = false;
  Clock::time_point start_;
  Clock::time_point last_;
};

}  // namespace sylvester
