#include "golden/numerics/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "golden/support/error.hpp"

namespace sylvester {

int resolve_threads(int threads) {
  if (threads < 0) {
    throw UserError("threads = " + std::to_string(threads) +
                    " is negative; allowed are 1 and more, and 0 for all cores");
  }
  return threads > 0 ? threads : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

void parallel_for(std::size_t count, int threads, const std::function<void(std::size_t)>& body) {
  const std::size_t workers = std::min(count, static_cast<std::size_t>(resolve_threads(threads)));
  if (workers <= 1) {
    for (std::size_t i = 0; i < count; ++i) body(i);
    return;
  }
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr failure;
  std::size_t failed_at = count;
  const auto work = [&] {
    for (std::size_t i = next++; i < count; i = next++) {
      try {
        body(i);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (i < failed_at) {
          failed_at = i;
          failure = std::current_exception();
        }
      }
    }
  };
  {
    std::vector<std::jthread> helpers;
    try {
      for (std::size_t t = 1; t < workers; ++t) helpers.emplace_back(work);
    } catch (const std::system_error&) {
      // The system has no more threads: those that there are do all the work.
    }
    work();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace sylvester
