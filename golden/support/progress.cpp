#include "golden/support/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>

#include <fmt/core.h>

namespace sylvester {
namespace {

constexpr std::uint64_t kBarWidth = 24;
constexpr std::chrono::milliseconds kTerminalInterval{200};
constexpr std::chrono::milliseconds kLogInterval{5000};

std::atomic<bool> quiet_all = false;

}  // namespace

std::string duration_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::lround(std::max(seconds, 0.0)));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

std::string progress_text(const std::string& title, std::uint64_t done, std::uint64_t total,
                          double seconds) {
  done = std::min(done, total);
  const double fraction = static_cast<double>(done) / static_cast<double>(total);
  const auto filled = static_cast<std::size_t>(fraction * static_cast<double>(kBarWidth));
  std::string text = fmt::format("{} [{}{}] {:3.0f} %", title, std::string(filled, '#'),
                                 std::string(kBarWidth - filled, '.'), 100.0 * fraction);
  if (done == total) return text + ", " + duration_text(seconds);
  if (done > 0) text += ", " + duration_text(seconds * (1.0 / fraction - 1.0)) + " left";
  return text;
}

Progress::Progress(std::string title, std::uint64_t total)
    : title_(std::move(title)),
      total_(total),
      shown_(total > 0 && !quiet_all),
      terminal_(isatty(STDERR_FILENO) == 1),
      start_(Clock::now()),
      last_(start_) {}

Progress::~Progress() {
  if (line_open_) std::fputc('\n', stderr);
}

void Progress::update(std::uint64_t done) {
  if (!shown_) return;
  const Clock::time_point now = Clock::now();
  const bool last = done >= total_;
  if (now - last_ < (terminal_ ? kTerminalInterval : kLogInterval) && !(last && line_open_)) return;
  last_ = now;
  const double seconds = std::chrono::duration<double>(now - start_).count();
  const std::string text = progress_text(title_, done, total_, seconds);
  if (terminal_) {
    std::fprintf(stderr, "\r%s\033[K", text.c_str());
    line_open_ = true;
  } else {
    std::fprintf(stderr, "%s\n", text.c_str());
  }
  std::fflush(stderr);
}

void Progress::set_quiet(bool quiet) { quiet_all = quiet; }

}  // namespace sylvester
